#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Documents reach a real Kafka broker, each kind its topic, a device's in one partition, and add up to what passed; while
# there is no broker forwarding goes on, it is said in the log, and what was recorded meanwhile arrives later.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/../kafka/_broker.sh"
make_network silent
ip -n "$ID-wire" link set lo up
config "$TMP/junction.json" '.sink = { type: "kafka", topics: { summary: "test.summary", flow: "test.flow" },
    properties: { "bootstrap.servers": "127.0.0.1:'$BROKER_PORT'", "compression.codec": "lz4" } }'
start_junction "$TMP/junction.json"

# No broker yet.
expect 0 "$($STREAM --both --count 5000 --flows 20 | jq .lost)" "packets lost without a broker"
wait_for 30 grep -qiE 'kafka.*(connect|down|refused|unreachable)' "$TMP/junction.log"
start_broker
arrived() {
    { consume test.flow; consume test.summary; } >"$TMP/arrived.json" 2>"$TMP/kcat.log" || true
    [ "$("$SMOKE/documents.py" "$TMP/arrived.json" | jq "$1 // 0")" = "$2" ]
}
wait_for 60 arrived .flow_packets 10000
wait_for 60 arrived .summary_ip_packets 10000

# The broker goes and comes again.
stop_broker
expect 0 "$($STREAM --both --count 5000 --flows 20 | jq .lost)" "packets lost while the broker is away"
start_broker
wait_for 60 arrived .flow_packets 20000
expect 0 "$($STREAM --both --count 5000 --flows 20 | jq .lost)" "packets lost"

# The exporter is killed while the broker owes it acknowledgements: what it cannot know to have arrived it sends again.
intervals() { ctl --json show workers | jq '.workers[0].intervals_closed'; }
closed() { [ "$(intervals)" -ge "$1" ]; }
kill -STOP "$BROKER"
expect 0 "$($STREAM --both --count 5000 --flows 20 | jq .lost)" "packets lost while the broker is frozen"
wait_for 30 closed $(($(intervals) + 2))
kill -KILL "$(child export)"
kill -CONT "$BROKER"
wait_for 60 arrived .flow_packets 40000
wait_for 60 arrived .summary_ip_packets 40000
say "documents written twice: $("$SMOKE/documents.py" "$TMP/arrived.json" | jq .repeated)"
stop_junction
arrived .flow_packets 40000 || fail "packets in flow documents after the end: $("$SMOKE/documents.py" "$TMP/arrived.json")"
arrived .summary_ip_packets 40000 || fail "packets in summaries after the end: $("$SMOKE/documents.py" "$TMP/arrived.json")"

# Keyed: every key has one partition, and the key is the VPG and its device.
consume test.flow '%p %k\n' | sort -u | sort -k2 >"$TMP/keys"
expect "$(cut -d' ' -f2 "$TMP/keys" | sort -u | wc -l)" "$(wc -l <"$TMP/keys")" "partitions of all keys"
expect "$(printf 'vpg-one/10.129.0.%s\n' {0..19} | sort)" "$(cut -d' ' -f2 "$TMP/keys")" "keys"
if [[ $BUILD != *asan* ]]; then # what make bench makes of what its program prints
    inside wire "$BUILD/tests/bench/bench_kafka" "127.0.0.1:$BROKER_PORT" 500 >"$TMP/bench.txt"
    PYTHONPATH=$SMOKE/../bench python3 -c 'import inside, sys; print(*(row["value"] > 0 for row in inside.kafka_of(sys.stdin.read(), None)))' \
        <"$TMP/bench.txt" >"$TMP/figures"
    expect "True True" "$(cat "$TMP/figures")" "figures of $(tail -n 2 "$TMP/bench.txt")"
fi
expect "$ID vpg-one" "$(consume test.summary '%k\n' | sort -u | xargs)" "keys of summaries, and of the node's status"
pass
