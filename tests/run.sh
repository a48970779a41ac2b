#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Run every unit test of each build directory given, then each fuzzer shortly; last line: N passed, N failed.
set -u
passed=0 failed=0
count() {
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $*"; fi
}
for build in "$@"; do
    for test in "$build"/test_*; do
        [ -f "$test" ] && [ -x "$test" ] || continue
        count "$test"
    done
done
for fuzzer in build-fuzz/fuzz_*; do
    count "$fuzzer" -max_total_time=10 -max_len=512 -verbosity=0 -artifact_prefix=build-fuzz/
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
