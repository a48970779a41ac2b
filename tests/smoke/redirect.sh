#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Through a Linux gateway on a VXLAN of the kernel: ping, TCP, HTTP, UDP and fragments arrive whole, both ways, each packet
# once; its nftables count what Junction says was sent. What its firewall drops is what is blocked; NAT there works.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
MEGABYTES=100
[[ $BUILD != *asan* ]] || MEGABYTES=10
make_network silent
make_underlay gateway
no_ipv6 gateway
on_network gateway 10
count_packets gateway
# Who answers to the gateway's address finds it behind the device's side, as by any router there.
ip -n "$ID-server" route add 10.254.0.0/16 via $DEVICE dev eth0
config "$TMP/junction.json" "$TUNNEL | $REDIRECTION"
start_junction "$TMP/junction.json"
wait_for 10 target_is "peer 198.19.0.10"
expect "10 1550" "$(gate '"\(.vni) \(.path_mtu)"')" "VNI and path MTU"
expect "0 0" "$(through)" "packets through the gateway before there were any"

# all_through: what was sent came back, and the gateway saw it; no packet is on its way.
all_through() {
    local seen
    seen=$(sum gateway)
    through_is "$seen $((seen - ${1:-0}))"
}

for size in 0 56 1000 1472 4000; do
    pings device -s "$size" $SERVER || fail "no ping of $size bytes to the server"
    pings server -s "$size" $DEVICE || fail "no ping of $size bytes to the device"
done
wait_for 10 all_through
expect "42 42" "$(seen gateway uplink) $(seen gateway downlink)" "packets of pings at the gateway, up and down"
wait_for 10 gate_is '.drops | add' 0

stream 10000
wait_for 10 all_through
expect "10042 10042" "$(seen gateway uplink) $(seen gateway downlink)" "packets at the gateway, up and down"
stream 2000 --size 1514
say "numbered packets are through"

head -c 3000000 /dev/urandom >"$TMP/sent"
transfer device server "$SERVER" 5000 "$TMP/sent"
transfer server device "$DEVICE" 5001 "$TMP/sent"
head -c 40000 "$TMP/sent" >"$TMP/datagram" # one datagram in 28 fragments
enter server socat -u -b 65000 UDP-RECV:5003 "CREATE:$TMP/datagram.received" &
wait_for 10 listening server 5003
inside device socat -u -b 65000 "OPEN:$TMP/datagram" "UDP:$SERVER:5003"
wait_for 10 cmp -s "$TMP/datagram" "$TMP/datagram.received"
for way in "" -R; do
    enter server iperf3 -s -1 >"$TMP/iperf3-server.log" 2>&1 &
    IPERF=$!
    wait_for 10 listening server 5201
    # shellcheck disable=SC2086
    inside device iperf3 -J -n 10M -c $SERVER $way >"$TMP/iperf3.json" || fail "iperf3 $way: $(jq .error "$TMP/iperf3.json")"
    wait $IPERF
    jq -e '.end.sum_received.bytes >= 9000000' "$TMP/iperf3.json" >/dev/null || fail "iperf3 $way received too little"
    say "iperf3 $way: $(jq '.end.sum_received.bits_per_second / 1e6 | round' "$TMP/iperf3.json") Mbit/s"
done
a_file $((MEGABYTES * 1000000))
serve_http server 80
fetch device $SERVER || fail "HTTP: not the file"
wait_for 10 all_through
say "HTTP of $MEGABYTES MB arrived whole; packets through the gateway: $(sum gateway)"

say "the gateway's firewall drops one port"
serve_http server 81
inside gateway nft -f - <<'END'
table inet firewall {
    chain forward {
        type filter hook forward priority 0;
        tcp dport 81 counter drop
        udp dport 20000 counter drop
        udp sport 20000 counter drop
    }
}
END
a_file 100000
$STREAM --both --count 300 --flows 3 --per-flow >"$TMP/report.json"
expect "100 0 0 100 0 0" "$(jq -r '[.uplink.flow[].lost, .downlink.flow[].lost] | map(tostring) | join(" ")' "$TMP/report.json")" \
    "packets lost of each flow, up and down"
! fetch device $SERVER:81 1 || fail "the port that is dropped is open"
fetch device $SERVER || fail "the port beside it is blocked"
blocked() { ip netns exec "$ID-gateway" nft -j list table inet firewall | jq '[.. | .counter?.packets // empty] | add'; }
[ "$(blocked)" -ge 201 ] || fail "the gateway's firewall dropped $(blocked) packets"
wait_for 10 all_through "$(blocked)"
expect "$(blocked)" "$(ctl --json show peers | jq '.gateways[] | select(.kind == "gateway").lost')" "packets that the gateway kept"
LOST=$(blocked)
inside gateway nft delete table inet firewall

say "the gateway translates addresses"
inside gateway nft -f - <<'END'
table ip nat {
    chain out {
        type nat hook postrouting priority srcnat;
        oifname "vxlan0" ip saddr 10.128.0.0/9 masquerade
    }
}
END
# Connections that began before keep their addresses, as with any such gateway: these are new ones.
fetch device $SERVER || fail "HTTP through NAT: not the file"
tail -n 1 "$TMP/http-server.log" | grep -q '^10\.254\.0\.2 ' || fail "the server saw no translated address: $(tail -n 1 "$TMP/http-server.log")"
for size in 56 1000 4000; do pings device -s "$size" $SERVER || fail "no ping of $size bytes through NAT"; done
transfer device server "$SERVER" 5004 "$TMP/sent"
pings server $DEVICE || fail "no ping to the device"
returned_all() { gate_is '[.peers[].sent_packets] | add' "$(sum gateway)"; }
wait_for 10 returned_all
expect "0 0" "$(gate '"\([.drops[]] | add) \(.counters.bypassed_packets)"')" "packets refused, and bypassed"
THROUGH=$(through)
expect $((${THROUGH% *} - LOST)) "${THROUGH#* }" "packets that came back"
expect 0 "$(ctl --json show drops | jq '[.drops[] | select(.kind == "dropped").packets] | add // 0')" "dropped packets"
FRAGMENTS=$(seen gateway fragments)
stop_junction

# A fragment that comes back is no flow's.
expect "${THROUGH% *} $((${THROUGH#* } - FRAGMENTS))" "$(jq -s -r '[.[].junction.redirect? // empty] | "\(map(.packets) | add) \(map(.returned_packets) | add)"' "$DOCUMENTS")" \
    "packets to the gateway and back in flow documents"
expect "true" "$(jq -s 'any(.[]; .source.ip == "10.254.0.2" and .junction.returned_flow and .junction.redirect.packets > 0)' "$DOCUMENTS")" \
    "a document about a translated flow and its answers"
expect "${THROUGH% *} ${THROUGH% *}" "$(documents '"\(.flow_packets) \(.summary_ip_packets)"')" "packets in flow documents and summaries"
pass
