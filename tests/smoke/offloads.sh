#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Hosts on veth with the kernel's default offloads: checksums are unfinished, segments joined, VLAN tags beside the frame.
# Ping, TCP and UDP arrive right both ways, plain and behind tags that the hosts' kernels add, directly, through a gateway,
# and at a mirroring peer; behind a bridge unfinished frames and whole ones mix.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
IDS=198.19.0.11 LAN=198.18.0.3 LAN6=fd00:0:0:2::3
make_network
make_underlay gateway ids
no_ipv6 ids
on_network gateway 10
ip -n "$ID-device" route add 10.254.0.0/16 via $SERVER dev eth0 onlink # the gateway talks to the device by itself, too

# Behind a bridge: the server's own frames, and those of another host.
namespace lan
ip -n "$ID-server" link add br0 address 02:00:00:00:01:02 type bridge
ip -n "$ID-server" link add lan0 type veth peer name eth0 netns "$ID-lan"
for link in eth0 lan0; do ip -n "$ID-server" link set $link master br0 up; done
ip -n "$ID-server" address flush dev eth0
ip -n "$ID-server" link set br0 up
ip -n "$ID-server" address add "$SERVER/32" dev br0
ip -n "$ID-server" address add "$SERVER6/48" dev br0 nodad
ip -n "$ID-server" route replace 10.128.0.0/9 dev br0
for link in lo eth0; do ip -n "$ID-lan" link set $link up; done
ip -n "$ID-lan" address add $LAN/32 dev eth0
ip -n "$ID-lan" address add $LAN6/48 dev eth0 nodad
ip -n "$ID-lan" route add 10.128.0.0/9 dev eth0

config "$TMP/junction.json" "$TUNNEL | $GATE | $REDIRECTION"' | .vpgs[0].redirection.enabled = false |
    .vpgs[0].mirroring.peers = [{ address: "'$IDS'", key: 7 }]'
start_junction "$TMP/junction.json"
wait_for 10 peer_is $IDS .state up
head -c 3000000 /dev/urandom >"$TMP/sent"
head -c 996000 "$TMP/sent" >"$TMP/datagrams"
PORT=5000

# segments FROM TO ADDRESS: 1,000 datagrams by UDP_SEGMENT.
segments() {
    PORT=$((PORT + 1))
    enter "$2" "$SMOKE/udp_segments.py" receive $PORT "$TMP/received.udp" &
    local pid=$!
    wait_for 10 listening "$2" $PORT
    inside "$1" "$SMOKE/udp_segments.py" send "$3" $PORT "$TMP/datagrams"
    wait $pid
    cmp "$TMP/datagrams" "$TMP/received.udp"
}
# talk A B ADDRESS_OF_A ADDRESS_OF_B: both ways, all that a kernel hands over in its own way.
talk() {
    COUNT=3 pings "$1" -s 1400 "$4"
    COUNT=3 pings "$2" -s 1400 "$3"
    PORT=$((PORT + 2))
    local a=$3 b=$4
    [[ $a != *:* ]] || { a="[$a]" && b="[$b]"; }
    transfer "$1" "$2" "$b" $PORT "$TMP/sent"
    transfer "$2" "$1" "$a" $((PORT + 1)) "$TMP/sent"
    PORT=$((PORT + 2))
    segments "$1" "$2" "$4"
    segments "$2" "$1" "$3"
}
finished() { ctl --json show ports | jq ".ports[] | select(.name == \"$1\").rx_finished"; }
# wrong HOST: packets that its kernel found to have a wrong checksum.
wrong() {
    ip netns exec "$ID-$1" awk '/^Tcp: [0-9]/ { n += $15 } /^Udp: [0-9]/ { n += $8 } /^Icmp: [0-9]/ { n += $4 } END { print n }' /proc/net/snmp
    ip netns exec "$ID-$1" awk '$1 ~ /^(Udp6InCsumErrors|Icmp6InCsumErrors)$/ { n += $2 } END { print n + 0 }' /proc/net/snmp6
}
nothing_wrong() {
    local host
    for host in device server lan gateway; do expect "0 0" "$(wrong $host | xargs)" "packets with a wrong checksum at $host"; done
    expect 0 "$(ctl --json show drops | jq '[.drops[] | select(.reason | IN("too_long", "no_wire", "tx_full")).packets] | add // 0')" "packets dropped"
}
more_finished() { [ "$(finished "$1")" -gt "$2" ]; }

# all_ways [vlan]: between all hosts, seen by a mirroring peer, and by the gateway.
all_ways() {
    local tag=$((${#1} > 0 ? 4 : 0)) before_access before_network before_tunnel
    before_access=$(finished access0) before_network=$(finished network0) before_tunnel=$(finished tunnel0)
    for end in device:in server:in ids:in; do capture "${end%:*}" eth0 "${end#*:}"; done
    talk device server "$DEVICE" "$SERVER"
    talk device lan "$DEVICE" $LAN
    talk device server "$DEVICE6" "$SERVER6"
    # Frames that come whole, between those that do not.
    [ -n "$1" ] || $STREAM --both --count 2000 --flows 5 >"$TMP/report.json"
    inside device ping -c 1 -W 5 -s 200 -p 6d61726b "$SERVER" >"$TMP/ping.log"
    for name in device server; do wait_for 10 holds $name 1 ${1:+vlan and} 'icmp[40:4] = 0x6d61726b'; done
    wait_for 10 holds ids 2 "ip[$((tag + 102)):4] = 0x6d61726b" # behind it are copies of all that came before
    captured
    # IPv4 alone: of what the kernels say themselves by IPv6 a capture may lack the beginning.
    for end in device:12 server:12 ids:54; do
        tcpdump -r "$TMP/${end%:*}-eth0-in.pcap" -w "$TMP/${end%:*}-ip4.pcap" "ether[$((tag + ${end#*:})):2] = 0x0800" 2>/dev/null
    done
    "$SMOKE/check_mirror.py" "$TMP/ids-ip4.pcap" $IDS "$TMP"/{device,server}-ip4.pcap >"$TMP/ids.json" || fail "copies are not the frames"
    say "$1 right checksums: $("$SMOKE/right_sums.py" "$TMP"/{ids,device,server}-eth0-in.pcap)"
    more_finished access0 "$before_access" || fail "nothing of access0 was finished"
    more_finished network0 "$before_network" || fail "nothing of network0 was finished"

    edit '.vpgs[0].redirection.enabled = true'
    wait_for 10 target_is "peer 198.19.0.10"
    talk device server "$DEVICE" "$SERVER"
    talk device lan "$DEVICE" $LAN
    talk device server "$DEVICE6" "$SERVER6"
    # What the gateway's kernel says itself is unfinished inside of VXLAN.
    PORT=$((PORT + 2))
    transfer gateway device "$DEVICE" $PORT "$TMP/sent"
    transfer device gateway 10.254.0.2 $((PORT + 1)) "$TMP/sent"
    more_finished tunnel0 "$before_tunnel" || fail "nothing inside of VXLAN was finished"
    edit '.vpgs[0].redirection.enabled = false'
    nothing_wrong
}
all_ways ''

if grep -q "does not show VLAN tags to XDP" "$TMP/junction.log"; then
    say "tags: skipped, this kernel does not tell them"
    pass
fi
for host in device server; do
    ip netns exec "$ID-$host" tc qdisc add dev eth0 clsact
    ip netns exec "$ID-$host" tc filter add dev eth0 egress bpf da obj "$BUILD/tests/tools/tags.bpf.o" sec tc/push
    ip netns exec "$ID-$host" tc filter add dev eth0 ingress bpf da obj "$BUILD/tests/tools/tags.bpf.o" sec tc/pop
done
edit '.vpgs[0].vlan = 100'
wait_for 10 peer_is $IDS .state up
before=$(ctl --json show drops | jq '.drops[] | select(.reason == "no_vpg").packets')
all_ways vlan
expect "$before" "$(ctl --json show drops | jq '.drops[] | select(.reason == "no_vpg").packets')" "frames without their tag"

# Two tags, the outer one of 802.1ad.
for host in device server; do
    ip netns exec "$ID-$host" tc filter del dev eth0 egress
    ip netns exec "$ID-$host" tc filter add dev eth0 egress bpf da obj "$BUILD/tests/tools/tags.bpf.o" sec tc/push2
done
capture server eth0 in
pings device "$SERVER"
wait_for 10 holds server 3 'ether[12:2] = 0x88a8 and ether[14:2] = 100 and ether[16:2] = 0x8100 and ether[18:2] = 101 and ether[20:2] = 0x0800'
captured
pass
