#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# From traffic to dashboards on one machine: devices and a server talk through Junction, which writes to an Elasticsearch of
# its own, and to a Kafka broker, from which rsyslog brings the same documents there; then what each panel shows, as tables.
# demo-elastic.sh BUILD: until Ctrl-C, with a port for a Kibana. demo-elastic.sh BUILD --once: ends by itself. All is removed.
ONCE=${2:-}
export BUILD=$1 END="It is over; everything is removed."
here=$(dirname "$(realpath "$0")")
. "$here/../tests/smoke/_init.sh"
. "$here/../tests/smoke/_underlay.sh"
. "$here/../tests/smoke/_gateway.sh"
. "$here/../tests/kafka/_broker.sh"
. "$here/../tests/elastic/_index.sh"
PORT=${PORT:-9200}                # where this machine's loopback shows the index
DEVICES=(10.128.0.{2..6})
title() { printf '\n== %s\n' "$*" >&$OUT; }

traffic() {
    local address
    for address in "${DEVICES[@]:1}"; do ip -n "$ID-device" address add "$address/32" dev eth0; done
    enter server "$here/demo_traffic.py" serve >"$TMP/server.txt" 2>&1 &
    wait_for 30 grep -q serving "$TMP/server.txt"
    enter device "$here/demo_traffic.py" talk "$SERVER" "${DEVICES[@]}" >"$TMP/device.txt" 2>&1 &
    TALKING=$!
}

# Kafka's documents go to junction-*, those that come without it to direct-*: of the same fields.
templates() {
    local kind
    inside wire "$here/elastic/load" --url "$INDEX_URL"
    for kind in flow summary; do
        ask "_index_template/junction-$kind" | jq '.index_templates[0].index_template | .index_patterns = ["direct-'$kind'-*"]' |
            ask "_index_template/direct-$kind" -X PUT -d @- | jq -e .acknowledged >/dev/null
    done
}

rsyslog() {
    mkdir "$TMP/rsyslog"
    JUNCTION_BROKERS=127.0.0.1:$BROKER_PORT JUNCTION_INDEX_URL=$INDEX_URL JUNCTION_SPOOL=$TMP/rsyslog \
        enter wire rsyslogd -n -i "$TMP/rsyslog.pid" -f "$here/pipelines/rsyslog/junction.conf" >"$TMP/rsyslog.log" 2>&1 &
}

sinks() {
    cat <<END
[{ name: "kafka", type: "kafka", create: { partitions: 1, replication_factor: 1 },
   properties: { "bootstrap.servers": "127.0.0.1:$BROKER_PORT" },
   spool: { directory: "$WRITTEN/spool" } },
 { name: "direct", type: "elasticsearch", spool: { directory: "$WRITTEN/spool" },
   elasticsearch: { urls: ["$INDEX_URL"], indices: { summary: "direct-summary", flow: "direct-flow" } } }]
END
}

in_kafka() { { consume junction.flow '%s\n'; consume junction.summary '%s\n'; } 2>/dev/null | jq -r .event.id | sort -u | wc -l; }
# Both ways have brought something; while traffic flows they are never quite the same.
flowing() { [ "$(held 'junction-flow-*')" -ge 100 ] && [ "$(held 'direct-flow-*')" -ge 100 ] && [ "$(held 'junction-summary-*')" -ge 3 ]; }
all_there() {
    counts="$(held "junction-*") $(held "direct-*") $(in_kafka)"
    echo "$counts" >>"$TMP/counts.log"
    [ "$(tr " " "\n" <<<"$counts" | sort -u | wc -l)" = 1 ]
}
sums() {
    ask "$1-flow-*/_search?size=0" -d '{ "aggs": { "p": { "sum": { "field": "network.packets" } }, "b": { "sum": { "field": "network.bytes" } } } }' |
        jq -r '[.hits.total.value, .aggregations.p.value, .aggregations.b.value] | @tsv'
}
table() {
    {
        printf '%s\t%s\t%s\t%s\n' "flow documents" number packets bytes
        printf '%s\t%s\n' "directly, in direct-flow-*" "$(sums direct)" "by Kafka and rsyslog, in junction-flow-*" "$(sums junction)"
    } | column -t -s $'\t' -R 2,3,4
    echo "of $(in_kafka) different event.id in Kafka, summaries among them"
}

# show_port: this machine's loopback shows the index, until the end.
show_port() {
    (exec {TICK}>&- {OUT}>&- && exec socat "TCP-LISTEN:$PORT,bind=127.0.0.1,reuseaddr,fork" \
        EXEC:"ip netns exec $ID-wire socat STDIO TCP\:127.0.0.1\:$INDEX_PORT") >"$TMP/socat.log" 2>&1 &
    SHOWN=$!
    cat <<END
The index is at http://127.0.0.1:$PORT. A Kibana OSS 7.10.2 on this machine, on loopback:
    bin/kibana --host 127.0.0.1 --elasticsearch.hosts=http://127.0.0.1:$PORT
    deploy/elastic/load --url http://127.0.0.1:$PORT --kibana http://127.0.0.1:5601
From elsewhere, by SSH: ssh -L 5601:127.0.0.1:5601 THIS_MACHINE, and http://127.0.0.1:5601 in a browser there.
Ctrl-C ends it, and removes everything.
END
}
panels() { inside wire "$here/elastic/dashboards/panels.py" --url "$INDEX_URL"; }

SHOWN='' TALKING='' ended=''
# The port goes first; clean_up wants the exit status as it was.
finish() {
    local status=$?
    trap - ERR
    set +e
    ! running "$SHOWN" || kill "$SHOWN"
    (exit "$status")
    clean_up
}
trap finish EXIT

title "A broker (Kafka) and an index (Elasticsearch 7.10.2), in network namespaces"
make_network silent
make_underlay gateway recorder
for name in gateway recorder; do no_ipv6 $name; done
on_network gateway 10
start_broker
start_index elasticsearch
title "deploy/elastic/load"
templates
rsyslog

title "Five devices talk through Junction: to a gateway on the way, with copies for a recorder, and two sinks"
config "$TMP/junction.json" "$TUNNEL | $REDIRECTION"' | del(.sink) | .sinks = '"$(sinks)"' | .node = "demo" | .vpgs[0].id = "demo" |
    .vpgs[0].devices = [range(2; 5) | { address: "10.128.0.\(.)", name: "device-\(.)", group: "cameras" }] |
    .vpgs[0].mirroring.peers = [{ address: "198.19.0.11", encapsulation: "gretap" }] |
    .vpgs[0].rules = [{ match: { device: "10.128.0.6", remote_ports: [123], protocol: "udp" }, drop: true },
        { match: { remote_ports: [53], protocol: "udp" }, redirect: false }]'
start_junction "$TMP/junction.json"
traffic
wait_for 60 grep -q talked "$TMP/device.txt"
wait_for 120 flowing
if [ "$ONCE" != --once ]; then
    title "What the panels show"
    panels
    title "How to look at it"
    show_port
    trap 'ended=yes' INT TERM
    while [ -z "$ended" ]; do read -rt 1 -u "$TICK" || true; done
fi

title "The end of the traffic, and of Junction: both ways have brought the same"
kill -TERM "$TALKING"
stop_junction
wait_for 60 all_there
table
title "What the panels show"
panels
pass
