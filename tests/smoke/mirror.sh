#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two peers, one by GRE over IPv4, one by ERSPAN over IPv6, receive every frame of a mix of ping, HTTP and numbered
# packets, both ways: byte for byte and in order, and as many as junctionctl and the documents say.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
make_network silent
make_underlay ids recorder
IDS=198.19.0.10 RECORDER=fd00:0:0:9::11
config "$TMP/junction.json" "$TUNNEL"' | .vpgs[0].mirroring.peers = [
    { address: "'$IDS'", key: 7, sequence: true }, { address: "'$RECORDER'", encapsulation: "erspan3", session: 9 }]'
start_junction "$TMP/junction.json"
for address in $IDS $RECORDER; do wait_for 10 peer_is $address .state up; done
for end in device:in server:in ids:in recorder:in; do capture "${end%:*}" eth0 "${end#*:}"; done

for size in 0 56 1000 1472 4000; do
    inside device ping -c 3 -i 0.02 -W 5 -s "$size" "$SERVER" >"$TMP/ping.log"
    inside server ping -c 3 -i 0.02 -W 5 -s "$size" "$DEVICE" >"$TMP/ping.log"
done
head -c 5000000 /dev/urandom >"$TMP/sent"
transfer device server "$SERVER" 5000 "$TMP/sent"
mkdir "$TMP/www"
cp "$TMP/sent" "$TMP/www/file"
enter server python3 -m http.server -d "$TMP/www" 80 >"$TMP/http.log" 2>&1 &
WEB=$!
wait_for 10 listening server 80
inside device curl -s -o "$TMP/fetched" "http://$SERVER/file"
cmp "$TMP/sent" "$TMP/fetched"
kill -TERM $WEB
$STREAM --both --count 20000 --flows 50 --size 300 >"$TMP/report.json"
expect "0 0 0" "$(jq -r '"\(.lost) \(.uplink.reordered) \(.downlink.duplicated)"' "$TMP/report.json")" "packets lost, reordered, duplicated"
inside device ping -c 1 -W 5 -s 200 -p 6d61726b "$SERVER" >"$TMP/ping.log"

for name in device server; do wait_for 10 holds $name 1 'icmp[40:4] = 0x6d61726b'; done
wait_for 10 holds_copies ids $IDS
wait_for 10 holds_copies recorder $RECORDER
captured

check() {
    "$SMOKE/check_mirror.py" "$TMP/$1-eth0-in.pcap" "$2" "$TMP"/{device,server}-eth0-in.pcap >"$TMP/$1.json" || fail "$1's copies are not the frames"
    say "$1: $(cat "$TMP/$1.json")"
    expect "$(peer "$2" .frames)" "$(jq .copies "$TMP/$1.json")" "copies that $1 received"
    expect "0 0" "$(peer "$2" '"\(.drops_total) \(.truncated)"')" "copies lost or cut on the way to $1"
    expect 0 "$(jq .gaps "$TMP/$1.json")" "gaps in the sequence numbers"
}
check ids $IDS
check recorder $RECORDER
expect "[\"gretap\"]" "$(jq -c '.kinds | keys' "$TMP/ids.json")" "encapsulation"
expect "[\"erspan3\"]" "$(jq -c '.kinds | keys' "$TMP/recorder.json")" "encapsulation"
expect 0 "$(ctl --json show drops | jq '[.drops[] | select(.kind == "dropped").packets] | add // 0')" "dropped packets"
stop_junction
for address in $IDS $RECORDER; do
    expect "$(jq .ip "$TMP/ids.json")" "$(jq -s --arg peer $address '[.[].junction.mirror[]? | select(.peer == $peer).frames] | add' \
        "$DOCUMENTS")" "frames to $address in flow documents"
done
pass
