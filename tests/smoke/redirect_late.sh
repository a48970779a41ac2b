#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: its stream keeps to a rate.
# Release build only: what it shows is timing and loss; redirect.sh runs under sanitizers.
# Gateways far away: what is under way while redirection is unset, or the gateway changes, arrives all the same; redirection
# that is set takes effect as soon as the gateway has answered.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
ROUNDS=5
make_network silent
make_underlay one two
far_away() {
    no_ipv6 "$1"
    # The kernel has no vxlan0 there, and answers nothing but ARP on the underlay.
    enter "$1" "$SMOKE/slow_gateway.py" "$2" "$3" 50 >"$TMP/$1.log" 2>&1 &
    wait_for 10 grep -q ready "$TMP/$1.log"
}
far_away one 198.19.0.10 10.254.0.2
far_away two 198.19.0.11 10.254.0.3
config "$TMP/junction.json" "$TUNNEL | $REDIRECTION | .vpgs[0].gate.peers = ${PEERS}[:2]"
start_junction "$TMP/junction.json"
wait_for 10 target_is "peer 198.19.0.10"
$STREAM --both --rate 1000 --flows 20 --window 4096 >"$TMP/report.json" &
SENDER=$!
returned() { gate '[.peers[] | select(.outer == "'"$1"'").returned_packets] | add'; }
back_from() { [ "$(returned "$1")" -gt "$2" ]; }
more_back() { wait_for 10 back_from "$1" $(($(returned "$1") + 200)); }
more_back 198.19.0.10

# turn WAY OUTER WORD...: by that change, packets go another way.
changes=0 longest=0
turn() {
    local start took
    start=$(date +%s%3N)
    vpg redirect "${@:2}"
    wait_for 10 target_is "peer $1"
    took=$(($(date +%s%3N) - start))
    [ $took -le $longest ] || longest=$took
    expect 3 "$(gate '.redirection.health[0].answers_needed')" "answers that bring a gateway up that has not failed"
    changes=$((changes + 1))
    more_back "$1"
}
for ((round = 0; round < ROUNDS; round++)); do
    turn 198.19.0.11 set 10.254.0.3
    turn 198.19.0.10 set 10.254.0.2
    vpg redirect unset
    turn 198.19.0.10 set 10.254.0.2
done
vpg redirect unset
kill -TERM $SENDER
wait $SENDER
say "$changes changes, at most $longest ms until packets went the new way"
say "$(jq -c '{ sent, lost, reordered: (.uplink.reordered + .downlink.reordered) }' "$TMP/report.json")"
expect "0 0 0" "$(jq -r '"\(.lost) \(.uplink.duplicated) \(.downlink.duplicated)"' "$TMP/report.json")" "packets lost, and duplicated"
expect 0 "$(gate '[.drops | to_entries[] | select(.key != "neighbour_ignored").value] | add')" "packets lost by the gate"
all_back() { gate '"\([.peers[].sent_packets] | add) \([.peers[].returned_packets] | add)"' | { read -r out back && [ "$out" = "$back" ]; }; }
wait_for 10 all_back
stop_junction
# What came back in the next interval is reported in that, although nothing else of its flow came yet.
! grep 'in no summary' "$TMP/junction.log" || fail "flow records without a summary"
pass
