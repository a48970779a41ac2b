#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# When Junction has ended nothing of it is left, nor of the tests that ran before this one.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_left.sh"
# What an earlier run left that was ended by force is not this run's doing.
left_since() { left | grep -vxFf "${LEFT_BEFORE:-/dev/null}" | grep -v "^$TMP\$\|^/run/netns/$ID-" || true; }

make_network
config "$TMP/junction.json"
start_junction "$TMP/junction.json"
expect 0 "$($STREAM --both --count 1000 | jq .lost)" "packets lost"
stop_junction
expect "" "$(left_since)" "what is left"
for port in access0 network0; do
    ! ip -n "$ID-wire" -d link show "$port" | grep -q 'prog/xdp' || fail "an XDP program was left on $port"
done
pass
