#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A changed rule reaches a flow that is running, at its next packet; a file with an error changes nothing.
. "$(dirname "$0")/_init.sh"
make_network
CONFIG=$TMP/junction.json
config "$CONFIG"
start_junction "$CONFIG"
# Two flows: one from port 20000, the other from 20001.
$STREAM --rate 500 --flows 2 --window 4096 --per-flow >"$TMP/report.json" &
SENDER=$!

frames() { tcpdump -n -r "$TMP/server-eth0-in.pcap" "udp port $1" 2>/dev/null | wc -l; }
at_least() { [ "$(frames "$1")" -ge "$2" ]; }
# passes PORT: packets of that flow arrive from now on. blocked PORT: none does, while the other flow's go on.
passes() {
    capture server eth0 in
    wait_for 10 at_least "$1" 100
    captured
}
blocked() {
    passes $((40001 - $1))
    expect 0 "$(frames "$1")" "packets of port $1 that passed"
}
change() {
    jq "$1" "$CONFIG" >"$TMP/new.json"
    mv "$TMP/new.json" "$CONFIG"
    ctl --json reload >"$TMP/reload.json" || return 1
    expect true "$(jq .in_force "$TMP/reload.json")" "in force"
    say "in force after $(jq .microseconds "$TMP/reload.json") microseconds"
}

passes 20000
change '.vpgs[0].rules = [{ match: { protocol: "udp", device_ports: [20000] }, drop: true }]'
blocked 20000
generation=$(ctl --json show policy | jq .generation)
good=$(cat "$CONFIG")
! change '.vpgs[0].rules = [{ match: { protocol: "upd" }, drop: true }]' 2>"$TMP/refused.log" ||
    fail "a file with an error was taken"
grep -q 'vpgs\[0\].rules\[0\].match.protocol.*line' "$TMP/refused.log" || fail "the error is not named"
expect "$generation" "$(ctl --json show policy | jq .generation)" "generation after the refusal"
blocked 20000
echo "$good" >"$CONFIG"
change '.vpgs[0].rules = []'
passes 20000

kill -TERM "$SENDER"
wait "$SENDER"
expect 0 "$(jq .uplink.flow[1].lost "$TMP/report.json")" "lost packets of the flow that no rule named"
expect "$(jq .uplink.flow[0].lost "$TMP/report.json")" "$(ctl --json show drops | jq '.drops[] | select(.reason == "policy").packets')" \
    "packets dropped by policy"
pass
