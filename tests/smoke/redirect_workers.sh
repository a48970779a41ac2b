#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two workers, and a tunnel port with one queue: what either of them redirects goes out by the queue's owner, what comes
# back is sent by the worker that has its flow; nothing is lost or reordered, and each packet is counted once.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
make_network silent
make_underlay gateway
no_ipv6 gateway
on_network gateway 10
count_packets gateway
config "$TMP/junction.json" "$TUNNEL | $REDIRECTION | .dataplane.worker_cores = [0, 1]"
start_junction "$TMP/junction.json"
wait_for 10 way_is "peer 198.19.0.10"
$STREAM --both --count 20000 --flows 100 --window 32 >"$TMP/report.json"
say "$(jq -c . "$TMP/report.json")"
expect "0 0 0 0 0" "$(jq -r '"\(.lost) \(.uplink.duplicated) \(.uplink.reordered) \(.downlink.duplicated) \(.downlink.reordered)"' "$TMP/report.json")" \
    "packets lost, duplicated, reordered"
expect "20000 20000" "$(seen gateway uplink) $(seen gateway downlink)" "packets at the gateway, up and down"
expect "40000 40000" "$(through)" "packets sent and returned"
for size in 0 1472 4000; do
    pings device -s $size $SERVER && pings server -s $size $DEVICE || fail "no ping of $size bytes"
done
a_file 3000000
serve_http server 80
fetch device $SERVER || fail "HTTP: not the file"
expect 0 "$(ctl --json show drops | jq '[.drops[] | select(.kind == "dropped").packets] | add // 0')" "dropped packets"
stop_junction
expect true "$(jq -s '[.[] | select(.event.dataset == "junction.flow" and .destination.port == 4000).junction.worker] | unique | length == 2' "$DOCUMENTS")" \
    "both workers have flows"
pass
