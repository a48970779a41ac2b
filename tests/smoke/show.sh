#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# junctionctl shows live what passes, to the packet: flows, VPGs, ports, workers, drops.
. "$(dirname "$0")/_init.sh"
make_network silent
config "$TMP/junction.json" '.inspection.interval_seconds = 3600'
start_junction "$TMP/junction.json"
expect 0 "$($STREAM --both --count 3000 --flows 3 --size 100 | jq .lost)" "packets lost"

show() { ctl --json show "$1" | jq -c "$2"; }
expect '[[20000,1000,1000,100000,100000],[20001,1000,1000,100000,100000],[20002,1000,1000,100000,100000]]' \
    "$(show flows '[.flows[] | select(.device | startswith("10.129.0.")) |
        [.device_port, .uplink_packets, .downlink_packets, .uplink_bytes, .downlink_bytes]] | sort')" "the flows"
expect 6000 "$(show vpgs '.vpgs[0].counters.udp_packets')" "UDP packets of the VPG"
expect 600000 "$(show vpgs '.vpgs[0].counters.ip_bytes')" "bytes of the VPG"
expect '["access0","network0"]' "$(show ports '[.ports[] | select(.link == "up") | .name]')" "ports that are up"
# AF_XDP's driver has one function for each way, which has no name, and a queue as long as the kernel's ring.
expect '[[null,null,true],[null,null,true]]' \
    "$(show ports '[.ports[] | [.rx_burst, .tx_burst, .rx_descriptors >= 64 and .tx_descriptors >= 64]]')" "functions and queues of the ports"
expect 0 "$(show drops '[.drops[] | select(.kind == "dropped").packets] | add // 0')" "dropped packets"
expect '[6000,600000]' "$(show applications '[([.applications[].packets] | add), .total.bytes]')" "packets and bytes of applications"
expect 0 "$(ctl --json show flows --application tls | jq .matching)" "flows of TLS"
! ctl show flows --application tlss 2>"$TMP/said" || fail "an application that there is not"
grep -q 'the nearest: TLS,' "$TMP/said" || fail "the nearest names: $(cat "$TMP/said")"
for what in status ports workers vpgs flows applications drops policy; do
    ctl show "$what" >"$TMP/table"
    [ -s "$TMP/table" ] || fail "show $what prints nothing"
    show "$what" . >/dev/null
done
pass
