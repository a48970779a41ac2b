#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Release build only: the return path's fuzzers and redirect.sh run under sanitizers.
# Every capture through a gateway that gives all back: each frame leaves as it came; tshark reads the tunnel without fault.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
folders=("$SMOKE/../captures")
[ ! -d "$SMOKE/../../../shared/captures" ] || folders+=("$SMOKE/../../../shared/captures")
mapfile -t ethernet < <(find "${folders[@]}" -name '*.pcap*' | sort | xargs capinfos -TErm | sed -n 's/,ether$//p')
SUBNETS='["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/9", "2001::/16"]'

# through OUTER MTU OPTIONS CHECK...: all captures, the gateway being at that address.
through() {
    local totals capture gate='{ address: "100.64.0.1/24", address_ipv6: "fd80:254::1/64", peers: [{ outer: "'$1'", inner: "100.64.0.2" }] }'
    config "$TMP/junction.json" "$TUNNEL"' | .dataplane.ports[2].mtu = '"$2"' | del(.vpgs[1:]) | .vpgs[0].device_subnets = '"$SUBNETS"' |
        .vpgs[0].gate = '"$gate"' | .vpgs[0].redirection = ({ gateway: "100.64.0.2" } + '"$3"')'
    for capture in "${ethernet[@]}"; do
        "$BUILD/junction" replay "$capture" -c "$TMP/junction.json" --reflect-gateway --write-access "$TMP/access.pcap" \
            --write-network "$TMP/network.pcap" --write-tunnel "$TMP/tunnel.pcap" >"$TMP/out.json" 2>"$TMP/replay.log" ||
            fail "replay of $capture: $(cat "$TMP/replay.log")"
        "$SMOKE/check_redirect_captures.py" "$capture" "$TMP/access.pcap" "$TMP/network.pcap" "$TMP/tunnel.pcap" "$TMP/replay.log" \
            "${@:4}" >>"$TMP/found" || fail "$capture through $1, MTU $2"
    done
    totals=$(awk '{ frames += $1; tunnel += $3; other += $7; dropped += $11 } END { print frames, tunnel, other, dropped }' "$TMP/found")
    rm "$TMP/found"
    say "${#ethernet[@]} captures by $1, MTU $2: frames, in the tunnel, with other addresses, dropped: $totals"
}
through 198.19.0.20 65000 '{}'
through fd00:0:0:9::20 65000 '{}'
through 198.19.0.20 1500 '{ too_long: "fragment_outer" }' --fragments
pass
