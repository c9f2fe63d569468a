#!/bin/sh
# Builds the libraries that stand in for NVIDIA's where there is no GPU (stand_in.h):
# libcuda.so.1 with all kernels/*.cu in it, libcublas.so.12 and .13, libcublasLt, libcudnn.so.9.
#
# Usage: build.sh OUT_DIR [--sanitize]
#
# Only what changed is compiled anew. With --sanitize every access of a kernel is checked; the process
# that loads the libraries must have g++'s libasan.so in LD_PRELOAD. Needs g++; without it nothing is
# built and a line says so.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kernels=$(dirname "$here")
flags="-std=c++17 -fPIC -fvisibility=hidden -fno-strict-aliasing -DCPUCUDA_ONE_LAUNCH_AT_A_TIME"

# compile OBJECT SOURCE FLAGS...: unless the object is newer than all it was made of.
compile() {
  object=$1 source=$2
  shift 2
  if [ -f "$object" ] && [ -f "$object.d" ] && [ "$object" -nt "$here/build.sh" ]; then
    fresh=yes
    for part in $(sed -e 's/^[^ ]*: //' -e 's/\\$//' "$object.d"); do
      if [ ! -f "$part" ] || [ "$part" -nt "$object" ]; then fresh=no; fi
    done
    if [ $fresh = yes ]; then return 0; fi
  fi
  echo "compiling $(basename "$source")"
  g++ "$@" -I"$kernels" -MD -MF "$object.d" -x c++ -c "$source" -o "$object.$$"
  mv "$object.$$" "$object"
}

if [ "${1:-}" = --compile ]; then  # as called below, several at a time
  shift
  compile "$@"
  exit
fi

out=${1:?usage: build.sh OUT_DIR [--sanitize]}
case ${2:-} in
  '') objects=$out/objects kernel_flags="$flags -O2" library_flags="$flags -O3" sanitize= ;;
  --sanitize)
    # AddressSanitizer sees null pointers too; the checks left out would double the time to compile.
    sanitize="-g1 -fsanitize=address,undefined -fno-sanitize=null,vptr,pointer-overflow"
    sanitize="$sanitize -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
    objects=$out/objects-sanitized kernel_flags="$flags -O1 $sanitize" library_flags="$flags -O2 $sanitize" ;;
  *) echo "build.sh: $2 is no option" >&2; exit 2 ;;
esac
if ! command -v g++ > /dev/null; then
  echo "SKIPPED the libraries that stand in for CUDA's: no g++ here"
  exit 0
fi
if [ -n "$sanitize" ] && [ ! -f "$(g++ -print-file-name=libasan.so)" ]; then
  echo "SKIPPED the sanitized libraries that stand in for CUDA's: g++ has no libasan.so"
  exit 0
fi
mkdir -p "$objects"
out=$(cd "$out" && pwd)
objects=$(cd "$objects" && pwd)

driver= work=$objects/work.$$
trap 'rm -f "$work"' EXIT
plan() {  # plan NAME SOURCE FLAGS...: a line of arguments for --compile
  name=$1 source=$2
  shift 2
  printf '"%s" "%s" %s\n' "$objects/$name.o" "$source" "$*" >> "$work"
}
for source in "$kernels"/*.cu; do
  name=kernel_$(basename "$source" .cu)
  plan "$name" "$source" "$kernel_flags"
  driver="$driver $name.o"
done
for name in stand_in_libcuda stand_in_memory stand_in_streams stand_in_modules; do
  plan $name "$here/$name.cpp" "$kernel_flags"
  driver="$driver $name.o"
done
for name in stand_in_libcudnn stand_in_convolution stand_in_pooling; do
  plan $name "$here/$name.cpp" "$library_flags"
done
for major in 12 13; do
  plan cublas_$major "$here/stand_in_libcublas.cpp" "$library_flags -DCUBLAS_MAJOR=$major"
done
xargs -P 2 -L 1 sh "$here/build.sh" --compile < "$work"

# link SONAME SYMBOLS OBJECTS...: a library whose version node is its soname, as NVIDIA's have it; the
# driver alone has none.
link() {
  soname=$1 symbols=$2
  shift 2
  if [ "$symbols" != all ]; then
    echo "$soname { global: $symbols; local: *; };" > "$objects/$soname.map"
    set -- "$@" "-Wl,--version-script=$objects/$soname.map" "$out/libcuda.so.1" '-Wl,-rpath,$ORIGIN'
  fi
  # shellcheck disable=SC2086
  (cd "$objects" && g++ $sanitize -shared "-Wl,-soname,$soname" "$@" -o "$out/$soname.$$")
  mv "$out/$soname.$$" "$out/$soname"
}
# shellcheck disable=SC2086
link libcuda.so.1 all $driver
for major in 12 13; do
  link libcublas.so.$major 'cublas*' cublas_$major.o
  # cuBLAS brings it, and it is loaded first; nothing calls it.
  echo 'extern "C" size_t cublasLtGetVersion() { return '$major'0000; }' > "$objects/lt.cpp"
  (cd "$objects" && g++ -include cstddef -fPIC -c lt.cpp -o lt.o)
  link libcublasLt.so.$major 'cublasLt*' lt.o
done
link libcudnn.so.9 'cudnn*' stand_in_libcudnn.o stand_in_convolution.o stand_in_pooling.o
