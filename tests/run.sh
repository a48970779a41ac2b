#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh all|unit|smoke BUILD..., run.sh tsan|model BUILD, run.sh fuzz SECONDS: run the tests; the last line is "N passed, N failed".
# Smoke tests run in every build given, release and sanitizers, but for those that say why one is enough.
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0
count() {
    local name=$1 log status=0 start=$SECONDS
    shift
    log=$(mktemp)
    timeout 300 "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok   $name ($((SECONDS - start)) s)"
    else
        failed=$((failed + 1))
        echo "FAIL $name (exit status $status)"
        tail -n 60 "$log"
    fi
    rm -f "$log"
}
unit() {
    local build test
    for build in "$@"; do
        compgen -G "$build/tests/unit/test_*" >/dev/null || count "$build: no tests were built" false
        for test in "$build"/tests/unit/test_*; do
            [ -f "$test" ] && [ -x "$test" ] && count "$test" "$test"
        done
    done
}
# ThreadSanitizer makes a program with a data race fail when it ends.
tsan() {
    local test
    for test in "$1"/tests/tsan/test_tsan_*; do
        [ -f "$test" ] && [ -x "$test" ] && count "$test" "$test"
    done
}
model() {
    local model
    for model in ring flow policy redo; do
        count "$1/tests/model/model_$model" "$1/tests/model/model_$model"
    done
}
fuzz() {
    local fuzzer
    compgen -G "build-fuzz/fuzz_*" >/dev/null || count "no fuzzer was built" false
    for fuzzer in build-fuzz/fuzz_*; do
        [ -x "$fuzzer" ] || continue
        count "$fuzzer" "$fuzzer" -max_total_time="$1" -max_len=4096 -verbosity=0 -artifact_prefix=build-fuzz/ "build-fuzz/corpus-${fuzzer#build-fuzz/fuzz_}"
    done
}
smoke() {
    local build test
    for build in "$@"; do
        for test in tests/smoke/[!_]*.sh; do
            [ "$(basename "$test")" != leaves_nothing.sh ] || continue # comes last
            [[ $build != *asan* ]] || ! grep -q '^# Release build only' "$test" || continue
            count "$build $test" env BUILD="$build" "$test"
        done
        count "$build tests/smoke/leaves_nothing.sh" env BUILD="$build" tests/smoke/leaves_nothing.sh
    done
}
what=$1
shift
case $what in
unit) unit "$@" ;;
tsan) tsan "$1" ;;
model) model "$1" ;;
smoke) smoke "$@" ;;
fuzz) timeout() { shift; "$@"; } && fuzz "$1" ;;
all) unit "$@"; model "$1"; fuzz 6; smoke "$@" ;;
*) echo "run.sh: expected all, unit, tsan, model, smoke or fuzz" >&2 && exit 2 ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
