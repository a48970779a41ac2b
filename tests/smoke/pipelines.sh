#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# From Kafka to a real index by the files of deploy/pipelines: each event.id once, with its fields, in the index of its own
# date; what is not a document is put aside with a word; nothing is missing after deaths of rsyslog and of the index.
# Release build only: it is deploy/pipelines that is tried.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/../kafka/_broker.sh"
. "$SMOKE/../elastic/_index.sh"
. "$SMOKE/../pipelines/_connect.sh"
ROOT=$(realpath "$SMOKE/../..")
SPOOL=$TMP/spool
mkdir "$SPOOL"
export JUNCTION_BROKERS=127.0.0.1:$BROKER_PORT JUNCTION_INDEX_URL=$INDEX_URL JUNCTION_SPOOL=$SPOOL
namespace wire
ip -n "$ID-wire" link set lo up

# Documents of replays, each kind its file, and more of them under other ids.
for capture in conversations.pcap session.pcapng ipv6_extensions.pcap vlan.pcap icmp.pcap; do
    "$BUILD/junction" replay "$ROOT/tests/captures/$capture" --interval 1 2>"$TMP/replay.log" || fail "replay of $capture"
done >"$TMP/all.json"
more() { jq -c --arg mark "$1" 'select(.event.dataset == "junction.flow") | range('"$2"') as $n | .event.id = $mark + "\($n)-" + .event.id' "$TMP/all.json"; }
more a 40 >"$TMP/flow.json"
jq -c 'select(.event.dataset == "junction.summary"), (select(.event.dataset == "junction.summary") |
    { "@timestamp", event: { id: ("status-" + .event.id), dataset: "junction.status" }, junction: { status: { about: "worker", name: "0" } } })' \
    "$TMP/all.json" >"$TMP/summary.json"
more b 3 >"$TMP/more.json"
count() { cat "$@" | wc -l; }
not_documents() { printf '%s\n' '{"event":{"id":"broken' 'words' '[1]' '{"event":{"dataset":"junction.flow"}}' '{"event":{"id":"a","dataset":"other"}}'; }

# documented WORDS: run the one command of docs/pipelines.md that begins so, at the root of the sources.
documented() {
    local line
    line=$(grep -E "^    $1( |$)" "$ROOT/docs/pipelines.md") || fail "docs/pipelines.md has no command $1"
    cd "$ROOT"
    enter wire bash -c "exec ${line#    }"
}
produce() { inside wire kcat -P -b "127.0.0.1:$BROKER_PORT" -t "$1"; }
indexed() { [ "$(held 'junction-*')" -ge "$1" ]; }
# holds FILE...: just these documents, as they were sent.
holds() {
    ask 'junction-*/_refresh' -X POST >/dev/null
    inside wire "$SMOKE/../pipelines/held.py" "$INDEX_URL" junction "$@" >"$TMP/held.txt" || fail "$(cat "$TMP/held.txt")"
}
answered() { jq -e '.acknowledged' >/dev/null || fail "the index refuses $1"; }

# What needs no server: the files of those whose programs are not here.
python=$BUILD/pipelines-python/bin/python3
"$python" -c "import vrl_python, yaml, logstash_pipeline_parser" 2>/dev/null || { /usr/bin/python3 -m venv "$BUILD/pipelines-python" &&
    "$python" -m pip install -q -r "$SMOKE/../pipelines/requirements.txt"; }
not_documents >"$TMP/not.txt"
"$python" "$SMOKE/../pipelines/others.py" "$ROOT/deploy/pipelines" "$TMP/all.json" "$TMP/not.txt" >"$TMP/others.txt" 2>&1 ||
    fail "$(cat "$TMP/others.txt")"

start_broker
start_index elasticsearch
(documented deploy/elastic/load) >"$TMP/load.log" 2>&1 || fail "load: $(cat "$TMP/load.log")"

# rsyslog: some documents twice, between them what is none; rsyslog and the index are killed meanwhile.
RSYSLOG=
start_rsyslog() {
    rm -f "$SPOOL/rsyslogd.pid" # of one that was killed
    documented rsyslogd >>"$TMP/rsyslog.log" 2>&1 &
    RSYSLOG=$!
}
refused() { [ "$(jq -s 'map(.document) | unique | length' "$SPOOL/junction-refused.json")" -ge "$1" ]; }
produce junction.summary <"$TMP/summary.json"
head -n 1000 "$TMP/flow.json" | produce junction.flow
not_documents | produce junction.flow
produce junction.flow <"$TMP/flow.json"
produce junction.summary <"$TMP/summary.json"
start_rsyslog
wait_for 60 indexed 300
kill -KILL "$RSYSLOG"
wait "$RSYSLOG" 2>/dev/null || true
start_rsyslog
wait_for 60 indexed 1500
kill_index
start_index
wait_for 120 indexed "$(count "$TMP/flow.json" "$TMP/summary.json")"
holds "$TMP/flow.json" "$TMP/summary.json"
wait_for 30 refused 5
expect '["no document of Junction: it lacks event.id, or event.dataset is another","not JSON"]' \
    "$(jq -sc 'map(.reason) | unique' "$SPOOL/junction-refused.json")" "reasons"
say "by rsyslog: $(cat "$TMP/held.txt")"

# Whole requests that the index refuses for want of memory are in a file, from which they are sent again.
resend() { (documented deploy/pipelines/rsyslog/resend) >"$TMP/resend.txt" 2>&1; }
breaker() { ask _cluster/settings -X PUT -d '{ "transient": { "network.breaker.inflight_requests.limit": '"$1"' } }' | answered "a limit"; }
kept() { [ "$(jq -r .request.postdata "$SPOOL/junction-requests.json" | jq -r '.create._id // empty' | grep '^b' | sort -u | wc -l)" = "$1" ]; }
breaker '"1kb"'
produce junction.flow <"$TMP/more.json"
wait_for 30 test -s "$SPOOL/junction-requests.json"
wait_for 30 kept "$(count "$TMP/more.json")"
! resend || fail "a request is taken where none can be"
grep -q 'the next request is not taken' "$TMP/resend.txt" || fail "resend says $(cat "$TMP/resend.txt")"
breaker null
resend || fail "resend: $(cat "$TMP/resend.txt")"
holds "$TMP/flow.json" "$TMP/more.json" "$TMP/summary.json"
resend || fail "resend: $(cat "$TMP/resend.txt")"
expect "resend: 0 documents are there" "$(cat "$TMP/resend.txt")" "sent a second time"
kill -TERM "$RSYSLOG"
wait "$RSYSLOG" || fail "rsyslogd ended with an error"
expect true "$(ask 'junction-*' -X DELETE | jq .acknowledged)" "indices deleted"

# Kafka Connect: the same topics from their beginning.
for thing in _ingest/pipeline/junction-connect _index_template/junction-connect; do
    (documented "curl .*$thing\" .*") | answered "$thing"
done
fetch_connect
documented connect-standalone.sh >>"$TMP/connect.log" 2>&1 &
wait_for 120 indexed "$(count "$TMP/flow.json" "$TMP/more.json" "$TMP/summary.json")"
put_aside() { [ "$(consume junction.refused | sort -u | wc -l)" -ge 5 ]; }
wait_for 30 put_aside
holds "$TMP/flow.json" "$TMP/more.json" "$TMP/summary.json"
expect 0 "$(held 'junction-connect-*')" "documents in an index that has no date"
say "by Kafka Connect: $(cat "$TMP/held.txt")"
pass
