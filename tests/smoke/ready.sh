#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# "running" means forwarding: the first ping after it is answered, and every one quickly. A port without a link is waited
# for, by name and with what helps, but not by the other wires, and not for ever.
. "$(dirname "$0")/_init.sh"
make_network
for name in device2 server2; do namespace "$name"; done
link device2 access1
link server2 network1
ip -n "$ID-wire" link set network1 down
config "$TMP/junction.json" '
    .dataplane.ports += [{ name: "access1", device: "net_af_xdp2,iface=access1" },
                         { name: "network1", device: "net_af_xdp3,iface=network1" }] |
    .dataplane.wires += [{ name: "wire1", access: "access1", network: "network1" }]'
status() { ctl --json show status 2>/dev/null | jq -e "$1" >/dev/null; }
in_log() { grep -q "$1" "$TMP/junction.log"; }
line_of() { grep -n -m 1 "$1" "$TMP/junction.log" | cut -d: -f1; }

enter wire "$BUILD/junction" run --instance "$ID" -c "$TMP/junction.json" >>"$TMP/junction.out" 2>>"$TMP/junction.log" &
JUNCTION=$!
say "the wire whose links are up forwards while the other one waits"
wait_for 60 in_log "wire wire0 forwards: the link of access0 took [0-9.]* s, that of network0 [0-9.]* s"
inside device ping -c 1 -W 5 "$SERVER" >"$TMP/ping.log" || fail "the first ping is lost"
wait_for 60 status '.processes[0] | .state == "starting" and .detail == "waiting for link of port network1"'

say "in the end Junction runs without it, and says what helps"
wait_for 60 ready
in_log "port network1 .* has no link, and is waited for: interface network1 is down: ip link set network1 up" ||
    fail "what helps is not said"
[ "$(line_of "wire wire0 forwards")" -lt "$(line_of "dataplane: running")" ] || fail "it runs before it forwards"
status '.wires[0].state == "forwarding" and .wires[0].detail == ""' || fail "the state of wire0"
status '.wires[1].state == "waiting" and .wires[1].detail == "waiting for link of port network1"' || fail "the state of wire1"
ip -n "$ID-wire" link set network1 up
wait_for 10 in_log "wire wire1 forwards"
wait_for 10 status '.wires[1].state == "forwarding"'
stop_junction

say "links that are all there cost no time"
for round in 1 2 3; do
    start_junction "$TMP/junction.json"
    inside device ping -c 1 -W 1 "$SERVER" >"$TMP/ping.log" || fail "the first ping is lost, in round $round"
    stop_junction
done
pass
