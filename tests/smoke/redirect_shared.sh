#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A wire whose network port is the tunnel port: what is redirected leaves by it, what comes back by it goes to the device or
# leaves by it once more, and what the tunnel carries is never redirected itself, whoever brings it.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
for name in device server wire; do namespace $name; no_ipv6 $name; done
link device access0
make_switch
plug wire network0 01
plug server eth0 02
ip -n "$ID-server" link set eth0 mtu 1500
addresses
peers gateway
no_ipv6 gateway
on_network gateway 10
count_packets gateway
config "$TMP/junction.json" ".dataplane.ports[1].addresses = [\"198.19.0.1/24\"] | $REDIRECTION"
start_junction "$TMP/junction.json"
wait_for 10 target_is "peer 198.19.0.10"
dropped() { ctl --json show drops | jq '[.drops[] | select(.kind == "dropped" and .reason != "gate").packets] | add // 0'; }
DROPPED=$(dropped) # before the switch's ports were up
all_through() { through_is "$(sum gateway) $(sum gateway)"; }

stream 5000
stream 1000 --size 1514
expect "6000 6000" "$(seen gateway uplink) $(seen gateway downlink)" "packets at the gateway, up and down"
for size in 56 1472 4000; do
    pings device -s $size $SERVER && pings server -s $size $DEVICE || fail "no ping of $size bytes"
done
a_file 3000000
serve_http server 80
fetch device $SERVER || fail "HTTP: not the file"
wait_for 10 all_through
inside gateway ping -q -c 3 -i 0.02 -W 5 198.19.0.1 >"$TMP/ping.log" || fail "Junction's address on the shared port answers no ping"

# send NAMESPACE COUNT DESTINATION_MAC SOURCE DESTINATION: VXLAN with a device's packet in it.
send() {
    inside "$1" /usr/bin/python3 - "${@:2}" <<'END'
import sys
from scapy.all import *
from scapy.layers.vxlan import VXLAN
count, mac, source, destination = sys.argv[1:]
inner = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")/IP(src="10.128.0.2", dst="198.18.0.2")/UDP()/("x" * 60)
outer = Ether(src=get_if_hwaddr("eth0"), dst=mac)/IP(src=source, dst=destination)/UDP(sport=50000, dport=4789)/VXLAN(vni=10)
sendp([outer/inner] * int(count), iface="eth0", verbose=0)
END
}
# has NAME COUNT ADDRESS: so much VXLAN of that address; tcpdump shows each packet in two lines.
has() { [ "$(tcpdump -nr "$TMP/$1-eth0-in.pcap" "host $3 and udp port 4789" 2>/dev/null | grep -c VXLAN)" = "$2" ]; }
for name in device server; do capture $name eth0 in; done
BEFORE=$(sum gateway) THROUGH=$(through)
say "the tunnel's own packets on the wire, from its end and from a device"
send gateway 20 02:00:00:00:01:01 198.19.0.1 198.19.0.10
wait_for 10 has device 20 198.19.0.1
send device 10 02:00:00:00:01:02 $DEVICE 198.19.0.1
wait_for 10 has server 10 198.19.0.1
expect "$BEFORE $THROUGH" "$(sum gateway) $(through)" "packets at the gateway, sent and returned"
say "a device's VXLAN to anyone else"
send device 5 02:00:00:00:01:02 $DEVICE 198.18.0.9
wait_for 10 has server 5 198.18.0.9
expect "$((BEFORE + 5)) $((${THROUGH% *} + 5)) $((${THROUGH#* } + 5))" "$(sum gateway) $(through)" "packets at the gateway, sent and returned"
captured
expect "$DROPPED 0" "$(dropped) $(gate '[.drops | to_entries[] | select(.key != "neighbour_ignored").value] | add')" "dropped packets"
pass
