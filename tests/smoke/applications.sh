#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Rules by application, on real connections: TLS to *.example.org goes through the gateway from the packet on that says so,
# BitTorrent is dropped, everything else stays as it was. Documents, and junctionctl, say what each flow is and to whom.
. "$(dirname "$0")/_init.sh"
[ -x "$BUILD/junction-classify" ] || { say "built without nDPI" && exit 0; }
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
. "$SMOKE/_applications.sh"
make_network silent
make_underlay gateway
no_ipv6 gateway
on_network gateway 10
count_packets gateway
config "$TMP/junction.json" "$TUNNEL | $REDIRECTION"' | .vpgs[0].redirection.default = false | .vpgs[0].rules = [
    { match: { application: "TLS", server_name: "*.example.org" }, redirect: true },
    { match: { application: "BitTorrent" }, drop: true }]'
start_junction "$TMP/junction.json"
wait_for 10 target_is "peer 198.19.0.10"
serve_tls 443
serve torrent 6881
a_file 100000
serve_http server 80

# all_through: what was sent came back, and is what the gateway saw. more_than COUNT: and more than that.
all_through() { through_is "$(sum gateway)" "$(sum gateway)"; }
more_than() { [ "$(sum gateway)" -gt "$1" ] && all_through; }

say "TLS to www.example.org is redirected in the middle of its connection"
tls named 40001 www.example.org
said named 1 5
wait_for 20 flow_is 40001 '.verdict | index("redirect") != null' true
application_is 40001 TLS || fail "not known as TLS: $(flow 40001 .)"
BEFORE=$(sum gateway)
said named 6 15
wait_for 20 more_than $((BEFORE + 19)) # a line each way

say "other names, and other applications, are not"
QUIET=$(sum gateway)
tls other 40002 www.example.net
tls bare 40003 example.org
tls longer 40004 www.example.org.example.net
tls nameless 40005 ""
for name in other bare longer; do said "$name" 1 5; done
for port in 40002 40003 40004; do wait_for 20 application_is $port TLS; done
inside device curl -sf --local-port 40006 --connect-timeout 20 "http://$SERVER/file" | sha256sum | cmp -s - "$TMP/sum" || fail "HTTP: not the file"
wait_for 20 application_is 40006 HTTP
for port in 40002 40003 40004 40006; do flow_is $port '.verdict | join(" ")' "forward inspect" || fail "flow of $port: $(flow $port .)"; done
expect "$QUIET" "$(sum gateway)" "packets at the gateway"
expect "www.example.net www.example.org.example.net null" \
    "$(flow 40002 .server_name) $(flow 40004 .server_name) $(flow 40006 .server_name)" "server names in show flows"

say "BitTorrent is dropped"
start torrent "$SMOKE/talk.py" torrent "$SERVER" 6881 40007
wait_for 20 is_dropped 40007
BEFORE=$(discarded)
tell torrent more
wait_for 20 discards_beyond "$BEFORE"
! grep -vqx '68 bytes' "$TMP/serve-torrent.out" || fail "a message came through"
expect 1 "$(ctl --json show flows --application bittorrent | jq .matching)" "flows of BitTorrent"
application_is 40007 BitTorrent || fail "not known as BitTorrent: $(flow 40007 .)"
said named 16 17 # goes on beside
stop_junction

expect "true tls www.example.org" "$(reported 40001 '"\(any(.[]; .junction.verdict_changed?)) \(last.network.protocol) \(last.tls.client.server_name)"')" \
    "verdict that changed, protocol and name of the redirected flow"
expect "true true true" "$(reported 40001 '"\(any(.[]; .junction.redirect?.packets? > 0)) \(any(.[]; .junction.verdict | index("redirect"))) \([.[].network.packets] | add > 30)"')" \
    "packets to the gateway, and verdict, in documents"
expect "bittorrent true true" "$(reported 40007 '"\(last.network.protocol) \(any(.[]; .junction.verdict_changed?)) \(any(.[]; .junction.verdict | index("drop")))"')" \
    "protocol of the dropped flow, verdict that changed, verdict"
expect "false tls www.example.net" "$(reported 40002 '"\(any(.[]; .junction.verdict_changed?)) \(last.network.protocol) \(last.tls.client.server_name)"')" "the other flow"
expect "http $SERVER /file" "$(reported 40006 '"\(last.network.protocol) \(last.url.domain) \(last.url.path)"')" "the flow of HTTP"
pass
