#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A router on the underlay with a link of 1400 bytes behind it, where an analyser and the gateway are. Fixed, the path is a
# black hole, and the router's errors are counted; learned, copies and packets fit. Forged errors change nothing.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
make_network silent
make_underlay router
namespace far
ip -n "$ID-router" link add eth1 mtu 1400 type veth peer name eth0 netns "$ID-far"
ip -n "$ID-far" link set eth0 mtu 1400
ip -n "$ID-router" address add 198.19.1.1/24 dev eth1
ip -n "$ID-far" address add 198.19.1.2/24 dev eth0
ip -n "$ID-router" link set eth1 up
for link in lo eth0; do ip -n "$ID-far" link set $link up; done
ip -n "$ID-far" route add default via 198.19.1.1
ip netns exec "$ID-router" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
FAR=198.19.1.2
UNDERLAY="$TUNNEL"' | .dataplane.ports[2].routes = [{ to: "198.19.1.0/24", via: "198.19.0.10" }]'
VXLAN_MTU=1350 HOST=2 on_network far 10 id 10 local $FAR remote 198.19.0.1 nolearning
config "$TMP/junction.json" "$UNDERLAY"' | .vpgs[0].mirroring.peers = [{ address: "'$FAR'", key: 7 }]'
start_junction "$TMP/junction.json"
wait_for 10 peer_is $FAR .state up
capture far eth0 in

ignored() { ctl --json show neighbours | jq -r '[.path_mtu_fixed, .path_mtu_unquoted, .path_mtu_too_small, .path_mtu_not_lower] | join(" ")'; }
unlearned() { ctl --json show neighbours | jq -r '.path_mtu_unquoted + .path_mtu_too_small + .path_mtu_not_lower + .icmp_errors_limited'; }
unlearned_is() { [ "$(unlearned)" = "$1" ]; }
at_far() { tcpdump -nr "$TMP/far-eth0-in.pcap" "$@" 2>/dev/null | wc -l; }
arrived() { [ "$(at_far "${@:2}")" -ge "$1" ]; }

say "fixed: copies are lost, and the errors counted"
stream 3 --size 1514
wait_for 10 peer_is $FAR '"\(.icmp_too_big) \(.path_mtu_lowered) \(.learned_mtu)"' "6 0 null"
expect "6 0 0 0" "$(ignored)" "errors that changed nothing"
stream 3 --size 1000
wait_for 10 arrived 6 "proto 47"
expect 6 "$(at_far "proto 47")" "copies that came"

say "learned: forged errors change nothing"
edit '.vpgs[0].mirroring.peers[0].path_mtu = "learn"'
forged() { inside router /usr/bin/python3 "$SMOKE/forged_errors.py" "$@"; }
wait_for 10 unlearned_is "$(forged gre $FAR)"
expect "null 0" "$(peer $FAR '"\(.learned_mtu) \(.path_mtu_lowered)"')" "learned"

say "learned: what the router says"
stream 3 --size 1514
wait_for 10 peer_is $FAR '"\(.path_mtu_mode) \(.learned_mtu)"' "learn 1400"
stream 3 --size 1514
wait_for 10 arrived 12 "proto 47"
expect 0 "$(at_far "proto 47 and ip[2:2] > 1400")" "copies over 1400 bytes"
[ "$(at_far "proto 47 and ip[2:2] = 1400")" -ge 6 ] || fail "copies are shorter than need be"
expect 1400 "$(ctl --json reload >/dev/null; peer $FAR .learned_mtu)" "learned, after a reload"
ctl show peers | grep -q 1400 || fail "show peers does not tell"

say "a gateway behind the router"
edit '.vpgs[0].mirroring.peers = [] | '"${REDIRECTION//198.19.0./198.19.1.}"' |
    .vpgs[0].gate.peers = [{ outer: "'$FAR'", inner: "10.254.0.2", inner_ipv6: "fd00:254::2" }] | .vpgs[0].gate.path_mtu = "learn"'
wait_for 10 target_is "peer $FAR"
expect "1550 null" "$(gate '"\(.path_mtu) \(.peers[0].learned_mtu)"')" "path MTU"
before=$(unlearned)
wait_for 10 unlearned_is $((before + $(forged vxlan $FAR)))
expect "1550 null 0" "$(gate '"\(.path_mtu) \(.peers[0].learned_mtu) \(.counters.path_mtu_lowered)"')" "path MTU after forged errors"
head -c 3000000 /dev/urandom >"$TMP/sent"
transfer device server "$SERVER" 5000 "$TMP/sent"
expect "1350 1400 1" "$(gate '"\(.path_mtu) \(.peers[0].learned_mtu) \(.counters.path_mtu_lowered)"')" "path MTU"
[ "$(gate .counters.too_big_sent)" -gt 0 ] || fail "the device was not told"
transfer server device "$DEVICE" 5001 "$TMP/sent"
pings device -M "do" -s 1322 $SERVER || fail "no ping of 1350 bytes with DF"
captured
expect 0 "$(at_far "udp port 4789 and ip[2:2] > 1400")" "outer packets over 1400 bytes"
pass
