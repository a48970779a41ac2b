#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: its stream keeps to a rate.
# Release build only: what it shows is timing and loss; the unit tests of the gate engine run under sanitizers.
# Under a stream of numbered packets gateways fail, come back, take over and flap: traffic goes on as on_failure says, and
# the counts add up: what was sent is what came back, what was bypassed, and what was lost on the way to gateways.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
MAIN="peer 198.19.0.10" STANDBY="peer 198.19.0.11"
make_network silent
make_underlay gateway standby
for name in gateway standby; do no_ipv6 $name; done
# The gateway's address is on one of them at a time, beside their own, as VRRP does it.
HOST=100 on_network gateway 10
on_network standby 11
virtual() { ip -n "$ID-$1" address "$2" 10.254.0.2/32 dev vxlan0; }
virtual gateway add
for name in gateway standby; do count_packets $name; done
config "$TMP/junction.json" "$TUNNEL | $REDIRECTION | .vpgs[0].gate.peers = ${PEERS}[:2] |
    .vpgs[0].redirection += { standby: \"10.254.0.3\", on_failure: \"bypass\" }"
start_junction "$TMP/junction.json"
wait_for 10 target_is "$MAIN"

arrived() { ip -n "$ID-server" -j -s link show eth0 | jq '.[0].stats64.rx.packets'; }
passed() { [ "$(arrived)" -ge "$1" ]; }
more() { wait_for 20 passed $(($(arrived) + $1)); }
health() { gate '.redirection.health[] | select(.address == "'"$1"'").state'; }
healthy() { [ "$(health "$1")" = "$2" ]; }
changes() { gate .redirection.changes; }
# announced NAME WAY: it says that the gateway's address is its own; a link that has just come back may not carry it yet.
announced() {
    inside "$1" arping -q -U -c 1 -I vxlan0 10.254.0.2 || true
    target_is "$2"
}
begin() {
    capture server eth0 in
    $STREAM --both --rate 1000 --flows 10 --window 4096 >"$TMP/report.json" &
    SENDER=$!
    more 200
}
# finish WHAT: the stream ends; sets LOST, and shows the longest silence at the server.
finish() {
    kill -TERM $SENDER
    wait $SENDER
    captured
    LOST=$(jq .lost "$TMP/report.json")
    say "$1: $(jq -c '{ sent, lost, reordered: (.uplink.reordered + .downlink.reordered) }' "$TMP/report.json"), longest silence $(tcpdump -tt -nr \
        "$TMP/server-eth0-in.pcap" udp 2>/dev/null | awk 'NR > 1 && $1 - last > gap { gap = $1 - last } { last = $1 } END { printf "%.0f", gap * 1000 }') ms"
    expect "0 0" "$(jq -r '"\(.uplink.duplicated) \(.downlink.duplicated)"' "$TMP/report.json")" "packets twice"
    SENT=$((SENT + $(jq .sent "$TMP/report.json"))) ALL_LOST=$((ALL_LOST + LOST))
    wait_for 10 adds_up
}
SENT=0 ALL_LOST=0
adds_up() {
    gate '"\([.peers[].sent_packets] | add) \([.peers[].returned_packets] | add) \(.counters.bypassed_packets) \(.drops.gateway_down // 0)"' |
        { read -r out back around down && [ $((out + around + down)) = $SENT ] && [ $((out - back + down)) = $ALL_LOST ]; }
}

BEFORE=$(gate '.redirection.health[0].changes')
begin
cut_off 10
wait_for 10 target_is bypass
more 500
mend 10
wait_for 10 target_is "$MAIN"
more 500
finish "the gateway's link is cut, and mended"
expect "$((BEFORE + 2)) up" "$(gate '.redirection.health[0].changes') $(health 10.254.0.2)" "changes of the gateway's state, and its state"

begin
virtual gateway delete
virtual standby add
wait_for 10 announced standby "$STANDBY"
more 500
virtual standby delete
virtual gateway add
wait_for 10 announced gateway "$MAIN"
more 500
finish "the standby takes the address over, and gives it back"
expect "0 2" "$LOST $(gate .redirection.moves)" "packets lost, and moves"

begin
cut_off 10
virtual standby add
wait_for 10 announced standby "$STANDBY"
more 500
expect up "$(health 10.254.0.2)" "the gateway's address"
mend 10
virtual standby delete
wait_for 10 announced gateway "$MAIN"
more 200
finish "the gateway fails, and the standby takes its address over"

say "on_failure drop"
vpg redirect set 10.254.0.2 --standby 10.254.0.3 --on-failure drop
wait_for 10 target_is "$MAIN"
cut_off 10
wait_for 10 target_is drop
$STREAM --both --count 100 >"$TMP/report.json"
expect "200 200 200" "$(jq .lost "$TMP/report.json") $(gate_drops gateway_down) $(ctl --json show drops | jq '.drops[] | select(.reason == "gate").packets')" \
    "packets lost, counted as gateway_down, and dropped"
SENT=$((SENT + 200)) ALL_LOST=$((ALL_LOST + 200))
adds_up || fail "the counts do not add up"
mend 10
wait_for 10 target_is "$MAIN"

say "on_failure standby"
vpg redirect set 10.254.0.2 --standby 10.254.0.3 --on-failure standby
wait_for 10 target_is "$MAIN"
wait_for 10 healthy 10.254.0.3 up
BEFORE=$(sum standby)
begin
cut_off 10
wait_for 10 target_is "$STANDBY"
more 500
cut_off 11
wait_for 10 target_is bypass
more 200
mend 11
wait_for 10 target_is "$STANDBY"
more 200
mend 10
wait_for 20 target_is "$MAIN"
more 200
finish "the gateway's link is cut, then the standby's; both come back"
[ "$(sum standby)" -gt $((BEFORE + 1000)) ] || fail "the standby saw $(($(sum standby) - BEFORE)) packets"

say "twenty times down and up"
probed() { [ "$(seen gateway probes)" -ge "$1" ]; }
BEFORE=$(changes)
begin
for _ in {1..20}; do
    cut_off 10
    wait_for 10 healthy 10.254.0.2 down
    mend 10
    wait_for 10 probed $(($(seen gateway probes) + 4))
done
FLAPS=$(($(changes) - BEFORE))
wait_for 30 target_is "$MAIN"
more 200
finish "$FLAPS changes of way"
[ "$FLAPS" -lt 20 ] || fail "the way changed $FLAPS times"
expect 0 "$(gate_drops neighbour_spoofing)" "announcements refused"
pass
