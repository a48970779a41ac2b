#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Each error in a configuration file is refused with exit status 1 and a sentence that names it, its path and line.
. "$(dirname "$0")/_init.sh"
FILE=$TMP/junction.json
config "$TMP/good.json"

# refused PATTERN [COMMAND]: of standard error.
refused() {
    local status=0
    "$BUILD/junction" "${2:-check}" -c "$FILE" >"$TMP/output" 2>"$TMP/refused.log" || status=$?
    expect 1 "$status" "exit status for a file with $1"
    grep -qiE -- "$1" "$TMP/refused.log" || fail "expected \"$1\", found: $(cat "$TMP/refused.log")"
}
# error PATTERN JQ
error() {
    jq "$2" "$TMP/good.json" >"$FILE"
    refused "$1"
}

"$BUILD/junction" check -c "$TMP/good.json" || fail "a good file was refused"
echo '{ "node": ' >"$FILE"
refused 'line [0-9]'
: >"$FILE"
refused 'junction.json'
head -c 300 /dev/urandom >"$FILE"
refused 'junction.json'
rm "$FILE"
refused 'junction.json.*(no such file|not there)'
error 'node: .*text.*line 2' '.node = 5'
error 'dataplane: unknown key .memory_megs.*memory_mb.*line' '.dataplane.memory_megs = 5'
error 'vpgs\[0\].vlan.*4094.*5000.*line' '.vpgs[0].vlan = 5000'
error 'vpgs\[1\].id.*line' '.vpgs += [.vpgs[0] + { vlan: 5, device_subnets: [] }]'
error 'vpgs\[1\].vlan.*line' '.vpgs[0].vlan = 5 | .vpgs += [.vpgs[0] + { id: "vpg-two" }]'
error 'dataplane.ports\[1\].name.*line' '.dataplane.ports[1].name = "access0"'
error 'vpgs\[0\].device_subnets\[2\].*overlap.*line' '.vpgs[0].device_subnets += ["10.130.0.0/16"]'
error 'vpgs\[0\].wire.*wire9.*line' '.vpgs[0].wire = "wire9"'
error 'dataplane.wires\[0\].access.*line' '.dataplane.wires[0].access = "access9"'
error 'dataplane.ports.*line' '.dataplane.ports = "access0"'
error 'dataplane' 'del(.dataplane)'
error 'record_ring_entries.*power of two.*line' '.dataplane.record_ring_entries = 5000'
rule() { error "$1" ".vpgs[0].rules = [ { match: $2 } ]${3:-}"; }
if "$BUILD/junction" check -c docs/examples/private-garden.json 2>/dev/null; then # built with nDPI
    rule 'vpgs\[0\].rules\[0\].match.application: no application .*TSL.*did you mean .TLS.*line' '{ application: "TSL" }'
    rule 'rules\[0\].match.application: .undecided. stands alone.*line' '{ application: [ "undecided", "TLS" ] }'
    rule 'rules\[0\].match.server_name\[1\]: expected its xn-- form.*line' '{ server_name: [ "a.example", "b\u00fccher.example" ] }'
    rule 'rules\[0\].match.risk: no rule can look .*metadata.*line' '{ risk: "XSS Attack" }' ' | .vpgs[0].inspection.metadata = "none"'
    rule 'rules\[0\].match.category: no rule can look .*classifier is off.*line' '{ category: "Web" }' ' | .classifier.enabled = false'
else
    rule 'rules\[0\].match.application: no rule can look .*without nDPI.*line' '{ application: "TLS" }'
fi
error 'classifier.ring_entries.*power of two.*line' '.classifier.ring_entries = 1000'
KAFKA='.sink = { type: "kafka", properties: { "bootstrap.servers": "127.0.0.1:1" } } | .sink.properties'
error 'sink.properties\["compression.kodec"\]: No such configuration property.*line' "$KAFKA += { \"compression.kodec\": \"lz4\" }"
error 'sink.properties\["max.in.flight"\].*must be set <= 5.*line' "$KAFKA += { \"max.in.flight\": 100 }"
error 'sink.properties\["plugin.library.paths"\]: is refused.*line' "$KAFKA += { \"plugin.library.paths\": \"x\" }"

# All at once.
error 'node' '.node = 5 | .vpgs[0].vlan = 5000 | .vpgs[0].color = 1'
expect 3 "$(grep -cE 'line [0-9]+' "$TMP/refused.log")" "errors named"
# A warning is no error, and said once.
jq '.sink = { type: "http", http: { url: "http://hook.example/", headers: { "X-Token": { "$env": "PATH" } } } }' "$TMP/good.json" >"$FILE"
"$BUILD/junction" check -c "$FILE" 2>"$TMP/refused.log" || fail "a warning is an error"
expect 1 "$(grep -c 'warning: sink.http.url: the secret goes there unencrypted' "$TMP/refused.log")" "times that it is said"
# And junction run starts nothing.
error 'vlan' '.vpgs[0].vlan = 5000'
refused 'vlan' run
[ ! -e "/run/junction/$ID" ] || fail "junction run started with a wrong file"
pass
