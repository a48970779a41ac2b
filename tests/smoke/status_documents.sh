#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Status documents of a node whose exporter is killed again and again: each matches the schema, none is made twice with other
# contents, and of each counter what they count adds up to the total of the last. Then what they say is what passed.
# Release build only: it is the kills that are tried.
. "$(dirname "$0")/_init.sh"
make_network
config "$TMP/junction.json" '.vpgs[0].rules = [{ match: { protocol: "icmp" }, drop: true }]'
start_junction "$TMP/junction.json"
statuses() { grep -c '"junction.status"' "$DOCUMENTS" || true; }
more_than() { [ "$(statuses)" -gt "$1" ]; }
another_export() { local now; now=$(child export) && [ -n "$now" ] && [ "$now" != "$1" ]; }
for _ in 1 2 3 4; do
    expect 0 "$($STREAM --both --count 500 --flows 5 | jq .lost)" "packets lost"
    before=$(statuses)
    wait_for 30 more_than "$before"
    export=$(child export)
    kill -KILL "$export"
    wait_for 30 another_export "$export"
done
! inside device ping -q -i 0.01 -c 7 -W 1 "$SERVER" >"$TMP/ping.log" 2>&1 || fail "a ping should be dropped"
received=$(ctl --json show ports | jq '.ports[] | select(.name == "access0").rx_packets')
stop_junction
"$SMOKE/check_status.py" "$SMOKE/../../docs/status.schema.json" "$DOCUMENTS" "access0 rx_packets $received" \
    "policy lost 7" || fail "status documents"
pass
