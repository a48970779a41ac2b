#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The sink "elasticsearch" against a real Elasticsearch and then, at the same address, a real OpenSearch: every document is
# there once and sums are equal, though a pipeline is missing at first, and the server is killed in the middle. What the
# server refuses for good is in the dead-letter file.
# Release build only: it is the sink and the servers that are tried; the sink's unit tests run with sanitizers.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/../elastic/_index.sh"
ROOT=$(realpath "$SMOKE/../..")
REFUSED=/var/spool/junction/$ID/bare/refused.json
make_network silent
config "$TMP/junction.json" 'del(.sink) | .sinks = [
    { name: "index", type: "elasticsearch",
      elasticsearch: { urls: ["http://127.0.0.1:1", "'$INDEX_URL'/"], pipeline: "junction" } },
    { name: "bare", type: "elasticsearch",
      elasticsearch: { urls: ["'$INDEX_URL'"], compression: "none", pipeline: "later",
                       indices: { flow: "bare-flow", summary: "bare-summary" } } },
    { name: "streams", type: "elasticsearch",
      elasticsearch: { urls: ["'$INDEX_URL'"], data_streams: true, indices: { flow: "stream-flow", summary: "stream-summary" } } }]'

load() { inside wire "$ROOT/deploy/elastic/load" --url "$INDEX_URL" >"$TMP/load.log" 2>&1; }
send() { expect 0 "$($STREAM --both --count 5000 --flows 20 | jq .lost)" "packets lost"; }
# arrived INDICES KEY VALUE: what the documents there add up to. Of one event.id there is one, or they are the same.
arrived() {
    ask "$1/_refresh" -X POST >/dev/null
    ask "$1/_search?size=10000" | jq -c '.hits.hits[]? | ._source + {index: ._index}' >"$TMP/arrived.json"
    [ "$(jq -c 'del(.index)' "$TMP/arrived.json" | "$SMOKE/documents.py" - | jq "$2 // 0")" = "$3" ]
}
said() { grep -q "$1" "$TMP/junction.log"; }

start_index elasticsearch
load
ask _index_template/bare -X PUT -d '{ "index_patterns": ["bare-summary-*"],
    "template": { "mappings": { "dynamic": false, "properties": { "@timestamp": { "type": "ip" } } } } }' >/dev/null
NO_FIELDS='"mappings": { "dynamic": false, "properties": { "@timestamp": { "type": "date" } } }'
ask _index_template/streams -X PUT -d '{ "index_patterns": ["stream-*"], "template": { '"$NO_FIELDS"' } }' >/dev/null
start_junction "$TMP/junction.json"
send
wait_for 60 arrived 'junction-*' .flow_packets 10000
wait_for 60 arrived 'junction-*' .summary_ip_packets 10000
expect 0 "$("$SMOKE/documents.py" <(jq -c 'del(.index)' "$TMP/arrived.json") | jq .repeated)" "documents that are there twice"
expect 0 "$(jq -r '. as $d | select(.index | endswith($d."@timestamp"[0:10] | gsub("-"; ".")) | not) | .index' \
    "$TMP/arrived.json" | wc -l)" "documents in an index of another day"

# A pipeline that is missing is waited for; a document that does not fit is refused.
wait_for 30 said 'sink bare: .*pipeline with id'
expect 0 "$(held 'bare-*')" "documents without their pipeline"
ask _ingest/pipeline/later -X PUT -d '{ "processors": [] }' >/dev/null
wait_for 60 arrived 'bare-*' .flow_packets 10000
wait_for 60 test -s "$REFUSED"
grep -q mapper_parsing_exception "$REFUSED" || fail "no reason in $REFUSED"
summary_kept() { jq -se 'any(.[]; .document | has("traffic.statistics"))' "$REFUSED" >/dev/null; }
wait_for 60 summary_kept

# Killed while documents come.
send &
SENDER=$!
kill_index
wait "$SENDER"
send
start_index
wait_for 60 arrived 'junction-*' .flow_packets 30000
wait_for 60 arrived 'junction-*' .summary_ip_packets 30000
expect 0 "$("$SMOKE/documents.py" <(jq -c 'del(.index)' "$TMP/arrived.json") | jq .repeated)" "documents that are there twice"

wait_for 60 arrived 'stream-*' .flow_packets 30000
wait_for 60 arrived 'stream-*' .summary_ip_packets 30000

# Another product in its place, which has data streams: there an _id is unique until a rollover, and what may have been
# delivered is looked up. The exporter is killed while the index, which is frozen, owes it answers.
stop_index
start_index opensearch
load
expect true "$(ask _index_template/streams -X PUT -d '{ "index_patterns": ["stream-*"], "data_stream": {},
    "template": { '"$NO_FIELDS"' } }' | jq .acknowledged)" "a template"
send
wait_for 60 arrived 'junction-*' .flow_packets 10000
wait_for 60 arrived 'junction-*' .summary_ip_packets 10000
wait_for 60 arrived 'stream-*' .flow_packets 10000
send
wait_for 60 arrived 'stream-*' .summary_ip_packets 20000
kill -STOP "$INDEX"
send
kill -KILL "$(child export)"
kill -CONT "$INDEX"
for name in flow summary; do
    expect true "$(ask "stream-$name/_rollover" -X POST | jq .rolled_over)" "a rollover of stream-$name"
done
send
wait_for 60 arrived 'stream-*' .flow_packets 40000
wait_for 60 arrived 'stream-*' .summary_ip_packets 40000
expect 0 "$("$SMOKE/documents.py" <(jq -c 'del(.index)' "$TMP/arrived.json") | jq .repeated)" "documents that are there twice after a rollover"
expect 2 "$(jq -r 'select(.index | startswith(".ds-stream-flow")) | .index' "$TMP/arrived.json" | sort -u | wc -l)" "backing indices"
wait_for 60 arrived 'junction-*' .flow_packets 40000
stop_junction
! grep "the answer" "$TMP/junction.log" || fail "an answer was not understood"
pass
