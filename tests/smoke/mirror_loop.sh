#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A wire whose network port is the tunnel port: copies leave by it, Junction answers for its address there, and what the
# tunnel carries is never mirrored again, whoever brings it back.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
for name in device server wire; do namespace $name; no_ipv6 $name; done
link device access0
make_switch
plug wire network0 01
plug server eth0 02
addresses
# Device and server do not ask for each other while copies are counted.
ip -n "$ID-device" neighbour replace "$SERVER" lladdr 02:00:00:00:02:02 dev eth0 nud permanent
ip -n "$ID-server" neighbour replace "$DEVICE" lladdr 02:00:00:00:01:01 dev eth0 nud permanent
peers ids
no_ipv6 ids
IDS=198.19.0.10
config "$TMP/junction.json" '.dataplane.ports[1].addresses = ["198.19.0.1/24"] | .vpgs[0].mirroring.peers = [{ address: "'$IDS'" }]'
start_junction "$TMP/junction.json"
wait_for 10 peer_is $IDS .state up
for name in device server ids; do capture $name eth0 in; done

counted $IDS
stream 2000
accounted 4000 down 0
inside device ping -c 3 -i 0.02 -W 5 "$SERVER" >"$TMP/ping.log"
inside ids ping -c 3 -i 0.02 -W 5 198.19.0.1 >"$TMP/ping.log"
expect 3 "$(ctl --json show neighbours | jq .echo_requests)" "echo requests that Junction answered"
wait_for 10 holds_copies ids $IDS

# send NAMESPACE COUNT DESTINATION_MAC SOURCE DESTINATION: GRE with a frame in it, as a copy is.
send() {
    inside "$1" /usr/bin/python3 - "${@:2}" <<'END'
import sys
from scapy.all import *
count, mac, source, destination = sys.argv[1:]
inner = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")/IP(src="10.128.0.2", dst="198.18.0.2")/UDP()/("x" * 60)
outer = Ether(src=get_if_hwaddr("eth0"), dst=mac)/IP(src=source, dst=destination)/GRE(proto=0x6558)
sendp([outer/inner] * int(count), iface="eth0", verbose=0)
END
}
own_tunnel() { [ "$(ctl --json show drops | jq '[.drops[] | select(.reason == "own_tunnel").packets] | add // 0')" = "$1" ]; }
ignored() { ctl --json show neighbours | jq '[to_entries[] | select(.key | startswith("ignored")).value] | add'; }
named() { [ "$(($(ignored) + $(ctl --json show drops | jq '[.drops[] | select(.kind == "dropped").packets] | add // 0')))" = "$1" ]; }
NAMED=$(($(ignored) + $(ctl --json show drops | jq '[.drops[] | select(.kind == "dropped").packets] | add // 0')))
counted $IDS
say "the peer brings copies back as they came, by the wire's own network port"
send ids 20 02:00:00:00:01:01 198.19.0.1 $IDS
wait_for 10 own_tunnel 20
wait_for 10 holds device 20 "proto 47"
say "a device sends to the tunnel"
send device 10 02:00:00:00:01:02 $DEVICE 198.19.0.1
wait_for 10 own_tunnel 30
say "the peer sends GRE to Junction's address: nothing that Junction has asked for"
send ids 10 02:00:00:00:02:01 $IDS 198.19.0.1
wait_for 10 named $((NAMED + 10))
accounted 0 down 0
inside device ping -c 1 -W 5 -s 200 -p 6d61726b "$SERVER" >"$TMP/ping.log"
for name in device server; do wait_for 10 holds $name 1 'icmp[40:4] = 0x6d61726b'; done
wait_for 10 holds ids "$(peer $IDS .frames)" "proto 47 and dst host $IDS"
captured

for name in device server; do
    tcpdump -nr "$TMP/$name-eth0-in.pcap" -w "$TMP/$name.pcap" "not proto 47 and not (arp and net 198.19.0.0/24)" 2>/dev/null
done
tcpdump -nr "$TMP/ids-eth0-in.pcap" -w "$TMP/ids.pcap" "src host 198.19.0.1" 2>/dev/null # what the switch flooded is no copy
"$SMOKE/check_mirror.py" "$TMP/ids.pcap" $IDS "$TMP"/{device,server}.pcap || fail "the copies are not the frames"
pass
