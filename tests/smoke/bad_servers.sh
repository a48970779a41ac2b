#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Sinks over HTTP beside servers that answer everything wrong that can be: each is said in plain words, and in the end every
# document is there once, or at least once and in order of each device; certificates that are not trusted get nothing.
# Release build only: with sanitizers the sinks' unit tests play the same answers.
. "$(dirname "$0")/_init.sh"
make_network silent
ip -n "$ID-wire" link set lo up
mkdir "$TMP/servers"
for name in server other; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$name" \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$TMP/$name.key" -out "$TMP/$name.crt" 2>/dev/null
done
cat "$TMP/server.key" "$TMP/server.crt" >"$TMP/servers/server.pem"
chmod 0644 "$TMP"/*.crt
config "$TMP/junction.json" 'del(.sink) | .sinks = [
    { name: "index", type: "elasticsearch",
      elasticsearch: { urls: ["http://127.0.0.1:9200", "http://127.0.0.1:9201"], api_key: "c2VjcmV0" } },
    { name: "hook", type: "http", http: { url: "http://127.0.0.1:9300/hidden", operator_id: "OP0", headers: { "X-Token": "c2VjcmV0" } } },
    { name: "trusted", type: "elasticsearch", elasticsearch: { urls: ["https://127.0.0.1:9443"], ca_file: "'$TMP'/server.crt" } },
    { name: "untrusted", type: "elasticsearch", elasticsearch: { urls: ["https://127.0.0.1:9443"], ca_file: "'$TMP'/other.crt" } },
    { name: "unnamed", type: "http", http: { url: "http://no-such-host.invalid/" } }]'
enter wire "$SMOKE/bad_servers.py" "$TMP/servers" 2>"$TMP/servers.log" &
wait_for 20 listening wire 9300
start_junction "$TMP/junction.json"

SENT=0
send() {
    expect 0 "$($STREAM --both --count 500 --flows 20 | jq .lost)" "packets lost"
    SENT=$((SENT + 1000))
}
played() {
    send
    [ "$(wc -l <"$TMP/servers/played.txt")" -ge 14 ]
}
touch "$TMP/servers/played.txt"
wait_for 120 played
arrived() { [ "$("$SMOKE/documents.py" "$TMP/servers/$1.json" | jq "$2 // 0")" = $SENT ]; }
for name in index secure hook; do
    wait_for 60 arrived $name .flow_packets
    wait_for 60 arrived $name .summary_ip_packets
done
for name in index secure; do
    expect 0 "$("$SMOKE/documents.py" "$TMP/servers/$name.json" | jq .repeated)" "documents twice in $name"
done
"$SMOKE/bad_servers.py" order "$TMP/servers/hook.json" || fail "order at the web service"

said() { grep -qE "sink $1: .*$2" "$TMP/junction.log" || fail "not said of sink $1: $2"; }
for words in 'not JSON.*welcome' 'not JSON.*near end of file|not JSON.*premature end' 'redirection \(307\) to http://127.0.0.1:1/elsewhere' \
    'answers 429: busy' 'answers 401: .*missing credentials; look at api_key' 'answer has [0-9]+ items, for [0-9]+ documents|no items' \
    'has no item for the document' 'es_rejected_execution_exception' 'the answer is not HTTP' 'answers 503: upstream'; do
    said index "$words"
done
said hook 'http://127.0.0.1:9300 answers 500: not now'
said untrusted 'certificate.*; set ca_file'
said unnamed 'Could not resolve host: no-such-host.invalid'
! grep -qE 'c2VjcmV0|hidden' "$TMP/junction.log" || fail "a secret in the log"
stop_junction
pass
