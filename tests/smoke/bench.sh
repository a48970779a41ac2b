#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Release build only: the benchmarks' own sums, errors, report and ports; nothing is measured.
exec python3 "$(dirname "$0")/../bench/test_bench.py" "$BUILD"
