#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Without redirection devices and hosts of the virtual network reach each other directly, as if devices were on it: also a
# host that no configuration names, and none of another group once the privacy separator is there.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
ONE=10.254.0.2 TWO=10.254.0.3 GUEST=10.254.7.7 ONE6=fd00:254::2 OTHER=10.128.0.9
make_network
make_underlay one two
# Hosts need no route: devices are on the link.
for host in one:10:11 two:11:10; do
    IFS=: read -r name number other <<<"$host"
    on_network $name "$number" id 10 local "198.19.0.$number" remote 198.19.0.1
    ip -n "$ID-$name" route replace 10.128.0.0/9 dev vxlan0
    ip -n "$ID-$name" -6 route replace fd00:0:0:1::/64 dev vxlan0
    ip netns exec "$ID-$name" bridge fdb append 00:00:00:00:00:00 dev vxlan0 dst "198.19.0.$other"
done
namespace guest # beside the host `one`, on the same link
no_ipv6 guest
ip -n "$ID-one" link add link vxlan0 name guest0 address 02:00:00:00:03:77 netns "$ID-guest" type macvlan mode bridge
ip -n "$ID-guest" address add $GUEST/16 dev guest0
ip -n "$ID-guest" link set lo up
ip -n "$ID-guest" link set guest0 up
ip -n "$ID-guest" route add 10.128.0.0/9 dev guest0
# A device sends what is not on its link to its router, as always.
ip -n "$ID-device" route add 10.254.0.0/16 via $SERVER dev eth0
ip -n "$ID-device" -6 route add fd00:254::/64 via $SERVER6 dev eth0
# Another device, behind the router.
ip -n "$ID-server" address add $OTHER/32 dev eth0
ip -n "$ID-device" route add $OTHER via $SERVER dev eth0
config "$TMP/junction.json" "$TUNNEL | $GATE | .vpgs[0].gate.peers = ${PEERS}[:2] |"'
    .vpgs[0].devices = [{ address: "'$DEVICE'", name: "001010000000001", group: "cameras" }]'
start_junction "$TMP/junction.json"
expect none "$(gate '.redirection.target.kind // "none"')" "way of redirected packets"
pings device $SERVER && pings device $SERVER6 || fail "no ping to the server"

outer_of() { gate '.hosts[] | select(.address == "'"$1"'").outer // empty'; }
heard_at() { [ "$(outer_of "$1")" = "$2" ]; }
reaches() { pings device "$1" && pings "$2" "$3"; }
for size in 56 1000 4000; do
    pings one -s $size $DEVICE || fail "the host reaches no device with $size bytes"
    pings device -s $size $ONE || fail "a device reaches no host with $size bytes"
done
reaches $TWO two $DEVICE || fail "the second host and the device do not reach each other"
reaches $ONE6 one $DEVICE6 || fail "not by IPv6"
pings one $TWO || fail "the hosts do not reach each other"
own=$(gate .mac)
for name in one two; do
    expect "$own" "$(ip -n "$ID-$name" -j neighbour show to $DEVICE dev vxlan0 | jq -r '.[0].lladdr')" "who answers for the device at $name"
done
expect "$own" "$(ip -n "$ID-one" -6 -j neighbour show to $DEVICE6 dev vxlan0 | jq -r '.[0].lladdr')" "who answers for the device by IPv6"
pings one $INNER && pings one $INNER6 || fail "Junction's own addresses answer no ping"

say "HTTP, both ways"
a_file 3000000
serve_http one 80
serve_http device 80
fetch device $ONE || fail "HTTP from the host: not the file"
fetch two $DEVICE || fail "HTTP from the device: not the file"
grep -q "^10\.128\.0\.2 " "$TMP/http-one.log" || fail "the host sees another address than the device's"

say "a host that nobody has named"
pings guest $DEVICE || fail "it reaches no device"
wait_for 10 heard_at $GUEST 198.19.0.10
pings device $GUEST || fail "a device does not reach it"
expect 02:00:00:00:03:77 "$(gate '.hosts[] | select(.address == "'$GUEST'").mac')" "its MAC address"
expect $DEVICE "$(ip -n "$ID-guest" -j neighbour show to $DEVICE dev guest0 | jq -r '.[0].dst')" "the device as its neighbour"

say "what is no device is not reached"
pings device $SERVER || fail "no ping to the server"
before=$(gate_drops not_device)
! COUNT=2 inside one ping -q -c 2 -i 0.02 -W 1 $SERVER >"$TMP/ping.log" || fail "the host reaches the server"
expect $((before + 2)) "$(gate_drops not_device)" "packets refused as not_device"
expect 0 "$(gate '[.drops | to_entries[] | select(.key | IN("unresolved", "neighbour_ignored", "inner_group", "not_device") | not).value] | add')" "other drops"

say "groups apart"
edit '.vpgs[0].gate |= (.privacy_separator = true | .peers[0].group = "cameras" | .peers[1].group = "doors")'
reaches $ONE one $DEVICE || fail "device and host of one group do not reach each other"
expect 0 "$(gate_drops privacy)" "packets refused for privacy"
! inside two ping -q -c 2 -i 0.02 -W 1 $DEVICE >"$TMP/ping.log" || fail "a host of another group reaches the device"
! inside device ping -q -c 2 -i 0.02 -W 1 $TWO >"$TMP/ping.log" || fail "the device reaches a host of another group"
expect 4 "$(gate_drops privacy)" "packets refused for privacy"
other_group() { edit '.vpgs[0].devices[1] = { address: "'$OTHER'", name: "001010000000002", group: "'"$1"'" }'; }
other_group doors
! inside device ping -q -c 2 -i 0.02 -W 1 $OTHER >"$TMP/ping.log" || fail "a device reaches one of another group"
! inside server ping -q -c 2 -i 0.02 -W 1 -I $OTHER $DEVICE >"$TMP/ping.log" || fail "a device is reached by one of another group"
expect 8 "$(gate_drops privacy)" "packets refused for privacy"
other_group cameras
pings device $OTHER && pings server -I $OTHER $DEVICE || fail "devices of one group do not reach each other"
other_group doors
edit '.vpgs[0].gate.privacy_separator = false'
reaches $TWO two $DEVICE && pings device $OTHER || fail "the privacy separator stays"

say "closed"
edit '.vpgs[0].gate.enabled = false'
expect 0 "$(ctl --json show gate | jq '.gates | length')" "open gates"
! inside one ping -q -c 1 -W 1 $DEVICE >"$TMP/ping.log" || fail "a device is reached through a closed gate"
stream 1000
edit '.vpgs[0].gate.enabled = true'
pings device $SERVER || fail "no ping to the server" # so Junction learns anew where the device is
pings one $DEVICE || fail "the host reaches no device any more"
stop_junction
expect true "$(jq -s 'any(.[].junction | objects; .gate == true)' "$DOCUMENTS")" "a flow document about the virtual network"
pass
