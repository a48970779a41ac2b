#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Features of interfaces that change frames are off as long as a port has the interface, also at the other end of a veth pair
# in the same namespace. They are given back at the end: after SIGTERM, and by the next one where a dataplane was killed.
. "$(dirname "$0")/_init.sh"
namespace wire
no_ipv6 wire
pair() {
    ip -n "$ID-wire" link add "$1" type veth peer name "$2"
    for link in "$1" "$2"; do ip -n "$ID-wire" link set "$link" up; done
}
pair access0 device0
pair network0 server0
pair access1 device1
pair network1 server1
config "$TMP/junction.json"
jq '.dataplane.ports[0].device = "net_af_xdp0,iface=access1" | .dataplane.ports[1].device = "net_af_xdp1,iface=network1"' \
    "$TMP/junction.json" >"$TMP/other.json"

features() { ip netns exec "$ID-wire" ethtool -k "$1" | sed 's/ \[.*//' | sort; }
on() { features "$1" | grep -E "$2" | grep -c ': on$' || true; }
OWN='^\s*(rx-vlan-offload|rx-vlan-stag-hw-parse|large-receive-offload|rx-gro-hw|rx-gro-list|rx-udp-gro-forwarding):'
PEER='^\s*(tx-checksum|tx-vlan|tx-gso-|.*-segmentation)'
off() { [ "$(on "$1" "$OWN") $(on "$2" "$PEER")" = "0 0" ]; }
same() { [ "$(features "$1")" = "$(cat "$TMP/$1.features")" ]; }
all_same() { local name; for name in "$@"; do same "$name" || fail "$name is not as it was: $(features "$name" | diff - "$TMP/$name.features" | xargs)"; done; }
program() { ip -n "$ID-wire" -d link show "$1" | sed -n 's/.*prog\/xdp .* name \([^ ]*\) .*/\1/p'; }
mtus() { for name in access0 network0; do ip -n "$ID-wire" -j link show $name | jq '.[0].mtu'; done | xargs; }
claims() { find /run/junction/.claims -name "xdp-$(ip netns exec "$ID-wire" stat -Lc %i /proc/self/ns/net)-*" | wc -l; }

# One that was off before is not switched on.
ip netns exec "$ID-wire" python3 "$SMOKE/feature.py" device0 tx-tcp6-segmentation off
for name in access0 device0 network0 server0; do features $name >"$TMP/$name.features"; done
[ "$(on access0 "$OWN")" -gt 0 ] || fail "nothing of access0 was on"
[ "$(on device0 "$PEER")" -gt 5 ] || fail "nothing of device0 was on"

start_junction "$TMP/junction.json"
off access0 device0 || fail "features of access0 or device0 are on"
off network0 server0 || fail "features of network0 or server0 are on"
# Somebody switches one on again.
ip netns exec "$ID-wire" python3 "$SMOKE/feature.py" device0 tx-vlan-hw-insert on
wait_for 10 grep -q "interface device0: features that change frames were switched on" "$TMP/junction.log"
off access0 device0 || fail "a feature stayed on"
stop_junction
all_same access0 device0 network0 server0
expect 0 "$(claims)" "claims left after the end"

# The dataplane is killed; the next one knows what was on.
start_junction "$TMP/junction.json"
FIRST=$(child dataplane)
kill -KILL "$FIRST"
replaced() { local now; now=$(child dataplane); [ -n "$now" ] && [ "$now" != "$FIRST" ]; }
wait_for 30 replaced
wait_for 30 ready
off access0 device0 || fail "features are on after a restart"
stop_junction
all_same access0 device0 network0 server0

# An interface goes and returns with another number: the new one is given back what it had.
pair tunnel0 far0
config "$TMP/tunnel.json" '.dataplane.ports += [{ name: "tunnel0", device: "net_af_xdp2,iface=tunnel0", addresses: ["198.19.0.1/24"] }]'
start_junction "$TMP/tunnel.json"
PROGRAMS="$(program access0) $(program tunnel0)" # those that put tags back, where the kernel has it
say "XDP programs: $PROGRAMS"
ip -n "$ID-wire" link delete access0
port() { ctl --json show ports | jq -e --arg name "$1" ".ports[] | select(.name == \$name) | $2" >/dev/null; }
wait_for 10 port access0 '.link == "gone"'
pair access0 device0
wait_for 30 port access0 '.link == "up"'
ip -n "$ID-wire" link delete tunnel0
wait_for 10 port tunnel0 '.link == "gone"'
pair tunnel0 far0
wait_for 30 port tunnel0 '.link == "up"'
off access0 device0 || fail "features are on after the interface's return"
expect "$PROGRAMS" "$(program access0) $(program tunnel0)" "XDP programs after the interfaces' return"
stop_junction
expect "$(grep -v tx-tcp6 "$TMP/device0.features")" "$(features device0 | grep -v tx-tcp6)" "features of the new device0"
[ "$(on device0 tx-tcp6-segmentation)" = 1 ] || fail "the new device0 lacks a feature"
for name in access0 device0; do features $name >"$TMP/$name.features"; done

# All is killed. The wire stays closed, and what was on is known, until the same interfaces are opened again ...
kill_all() {
    start_junction "$TMP/junction.json"
    KILLED=("$(child dataplane)" "$(child control)" "$(child export)" "$JUNCTION") # the dataplane does not outlive its parent
    kill -KILL "${KILLED[@]}"
    { wait "$JUNCTION" || true; } 2>/dev/null
    JUNCTION=
    for pid in "${KILLED[@]}"; do wait_for 10 gone_or_zombie "$pid"; done
    expect 2 "$(claims)" "claims of killed processes"
    [ "$(mtus)" != "1500 1500" ] || fail "no MTU was changed"
    off access0 device0 || fail "features are on before anybody gave them back"
}
kill_all
start_junction "$TMP/other.json"
off access0 device0 || fail "features of a closed wire were given back"
expect 4 "$(claims)" "claims of closed wires, and of what runs"
stop_junction
start_junction "$TMP/junction.json"
stop_junction
all_same access0 device0 network0 server0
expect 0 "$(claims)" "claims left by the successor"

# ... or the wire is opened by hand: then whoever starts next gives back, but nothing to an interface that is another one.
kill_all
[ "$(mtu access0) $(mtu network0)" != "1500 1500" ] || fail "no room for tags was asked for"
for name in access0 network0; do ip -n "$ID-wire" link set $name xdp off; done
ip -n "$ID-wire" link set server0 address 02:00:00:00:07:07
start_junction "$TMP/other.json"
all_same access0 device0 network0
expect "1500 1500" "$(mtus)" "MTUs of wires that were opened by hand"
[ "$(on server0 tx-vlan)" = 0 ] || fail "a stranger was changed"
expect 2 "$(claims)" "claims of what runs"
stop_junction
expect 0 "$(claims)" "claims left at last"
pass
