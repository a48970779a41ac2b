#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: its stream keeps to a rate.
# Under a stream of numbered packets junction-control is killed, then junction-export three times, then the policy is reloaded a
# hundred times: not one packet and not one record is lost, and a document written twice has the same event.id.
. "$(dirname "$0")/_init.sh"
RATE=${RATE:-100000} # packets a second, both ways together
make_network silent
config "$TMP/junction.json"
start_junction "$TMP/junction.json"
taskset -c 0 $STREAM --both --rate $((RATE / 2)) --flows 200 >"$TMP/report.json" &
SENDER=$!
arrived() { ip -n "$ID-server" -j -s link show eth0 | jq '.[0].stats64.rx.packets'; }
passed() { [ "$(arrived)" -ge "$1" ]; }
more() { wait_for 60 passed $(($(arrived) + $1)); }

# kill_part PROGRAM: SIGKILL; junction run starts it again.
kill_part() {
    local first
    first=$(child "$1")
    [ -n "$first" ] || fail "no junction-$1 under junction run"
    kill -KILL "$first"
    replaced() { local now; now=$(child "$1"); [ -n "$now" ] && [ "$now" != "$2" ]; }
    wait_for 30 replaced "$1" "$first"
    wait_for 30 ready
    more 30000
}
more 50000
kill_part control
# While it writes, at best: what it had not been acknowledged is written again.
for _ in 1 2 3; do kill_part export; done
for _ in $(seq 100); do
    ctl --json reload >>"$TMP/reloads.json"
done
more 50000
kill -TERM "$SENDER"
wait "$SENDER"
say "$(jq -c . "$TMP/report.json")"
say "reload to in force, microseconds: $(jq -sc 'map(.microseconds) | sort | { median: .[49], p99: .[98], max: .[99] }' "$TMP/reloads.json")"
expect 100 "$(jq -s 'map(select(.in_force)) | length' "$TMP/reloads.json")" "reloads in force"
expect 0 "$(jq .lost "$TMP/report.json")" "packets lost"
expect "0 0 0 0" "$(jq -r '"\(.uplink.duplicated) \(.uplink.reordered) \(.downlink.duplicated) \(.downlink.reordered)"' "$TMP/report.json")" \
    "packets duplicated or reordered"
stop_junction
say "documents: $(documents .documents), written twice: $(documents .repeated)"
expect "$(jq .sent "$TMP/report.json")" "$(documents .flow_packets)" "packets in flow documents"
expect "$(jq .sent "$TMP/report.json")" "$(documents .summary_ip_packets)" "packets in summaries"
pass
