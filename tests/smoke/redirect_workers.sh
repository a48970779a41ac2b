#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two workers, and a tunnel port with one queue: what either of them redirects goes out by the queue's owner, what comes
# back, in fragments of the outer packet where it is long, is sent by the worker that has its flow; nothing is lost or
# reordered, and each packet is counted once.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
UNDERLAY_MTU=1500 VXLAN_MTU=1500
make_network silent
make_underlay gateway
no_ipv6 gateway
on_network gateway 10
count_packets gateway
config "$TMP/junction.json" "$TUNNEL | $REDIRECTION"' | .vpgs[0].redirection.too_long = "fragment_outer" | .dataplane.worker_cores = [0, 1]'
start_junction "$TMP/junction.json"
wait_for 10 target_is "peer 198.19.0.10"
# all_through COUNT OPTION...: so many packets each way, of many flows, all by the gateway.
all_through() {
    local before
    before="$(seen gateway uplink) $(seen gateway downlink)"
    $STREAM --both --flows 100 --window 32 --count "$@" >"$TMP/report.json"
    say "$(jq -c . "$TMP/report.json")"
    expect "0 0 0 0 0" "$(jq -r '"\(.lost) \(.uplink.duplicated) \(.uplink.reordered) \(.downlink.duplicated) \(.downlink.reordered)"' "$TMP/report.json")" \
        "packets lost, duplicated, reordered"
    expect "$((${before% *} + $1)) $((${before#* } + $1))" "$(seen gateway uplink) $(seen gateway downlink)" "packets at the gateway, up and down"
    expect "$(sum gateway) $(sum gateway)" "$(through)" "packets sent and returned"
}
fragments() { gate '.counters | "\(.outer_fragments) \(.reassembled) \(.inner_fragments)"'; }
all_through 20000
expect "0 0 0" "$(fragments)" "fragments of short packets"
all_through 3000 --size 1514
expect "12000 6000 0" "$(fragments)" "outer fragments sent, packets made whole, inner fragments"

# Which worker has a packet is told by its addresses, too, where it is a fragment itself.
for address in 10.128.7.{1..8}; do ip -n "$ID-device" address add "$address/32" dev eth0; done
for size in 0 1472 4000; do
    for address in 10.128.7.{1..8}; do
        COUNT=1 pings device -I "$address" -s $size $SERVER || fail "no ping of $size bytes from $address"
        COUNT=1 pings server -s $size "$address" || fail "no ping of $size bytes to $address"
    done
done
a_file 3000000
serve_http server 80
fetch device $SERVER || fail "HTTP: not the file"
expect "0 0" "$(ctl --json show drops | jq '[.drops[] | select(.kind == "dropped").packets] | add // 0') $(gate_drops vxlan_outer_fragment)" \
    "dropped packets, and fragments that became nothing"
stop_junction
expect true "$(jq -s '[.[] | select(.event.dataset == "junction.flow" and .destination.port == 4000).junction.worker] | unique | length == 2' "$DOCUMENTS")" \
    "both workers have flows"
pass
