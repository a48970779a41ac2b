#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The private garden of docs/examples: DNS, NTP and named servers pass, as long as they like and through reloads; everything
# else is dropped and reported. What rules by application do without a classifier, and what it is told of private VPGs.
. "$(dirname "$0")/_init.sh"
[ -x "$BUILD/junction-classify" ] || { say "built without nDPI" && exit 0; }
. "$SMOKE/_applications.sh"
GARDEN=${GARDEN:-$SMOKE/../../docs/examples/private-garden.json}
make_network silent
config "$TMP/junction.json" ".vpgs[0] += $(jq -c '.vpgs[0] | { rules, classifier_down, inspection }' "$GARDEN")"
start_junction "$TMP/junction.json"
serve dns 53
serve ntp 123
serve echo 8080
serve echo 443 # by UDP
serve_tls 443
mkdir "$TMP/www"
head -c 200000 /dev/urandom | tee "$TMP/www/file" | sha256sum >"$TMP/sum"
enter server python3 -u "$SMOKE/serve.py" "$TMP/www" 80 >"$TMP/http.log" 2>&1 &
wait_for 10 listening server 80
http() { inside device curl -sf --local-port "$1" --connect-timeout 20 -A "$2" "http://$SERVER/file?$2" | sha256sum | cmp -s - "$TMP/sum"; }
# tries_http PORT: to be dropped; nobody waits for it.
tries_http() { enter device curl -s --local-port "$1" --connect-timeout 60 -o "$TMP/none" "http://$SERVER/file" & }
# edit JQ: in force at once.
edit() {
    jq "$1" "$TMP/junction.json" >"$TMP/new.json"
    mv "$TMP/new.json" "$TMP/junction.json"
    expect true "$(ctl --json reload | jq .in_force)" "in force: $1"
}

say "what is named passes, beyond the first packets and a reload"
ask dns $(seq -f "host-%.0f.example.com" 40) || fail "a question to DNS was not answered"
ask dns www.facebook.com || fail "a question about an application with a name of its own was not answered"
ask ntp 30 || fail "NTP was not answered"
tls garden 40001 a.devices.example.com
said garden 1 30
application_is 40001 TLS || fail "not known as TLS: $(flow 40001 .)"
edit '.vpgs[0].rules += [{ match: { remote_ports: [1] }, drop: true }]'
said garden 31 35
inside device curl -sf --resolve updates.example.org:80:$SERVER --local-port 40005 "http://updates.example.org/file" | sha256sum | cmp -s - "$TMP/sum" ||
    fail "HTTP to a server that is named did not pass"

say "everything else does not"
tls outside 40002 devices.example.com
wait_for 20 is_dropped 40002
BEFORE=$(discarded)
tell outside more
wait_for 20 discards_beyond "$BEFORE"
tries_http 40003
wait_for 20 is_dropped 40003
inside device "$SMOKE/talk.py" flood "$SERVER" 443 40004 60
wait_for 20 is_dropped 40004
inside device "$SMOKE/talk.py" flood "$SERVER" 8080 40006 5 # where nothing may be that is permitted
wait_for 20 is_dropped 40006
inside device "$SMOKE/talk.py" flood "$SERVER" 53 40007 60 000101000001000000000000 # nDPI calls it DNS
wait_for 20 is_dropped 40007
said garden 36 37

say "a classifier that takes nothing, and classifier_down drop"
CLASSIFY=$(child classify)
kill -STOP "$CLASSIFY"
PORT=41000
# One that begins now is dropped at once, whatever it may be: it is known that nobody looks.
new_is_dropped() {
    PORT=$((PORT + 1))
    inside device "$SMOKE/talk.py" flood "$SERVER" 443 $PORT 2
    is_dropped $PORT
}
wait_for 20 new_is_dropped
tls late 40010 a.devices.example.com
wait_for 20 is_dropped 40010
said garden 38 40 # is known already

say "the same, and classifier_down allow"
edit '.vpgs[0].classifier_down = "allow"'
tls allowed 40011 a.devices.example.com
said allowed 1 30
http 40012 allowed || fail "HTTP did not pass without a classifier"
BEFORE=$(grep -c "applications are looked for" "$TMP/junction.log")
is_there_again() { [ "$(grep -c "applications are looked for" "$TMP/junction.log")" -gt "$BEFORE" ]; }
kill -CONT "$CLASSIFY"
wait_for 20 is_there_again
tries_http 40013
wait_for 20 is_dropped 40013
# Nobody saw the beginning, where the name was: it is none of the garden's.
goes_on_until_dropped() {
    tell allowed more
    is_dropped 40011
}
wait_for 20 goes_on_until_dropped

say "a classifier that is killed"
edit '.vpgs[0].classifier_down = "drop"'
kill -KILL "$CLASSIFY"
said garden 41 43
another() { [ -n "$(child classify)" ] && [ "$(child classify)" != "$CLASSIFY" ] && up; }
wait_for 20 another
tls again 40014 updates.example.org
said again 1 3
wait_for 20 application_is 40014 TLS
said garden 44 45

say "what is told of a VPG"
RING=$(find "/run/junction/$ID" -name samples)
edit '.vpgs[0].rules = [] | .vpgs[0].inspection.metadata = "all"'
http 40021 marker-of-all || fail "HTTP did not pass"
wait_for 20 application_is 40021 HTTP
grep -q marker-of-all "$RING" || fail "no payload in the samples: the test sees nothing"
edit '.vpgs[0].inspection.metadata = "names"'
http 40022 marker-of-names || fail "HTTP did not pass"
wait_for 20 application_is 40022 HTTP
edit '.vpgs[0].inspection.metadata = "none"'
http 40023 marker-of-none || fail "HTTP did not pass"
tls none 40024 marker-of-none.example.org
said none 1 3 # counts say nothing: flows of before end in a sample without payload
! grep -q marker-of-none "$RING" || fail "payload of a VPG without metadata is in the samples"
stop_junction

for port in 40002 40003 40004 40006 40007 40010; do
    expect "true true" "$(reported $port '"\(any(.[]; .event.type | index("denied"))) \(any(.[]; .junction.verdict | index("drop")))"')" "flow of port $port is reported as denied"
done
expect "60 true" "$(reported 40004 '([.[] | select(.junction.verdict | index("drop") | not).network.packets] | add) as $passed |
    "\([.[].source.packets] | add) \($passed >= 1 and $passed <= 24)"')" "datagrams of an unknown application, and were 1 to 24 let through?"
expect "60 true" "$(reported 40007 '([.[] | select(.junction.verdict | index("drop") | not).network.packets] | add) as $passed |
    "\([.[].source.packets] | add) \($passed >= 1 and $passed <= 24)"')" "datagrams with a head of DNS, and were 1 to 24 let through?"
expect "5 0" "$(reported 40006 '"\([.[].source.packets] | add) \([.[] | select(.junction.verdict | index("drop") | not).network.packets] | add // 0)"')" "datagrams to another port, and passed of them"
expect "false tls a.devices.example.com" "$(reported 40001 '"\(any(.[]; .junction.verdict | index("drop"))) \(last.network.protocol) \(last.tls.client.server_name)"')" "the garden's flow"
expect "$SERVER marker-of-all" "$(reported 40021 '"\(last.url.domain) \(last.user_agent.original)"')" "metadata all"
expect "http $SERVER null null" "$(reported 40022 '"\(last.network.protocol) \(last.url.domain) \(last.url.path) \(last.user_agent)"')" "metadata names"
expect "http null null" "$(reported 40023 '"\(last.network.protocol) \(last.url) \(last.user_agent)"')" "metadata none: guessed by port"
grep -q marker-of-all "$DOCUMENTS" || fail "no text of metadata all in the documents"
! grep -q -e marker-of-names -e marker-of-none "$DOCUMENTS" || fail "a text that nobody may keep is in the documents"
pass
