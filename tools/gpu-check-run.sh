#!/usr/bin/env bash
# Proves and measures the GPU backend on this machine; made part of a bundle by gpu-check-bundle.sh.
#
# bash run.sh [STEP...]     all steps, or those named, in the order below
#
# Every step has a time limit of its own, and a step that fails stops no other. Results go to OUT
# (gpu-check-out): results.md, steps.tsv, facts.tsv, ours.jsonl, peer.jsonl, logs/, reports/ (JUnit's XML).
# The end is 1 if a step failed.
#
# OUT              where results go
# GPU_LIB_ROOTS    folders below which the CUDA libraries are looked for; usually they are found without
# GPU_JVM_ARGS     more options for Java (8 GB of heap are usual)
# GPU_SECONDS      for everything together; 470 if unset
# GPU_PATIENCE     what the steps' limits are multiplied by, for slow machines
# GPU_QUICK        if set, benchmarks run small shapes once, to see that they run
# GPU_PYTHON       the python3 that has torch, for the peer
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=${OUT:-gpu-check-out}
mkdir -p "$out/logs" "$out/reports"
out=$(cd "$out" && pwd)
rm -f "$out"/{steps.tsv,facts.tsv,ours.jsonl,peer.jsonl,results.md}
end=$((SECONDS + ${GPU_SECONDS:-470}))
python=${GPU_PYTHON:-python3}
quick=${GPU_QUICK:+--quick}
chosen=" $* "
failed=0

private=$(mktemp -d)  # JCuda's natives and all other temporary files: nobody else's
chmod 700 "$private"
trap 'rm -rf "$private"' EXIT
tar -C "$private" -xJf "$here/jre.tar.xz" || { echo "the runtime does not unpack"; exit 1; }
mkdir "$private/tmp"

# ---- libraries: the loader finds them itself; named folders, or a search of the machine, are for the rest

libraries=
find_libraries() {  # find_libraries ROOT...: the folders of the driver, cuBLAS, cuDNN and NVRTC below
  timeout 40 find "$@" -xdev \( -path '*/stubs' -o -path '*/compat' -o -path /proc -o -path /sys \) -prune -o \
    -regextype posix-extended -regex '.*/lib(cuda\.so\.1|cublas(Lt)?\.so\.1[23]|cudnn\.so\.9|nvrtc\.so\.1[23])' \
    -printf '%h\n' 2> /dev/null | sort -u | paste -sd: -
}
if [ -n "${GPU_LIB_ROOTS:-}" ]; then
  # shellcheck disable=SC2086  # several folders
  libraries=$(find_libraries $GPU_LIB_ROOTS)
fi

java_options() {
  echo "-Xmx8g -Djava.io.tmpdir=$private/tmp -Djava.awt.headless=true -Dmmib.root=$here"
  echo "-Dmmib.golden=$here/golden ${libraries:+-Dmmib.cuda.libraries=$libraries} ${GPU_JVM_ARGS:-}"
}
java() {
  # shellcheck disable=SC2046  # options are several words
  LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" XDG_CACHE_HOME="$private" \
    CUDA_CACHE_PATH="$private/kernels" CUDA_CACHE_MAXSIZE=1000000000 \
    timeout -k 5 "$limit" "$private/jre/bin/java" $(java_options) -cp "$here/lib/*" "$@"
}

# ---- steps

# step NAME LIMIT COMMAND...: runs it, at most LIMIT seconds, and writes down how it ended. A command may
# end with 3 for "left out", after a last line that says why.
step() {
  name=$1 limit=$(($2 * ${GPU_PATIENCE:-1}))
  shift 2
  case $chosen in *" $name "* | "  ") ;; *) return ;; esac
  left=$((end - SECONDS))
  if [ $left -lt 5 ]; then
    printf '%s\tleft out: no time left\t0\t\n' "$name" >> "$out/steps.tsv"
    echo "$name: left out, no time left"
    failed=1
    return
  fi
  if [ "$limit" -gt $left ]; then limit=$left; fi
  log=$out/logs/$name.log
  start=$SECONDS
  "$@" > "$log" 2>&1
  code=$?
  counts=$(sed -n -e 's/^\[ *\([0-9]*\) tests successful *\]/\1/p' -e 's/^\[ *\([0-9]*\) tests failed *\]/\1/p' \
    -e 's/^\[ *\([0-9]*\) tests aborted *\]/\1/p' "$log" | paste -sd' ' -)
  # the order in which JUnit prints them: aborted, successful, failed
  read -r aborted successful broken <<< "${counts:-0 0 0}"
  tests=
  if [ -n "$counts" ]; then tests="$successful, $broken, $aborted"; fi
  case $code in
    0) result=passed ;;
    3) result="left out: $(tail -1 "$log" | tr '\t' ' ')" ;;
    124 | 137) result="**timed out** after $limit s" ;;
    *) result="**failed** (ends with $code)" ;;
  esac
  if [ -n "$counts" ] && [ $code = 0 ] && [ "$successful" = 0 ]; then result="**skipped**: no test ran"; fi
  case $result in passed | left\ out*) ;; *) failed=1 ;; esac
  printf '%s\t%s\t%s\t%s\n' "$name" "$result" $((SECONDS - start)) "$tests" >> "$out/steps.tsv"
  echo "$name: $result ${tests:+($tests tests passed, failed, skipped) }in $((SECONDS - start)) s"
}

# junit CLASS...: of names of classes, those of dev.mmib. Tests that find no GPU are skipped.
junit() {
  selected=()
  for class in "$@"; do selected+=(--select-class "dev.mmib.$class"); done
  console
}

# Whatever is tagged "gpu" and has no step of its own.
others() {
  with_steps='Cublas|Cudnn|PtxLoad|CudaBackend|RowShapes|Kernel|Precision|Recording|CudaLife|CudaTraining'
  selected=(--scan-classpath "$here/lib/mmib-cuda-tests.jar" --include-tag gpu
    --exclude-classname ".*\\.(($with_steps)Test|.*GoldenTest)")
  console
  code=$?
  if [ $code = 2 ]; then  # JUnit's way to say so
    echo "there is nothing else"
    return 3
  fi
  return $code
}

console() {
  java ${properties:-} org.junit.platform.console.ConsoleLauncher execute "${selected[@]}" \
    --fail-if-no-tests --details=tree --details-theme=ascii --disable-banner --disable-ansi-colors \
    --reports-dir "$out/reports/$name"
}

machine() {
  uname -a
  nproc
  free -h | head -2
  "$private/jre/bin/java" -version
  if command -v nvidia-smi > /dev/null; then
    timeout 20 nvidia-smi
    driver=$(timeout 20 nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -1)
    memory=$(timeout 20 nvidia-smi --query-gpu=memory.total --format=csv,noheader | head -1)
    clocks=$(timeout 20 nvidia-smi --query-gpu=clocks.max.sm,clocks.max.mem --format=csv,noheader | head -1)
    printf 'driver version\t%s\nmemory\t%s\nclocks\t%s\n' "$driver" "$memory" "$clocks" >> "$out/facts.tsv"
  else
    echo "no nvidia-smi"
  fi
  ldconfig -p 2> /dev/null | grep -E 'libcuda\.so|libcublas|libcudnn|libnvrtc'
  printf 'date\t%s\ncommit\t%s\n' "$(date -u +%Y-%m-%d)" "$(cat "$here/commit")" >> "$out/facts.tsv"
}

# The loader by itself first, as users have it; then with whatever folders the machine has.
loader() {
  if java dev.mmib.cuda.bench.GpuFacts "$private/facts"; then
    cat "$private/facts" >> "$out/facts.tsv"
    return 0
  fi
  if [ -z "$libraries" ]; then
    libraries=$(find_libraries /)
    echo "NOT USABLE as the loader finds it; found on the machine: ${libraries:-nothing}"
  fi
  java dev.mmib.cuda.bench.GpuFacts "$out/facts.tsv"
}

golden() {
  properties='-Dmmib.golden.device=cuda'
  junit golden.OpsGoldenTest golden.CrfGoldenTest golden.LossesGoldenTest golden.OptimGoldenTest \
    bert.BertGoldenTest resnet.ResNetGoldenTest model.MmibGoldenTest model.TrajectoryGoldenTest
  code=$?
  properties=
  return $code
}

training() {
  if ! ldconfig -p 2> /dev/null | grep -q libfontconfig; then
    echo "no fontconfig, and a training draws its curves"
    return 3
  fi
  junit train.CudaTrainingTest
}

ours() {
  java dev.mmib.cuda.bench.GpuBenchmarks "$out/ours.jsonl" $quick "$1"
}

torch=
peer() {
  if [ -z "$torch" ]; then
    if timeout 60 "$python" -c 'import torch; assert torch.cuda.is_available()'; then
      torch=yes
      "$python" -c 'import torch; print("PyTorch\t%s" % torch.__version__)' >> "$out/facts.tsv"
    else
      torch=no
    fi
  fi
  if [ $torch = no ]; then
    echo "no python3 with torch and CUDA"
    return 3
  fi
  TORCHINDUCTOR_CACHE_DIR="$private/inductor" \
    timeout -k 5 "$limit" "$python" "$here/gpu_peer.py" "$out/peer.jsonl" $quick "$1"
}

step machine 60 machine
step loader 90 loader
step cublas 40 junit cuda.CublasTest
step cudnn 60 junit cuda.CudnnTest
step ptx 60 junit cuda.PtxLoadTest
step kernels 150 junit cuda.CudaBackendTest cuda.RowShapesTest cuda.KernelTest
step precision 40 junit cuda.PrecisionTest
step graphs 40 junit cuda.RecordingTest
step golden 90 golden
step goldens 90 junit cuda.CudaGoldenTest cuda.CudaResNetGoldenTest model.CudaMmibGoldenTest
step life 90 junit cuda.CudaLifeTest
step others 60 others
step training 60 training
step memory 40 ours memory
step launch 20 ours launch
step attention 60 ours attention
step model 110 ours model
step peer-memory 60 peer memory
step peer-launch 30 peer launch
step peer-attention 90 peer attention
step peer-model 180 peer model

limit=30
java dev.mmib.cuda.bench.ResultsTable "$out" > "$out/results.md" 2> "$out/logs/results.log" || failed=1
echo "results: $out/results.md, in $SECONDS s"
exit $failed
