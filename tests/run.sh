#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh all|unit|smoke BUILD..., run.sh tsan|model|chaos|nic BUILD, run.sh sim BUILD SEEDS [FIRST], run.sh fuzz SECONDS: run the tests,
# JOBS (2) at a time; the last line is "N passed, N failed". Smoke tests run in every build given, release and sanitizers, but for those that say why one
# is enough. Those that say "Runs alone" come after the others.
set -u
cd "$(dirname "$0")/.." || exit
LAST=tests/smoke/leaves_nothing.sh
# Of those of make nic-test what five minutes have room for, also on a busy machine: kinds, and checks by a part of their names.
NIC_KINDS=${NIC_KINDS:-virtio}
NIC_CHECKS=${NIC_CHECKS:-two tags:first frames:documents, 3:unplugged}

# one NAME COMMAND...: its line when it has ended, and what it said if it failed.
one() {
    local name=$1 status=0 start=$SECONDS text log
    shift
    log=$(mktemp -p "$RESULTS")
    timeout "$TIMEOUT" "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -eq 0 ]; then
        text="ok   $name ($((SECONDS - start)) s)"
    else
        text="FAIL $name (exit status $status)"$'\n'$(grep -am 1 '^FAIL' "$log"; tail -n 60 "$log")
    fi
    flock "$RESULTS" printf '%s\n' "$text"
    echo "${text%% *}" >>"$RESULTS/all"
}
# run JOBS: lines of `NAME COMMAND...`; each of the JOBS has a core, which SLOT names.
run() { xargs -r -L 1 -P "$1" --process-slot-var=SLOT tests/run.sh one; }

unit() {
    local build test
    for build in "$@"; do
        compgen -G "$build/tests/unit/test_*" >/dev/null || echo "$build/tests/unit false"
        for test in "$build"/tests/unit/test_*; do
            [ ! -f "$test" ] || [ ! -x "$test" ] || echo "$test $test"
        done
    done
}
# ThreadSanitizer makes a program with a data race fail when it ends.
tsan() {
    local test
    compgen -G "$1/tests/tsan/test_tsan_*" >/dev/null || echo "$1/tests/tsan false"
    for test in "$1"/tests/tsan/test_tsan_*; do
        [ ! -f "$test" ] || [ ! -x "$test" ] || echo "$test $test"
    done
}
model() {
    local model
    for model in ring flow policy redo; do
        echo "$1/tests/model/model_$model $1/tests/model/model_$model"
    done
}
# sim BUILD SEEDS [FIRST]: in parts, each of so many seeds that its line does not take long.
sim() {
    local first=${3:-1} count=$2 part
    while [ "$count" -gt 0 ]; do
        part=$((count < 100 ? count : 100))
        echo "$1/tests/sim/sim:$first $1/tests/sim/sim $first $part"
        first=$((first + part)) count=$((count - part))
    done
}
fuzz() {
    local fuzzer folder=build-fuzz/tests/fuzz
    compgen -G "$folder/fuzz_*" >/dev/null || echo "$folder false"
    for fuzzer in "$folder"/fuzz_*; do
        [ ! -f "$fuzzer" ] || [ ! -x "$fuzzer" ] || echo "$fuzzer $fuzzer -max_total_time=$1 -max_len=4096 -verbosity=0" \
            "-artifact_prefix=build-fuzz/ build-fuzz/corpus-${fuzzer#"$folder"/fuzz_}"
    done
}
# smoke WHICH BUILD...: those that run alone, or the others.
smoke() {
    local which=$1 build test alone
    shift
    for build in "$@"; do
        for test in tests/smoke/[!_]*.sh; do
            [[ $build != *asan* ]] || ! grep -q '^# Release build only' "$test" || continue
            alone=others
            ! grep -q '^# Runs alone' "$test" || alone=alone
            [ $alone != "$which" ] || [ "$test" = $LAST ] || echo "$build:$test env BUILD=$build $test"
        done
    done
}
# A virtual machine has four processors: one at a time.
nic() {
    local kind
    for kind in $NIC_KINDS; do echo "nic:$kind tests/nic/run.sh $1 --kind $kind --check \"${NIC_CHECKS//:/\" --check \"}\""; done
}
# Two minutes of it, and what starting, healing and comparing take. It waits more than it works: beside the smoke tests.
# Without a data stream that rolls over, where a document of unsure fate may come twice (docs/sinks.md).
chaos() { echo "chaos tests/chaos/run.sh $1 --seconds 120 --no-starve --sinks kafka,index,narrow,file"; }
run_smoke() {
    local build
    { [ "$what" != all ] || chaos "$1"; smoke others "$@"; } | TIMEOUT=1200 run "$JOBS"
    smoke alone "$@" | run 1
    for build in "$@"; do echo "$build:$LAST env BUILD=$build $LAST"; done | run 1
}

what=$1
shift
[ "$what" != one ] || { one "$@" && exit; }
export RESULTS TIMEOUT=600
RESULTS=$(mktemp -d)
export LEFT_BEFORE=$RESULTS/left
. tests/smoke/_left.sh
left >"$LEFT_BEFORE"
JOBS=${JOBS:-2}
trap 'rm -rf "$RESULTS"' EXIT
case $what in
unit) unit "$@" | run "$JOBS" ;;
tsan) tsan "$1" | run "$JOBS" ;;
model) model "$1" | run "$JOBS" ;;
smoke) run_smoke "$@" ;;
sim) sim "$@" | run "$JOBS" ;;
chaos) chaos "$1" | TIMEOUT=1200 run 1 ;;
nic) nic "$1" | TIMEOUT=1800 run 1 ;;
fuzz) TIMEOUT=0 && fuzz "$1" | run "$JOBS" ;;
all)
    { unit "$@" && model "$1" && sim "$1" 100 && sim "$2" 10 1001 && tsan build-tsan && fuzz 5; } | run "$JOBS"
    run_smoke "$@"
    nic "$1" | TIMEOUT=1800 run 1
    ;;
*) echo "run.sh: expected all, unit, tsan, model, sim, smoke, chaos, nic or fuzz" >&2 && exit 2 ;;
esac
touch "$RESULTS/all"
passed=$(grep -c ok "$RESULTS/all") failed=$(grep -c FAIL "$RESULTS/all")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
