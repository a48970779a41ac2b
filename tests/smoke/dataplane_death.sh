#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# kill -9 of the dataplane: junction run starts it again, forwarding resumes, and what the dead one had counted arrives, to the
# packet. salvage.sh does the same at full rate.
. "$(dirname "$0")/_init.sh"
make_network silent
config "$TMP/junction.json" ".inspection.interval_seconds = 3600" # it is killed before the interval ends
start_junction "$TMP/junction.json"
expect 0 "$($STREAM --both --count 20000 --flows 50 | jq .lost)" "packets lost before"
first=$(child dataplane)
[ -n "$first" ] || fail "no dataplane process under junction run"
kill -KILL "$first"
another() { local now; now=$(child dataplane); [ -n "$now" ] && [ "$now" != "$first" ]; }
wait_for 30 another
wait_for 60 ready
grep -q "junction-dataplane.*\(again\|restart\)" "$TMP/junction.log" || fail "the restart is not in the log"
expect 0 "$($STREAM --both --count 10000 --flows 50 | jq .lost)" "packets lost after the restart"

# Under traffic: the policy is in force with the first packet that the new one sees.
$STREAM --both --rate 1000 --flows 50 --patient --progress "$TMP/progress" >"$TMP/stream.json" &
SENDER=$!
received() { od -An -t u8 -j 8 -N 8 "$TMP/progress" | tr -d ' '; }
come() { [ -s "$TMP/progress" ] && [ "$(received)" -ge "$1" ]; }
wait_for 60 come 1000
first=$(child dataplane)
kill -KILL "$first"
wait_for 30 another
wait_for 60 ready
wait_for 60 come $(($(received) + 1000))
expect 0 "$(ctl --json show drops --all | jq '[.drops[] | select(.reason == "no_vpg").packets] | add // 0')" "packets that passed uninspected"
kill -TERM "$SENDER"
wait "$SENDER"
stop_junction
[ "$(documents .flow_packets)" -ge 60000 ] || fail "packets in flow documents: $(documents .flow_packets)"
expect "$(documents .flow_packets)" "$(documents .summary_ip_packets)" "packets in summaries"
grep -q "the dataplane before was killed: .* 0 found no room .* 0 passed over" "$TMP/junction.log" || fail "nothing was salvaged"
jq -se 'any(.[]; ."junction.interval.irregular" // [] | contains(["salvaged"]))' "$DOCUMENTS" >/dev/null || fail "no summary says so"
for port in access0 network0; do
    ! ip -n "$ID-wire" -d link show "$port" | grep -q xdp || fail "an XDP program was left on $port"
done
pass
