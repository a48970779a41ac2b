#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Release build only: a VPG for every VLAN of a wire, 4,096 with that of untagged frames. What room for them costs when ten
# are in use is looked up first.
. "$(dirname "$0")/_init.sh"
make_network silent
blocks() { stat -c %b /run/junction/"$ID"/dataplane/{counters,neighbours,gates} | jq -s 'add * 512'; }

config "$TMP/junction.json" '.dataplane.max_vpgs = 4096 | .vpgs = [.vpgs[0] + (range(10) | { id: "v\(.)", vlan: . })]'
start_junction "$TMP/junction.json"
[ "$(blocks)" -lt 1000000 ] || fail "ten VPGs took $(blocks) bytes of shared memory"

config "$TMP/junction.json" '.dataplane.max_vpgs = 4096 |
    .vpgs = [.vpgs[0] + (range(4095) | { id: "v\(.)", vlan: . }), .vpgs[0] + { id: "untagged" }]'
ctl reload >/dev/null
expect 4096 "$(ctl --json show vpgs | jq '.vpgs | length')" "VPGs in force"
lossless() {
    local report
    report=$($STREAM --both "$@")
    expect 0 "$(jq .lost <<<"$report")" "packets lost ($*)"
}
lossless --count 3000 --flows 3 --vlan 4094
lossless --count 500 --vlan 2048
lossless --count 700
expect "" "$(ctl --json show drops | jq '.drops[] | select(.reason == "no_vpg").packets')" "packets of no VPG"
stop_junction
for vpg in v4094:6000 v2048:1000 untagged:1400; do
    expect "${vpg#*:} ${vpg#*:}" "$(documents ".vpgs[\"${vpg%:*}\"] | \"\\(.flow_packets) \\(.summary_ip_packets)\"")" "packets of ${vpg%:*}"
done
pass
