#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A VPG over two wires, each direction on another: what devices send goes by wire0, what servers send by wire1. It is one
# flow at one worker, directly and through a gateway, and no frame changes its wire.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
# link NAMESPACE INTERFACE is eth0; the second wire's is eth1.
second_link() {
    ip -n "$ID-$1" link add eth1 address "02:00:00:00:01:1$3" type veth peer name "$2" netns "$ID-wire"
    ip -n "$ID-wire" link set "$2" up
    ip -n "$ID-$1" link set eth1 up
    ip netns exec "$ID-$1" sysctl -qw net.ipv4.conf.{all,default,eth0,eth1}.rp_filter=0
}
make_network silent
second_link device access1 1
second_link server network1 2
ip -n "$ID-server" route change 10.128.0.0/9 dev eth1 # what the device sends comes by eth0 all the same
no_ipv6 wire
no_ipv6 device
no_ipv6 server
make_underlay gateway
no_ipv6 gateway
on_network gateway 10
config "$TMP/junction.json" "$TUNNEL | $GATE"' | .dataplane.worker_cores = [0, 1] |
    .inspection += { interval_seconds: 3600, idle_timeout_seconds: 3600 } |
    .dataplane.ports += [{ name: "access1", device: "net_af_xdp3,iface=access1" }, { name: "network1", device: "net_af_xdp4,iface=network1" }] |
    .dataplane.wires += [{ name: "wire1", access: "access1", network: "network1" }] |
    .vpgs[0] |= (del(.wire) | .wires = ["wire0", "wire1"])'
start_junction "$TMP/junction.json"
expect '[["wire0","wire1"]]' "$(ctl --json show vpgs | jq -c '[.vpgs[].wires]')" "wires of the VPG"

ADDRESSES=$(echo 10.128.7.{1..20})
for address in $ADDRESSES; do ip -n "$ID-device" address add "$address/32" dev eth0; done
# in_file NAME INTERFACE FILTER: so many such packets came in there.
in_file() { tcpdump -nr "$TMP/$1-$2-in.pcap" "$3" 2>/dev/null | wc -l; }
arrived() { [ "$(in_file server eth0 'icmp[0] = 8') $(in_file device eth1 'icmp[0] = 0')" = "60 60" ]; }
# each_on_its_wire: three echo requests of each address, and their answers.
each_on_its_wire() {
    for name in device server; do for interface in eth0 eth1; do capture $name $interface in; done; done
    for address in $ADDRESSES; do
        pings device -I "$address" $SERVER || fail "no ping from $address"
    done
    wait_for 10 arrived
    captured
    expect "0 0" "$(in_file server eth1 'icmp[0] = 8') $(in_file device eth0 'icmp[0] = 0')" "packets that changed their wire"
}
pings_of_all() { ctl --json show flows --limit 0 | jq -c '[.flows[] | select(.protocol == "icmp")]'; }
each_on_its_wire
pings_of_all >"$TMP/flows.json"
expect '20 [[3,3]] [0,1]' "$(jq -r '"\(length) \([.[] | [.uplink_packets, .downlink_packets]] | unique) \([.[].worker] | unique)"' "$TMP/flows.json")" \
    "flows, packets of each, workers"
head -c 3000000 /dev/urandom >"$TMP/file"
transfer device server $SERVER 7000 "$TMP/file"

vpg redirect set 10.254.0.2
wait_for 10 target_is "peer 198.19.0.10"
each_on_its_wire
transfer server device $DEVICE 7001 "$TMP/file"
expect 20 "$(pings_of_all | jq length)" "flows"
# all_back: what was redirected has come back, too.
all_back() { [ "$(gate '([.peers[].sent_packets] | add) == ([.peers[].returned_packets] | add)')" = true ]; }
wait_for 10 all_back
[ "$(gate '[.peers[].sent_packets] | add')" -ge 48 ] || fail "packets were not redirected"
expect "[]" "$(ctl --json show drops | jq -c '[.drops[] | select(.kind == "dropped" and .packets != 0)]')" "dropped packets"
stop_junction
expect '["access0"] 20' "$(jq -rs '[.[] | select(.event.dataset == "junction.flow" and .network.transport == "icmp")] |
    "\([.[].observer.ingress.interface.name] | unique) \([.[] | "\(.source.ip)"] | unique | length)"' "$DOCUMENTS")" \
    "port by which the flows came in, and their devices"
expect true "$(jq -s 'all(.[] | select(.event.dataset == "junction.flow" and .destination.port == 7000); .source.packets > 0 and .destination.packets > 0)' "$DOCUMENTS")" \
    "both directions in one document"
pass
