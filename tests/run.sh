#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Run every unit test of each build directory given; last line: N passed, N failed.
set -u
passed=0 failed=0
for build in "$@"; do
    for test in "$build"/test_*; do
        [ -f "$test" ] && [ -x "$test" ] || continue
        if "$test"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
