#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: its stream keeps to a rate.
# What a peer of the virtual network, or anyone on the underlay, should not send is refused under its name, each time once;
# flows through the gateway notice nothing, and the gateway stays where it is.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
make_network silent
make_underlay gateway evil outsider
for name in gateway outsider; do no_ipv6 $name; done
on_network gateway 10
count_packets gateway
config "$TMP/junction.json" "$TUNNEL | $REDIRECTION | .vpgs[0].gate.peers = ${PEERS}[:2] + "'[{ outer: "fd00:0:0:9::11", inner: "10.254.0.9" }]'
start_junction "$TMP/junction.json"
wait_for 10 target_is "peer 198.19.0.10"
wait_for 10 gate_is '[.peers[].state] | unique | join(" ")' up # asked about its link, `evil` has answered
MAC=$(gate .mac)
WAY=$(gate .redirection.target.mac)

$STREAM --both --rate 1000 --flows 10 >"$TMP/report.json" &
SENDER=$!
through_some() { [ "$(seen gateway uplink)" -ge "$1" ]; }
wait_for 10 through_some 100
all_drops() { gate .drops | jq -Sc 'with_entries(select(.value > 0))'; }
# refused WANTED: so many more since BEFORE, and nothing else.
difference() { all_drops | jq -Sc --argjson before "$BEFORE" 'with_entries(.value -= ($before[.key] // 0)) | with_entries(select(.value != 0))'; }
refused() { [ "$(difference)" = "$1" ]; }

BEFORE=$(all_drops)
WANTED=$(inside evil "$SMOKE/hostile.py" "$MAC" | jq -Sc .)
all_there() {
    difference >"$TMP/refused.log"
    [ "$(jq add "$TMP/refused.log")" -ge "$(jq add <<<"$WANTED")" ]
}
wait_for 20 all_there
expect "$WANTED" "$(difference)" "refused"
say "refused: $WANTED"
expect "$(jq '. - 0' <<<"$(gate '[.drops[]] | add')")" "$(ctl --json show drops | jq '[.drops[] | select(.reason == "gate").packets] | add')" \
    "refused, in show drops"

say "a storm of broadcasts"
BEFORE=$(all_drops)
inside evil "$SMOKE/hostile.py" "$MAC" 6000
wait_for 20 refused '{"neighbour_spoofing":3000}'

say "from addresses that are no peer's"
ignored() { ctl --json show neighbours | jq '[to_entries[] | select(.key | startswith("ignored")).value] | add'; }
others() { ctl --json show drops | jq '[.drops[] | select(.kind == "dropped" and .reason != "gate").packets] | add // 0'; }
named() { [ "$(($(ignored) + $(others) + $(gate '[.drops[]] | add')))" = "$1" ]; }
NAMED=$(($(ignored) + $(others) + $(gate '[.drops[]] | add')))
inside outsider /usr/bin/python3 - "$MAC" <<'END'
import sys
from scapy.all import *
from scapy.layers.vxlan import VXLAN
inner = Ether(src="02:00:00:00:03:10", dst=sys.argv[1])/IP(src="10.128.0.2", dst="198.18.0.2")/UDP()/("x" * 40)
for source in ("198.19.0.12", "198.19.0.77", "198.18.0.2"):
    sendp([Ether(src=get_if_hwaddr("eth0"), dst="02:00:00:00:02:01")/IP(src=source, dst="198.19.0.1")/UDP(sport=50000, dport=4789)/
           VXLAN(vni=10)/inner] * 5, iface="eth0", verbose=0)
END
wait_for 10 named $((NAMED + 15))

say "the gateway sends back what it got as it was, and what it never got"
BEFORE=$(all_drops)
capture server eth0 in
inside gateway /usr/bin/python3 -c "from scapy.all import *
for source, mac in ('10.128.0.2', '$MAC'), ('127.0.0.1', '$MAC'), ('224.0.0.1', '$MAC'), ('10.128.0.2', '02:00:00:00:03:10'):
    sendp([Ether(src='02:00:00:00:03:10', dst=mac)/IP(src=source, dst='198.18.0.99')/UDP(sport=9, dport=9)/('x' * 40)] * 4, iface='vxlan0', verbose=0)"
wait_for 10 refused '{"inner_address":8,"inner_destination":4}'
wait_for 10 holds server 4 'udp port 9'
captured

kill -TERM $SENDER
wait $SENDER
say "$(jq -c '{ sent, lost }' "$TMP/report.json")"
expect "0 0 0 0 0" "$(jq -r '"\(.lost) \(.uplink.duplicated) \(.uplink.reordered) \(.downlink.duplicated) \(.downlink.reordered)"' "$TMP/report.json")" \
    "packets lost, duplicated, reordered"
expect "$(jq .sent "$TMP/report.json")" "$(sum gateway)" "packets at the gateway"
expect "peer $WAY 0 0" "$(gate '"\(.redirection.target | "\(.kind) \(.mac)") \(.redirection.moves) \(.counters.bypassed_packets)"')" \
    "way, moves, and packets bypassed"
[ "$(gate '.hosts | length')" -le 64 ] || fail "too many hosts are remembered"
pass
