#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Release build only: the benchmarks' own sums, errors, report, beginnings, ends and ports; nothing is measured.
BENCH=$(dirname "$0")/../bench
python3 "$BENCH/test_subjects.py" && exec python3 "$BENCH/test_bench.py" "$BUILD"
