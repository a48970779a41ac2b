#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Release build only: the commands are the same.
# The walk-through of docs/redirection.md, command by command: after each part, what it says there is so.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
. "$SMOKE/_walk.sh"
WALK=$SMOKE/../../docs/redirection.md
UNDERLAY_MTU=1500 # as anywhere
make_network
make_underlay gw standby
# Who answers to the gateway's address finds it behind the device's side, and devices find it by their router.
ip -n "$ID-server" route add 10.254.0.0/16 via $DEVICE dev eth0
ip -n "$ID-device" route add 10.254.0.0/16 via $SERVER dev eth0
a_file 20000
enter server python3 -u "$SMOKE/serve.py" "$TMP/www" 23 >"$TMP/http-23.log" 2>&1 &
wait_for 10 listening server 23
serve_http server 80
config "$TMP/junction.json" ".dataplane.ports += [$(grep '^    { "name": "tunnel0"' "$WALK")]"
start_junction "$TMP/junction.json"

page() { fetch device "$SERVER:$1" "${2:-20}"; }
# passes_through GATEWAY: ping and HTTP of the device, both ways.
passes_through() {
    local up down
    up=$(seen "$1" uplink) down=$(seen "$1" downlink)
    pings device $SERVER || fail "no ping through $1"
    page 80 || fail "HTTP through $1: not the file"
    [ "$(seen "$1" uplink)" -gt $((up + 5)) ] && [ "$(seen "$1" downlink)" -gt $((down + 15)) ] || fail "$1 was passed by"
}
passes_by() {
    local before
    before=$(sum gw)
    pings device $SERVER && page 80 || fail "no way past the gateway"
    expect "$before" "$(sum gw)" "packets at the gateway"
}
behind_one_address() {
    passes_through gw
    expect 10.254.0.2 "$(tail -n 1 "$TMP/http-server.log" | cut -d' ' -f1)" "address that the server sees"
}
ipv6_through() {
    local before
    before=$(seen gw uplink)
    pings device $SERVER6 || fail "no ping by IPv6"
    [ "$(seen gw uplink)" -ge $((before + 3)) ] || fail "IPv6 passed the gateway by"
    passes_through gw
}
# The standby is set up with the gateway's own commands.
set_up_standby() {
    local command
    while IFS= read -r command; do
        command=${command//198.19.0.10/198.19.0.11}
        step standby "${command//10.254.0.2/10.254.0.3}"
    done < <(sed -n '/nft/,$d; s/^    gw# //p' "$WALK")
    count_packets standby
}

# check COMMAND: what the document says of it is so now.
check() {
    case $1 in
    *"rule add iif vxlan0"*) [[ $1 = *-6* ]] || count_packets gw ;;
    *"grep 'gateway 10.254.0.2 at 198.19.0.10'")
        passes_through gw
        page 23 || fail "port 23 is closed"
        ;;
    *"dport 23 drop")
        passes_through gw
        ! page 23 1 || fail "port 23 is open"
        ;;
    *masquerade) behind_one_address ;;
    *reload) [ $REDIRECTED -eq 0 ] || ipv6_through ;;
    *"redirect unset")
        REDIRECTED=0
        passes_by
        ;;
    *"redirect set"*) REDIRECTED=1 ;;
    *"grep 'standby.*up'")
        cut_off 10
        wait_for 10 target_is "peer 198.19.0.11"
        passes_through standby
        mend 10
        wait_for 20 target_is "peer 198.19.0.10"
        ;;
    *arping*) passes_through standby ;;
    esac
}
REDIRECTED=0
while IFS= read -r line; do
    case $line in
    '"gate"'*)
        until [[ $line = *'] }' ]]; do
            IFS= read -r more
            line+=$more
        done
        jq ".vpgs[0] += { $line }" "$TMP/junction.json" >"$TMP/new.json" && mv "$TMP/new.json" "$TMP/junction.json"
        continue # the document's own `reload` takes it
        ;;
    *"gate peer add"*) set_up_standby ;;
    esac
    step "${line%%#*}" "${line#*# }"
    wait_for 10 up
    check "$line"
done < <(sed -nE 's/^    (([a-z]+# |"gate"| +"peers").*)/\1/p' "$WALK")
[ "$STEPS" -ge 40 ] || fail "only $STEPS commands in docs/redirection.md"
pass
