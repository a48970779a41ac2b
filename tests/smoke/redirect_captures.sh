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
    local totals capture place=$TMP/$1-$2 gate='{ address: "100.64.0.1/24", address_ipv6: "fd80:254::1/64", peers: [{ outer: "'$1'", inner: "100.64.0.2" }] }'
    mkdir "$place"
    config "$place/junction.json" "$TUNNEL"' | .dataplane.ports[2].mtu = '"$2"' | del(.dataplane.memory_mb) | del(.vpgs[1:]) | .vpgs[0].device_subnets = '"$SUBNETS"' |
        .vpgs[0].gate = '"$gate"' | .vpgs[0].redirection = ({ gateway: "100.64.0.2" } + '"$3"')'
    for capture in "${ethernet[@]}"; do
        "$BUILD/junction" replay "$capture" -c "$place/junction.json" --reflect-gateway --write-access "$place/access.pcap" \
            --write-network "$place/network.pcap" --write-tunnel "$place/tunnel.pcap" >"$place/out.json" 2>"$place/replay.log" ||
            fail "replay of $capture: $(cat "$place/replay.log")"
        "$SMOKE/check_redirect_captures.py" "$capture" "$place"/{access,network,tunnel}.pcap "$place/replay.log" "${@:4}" >>"$place/found" ||
            fail "$capture through $1, MTU $2"
    done
    totals=$(awk '{ frames += $1; tunnel += $3; other += $7; dropped += $11 } END { print frames, tunnel, other, dropped }' "$place/found")
    say "${#ethernet[@]} captures by $1, MTU $2: frames, in the tunnel, with other addresses, dropped: $totals"
}
PASSES=()
through 198.19.0.20 65000 '{}' &
PASSES+=($!)
through fd00:0:0:9::20 65000 '{}' &
PASSES+=($!)
through 198.19.0.20 1500 '{ too_long: "fragment_outer" }' --fragments &
PASSES+=($!)
for pid in "${PASSES[@]}"; do wait "$pid"; done
pass
