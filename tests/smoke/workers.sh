#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two workers over ports with one queue: packets are handed over by a software hash, a flow's packets stay in order and
# at one worker, both ways, and nothing is lost or counted twice.
. "$(dirname "$0")/_init.sh"
make_network silent
config "$TMP/junction.json" '.dataplane.worker_cores = [0, 1] | .inspection.interval_seconds = 3600'
start_junction "$TMP/junction.json"
$STREAM --both --count 100000 --flows 200 >"$TMP/report.json"
say "$(cat "$TMP/report.json")"
expect "0 0 0 0 0" "$(jq -r '"\(.lost) \(.uplink.reordered) \(.downlink.reordered) \(.uplink.duplicated) \(.downlink.duplicated)"' "$TMP/report.json")" \
    "packets lost, reordered, duplicated"
ctl --json show flows --limit 0 >"$TMP/flows.json"
expect 200 "$(jq '.flows | length' "$TMP/flows.json")" "flows in all tables"
expect "[500,500]" "$(jq -c '[.flows[] | [.uplink_packets, .downlink_packets]] | unique | .[0]' "$TMP/flows.json")" "packets of each flow"
expect "[0,1]" "$(jq -c '[.flows[].worker] | unique' "$TMP/flows.json")" "workers with flows"
stop_junction
expect 200000 "$(documents .flow_packets)" "packets in flow documents"
expect 200000 "$(documents .summary_ip_packets)" "packets in summaries"
expect 1 "$(documents .summary_documents)" "summaries of two workers"
pass
