# SPDX-License-Identifier: BSD-3-Clause
# Sourced, after _init.sh, by tests with mirroring peers.

UNDERLAY_MTU=1600 # room for a whole copy

# plug NAMESPACE INTERFACE NUMBER: a new interface on the underlay's switch.
plug() {
    ip -n "$ID-$1" link add "$2" address "02:00:00:00:02:$3" type veth peer name "port$3" netns "$ID-switch"
    ip -n "$ID-switch" link set "port$3" mtu $UNDERLAY_MTU master br0 up
    ip -n "$ID-$1" link set "$2" mtu $UNDERLAY_MTU up
}

# make_underlay PEER...: a switch with Junction's tunnel0 on it and each peer's eth0, 198.19.0.10, 11, ... and
# fd00:0:0:9::10, 11, ...
TUNNEL='.dataplane.ports += [{ name: "tunnel0", device: "net_af_xdp2,iface=tunnel0",
    addresses: ["198.19.0.1/24", "fd00:0:0:9::1/64"] }]'
make_underlay() {
    make_switch
    plug wire tunnel0 01
    peers "$@"
}
make_switch() {
    namespace switch
    no_ipv6 switch
    ip -n "$ID-switch" link add br0 type bridge mcast_snooping 0 # says nothing of its own
    ip -n "$ID-switch" link set br0 up
}
peers() {
    local name number=10
    for name in "$@"; do
        namespace "$name"
        plug "$name" eth0 "$number"
        ip -n "$ID-$name" link set lo up
        ip -n "$ID-$name" address add "198.19.0.$number/24" dev eth0
        ip -n "$ID-$name" address add "fd00:0:0:9::$number/64" dev eth0 nodad
        number=$((number + 1))
    done
}

# peer ADDRESS FILTER: of what `show peers` says about it.
peer() { ctl --json show peers | jq -r --arg address "$1" '.peers[] | select(.address == $address) | '"$2"; }
peer_is() { [ "$(peer "$1" "$2")" = "$3" ]; }

# holds NAME COUNT FILTER...: so many such packets are in the capture of what came in by the namespace's eth0.
holds() { [ "$(tcpdump -nr "$TMP/$1-eth0-in.pcap" "${@:3}" 2>/dev/null | wc -l)" = "$2" ]; }
# holds_copies NAME ADDRESS: as many as junctionctl says were sent to the peer.
holds_copies() { holds "$1" "$(peer "$2" .frames)" "proto 47 or ip6 proto 47"; }

# stream COUNT OPTION...: so many packets each way, of which none may be lost, doubled or out of order.
stream() {
    $STREAM --both --flows 10 --count "$@" >"$TMP/report.json"
    expect "0 0 0 0 0" "$(jq -r '"\(.lost) \(.uplink.duplicated) \(.uplink.reordered) \(.downlink.duplicated) \(.downlink.reordered)"' "$TMP/report.json")" \
        "packets lost, duplicated, reordered"
}
# counted ADDRESS: from here on. accounted SENT REASON LOST: since then, so many copies were sent to it, and so many lost, all
# for this reason.
counted() {
    COUNTED=$1
    BEFORE=$(peer "$1" .)
}
accounted() {
    local difference='"\(.frames - $before.frames) \(.drops_total - $before.drops_total) \(.drops[$reason] - $before.drops[$reason])"'
    expect "$1 $3 $3" "$(peer "$COUNTED" . | jq -r --argjson before "$BEFORE" --arg reason "$2" "$difference")" \
        "copies to $COUNTED sent, lost, and lost as $2"
}
