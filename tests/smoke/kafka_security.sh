#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# TLS with SASL/SCRAM, mutual TLS and SASL/PLAIN deliver to a real broker, each as a sink of its own. Beside them, sinks that
# cannot: each says in plain words what is wrong, within seconds, and holds up neither the others nor the traffic.
# Release build only: the JVM and six connections need their time, and the code is what the other tests run.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/../kafka/_broker.sh"
. "$SMOKE/../kafka/_secure.sh"
make_network silent
secure_broker
start_broker
mkdir -m 0755 "$TMP/spool"
! id -u junction-export >/dev/null 2>&1 || chown junction-export: "$TMP/spool"
(umask 077 && printf '%s\n' "$SCRAM_PASSWORD" >"$TMP/password")
export PLAIN_PASSWORD

config "$TMP/junction.json" 'def sink($name; $port; $more): { name: $name, type: "kafka",
        topics: { flow: "\($name).flow", summary: "\($name).summary" }, spool: { directory: "'"$TMP"'/spool" },
        properties: ({ "bootstrap.servers": "127.0.0.1:\($port)" } + $more) };
    def ssl: { "security.protocol": "ssl", "ssl.ca.location": "'"$TLS"'/ca.pem" };
    def sasl($mechanism; $password): ssl + { "security.protocol": "sasl_ssl", "sasl.mechanism": $mechanism,
        "sasl.username": "junction", "sasl.password": $password };
    del(.sink) | .sinks = [
        sink("scram"; '$SCRAM_PORT'; sasl("SCRAM-SHA-512"; { "$file": "'"$TMP"'/password" })),
        sink("mutual"; '$MUTUAL_PORT'; ssl + { "ssl.certificate.location": "'"$TLS"'/client.pem", "ssl.key.location": "'"$TLS"'/client.key" }),
        sink("plain"; '$PLAIN_PORT'; sasl("PLAIN"; { "$env": "PLAIN_PASSWORD" })),
        sink("wrong-password"; '$SCRAM_PORT'; sasl("SCRAM-SHA-512"; "guess-work")),
        sink("wrong-mechanism"; '$PLAIN_PORT'; sasl("SCRAM-SHA-256"; "guess-work")),
        sink("wrong-authority"; '$SCRAM_PORT'; sasl("PLAIN"; "guess-work") + { "ssl.ca.location": "'"$TLS"'/stranger.pem" }),
        sink("no-tls"; '$SCRAM_PORT'; {}),
        sink("no-certificate"; '$MUTUAL_PORT'; ssl) ]'
start_junction "$TMP/junction.json"
said() { grep -q "sink $1: 127.0.0.1:[0-9]*: $2" "$TMP/junction.log"; }
wait_for 20 said wrong-password 'authentication was refused: wrong user name or password; see sasl.username'
wait_for 20 said wrong-mechanism 'the broker does not take this SASL mechanism; it takes PLAIN; '
wait_for 20 said wrong-authority "the broker's certificate is not trusted, or is for another name; set ssl.ca.location"
wait_for 20 said no-tls 'the broker ends plain text: its listener seems to have TLS; set security.protocol'
wait_for 20 said no-certificate 'the broker does not take our certificate, or misses it; set ssl.certificate.location'
expect 0 "$($STREAM --both --count 5000 --flows 20 | jq .lost)" "packets lost"
arrived() {
    consume "$1.flow" >"$TMP/arrived.json" 2>"$TMP/kcat.log" || true
    [ "$("$SMOKE/documents.py" "$TMP/arrived.json" | jq '.flow_packets // 0')" = 10000 ]
}
wait_for 60 arrived scram
wait_for 60 arrived mutual
wait_for 60 arrived plain

# Shown as it is said; those that deliver are well.
shown() { ctl --json show sinks | jq -e ".sinks[] | select(.sink == \"$1\") | $2" >/dev/null; }
for name in scram mutual plain; do wait_for 20 shown $name '.in_trouble == false and .delivered > 0'; done
shown wrong-password '.in_trouble and (.trouble | contains("wrong user name or password")) and (.advice | contains("sasl.password"))' ||
    fail "what is shown: $(ctl --json show sinks)"

# What is secret is in no line of the log, no argument and no answer.
ctl --json show sinks >"$TMP/shown"
cat /proc/"$(child export)"/cmdline >"$TMP/arguments"
! grep -aE "$SCRAM_PASSWORD|$PLAIN_PASSWORD|guess-work" "$TMP/junction.log" "$TMP/junction.out" "$TMP/shown" "$TMP/arguments" ||
    fail "a secret is told"
pass
