# SPDX-License-Identifier: BSD-3-Clause
# Sourced, after _underlay.sh, by tests with a virtual network: peers of make_underlay become Linux hosts on it, with
#     vxlan0: 10.254.0.2, fd00:254::2 for the peer at 198.19.0.10; 10.254.0.3 for that at 198.19.0.11; ...
# Junction is 10.254.0.1 and fd00:254::1. Devices are in 10.128.0.0/9; the virtual network is left out of it.

INNER=10.254.0.1 INNER6=fd00:254::1
PEERS='[range(10; 14) | { outer: "198.19.0.\(.)", inner: "10.254.0.\(. - 8)", inner_ipv6: "fd00:254::\(. - 8)" }]'
GATE='.vpgs[].device_subnets = ["10.128.0.0/9", "fd00:0:0:1::/64"] |
    .vpgs[].gate = { address: "10.254.0.1/16", address_ipv6: "fd00:254::1/64", peers: '$PEERS'[:1] }'
REDIRECTION="$GATE"' | .vpgs[].redirection = { enabled: true, gateway: "10.254.0.2" }'

# on_network NAME NUMBER [VXLAN_OPTION...]: the peer 198.19.0.NUMBER gets its vxlan0, and forwards. HOST: the last part of
# its inner addresses.
on_network() {
    local name=$1 number=$2 host=${HOST:-$(($2 - 8))} end=("${@:3}")
    [ ${#end[@]} -gt 0 ] || end=(id 10 local "198.19.0.$number" remote 198.19.0.1 nolearning)
    ip -n "$ID-$name" link add vxlan0 address "02:00:00:00:03:$number" type vxlan "${end[@]}" dstport 4789
    # What comes in by vxlan0 leaves by it: the kernel would tell devices to go there themselves.
    ip netns exec "$ID-$name" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.{all,default,vxlan0}.rp_filter=0 \
        net.ipv4.conf.{all,default,vxlan0}.send_redirects=0 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.vxlan0.accept_dad=0
    ip -n "$ID-$name" address add "10.254.0.$host/16" dev vxlan0
    ip -n "$ID-$name" link set vxlan0 mtu "${VXLAN_MTU:-1500}" up
    ip -n "$ID-$name" route add 10.128.0.0/9 via $INNER dev vxlan0
    ip -n "$ID-$name" route add 198.18.0.0/16 via $INNER dev vxlan0
    [ "$(ip netns exec "$ID-$name" sysctl -n net.ipv6.conf.vxlan0.disable_ipv6)" = 0 ] || return 0
    ip -n "$ID-$name" address add "fd00:254::$host/64" dev vxlan0 nodad
    ip -n "$ID-$name" route add fd00:0:0:1::/64 via $INNER6 dev vxlan0
    ip -n "$ID-$name" route add fd00:0:0:2::/64 via $INNER6 dev vxlan0
}

# count_packets NAME: from here on its nftables count what comes in by vxlan0, before anything is reassembled; `probes`
# are Junction's questions by ARP, `wire` what belongs to the wire alone.
count_packets() {
    inside "$1" nft -f - <<'END'
table inet seen {
    counter uplink {}
    counter downlink {}
    counter wire {}
    counter fragments {}
    chain in {
        type filter hook prerouting priority -450;
        iifname != "vxlan0" accept
        ip6 saddr != fd00:254::/64 icmpv6 type { 130-137, 143 } counter name wire accept
        ip frag-off & 0x3fff != 0 counter name fragments
        ip saddr 10.128.0.0/9 counter name uplink
        ip6 saddr fd00:0:0:1::/64 counter name uplink
        ip saddr 198.18.0.0/16 counter name downlink
        ip6 saddr fd00:0:0:2::/64 counter name downlink
    }
}
table netdev asked {
    counter probes {}
    chain in {
        type filter hook ingress device vxlan0 priority 0;
        ether type arp arp operation request counter name probes
    }
}
END
}
# seen NAME COUNTER [packets|bytes]
seen() { ip netns exec "$ID-$1" nft -j list counters | jq --arg name "$2" '.nftables[].counter | select(.name? == $name).'"${3:-packets}"; }

# gate FILTER [VPG]: of what `show gate` says about a VPG.
gate() { ctl --json show gate | jq -r --arg vpg "${2:-vpg-one}" '.gates[] | select(.vpg == $vpg) | '"$1"; }
gate_is() { [ "$(gate "$1" "${3:-vpg-one}")" = "$2" ]; }
# target_is "KIND [OUTER]" [VPG]: where redirected packets go.
target_is() { gate_is '.redirection.target | [.kind, .outer // empty] | join(" ")' "$@"; }
gate_drops() { gate ".drops[\"$1\"] // 0"; }
# through: packets that went to peers, and came back.
through() { gate '"\([.peers[].sent_packets] | add) \([.peers[].returned_packets] | add)"'; }
through_is() { [ "$(through)" = "$*" ]; }
sum() { echo $(($(seen "$1" uplink) + $(seen "$1" downlink))); }

# vpg WORD...: a change by junctionctl that is in force.
vpg() { expect true "$(ctl --json vpg vpg-one "$@" | jq .in_force)" "in force: $*"; }
# edit JQ: the same by the file.
edit() {
    jq "$1" "$TMP/junction.json" >"$TMP/new.json"
    mv "$TMP/new.json" "$TMP/junction.json"
    expect true "$(ctl --json reload | jq .in_force)" "in force"
}

# cut NUMBER, mend NUMBER: the switch's port of the peer 198.19.0.NUMBER.
cut_off() { ip -n "$ID-switch" link set "port$1" down; }
mend() { ip -n "$ID-switch" link set "port$1" up; }

# serve_http NAME PORT: the files of $TMP/www.
serve_http() {
    mkdir -p "$TMP/www"
    enter "$1" python3 -u "$SMOKE/serve.py" "$TMP/www" "$2" >"$TMP/http-$1.log" 2>&1 &
    wait_for 10 listening "$1" "$2"
}
fetch() { inside "$1" curl -sf --connect-timeout "${3:-20}" "http://$2/file" | sha256sum | cmp -s - "$TMP/sum"; }
# a_file BYTES: what is fetched.
a_file() {
    mkdir -p "$TMP/www"
    head -c "$1" /dev/urandom >"$TMP/www/file"
    sha256sum <"$TMP/www/file" >"$TMP/sum"
}
pings() { inside "$1" ping -q -c "${COUNT:-3}" -i 0.02 -W 5 "${@:2}" >"$TMP/ping.log"; }
