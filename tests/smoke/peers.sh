#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Benchmarks beside Open vSwitch, where there is none, or one that dies.
. "$(dirname "$0")/_init.sh"
/usr/bin/python3 -B "$SMOKE/peers.py" "$TMP" || fail "bench-peers"
pass
