#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: its stream keeps to a rate.
# Release build only: what it shows is timing and loss; redirect.sh runs under sanitizers.
# Under a steady stream of numbered packets redirection is set and unset, another peer is added and removed, and rules change,
# again and again: no packet is lost or doubled. Then rules redirect some flows only, exactly those.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
ROUNDS=15
make_network silent
make_underlay gateway other
for name in gateway other; do no_ipv6 $name; done
on_network gateway 10
on_network other 11
for name in gateway other; do count_packets $name; done
config "$TMP/junction.json" "$TUNNEL | $REDIRECTION"
start_junction "$TMP/junction.json"
wait_for 10 target_is "peer 198.19.0.10"
$STREAM --both --rate 1500 --flows 20 --window 4096 >"$TMP/report.json" &
SENDER=$!
arrived() { ip -n "$ID-server" -j -s link show eth0 | jq '.[0].stats64.rx.packets'; }
beyond() { [ "$($1)" -gt "$2" ]; }
more() { wait_for 10 beyond arrived $(($(arrived) + 30)); }
at_gateway() { seen gateway uplink; }
more_through() { wait_for 10 beyond at_gateway $(($(at_gateway) + 30)); }
more_through

changes=0
change() {
    "$@"
    changes=$((changes + 1))
}
for ((round = 0; round < ROUNDS; round++)); do
    change vpg redirect unset
    more
    change vpg redirect set 10.254.0.2
    more_through
    change vpg gate peer add 198.19.0.11 10.254.0.3 --description "round $round"
    change edit ".vpgs[0].rules = [{ match: { protocol: \"udp\", device_ports: [\"20000-$((20000 + round % 20))\"] }, redirect: false }]"
    more
    change vpg gate peer remove 198.19.0.11
    change edit '.vpgs[0].rules = [] | .vpgs[0].redirection.default = '$((round % 2))' == 1'
    more
    change edit '.vpgs[0].redirection.default = true'
    more_through
done
kill -TERM $SENDER
wait $SENDER
say "$changes changes: $(jq -c '{ sent, lost, reordered: (.uplink.reordered + .downlink.reordered) }' "$TMP/report.json"), through the gateway $(sum gateway)"
expect "0 0 0" "$(jq -r '"\(.lost) \(.uplink.duplicated) \(.downlink.duplicated)"' "$TMP/report.json")" "packets lost, and duplicated"
expect 0 "$(sum other)" "packets at the peer that is no gateway"
expect 0 "$(gate '[.drops | to_entries[] | select(.key != "neighbour_ignored").value] | add')" "packets lost by the gate"

# some JQ COUNT WHAT: with this change, so many of 1000 packets of ten flows each way are at the gateway.
some() {
    local before
    edit "$1"
    before=$(sum gateway)
    stream 1000
    expect "$2" $(($(sum gateway) - before)) "$3"
}
some '.vpgs[0].rules = [{ match: { protocol: "udp", device_ports: [20003] }, redirect: false }]' 1800 "packets of all flows but one"
some '.vpgs[0].redirection.default = false | .vpgs[0].rules = [{ match: { device_ports: ["20002-20004"] }, redirect: true }]' 600 \
    "packets of three flows"
some '.vpgs[0].rules = [{ match: { protocol: "tcp" }, redirect: true }]' 0 "packets of UDP while TCP is redirected"
pings device -s 1000 $SERVER || fail "no ping"
before=$(sum gateway)
serve_http server 80
a_file 300000
fetch device $SERVER || fail "HTTP: not the file"
[ "$(sum gateway)" -gt $((before + 200)) ] || fail "TCP did not go through the gateway"
some '.vpgs[0].redirection.enabled = false' 0 "packets while redirection is off"
edit '.vpgs[0].redirection |= (.enabled = true | .default = true)'
wait_for 10 target_is "peer 198.19.0.10" # it is asked anew
some '.vpgs[0].rules = []' 2000 "packets of all flows"
expect 0 "$(ctl --json show drops | jq '[.drops[] | select(.kind == "dropped").packets] | add // 0')" "dropped packets"
pass
