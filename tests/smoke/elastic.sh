#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A real Elasticsearch and a real OpenSearch take what deploy/elastic/load gives them, and then every document that replay
# makes of our captures, with each of its fields; what they hold survives their death.
# Release build only: it is deploy/elastic and the servers that are tried.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/../elastic/_index.sh"
. "$SMOKE/_underlay.sh"
ROOT=$(realpath "$SMOKE/../..")
mkdir "$TMP/documents"
"$ELASTIC/mappings.py" "$ROOT" >"$TMP/documents/whole.json" || fail "templates do not match the schemas"

# Documents with devices' names, rules, copies for two peers, and a gateway that gives all back.
config "$TMP/junction.json" "$TUNNEL"' | .dataplane.ports[2].mtu = 9000 |
    .vpgs[0].devices = [{ address: "10.128.1.1", name: "camera", group: "cameras" }] |
    .vpgs[0].mirroring.peers = [{ address: "198.19.0.10", encapsulation: "gretap" }, { address: "198.19.0.11", encapsulation: "gre" }] |
    .vpgs[0].gate = { address: "10.254.0.1/16", peers: [{ outer: "198.19.0.20", inner: "10.254.0.2" }] } |
    .vpgs[0].redirection = { gateway: "10.254.0.2" } |
    .vpgs[0].rules = [{ match: { device: "10.128.1.2/32" }, drop: true }]'
captures=() ethernet=()
while IFS=, read -r file link; do
    if [ "$link" = ether ]; then ethernet+=("$file"); else captures+=("$file"); fi
done < <(capinfos -TErm "$ROOT"/tests/captures/*.pcap*)
mergecap -a -F nsecpcap -w "$TMP/ethernet.pcap" "${ethernet[@]}"
for capture in "${captures[@]}" "$TMP/ethernet.pcap"; do
    "$BUILD/junction" replay "$capture" -c "$TMP/junction.json" --interval 1 --reflect-gateway \
        >"$TMP/documents/${capture##*/}.json" 2>"$TMP/replay.log" || fail "replay of $capture"
done
# Beside them what a node says of itself.
mkdir "$TMP/status"
for capture in "${captures[@]}" "$TMP/ethernet.pcap"; do
    "$BUILD/junction" replay "$capture" -c "$TMP/junction.json" --interval 1 --reflect-gateway --documents status \
        >"$TMP/status/${capture##*/}.json" 2>"$TMP/replay.log" || fail "replay of $capture"
done

namespace wire
ip -n "$ID-wire" link set lo up
load() { inside wire "$ROOT/deploy/elastic/load" --url "$INDEX_URL" "$@" >"$TMP/load.txt" 2>&1; }
# loaded STATE ITEM: that is what the loader said of it.
loaded() { grep -qx "$2: $1" "$TMP/load.txt" || fail "$2 should be $1: $(cat "$TMP/load.txt")"; }
same_again() {
    load "$@" || fail "load $* again: $(cat "$TMP/load.txt")"
    ! grep -E ': (created|updated|would|differs)' "$TMP/load.txt" || fail "load $* again changes something"
}
refused() {
    ! load "$@" || fail "load $* should be refused"
    grep -q "^load: this .* has no .*: run without" "$TMP/load.txt" || fail "load $*: $(cat "$TMP/load.txt")"
}
status() { ask "$1" -o /dev/null -w '%{http_code}'; }
create() { ask "$1/_create/${2##*/}?refresh=true" -X PUT -d "$3" | jq -r .result; }

inside wire "$ELASTIC/wrong_servers.py" "$ROOT/deploy/elastic/load" || fail "what the loader says of wrong servers"
for product in elasticsearch opensearch; do
    start_index $product
    # An index that was there before its template.
    expect created "$(create junction-flow-2019.01.01 a '{ "@timestamp": "2019-01-01T00:00:00Z", "source": { "ip": "10.128.0.1" } }')" "a document"
    load --dry-run
    loaded "would be created" "index template junction-flow"
    expect 404 "$(status _index_template/junction-flow)" "a template after --dry-run"
    load || fail "load: $(cat "$TMP/load.txt")"
    loaded created "index template junction-flow"
    grep -q '^fields of junction-flow-2019.01.01: differs' "$TMP/load.txt" || fail "an index with other fields is not seen"
    expect true "$(ask junction-flow-2019.01.01 -X DELETE | jq .acknowledged)" "an index deleted"
    same_again

    # What an operator changes is mended, but for what is theirs.
    expect true "$(ask _component_template/junction-custom -X PUT -d '{ "template": { "settings": { "index.number_of_shards": 2 } } }' |
        jq .acknowledged)" "a change"
    expect true "$(ask _component_template/junction-settings -X PUT -d '{ "template": {} }' | jq .acknowledged)" "a change"
    load
    loaded updated "component template junction-settings"
    loaded kept "component template junction-custom"
    expect true "$(ask _component_template/junction-custom -X PUT -d '{ "template": {} }' | jq .acknowledged)" "a change"

    inside wire "$ELASTIC/taken.py" "$INDEX_URL" plain "$ROOT/docs" "$TMP"/documents/*.json || fail "$product does not have all"
    # What Kibana would ask for its panels has the figures that the documents give.
    inside wire "$ELASTIC/panels_right.py" "$INDEX_URL" "$TMP"/documents/*.json "$TMP"/status/*.json || fail "panels differ"
    same_again
    # Of a newer Junction, whose fields have other names and types, too.
    expect created "$(create junction-flow-2019.01.01 a '{ "@timestamp": "2019-01-01T00:00:00Z", "later": { "a": 1 },
        "source": { "ip": "nowhere", "port": "none" }, "known.flows": 1 }')" "a document with other fields"
    expect '["source.ip","source.port"]' "$(ask junction-flow-2019.01.01/_search | jq -c '.hits.hits[0]._ignored | sort')" "fields ignored"
    refused --retention 30
    if [ $product = elasticsearch ]; then
        refused --data-streams
        before=$(held 'junction-*')
        kill_index
        start_index
        expect "$before" "$(held 'junction-*')" "documents after a death"
    else
        load --data-streams || fail "load --data-streams: $(cat "$TMP/load.txt")"
        expect true "$(ask 'junction-*' -X DELETE | jq .acknowledged)" "indices deleted"
        inside wire "$ELASTIC/taken.py" "$INDEX_URL" streams "$ROOT/docs" "$TMP"/documents/*.json || fail "data streams do not have all"
        same_again --data-streams
    fi
    stop_index
done
pass
