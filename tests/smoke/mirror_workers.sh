#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two workers, and a tunnel port with one queue: copies that the other worker makes are sent and counted by the queue's
# owner, and every frame is copied or lost under a name; production loses nothing.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
make_network silent
make_underlay ids
IDS=198.19.0.10
config "$TMP/junction.json" "$TUNNEL"' | .dataplane.worker_cores = [0, 1] | .vpgs[0].mirroring.peers = [{ address: "'$IDS'" }]'
start_junction "$TMP/junction.json"
wait_for 10 peer_is $IDS .state up
$STREAM --both --count 20000 --flows 100 --size 200 >"$TMP/report.json"
say "$(jq -c . "$TMP/report.json")"
expect "0 0 0" "$(jq -r '"\(.lost) \(.uplink.reordered) \(.downlink.reordered)"' "$TMP/report.json")" "packets lost and reordered"
all_counted() { [ "$(ctl --json show peers | jq '.peers[0] | .frames + .drops_total')" = 40000 ]; }
wait_for 10 all_counted
say "$(ctl --json show peers | jq -c '.peers[0] | { frames, drops }')"
expect 0 "$(ctl --json show drops | jq '[.drops[] | select(.kind == "dropped").packets] | add // 0')" "dropped packets"
pass
