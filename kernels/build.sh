#!/bin/sh
# Compiles every kernel file to the PTX that the GPU backend carries in its jar.
#
#   kernels/build.sh           writes src/cuda/src/main/resources/dev/mmib/cuda/ptx anew
#   kernels/build.sh --check   compares instead and names what differs
#
# PTX for compute capability 8.0 runs on every GPU since Ampere; the driver compiles it for the GPU at
# hand. nvcc writes the newest PTX version that it knows, which only the newest drivers take. The kernels
# need nothing of it, so the header says 8.0, which driver 525 takes; PtxTest proves that nothing newer is
# in there. sources.sha256 records what was compiled, for machines without nvcc.
#
# Exit status: 0 done, or all is equal; 1 something differs or does not compile; 77 nothing can be said,
# since there is no nvcc here, or another release of it than the one that made the PTX.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"
resources=../src/cuda/src/main/resources/dev/mmib/cuda/ptx

if ! command -v nvcc > /dev/null; then
  echo "no nvcc here: install a CUDA toolkit to compile kernels"
  exit 77
fi
if [ "${1:-}" = --check ]; then
  made=$(sed -n 's|^// Cuda compilation tools, ||p' "$resources"/*.ptx | sort -u)
  here=$(nvcc --version | sed -n 's|^Cuda compilation tools, ||p')
  if [ "$made" != "$here" ]; then
    echo "the PTX was made by $made, and nvcc here is $here: not compared"
    exit 77
  fi
elif [ $# -gt 0 ]; then
  sed -n '2,5p' build.sh
  exit 1
fi

TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
made=$TMPDIR/ptx
mkdir "$made"

# Relative names from this folder: nvcc puts what it is given into names of its own.
ls ./*.cu | sed 's|^\./||' | xargs -n 1 -P "$(getconf _NPROCESSORS_ONLN)" sh -ec '
  name=${1%.cu}
  nvcc -ptx -arch=compute_80 -I . "$1" -o "$TMPDIR/$name.ptx"
  sed "s/^\.version .*/.version 8.0/" "$TMPDIR/$name.ptx" > "$TMPDIR/ptx/$name.ptx"
' compile
sha256sum ./*.cu ./*.cuh | sed 's|\./||' > "$made/sources.sha256"
if grep -l -F -e "$(pwd -P)" -e "$TMPDIR" "$made"/*; then
  echo "folders of this machine are in the files above"
  exit 1
fi

if [ "${1:-}" = --check ]; then
  diff -q -r "$made" "$resources" | sed "s|$made|built here|; s|$resources|resources|" > "$TMPDIR/differ"
  if [ -s "$TMPDIR/differ" ]; then
    cat "$TMPDIR/differ"
    echo "run kernels/build.sh"
    exit 1
  fi
  echo "$(ls "$made" | grep -c '\.ptx$') files are as checked in"
else
  mkdir -p "$resources"
  rm -f "$resources"/*
  cp "$made"/* "$resources"
  echo "$(ls "$resources" | grep -c '\.ptx$') files in $(cd "$resources" && pwd)"
fi
