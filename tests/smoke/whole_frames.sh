#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A packet as long as the MTU passes with two VLAN tags and four MPLS labels around it. The interfaces get their MTU back,
# also from the next process after one that was killed; a port that stays the host's keeps its own all the time.
. "$(dirname "$0")/_init.sh"
make_network silent
for name in device server; do ip -n "$ID-$name" link set eth0 mtu 1600; done # so that the hosts' ends are in nobody's way
namespace tunnel
link tunnel tunnel0
config "$TMP/junction.json" '.dataplane.ports += [{ name: "tunnel0", device: "net_af_xdp2,iface=tunnel0" }]'
mtu() { ip -n "$ID-wire" -j link show "$1" | jq '.[0].mtu'; }
shown() { ctl --json show ports | jq --arg name "$1" '.ports[] | select(.name == $name).mtu'; }
mtus() { echo "$(mtu access0) $(mtu network0) $(mtu tunnel0)"; }
whole() { expect "$3" "$("$SMOKE/tagged_frames.py" "$ID-$1" "$ID-$2" 1500)" "lengths of frames from $1 to $2"; }
ALL="1514 1518 1522 1538"
start_junction "$TMP/junction.json"
expect "1524 1524 1500" "$(mtus)" "MTUs while Junction runs"
expect "1500 1500" "$(shown access0) $(shown network0)" "MTUs that Junction counts by"
whole device server "$ALL"
whole server device "$ALL"
! grep -q "are lost" "$TMP/junction.log" || fail "a loss is said that is none"

say "a dataplane that is killed, and one that takes over"
kill -KILL "$(child dataplane)"
twice() { [ "$(grep -c "dataplane: running" "$TMP/junction.log")" = 2 ]; }
wait_for 60 twice
wait_for 60 ready
expect "1500 1500" "$(shown access0) $(shown network0)" "MTUs after a kill"
stop_junction
expect "1500 1500 1500" "$(mtus)" "MTUs afterwards"

say "an interface that takes no more than its MTU"
ip -n "$ID-wire" link set access0 mtu 3430
ip -n "$ID-device" link set eth0 mtu 3430
start_junction "$TMP/junction.json"
grep -q "port access0.*: frames longer than 3448 bytes are lost: two VLAN tags at MTU 3430 need 3452" "$TMP/junction.log" ||
    fail "what is lost is not said"
stop_junction
expect 3430 "$(mtu access0)" "MTU afterwards"

say "an interface whose MTU is beyond what AF_XDP takes"
ip -n "$ID-wire" link set access0 mtu 3600
! inside wire "$BUILD/junction" run --instance "$ID" -c "$TMP/junction.json" >"$TMP/refused.log" 2>&1 || fail "it runs"
grep -q "port access0.*: it takes an MTU of 3430 at most, and 3600 is its interface's" "$TMP/refused.log" ||
    fail "no clear sentence: $(tail -n 3 "$TMP/refused.log")"
expect "3600 1500" "$(mtu access0) $(mtu network0)" "MTUs of what was not opened"
pass
