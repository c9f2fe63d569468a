#!/usr/bin/env bash
# Makes a folder with which a bare machine with a GPU proves and measures the backend: no JDK, no Maven,
# only NVIDIA's driver, cuBLAS and cuDNN. docs/gpu-results.md says how its results are read.
#
# Make:  tools/gpu-check-bundle.sh [FOLDER]       (target/gpu-check; at most 60 MiB, else it fails)
# Run:   bash FOLDER/run.sh                       (its head says what it takes)
#
# Needs the JDK (its jlink) and Maven. MVN names another Maven, such as "mvn -o"; with BUILT=1 what lies
# in the modules' target folders is taken as it is.
set -euo pipefail

limit_mib=60
root=$(cd "$(dirname "$0")/.." && pwd)
bundle=${1:-$root/target/gpu-check}
mkdir -p "$bundle"
bundle=$(cd "$bundle" && pwd)
mvn=${MVN:-mvn}
java_home=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}
version=$(sed -n 's:.*<junit.version>5\.\(.*\)</junit.version>.*:1.\1:p' "$root/pom.xml")
cuda=$root/src/cuda/target
cd "$root"

if [ -z "${BUILT:-}" ]; then
  $mvn -B -q -ntp -pl src/cuda -am -DskipTests package dependency:copy-dependencies \
    -DoutputDirectory='${project.build.directory}/bundle-jars' -DincludeScope=test \
    -DexcludeGroupIds=org.junit.jupiter,org.junit.platform,org.opentest4j,org.apiguardian,com.tngtech.archunit
  $mvn -B -q -ntp -N dependency:copy -DoutputDirectory="$cuda/bundle-jars" \
    -Dartifact="org.junit.platform:junit-platform-console-standalone:$version"
fi

rm -rf "${bundle:?}"/*
mkdir -p "$bundle/lib" "$bundle/golden"

# The runtime; --compress is spelled differently since JDK 21.
compress=2
if "$java_home/bin/java" -version 2>&1 | grep -q '"2[1-9]'; then compress=zip-9; fi
"$java_home/bin/jlink" \
  --add-modules java.base,java.desktop,java.logging,java.management,java.naming,java.xml,jdk.management,jdk.unsupported,jdk.zipfs \
  --strip-debug --no-header-files --no-man-pages --compress=$compress --output "$bundle/jre"
tar -C "$bundle" -cJf "$bundle/jre.tar.xz" jre
rm -rf "$bundle/jre"

# The jars; of JCuda's natives, the PTX compiler (24 MB) stays behind.
cp "$cuda"/bundle-jars/*.jar "$bundle/lib/"
cp "$cuda"/mmib-cuda-*.jar "$bundle/lib/"
slim=$(mktemp -d)
trap 'rm -rf "$slim"' EXIT
(cd "$slim" && "$java_home/bin/jar" -xf "$bundle"/lib/jcuda-natives-*.jar lib && rm -f lib/*PTXCompiler*)
rm "$bundle"/lib/jcuda-natives-*.jar
"$java_home/bin/jar" -cf "$bundle/lib/jcuda-natives-slim.jar" -C "$slim" lib
"$java_home/bin/jar" -cf "$bundle/lib/mmib-cuda-tests.jar" -C "$cuda/test-classes" .

# Golden values as files, as tests read them; not a second time within a jar.
for group in bert-base bert-tiny crf losses mmib ops optim resnet50; do
  cp -r "src/mmib/src/test/resources/golden/$group" "$bundle/golden/"
done
tests=("$bundle"/lib/mmib-[0-9]*-tests.jar)
mkdir "$slim/tests"
(cd "$slim/tests" && "$java_home/bin/jar" -xf "${tests[0]}" && rm -rf golden)
"$java_home/bin/jar" -cf "${tests[0]}" -C "$slim/tests" .

cp tools/gpu-check-run.sh "$bundle/run.sh"
cp tools/gpu_peer.py "$bundle/"
commit=$(git rev-parse --short HEAD 2> /dev/null || echo unknown)
if [ -n "$(git status --porcelain 2> /dev/null)" ]; then commit="$commit, with changes"; fi
echo "$commit" > "$bundle/commit"

size=$(du -sm "$bundle" | cut -f1)
du -sk "$bundle"/lib/* | sort -n
du -sk "$bundle"/* | sort -n
echo "$bundle: $size MiB of at most $limit_mib"
[ "$size" -le $limit_mib ]
