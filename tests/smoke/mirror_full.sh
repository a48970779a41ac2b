#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: it fills the buffers faster than copies that wait are given up.
# Release build only: what it shows is counting; mirror_failures.sh runs under sanitizers.
# A tunnel port slower than the wire, and buffers that run out: production loses nothing, each copy is sent or lost under
# its reason, and when there is room again nothing is lost any more.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
make_network silent
make_underlay ids
IDS=198.19.0.10

say "the tunnel port's queue is full"
ip netns exec "$ID-wire" tc qdisc add dev tunnel0 root tbf rate 2mbit burst 10k limit 100m
config "$TMP/junction.json" "$TUNNEL"' | .dataplane.ports[2].device = "net_af_packet0,iface=tunnel0,framecnt=64,qdisc_bypass=0" |
    .vpgs[0].mirroring.peers = [{ address: "'$IDS'" }]'
start_junction "$TMP/junction.json"
wait_for 10 peer_is $IDS .state up
capture ids eth0 in
counted $IDS
stream 5000 --size 1000
lost=$(peer $IDS .drops.tx_full)
say "$lost of 10000 copies lost"
[ "$lost" -gt 0 ] || fail "the queue was never full"
accounted $((10000 - lost)) tx_full "$lost"
ip netns exec "$ID-wire" tc qdisc change dev tunnel0 root tbf rate 10gbit burst 10m limit 100m
wait_for 10 holds_copies ids $IDS
stream 20 # less than the queue
accounted $((10040 - lost)) tx_full "$lost"
wait_for 10 holds_copies ids $IDS
captured
"$SMOKE/check_mirror.py" "$TMP/ids-eth0-in.pcap" $IDS
stop_junction

# Each peer that does not answer keeps eight copies waiting: two peers of each of 140 VPGs more than all the buffers there are.
say "the buffers are dry"
ip netns exec "$ID-wire" tc qdisc del dev tunnel0 root
VPGS=140
config "$TMP/junction.json" "$TUNNEL"' | .dataplane.mbufs = 4096 | .dataplane.ports[2].addresses = ["198.19.0.1/16"] |
    .vpgs[0].mirroring.peers = [{ address: "'$IDS'" }] |
    .vpgs += [range(1; '$((VPGS + 1))') | { id: "vpg-\(.)", vlan: ., mirroring: { peers: [
        { address: "198.19.1.\(.)" }, { address: "198.19.2.\(.)" }] } }]'
start_junction "$TMP/junction.json"
wait_for 10 peer_is $IDS .state up
# fill: ten frames to each VPG, of which all must arrive; no more at a time than a port's ring holds.
arrived() { ip -n "$ID-server" -j -s link show eth0 | jq '.[0].stats64.rx.packets'; }
all_arrived() { [ "$(arrived)" = "$1" ]; }
fill() {
    local first before
    for ((first = 1; first <= VPGS; first += 20)); do
        before=$(arrived)
        inside device python3 - $first <<'END'
import socket, sys
port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
port.bind(("eth0", 0))
for vlan in range(int(sys.argv[1]), int(sys.argv[1]) + 20):
    for _ in range(10):
        port.send(bytes.fromhex(f"020000000002 020000000001 8100{vlan:04x} 88b5") + bytes(60))
END
        wait_for 10 all_arrived $((before + 200))
    done
}
sum() { ctl --json show peers | jq "[.peers[] | select(.address != \"$IDS\") | $1] | add"; }
fill
say "$(sum .drops.unresolved) unresolved, $(sum .drops.no_mbuf) without a buffer"
[ "$(sum .drops.no_mbuf)" -gt 0 ] || fail "the buffers were never dry"
counted $IDS
stream 1000
say "$(peer $IDS '{ frames, drops }' | jq -c .)"
lost=$(peer $IDS .drops.no_mbuf)
accounted $((2000 - lost)) no_mbuf "$lost"
for ((number = 1; number <= VPGS; number++)); do printf 'address add 198.19.%d.%d/16 dev eth0\n' 1 $number 2 $number; done |
    ip -n "$ID-ids" -batch -
all_up() { [ "$(ctl --json show peers | jq '[.peers[] | select(.state != "up")] | length')" = 0 ]; }
wait_for 10 all_up
counted $IDS
stream 1000
accounted 2000 no_mbuf 0
fill
expect $((VPGS * 20 * 2)) "$(sum '.frames + .drops_total')" "copies sent and lost, of all VPGs"
pass
