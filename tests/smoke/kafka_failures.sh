#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What brokers do to documents, each with a sink of its own: a topic is missing, is created as the configuration says, is
# deleted in between, takes no large documents; what answers is no broker. It is said, and everything arrives that may.
# Release build only: the JVMs need their time, and tests/unit/export has the same with the sanitizers.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/../kafka/_broker.sh"
make_network silent
BROKER_MORE=auto.create.topics.enable=false
start_broker
mkdir -m 0755 "$TMP/spool"
! id -u junction-export >/dev/null 2>&1 || chown junction-export: "$TMP/spool"
topic create small 1 max.message.bytes=2000
enter wire socat TCP-LISTEN:7000,fork,reuseaddr SYSTEM:'echo HTTP/1.1 400 Bad Request; cat >/dev/null' 2>>"$TMP/socat.log" &
wait_for 10 listening wire 7000

config "$TMP/junction.json" 'def sink($name; $port; $more): { name: $name, type: "kafka",
        topics: { flow: "\($name).flow", summary: "\($name).summary" }, spool: { directory: "'"$TMP"'/spool" },
        properties: { "bootstrap.servers": "127.0.0.1:\($port)", "compression.codec": "none" } } + $more;
    del(.sink) | .sinks = [
        sink("missing"; '$BROKER_PORT'; {}),
        sink("created"; '$BROKER_PORT'; { create: { partitions: 5, retention_hours: 2, cleanup_policy: "compact,delete" } }),
        sink("small"; '$BROKER_PORT'; { topics: { flow: "small", summary: "small" } }),
        sink("garbage"; 7000; {}) ]'
start_junction "$TMP/junction.json"
said() { grep -qE "sink $1: $2" "$TMP/junction.log"; }
# arrived TOPIC FILTER AMOUNT: of all that is in the topic.
arrived() {
    consume "$1" >"$TMP/arrived.json" 2>"$TMP/kcat.log" || true
    [ "$("$SMOKE/documents.py" "$TMP/arrived.json" | jq "$2 // 0")" = "$3" ]
}
expect 0 "$($STREAM --both --count 5000 --flows 20 | jq .lost)" "packets lost"
wait_for 20 said garbage "127.0.0.1:7000: what answers there does not speak Kafka's protocol; "
wait_for 30 said missing 'topic missing\.(flow|summary): the topic does not exist; create it'

say "created as the configuration says"
wait_for 60 arrived created.flow .flow_packets 10000
wait_for 60 arrived created.summary .summary_ip_packets 10000
expect 5 "$(partitions created.flow)" "partitions of a topic that was created"
topic describe created.flow >"$TMP/described"
expect 7200000 "$(sed -n 's/^retention.ms=//p' "$TMP/described")" "retention"
expect compact,delete "$(sed -n 's/^cleanup.policy=//p' "$TMP/described")" "policy"

say "created by hand"
topic create missing.flow 3
topic create missing.summary 3
wait_for 60 arrived missing.flow .flow_packets 10000
wait_for 60 arrived missing.summary .summary_ip_packets 10000
said missing 'documents are delivered again' || fail "it is not said that it is over"

say "documents that are too large"
wait_for 60 arrived small .flow_packets 10000
said small "topic small: a request is larger than the topic allows" || fail "it is not said that a request was too large"
refused() { [ "$(jq -s '[.[] | tostring | select(contains("junction.summary"))] | length' "$TMP/spool/$ID/small/refused.json")" -ge 1 ]; }
wait_for 30 refused
# Kept with the reason; none of them was lost to the topic's other documents, which are in order.
jq -se 'all(.[]; tostring | contains("too large"))' "$TMP/spool/$ID/small/refused.json" >/dev/null || fail "no reason"
consume small | jq -se '[.[] | select(.event.dataset == "junction.flow")] | group_by(.source.ip)[] | map(.junction.sequence) | . == sort' |
    sort -u >"$TMP/orders"
expect true "$(cat "$TMP/orders")" "documents of each device are in order"

say "deleted, and made anew"
topic delete created.flow
expect 0 "$($STREAM --both --count 5000 --flows 20 | jq .lost)" "packets lost"
wait_for 90 arrived created.flow .flow_packets 10000
wait_for 60 arrived small .flow_packets 20000
pass
