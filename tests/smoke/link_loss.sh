#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A lost link is passed on to the wire's other side, seen there by its carrier, and brought back with it; also when
# Junction stops or is killed meanwhile. A wire beside it that keeps its links has nothing of it.
. "$(dirname "$0")/_init.sh"
make_network
for name in device2 server2; do namespace "$name"; done
link device2 access1
link server2 network1
config "$TMP/junction.json" '.dataplane.wires[0].link_loss = "pass" |
    .dataplane.ports += [{ name: "access1", device: "net_af_xdp2,iface=access1" },
                         { name: "network1", device: "net_af_xdp3,iface=network1" }] |
    .dataplane.wires += [{ name: "wire1", access: "access1", network: "network1" }]'
carrier() { [ "$(ip -n "$ID-$1" -j link show eth0 | jq -r '.[0].flags | index("LOWER_UP") != null')" = "$2" ]; }
link_is() { ctl --json show ports | jq -e --arg name "$1" --arg link "$2" '.ports[] | select(.name == $name) | .link == $link' >/dev/null; }
wire_is() { ctl --json show status | jq -e --arg name "$1" --arg state "$2" '.wires[] | select(.wire == $name) | .state == $state' >/dev/null; }
pings() { inside device ping -c 1 -W 1 "$SERVER" >"$TMP/ping.log" 2>&1; }
# A link that is set down takes the kernel's addresses and routes along.
back_up() {
    ip -n "$ID-$1" link set eth0 up
    [ "$1" = device ] || ip -n "$ID-$1" route replace 10.128.0.0/9 dev eth0
    [ "$1" = server ] || ip -n "$ID-$1" route replace 198.18.0.0/15 dev eth0
}
say "a driver that cannot take its link down"
jq '.dataplane.ports[0].device = "net_null0"' "$TMP/junction.json" >"$TMP/refused.json"
status=0
inside wire "$BUILD/junction" run --instance "$ID" -c "$TMP/refused.json" >"$TMP/refused.log" 2>&1 || status=$?
expect 1 "$status" "exit status with a driver that cannot"
expect 1 "$(grep -c "port access0 (net_null0): its driver cannot take its link down, and link_loss" "$TMP/refused.log")" "sentences about it"

start_junction "$TMP/junction.json"
pings || fail "the first ping after the start is lost"

say "either side's loss takes the other side down"
ip -n "$ID-server" link set eth0 down
wait_for 10 carrier device false
wait_for 10 link_is access0 "down (passed on)"
wait_for 10 link_is network0 down
wire_is wire0 waiting || fail "the wire forwards without links"
grep -q "access0.*is taken down, since port network0 has lost its own" "$TMP/junction.log" || fail "not in the log"
carrier device2 true || fail "another wire's link went down"
back_up server
wait_for 10 carrier device true
wait_for 10 wire_is wire0 forwarding
ip -n "$ID-device" route replace 198.18.0.0/15 dev eth0
wait_for 10 pings
ip -n "$ID-device" link set eth0 down
wait_for 10 carrier server false
back_up device
wait_for 10 carrier server true
ip -n "$ID-server" route replace 10.128.0.0/9 dev eth0
wait_for 10 pings

say "a wire that keeps its links"
ip -n "$ID-server2" link set eth0 down
wait_for 10 link_is network1 down
carrier device2 true || fail "a lost link was passed on that is to be kept"
ip -n "$ID-server2" link set eth0 up

say "a port whose interface is deleted and made again"
ip -n "$ID-server" link delete eth0
wait_for 10 carrier device false
link server network0
ip -n "$ID-server" address add "$SERVER/32" dev eth0
ip -n "$ID-server" route add 10.128.0.0/9 dev eth0
wait_for 30 carrier device true
ip -n "$ID-device" route replace 198.18.0.0/15 dev eth0
wait_for 10 pings

say "somebody sets the interface up that is taken down"
ip -n "$ID-server" link set eth0 down
wait_for 10 link_is access0 "down (passed on)"
ip -n "$ID-wire" link set access0 up
wait_for 10 grep -q "somebody has set access0 up" "$TMP/junction.log"
wait_for 10 carrier device false

say "the dataplane is killed meanwhile, and the next one finds the other link back"
kill -KILL "$(child dataplane)"
wait_for 30 grep -q "access0: bringing up what was left down" "$TMP/junction.log"
back_up server
wait_for 60 wire_is wire0 forwarding
carrier device true || fail "what a killed dataplane left down stays down"

say "a stop gives the link back"
ip -n "$ID-server" link set eth0 down
wait_for 10 carrier device false
stop_junction
carrier device true || fail "Junction is gone, and the link is down"
pass
