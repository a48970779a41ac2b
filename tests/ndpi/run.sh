#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/ndpi/run.sh CAPTURE...: anybody's captures beside ndpiReader. BUILD names the build directory (build), TIMEOUT the
# seconds that a program has for a capture (60).
set -Eeuo pipefail
folder=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
exec "$folder/compare.py" --quiet --timeout "${TIMEOUT:-60}" "$(realpath "${BUILD:-$folder/../../build}")" "$@"
