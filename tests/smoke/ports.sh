#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A port goes away and comes back: link down and up, then its interface deleted and made again. Both are reported, and
# forwarding goes on when the port is there.
. "$(dirname "$0")/_init.sh"
make_network
config "$TMP/junction.json"
start_junction "$TMP/junction.json"
pings() { inside device ping -c 1 -W 1 "$SERVER" >"$TMP/ping.log" 2>&1; }
port() { ctl --json show ports | jq -e --arg name "$1" ".ports[] | select(.name == \$name) | $2" >/dev/null; }
wait_for 10 pings

ip -n "$ID-server" link set eth0 down
wait_for 10 port network0 '.link == "down"'
grep -q "network0.*down" "$TMP/junction.log" || fail "link down is not in the log"
ip -n "$ID-server" link set eth0 up
ip -n "$ID-server" route replace 10.128.0.0/9 dev eth0 # the kernel took it with the link
ip -n "$ID-server" address replace "$SERVER6/48" dev eth0 nodad
wait_for 10 port network0 '.link == "up"'
wait_for 10 pings

ip -n "$ID-server" link delete eth0
wait_for 10 port network0 '.link == "gone"'
grep -q "network0.*gone" "$TMP/junction.log" || fail "the loss of the interface is not in the log"
link server network0
ip -n "$ID-server" address add "$SERVER/32" dev eth0
ip -n "$ID-server" route add 10.128.0.0/9 dev eth0
wait_for 30 port network0 '.link == "up"'
wait_for 10 pings
expect 0 "$($STREAM --both --count 20000 --flows 9 | jq .lost)" "packets lost after the port's return"
pass
