#!/usr/bin/env bash
# jmh/run.sh [GROUP[/WORKLOAD]…]
# Builds, measures, and writes docs/benchmarks.json, docs/benchmarks.md and docs/benchmarks.png.
# ROUNDS (5), TURN (150 milliseconds for each contender in a round), WARM (2000 milliseconds before the
# first) and THREADS (2) are taken from the environment.
set -euo pipefail
cd "$(dirname "$0")/.."

mvn -B -q -Pbenchmarks -pl jmh -am package -DskipTests
mkdir -p jmh/target/data
failed=0
java -Dmmib.benchmark.data=jmh/target/data -cp jmh/target/benchmarks.jar dev.mmib.jmh.Comparison \
  --rounds "${ROUNDS:-5}" --turn "${TURN:-150}" --warm "${WARM:-2000}" --threads "${THREADS:-2}" --json docs/benchmarks.json "$@" || failed=$?
java -Djava.awt.headless=true -cp jmh/target/benchmarks.jar dev.mmib.jmh.Report docs
exit "$failed"
