#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# An interface is deleted and made again, three times, once with another MTU: each is counted and logged, nothing is lost
# afterwards, and no packet buffer is.
. "$(dirname "$0")/_init.sh"
make_network silent
config "$TMP/junction.json" '.dataplane.mbufs = 8192' # a life of a port takes a quarter for its rings
start_junction "$TMP/junction.json"
port() { ctl --json show ports | jq -e --arg name "$1" ".ports[] | select(.name == \$name) | $2" >/dev/null; }
passes() { $STREAM --both --count 100 --flows 9 | jq -e '.lost == 0' >/dev/null; }
wait_for 10 port network0 '.link == "up"'
wait_for 10 passes
for round in 1 2 3; do
    ip -n "$ID-server" link delete eth0
    wait_for 10 port network0 '.link == "gone" and .last_event == "removed" and .events.removed == '"$round"
    link server network0
    ip -n "$ID-server" address add "$SERVER/32" dev eth0
    ip -n "$ID-server" route add 10.128.0.0/9 dev eth0
    wait_for 30 port network0 '.link == "up" and .events.returned == '"$round"
    wait_for 10 passes
    expect 0 "$($STREAM --both --count 20000 --flows 9 | jq .lost)" "packets lost after return $round"
    wait_for 10 port network0 '.kept_pools == 0 and .kept_buffers == 0 and .rx_nombuf == 0'
done
expect 3 "$(grep -c "network0.*gone: its device was taken away" "$TMP/junction.log")" "losses in the log"
expect 3 "$(grep -c "network0.*its device is back" "$TMP/junction.log")" "returns in the log"
# Another MTU takes other buffers: the pool before is given up once it is whole.
ip -n "$ID-server" link delete eth0
wait_for 10 port network0 '.events.removed == 4'
ip -n "$ID-server" link add eth0 mtu 3000 address 02:00:00:00:01:02 type veth peer name network0 mtu 3000 netns "$ID-wire"
ip -n "$ID-wire" link set network0 up
ip -n "$ID-server" link set eth0 up
wait_for 30 port network0 '.link == "up" and .mtu == 3000'
wait_for 10 passes
wait_for 10 port network0 '.kept_pools == 0'
pass
