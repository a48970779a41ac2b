#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# An underlay with an MTU of 1500 under hosts with an MTU of 1500: TCP gets a smaller MSS, what must not be fragmented is
# answered with ICMP, what may be is; or outer packets are fragmented instead, and those of the gateway made whole.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
UNDERLAY_MTU=1500 VXLAN_MTU=1450
make_network
make_underlay gateway
on_network gateway 10
config "$TMP/junction.json" "$TUNNEL | $REDIRECTION"
start_junction "$TMP/junction.json"
wait_for 10 target_is "peer 198.19.0.10"
expect 1450 "$(gate .path_mtu)" "path MTU"
capture gateway vxlan0 in
capture gateway eth0 in

# datagrams FROM TO ADDRESS: of 1472 bytes, which may be fragmented.
datagrams() {
    enter "$2" socat -u -b 65000 UDP-RECV:5003 "CREATE:$TMP/datagram.received" &
    local pid=$!
    wait_for 10 listening "$2" 5003
    inside "$1" socat -u -b 65000 "OPEN:$TMP/datagram" "UDP:$3:5003,setsockopt=0:10:0" # IP_MTU_DISCOVER, IP_PMTUDISC_DONT
    wait_for 10 cmp -s "$TMP/datagram" "$TMP/datagram.received"
    kill -TERM $pid
}
head -c 1472 /dev/urandom >"$TMP/datagram"
datagrams device server $SERVER
datagrams server device $DEVICE
expect "4 0" "$(gate .counters.inner_fragments) $(gate_drops too_long)" "fragments made of datagrams, and packets too long"
pings device -M dont -s 1472 $SERVER || fail "no ping of 1500 bytes without DF"
expect 16 "$(gate .counters.inner_fragments)" "fragments made of datagrams and pings"

say "TCP"
head -c 5000000 /dev/urandom >"$TMP/sent"
transfer device server "$SERVER" 5000 "$TMP/sent"
transfer server device "$DEVICE" 5001 "$TMP/sent"
transfer device server "[$SERVER6]" 5002 "$TMP/sent"
sizes() { tcpdump -nvr "$TMP/gateway-vxlan0-in.pcap" "$@" 2>/dev/null | grep -oE 'mss [0-9]+' | sort | uniq -c | xargs; }
SYN='tcp[tcpflags] & tcp-syn != 0' SYN6='ip6[6] = 6 and ip6[53] & 2 != 0'
at_least() { [ "$(tcpdump -nr "$TMP/gateway-vxlan0-in.pcap" "$1" 2>/dev/null | wc -l)" -ge "$2" ]; }
wait_for 10 at_least "$SYN" 4
wait_for 10 at_least "$SYN6" 2
expect "4 mss 1410, 2 mss 1390" "$(sizes "$SYN"), $(sizes "$SYN6")" "MSS of SYNs at the gateway"
expect "6 0" "$(gate .counters.mss_clamped) $(gate .counters.too_big_sent)" "MSS lowered, and ICMP answers to anyone"

say "what must not be fragmented"
too_big() { inside "$1" "$SMOKE/path_mtu.py" "$2" 5004 "$3"; }
expect "$INNER 3 4 1450 1450" "$(too_big device $SERVER 1472)" "answer to the device"
expect "$INNER 3 4 1450 1450" "$(too_big server $DEVICE 1472)" "answer to the server"
expect "$INNER6 2 0 1450 1450" "$(too_big device $SERVER6 1452)" "answer to the device by IPv6"
expect "$INNER6 2 0 1450 1450" "$(too_big server $DEVICE6 1452)" "answer to the server by IPv6"
expect "4 4" "$(gate .counters.too_big_sent) $(gate_drops too_long)" "ICMP answers, and packets too long"
# The kernels believe it.
pings device -M "do" -s 1422 $SERVER || fail "no ping of 1450 bytes with DF"
pings device -s 1472 $SERVER6 || fail "no ping of 1520 bytes by IPv6"
pings device -s 4000 $SERVER || fail "no ping of 4028 bytes"

say "many at once are not all answered"
$STREAM --count 100 --size 1514 >"$TMP/report.json"
expect 0 "$(jq .lost "$TMP/report.json")" "packets lost that may be fragmented"
answered=$(gate .counters.too_big_sent)
inside device /usr/bin/python3 -c "from scapy.all import *
sendp([Ether(src='02:00:00:00:01:01', dst='02:00:00:00:01:02')/IP(src='$DEVICE', dst='$SERVER', flags='DF')/UDP(dport=5004)/('x' * 1472)] * 500,
    iface='eth0', verbose=0)"
all_too_long() { [ "$(gate_drops too_long)" = 504 ]; }
wait_for 10 all_too_long
expect 500 "$(gate '.counters | .too_big_sent + .too_big_suppressed - '"$answered")" "packets answered, or not to be answered any more"
[ "$(gate .counters.too_big_suppressed)" -gt 0 ] || fail "every packet was answered"

say "another path MTU, another source"
edit '.vpgs[0].redirection += { mtu: 1400, icmp_source: "198.18.0.254" }'
for name in device server; do ip -n "$ID-$name" route flush cache; done
expect 1400 "$(gate .path_mtu)" "path MTU"
expect "198.18.0.254 3 4 1400 1400" "$(too_big device $SERVER 1422)" "answer to the device"
captured
expect 0 "$(tcpdump -nr "$TMP/gateway-eth0-in.pcap" 'ip[6:2] & 0x3fff != 0' 2>/dev/null | wc -l)" "outer fragments"
expect 0 "$(tcpdump -nr "$TMP/gateway-vxlan0-in.pcap" 'greater 1465' 2>/dev/null | wc -l)" "inner packets over 1450 bytes"

say "the outer packet is fragmented"
edit '.vpgs[0].redirection |= (.too_long = "fragment_outer" | del(.mtu, .icmp_source))'
for name in device server; do ip -n "$ID-$name" route flush cache; ip -n "$ID-$name" -6 route flush cache; done
ip -n "$ID-gateway" link set vxlan0 mtu 1500
capture gateway vxlan0 in
before=$(gate '.counters | "\(.outer_fragments) \(.reassembled) \(.inner_fragments)"')
stream 1000 --size 1514
read -r outer whole inner <<<"$before"
expect "$((outer + 4000)) $((whole + 2000)) $inner" "$(gate '.counters | "\(.outer_fragments) \(.reassembled) \(.inner_fragments)"')" \
    "outer fragments sent, packets made whole, inner fragments"
pings device -M "do" -s 1472 $SERVER || fail "no ping of 1500 bytes with DF"
pings device -M "do" -s 1452 $SERVER6 || fail "no ping of 1500 bytes by IPv6"
transfer device server "$SERVER" 5005 "$TMP/sent"
expect 0 "$(gate_drops vxlan_outer_fragment)" "packets that never became whole"
captured
expect 1500 "$(tcpdump -nvr "$TMP/gateway-vxlan0-in.pcap" udp port 4000 2>/dev/null | grep -oE ' length 1500' | head -n 1 | cut -d' ' -f3)" \
    "length of a packet inside"
expect "[] 0" "$(ctl --json show drops | jq -c '[.drops[] | select(.kind == "dropped" and .reason != "gate" and .packets > 0)]') $(gate_drops no_mbuf)" "other drops"
pass
