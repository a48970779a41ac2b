#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# From Kafka to a real index by the files of deploy/pipelines: each event.id once, with its fields, in the index of its own
# date; what is not a document is put aside with a word; nothing is missing after deaths of rsyslog and of the index.
# Release build only: it is deploy/pipelines that is tried.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/../kafka/_broker.sh"
. "$SMOKE/../elastic/_index.sh"
ROOT=$(realpath "$SMOKE/../..")
PIPELINES=$ROOT/deploy/pipelines
namespace wire
ip -n "$ID-wire" link set lo up

# Documents of replays, each kind its file, and more of them under other ids.
for capture in conversations.pcap session.pcapng ipv6_extensions.pcap vlan.pcap icmp.pcap; do
    "$BUILD/junction" replay "$ROOT/tests/captures/$capture" --interval 1 2>"$TMP/replay.log" || fail "replay of $capture"
done >"$TMP/all.json"
jq -c 'select(.event.dataset == "junction.flow") | range(60) as $n | .event.id = "\($n)-" + .event.id' "$TMP/all.json" >"$TMP/flow.json"
jq -c 'select(.event.dataset == "junction.summary")' "$TMP/all.json" >"$TMP/summary.json"
TOTAL=$(cat "$TMP/flow.json" "$TMP/summary.json" | wc -l)

produce() { inside wire kcat -P -b "127.0.0.1:$BROKER_PORT" -t "$1"; }
indexed() { [ "$(held 'junction-*')" -ge "$1" ]; }
holds() { inside wire "$SMOKE/../pipelines/held.py" "$INDEX_URL" "$@" >"$TMP/held.txt" || fail "$(cat "$TMP/held.txt")"; }
start_broker
start_index elasticsearch
inside wire "$ROOT/deploy/elastic/load" --url "$INDEX_URL" >"$TMP/load.log" 2>&1 || fail "load: $(cat "$TMP/load.log")"

# rsyslog: some documents twice, between them what is none.
RSYSLOG=
SPOOL=$TMP/spool
mkdir "$SPOOL"
start_rsyslog() {
    rm -f "$TMP/rsyslog.pid" # of one that was killed
    JUNCTION_BROKERS=127.0.0.1:$BROKER_PORT JUNCTION_INDEX_URL=$INDEX_URL JUNCTION_SPOOL=$SPOOL enter wire \
        rsyslogd -n -i "$TMP/rsyslog.pid" -f "$PIPELINES/rsyslog/junction.conf" >>"$TMP/rsyslog.log" 2>&1 &
    RSYSLOG=$!
}
not_documents() { printf '%s\n' '{"event":{"id":"broken' 'words' '{"event":{"dataset":"junction.flow"}}' '{"event":{"id":"a","dataset":"other"}}'; }
produce junction.summary <"$TMP/summary.json"
produce junction.summary <"$TMP/summary.json"
head -n 1000 "$TMP/flow.json" | produce junction.flow
not_documents | produce junction.flow
produce junction.flow <"$TMP/flow.json"
start_rsyslog
wait_for 60 indexed 300
kill -KILL "$RSYSLOG"
wait "$RSYSLOG" 2>/dev/null || true
start_rsyslog
wait_for 60 indexed 2000
kill_index
start_index
wait_for 120 indexed "$TOTAL"
holds junction "$TMP/flow.json" "$TMP/summary.json"
say "$(cat "$TMP/held.txt")"
cat "$SPOOL"/junction-refused.json
pass
