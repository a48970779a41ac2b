#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# IPv6 inside, first over IPv4 and then over IPv6, whose UDP checksums are real: both families go through the gateway, but
# for what the wire's hosts say to each other as neighbours.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
make_network
make_underlay four six
on_network four 10
on_network six 11 id 11 local fd00:0:0:9::11 remote fd00:0:0:9::1
for name in four six; do count_packets $name; done
config "$TMP/junction.json" "$TUNNEL | $REDIRECTION"
start_junction "$TMP/junction.json"

# agree NAME: Junction and the gateway count alike.
agree() { through_is "$(sum "$1") $(sum "$1")"; }
# everything_through NAME
everything_through() {
    local before after
    before=$(sum "$1")
    for size in 0 56 1000 1452 4000; do
        pings device -s "$size" $SERVER6 && pings server -s "$size" $DEVICE6 && pings device -s "$size" $SERVER ||
            fail "no ping of $size bytes through $1"
    done
    head -c 3000000 /dev/urandom >"$TMP/sent"
    transfer device server "[$SERVER6]" 5000 "$TMP/sent"
    transfer server device "[$DEVICE6]" 5001 "$TMP/sent"
    a_file 3000000
    serve_http6 server
    fetch device "[$SERVER6]" || fail "HTTP through $1: not the file"
    kill -TERM $WEB
    stream 3000
    after=$(sum "$1")
    [ $((after - before)) -gt 6000 ] || fail "$1 saw only $((after - before)) packets"
    expect 0 "$(seen "$1" wire)" "packets of the wire's neighbour discovery at $1"
    say "through $1: $((after - before)) packets"
}
serve_http6() {
    enter "$1" python3 -u "$SMOKE/serve.py" "$TMP/www" 80 :: >"$TMP/http-$1.log" 2>&1 &
    WEB=$!
    wait_for 10 listening "$1" 80
}
# asked_again: a neighbour of the wire is asked by unicast, and answers, while all is redirected.
neighbour() { ip -n "$ID-device" -6 -j neighbour show to $SERVER6 dev eth0 | jq -r '.[0].state[0]'; }
neighbour_is() { [ "$(neighbour)" = "$1" ]; }
asked_again() {
    local mac
    mac=$(ip -n "$ID-device" -6 -j neighbour show to $SERVER6 dev eth0 | jq -r '.[0].lladdr')
    ip -n "$ID-device" -6 neighbour replace $SERVER6 lladdr "$mac" dev eth0 nud probe
    wait_for 10 neighbour_is REACHABLE
}

wait_for 10 target_is "peer 198.19.0.10"
everything_through four
asked_again
wait_for 10 agree four
expect "0 0" "$(seen four wire) $(gate '.counters.bypassed_packets')" "packets of the wire at the gateway, and bypassed"

say "the gateway is another one, over IPv6"
edit '.vpgs[0].gate |= (.vni = 11 | .peers = [{ outer: "fd00:0:0:9::11", inner: "10.254.0.3", inner_ipv6: "fd00:254::3" }]) |
    .vpgs[0].redirection.gateway = "fd00:254::3"'
wait_for 10 target_is "peer fd00:0:0:9::11"
capture six eth0 in
everything_through six
asked_again
captured
expect 0 "$(tcpdump -nr "$TMP/six-eth0-in.pcap" 'udp port 4789 and ip6[46:2] = 0' 2>/dev/null | wc -l)" "outer packets without UDP checksum"
expect 0 "$(tshark -r "$TMP/six-eth0-in.pcap" -o udp.check_checksum:TRUE -Y 'udp.port == 4789 && udp.checksum.status == "Bad"' 2>/dev/null |
    wc -l)" "outer packets with a wrong UDP checksum"
expect 0 "$(ip netns exec "$ID-six" awk '$1 == "Udp6InCsumErrors" { print $2 }' /proc/net/snmp6)" "checksum errors at the gateway"
expect 0 "$(gate_drops vxlan_checksum)" "packets with a wrong checksum from the gateway"

say "a network without IPv4: what is IPv4 goes directly"
edit '.vpgs[0].gate |= (.address = "fd00:254::1/64" | del(.address_ipv6) | .peers[0] |= (.inner = .inner_ipv6 | del(.inner_ipv6)))'
wait_for 10 target_is "peer fd00:0:0:9::11"
BYPASSED=$(gate '.counters.bypassed_packets') BEFORE=$(sum six)
stream 100
expect "$((BYPASSED + 200)) $BEFORE" "$(gate '.counters.bypassed_packets') $(sum six)" "packets bypassed, and at the gateway"
pings device $SERVER6 || fail "no ping by IPv6"
expect $((BEFORE + 6)) "$(sum six)" "packets at the gateway"
pass
