#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two VPGs on one wire, told apart by VLAN; what belongs to neither is forwarded unseen.
. "$(dirname "$0")/_init.sh"
make_network silent
config "$TMP/junction.json" '.vpgs = [.vpgs[0] + { vlan: 100 },
    .vpgs[0] + { id: "vpg-two", name: "two", vlan: 200 }]'
start_junction "$TMP/junction.json"

lossless() {
    local report
    report=$($STREAM --both "$@")
    expect 0 "$(jq .lost <<<"$report")" "packets lost ($*)"
}
lossless --count 3000 --flows 3 --vlan 100
lossless --count 5000 --flows 5 --vlan 200
lossless --count 700 --vlan 300
lossless --count 900
expect 3200 "$(ctl --json show drops | jq '.drops[] | select(.reason == "no_vpg").packets')" "packets of no VPG"
stop_junction
expect "6000 6000 6000" "$(documents '.vpgs["vpg-one"] | "\(.flow_packets) \(.summary_ip_packets) \(.summary_vlan_packets)"')" \
    "packets of the first VPG"
expect "10000 10000 10000" "$(documents '.vpgs["vpg-two"] | "\(.flow_packets) \(.summary_ip_packets) \(.summary_vlan_packets)"')" \
    "packets of the second VPG"
pass
