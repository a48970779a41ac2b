#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# junction nic list and bind: what the kernel says of routes and of SSH sessions, in a network namespace, on a /sys made here
# with one NIC for each interface. Real NICs are bound in tests/nic.
. "$(dirname "$0")/_init.sh"
namespace device
namespace wire
SYS=$TMP/sys
mkdir -p "$SYS"/{bus/pci/devices,bus/pci/drivers/ixgbe,class/net,kernel/iommu_groups}
# nic NUMBER: the NIC of interface portNUMBER, and a far end.
nic() {
    local function=devices/pci0000:00/0000:03:00.$1
    mkdir -p "$SYS/$function" "$SYS/class/net/port$1"
    echo 0x020000 >"$SYS/$function/class"
    echo 0x8086 | tee "$SYS/$function/vendor" >"$SYS/$function/device"
    echo "(null)" >"$SYS/$function/driver_override"
    ln -s ../../../bus/pci/drivers/ixgbe "$SYS/$function/driver"
    ln -s "../../../$function" "$SYS/bus/pci/devices/0000:03:00.$1"
    ln -s "../../../$function" "$SYS/class/net/port$1/device"
    ip -n "$ID-wire" link add "port$1" type veth peer name "far$1" netns "$ID-device"
    ip -n "$ID-wire" link set "port$1" up
    ip -n "$ID-device" link set "far$1" up
}
nic 0
nic 1
ip -n "$ID-wire" link set lo up
# junction ARGUMENT...: with that /sys, and no session of this test's own in the environment.
junction() {
    ip netns exec "$ID-wire" env -u SSH_CONNECTION unshare -m sh -c 'mount --bind "$0" /sys && exec "$@"' "$SYS" "$BUILD/junction" nic "$@"
}
# needed WHICH: "default_route" or "ssh" of the two NICs, as 0 and 1.
needed() { junction list --json | jq -r --arg key "$1" '[.nics[] | if .[$key] then 1 else 0 end] | join(" ")'; }
on() { ip -n "$ID-wire" "$@"; }

expect "0 0" "$(needed default_route)" "no default route"
on address add 198.18.0.1/24 dev port0
on address add 198.19.0.1/24 dev port1
on address add fd00::1/64 dev port0 nodad
on address add fd00:0:0:1::1/64 dev port1 nodad

# Each kind of default route, and the NICs that carry it.
while IFS='|' read -r wanted family route; do
    # shellcheck disable=SC2086
    on $family route add $route
    expect "$wanted" "$(needed default_route)" "ip $family route add $route"
    # shellcheck disable=SC2086
    on $family route delete $route
done <<'END'
1 0|-4|default via 198.18.0.9
0 1|-4|default via 198.19.0.9 metric 100
0 1|-4|default dev port1 table 77
1 1|-4|default nexthop via 198.18.0.9 nexthop via 198.19.0.9
1 0|-4|128.0.0.0/1 via 198.18.0.9
0 0|-4|198.51.100.0/24 via 198.18.0.9
0 0|-4|blackhole default
1 0|-6|default via fd00::9
0 1|-6|2000::/3 via fd00:0:0:1::9
0 0|-6|unreachable default metric 99
END
on nexthop add id 1 via 198.18.0.9 dev port0
on nexthop add id 2 via 198.19.0.9 dev port1
on nexthop add id 3 group 1/2
for compat in 1 0; do
    ip netns exec "$ID-wire" sysctl -qw net.ipv4.nexthop_compat_mode=$compat
    on route add default nhid 1
    expect "1 0" "$(needed default_route)" "a nexthop object (compatible: $compat)"
    on route replace default nhid 3
    expect "1 1" "$(needed default_route)" "a group of nexthops (compatible: $compat)"
    on route delete default nhid 3
done

# By what stands on the interface.
on link add br0 type bridge
on link set br0 up
on route add default dev br0
expect "0 0" "$(needed default_route)" "a bridge of others"
mkdir "$SYS/class/net/port1/upper_br0" "$SYS/class/net/br0"
expect "0 1" "$(needed default_route)" "a bridge above the interface"
junction bind 03:00.1 >"$TMP/out" 2>&1 && fail "bound below the default route"
grep -q '0000:03:00.1 (port1) carries the default route (by interface br0)' "$TMP/out" || fail "$(cat "$TMP/out")"
on route delete default dev br0

# Connections of an SSH server, by IPv4, IPv6, and IPv4 at an IPv6 socket: none is in our environment.
cp "$(command -v socat)" "$TMP/sshd"
ip -n "$ID-device" address add 198.18.0.2/24 dev far0
ip -n "$ID-device" address add 198.19.0.2/24 dev far1
ip -n "$ID-device" address add fd00:0:0:1::2/64 dev far1 nodad
established() { ip netns exec "$ID-wire" ss -Htn state established "sport = :2022" | grep -q .; }
session() {
    local wanted=$1 listen=$2 to=$3 server client
    ip netns exec "$ID-wire" "$TMP/sshd" "$listen,reuseaddr" SYSTEM:'cat >/dev/null' & server=$!
    wait_for 20 sh -c "ip netns exec $ID-wire ss -Hltn 'sport = :2022' | grep -q ."
    ip netns exec "$ID-device" socat -u PIPE "$to:2022" & client=$!
    wait_for 20 established
    expect "$wanted" "$(needed ssh)" "a session to $to"
    kill "$client" "$server"
    wait "$client" "$server" || true
}
expect "0 0" "$(needed ssh)" "no session"
session "1 0" TCP4-LISTEN:2022 TCP4:198.18.0.1
session "0 1" TCP6-LISTEN:2022,ipv6only=0 TCP4:198.19.0.1
session "0 1" TCP6-LISTEN:2022 "TCP6:[fd00:0:0:1::1]"
# It comes in by one, and what it is answered leaves by the other.
on route add 198.18.0.2/32 via 198.19.0.2
ip netns exec "$ID-device" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.far0.rp_filter=0 net.ipv4.conf.far1.rp_filter=0
ip netns exec "$ID-wire" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.port0.rp_filter=0 net.ipv4.conf.port1.rp_filter=0
session "1 1" TCP4-LISTEN:2022 TCP4:198.18.0.1

# An interface that is a port of a running instance, and nothing that is none.
config "$TMP/junction.json" '.dataplane.ports[0].device = "net_af_xdp0,iface=port0" | .dataplane.ports[1].device = "net_null0"'
start_junction "$TMP/junction.json"
junction bind port0 --force >"$TMP/out" 2>&1 && fail "bound while Junction has it"
grep -q "0000:03:00.0 is in use by Junction's instance $ID: stop that first" "$TMP/out" || fail "$(cat "$TMP/out")"
expect "Junction's instance $ID null" "$(junction list --json | jq -r '[.nics[].used_by] | map(tostring) | join(" ")')" "users"
pass
