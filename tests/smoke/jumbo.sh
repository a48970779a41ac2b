#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Frames as long as an AF_XDP port on a veth takes them.
. "$(dirname "$0")/_init.sh"
MTU=3000
make_network
for end in device:eth0 wire:access0 wire:network0 server:eth0; do
    ip -n "$ID-${end%:*}" link set "${end#*:}" mtu $MTU
done
config "$TMP/junction.json" ".dataplane.ports[].mtu = $MTU"
start_junction "$TMP/junction.json"
inside device ping -c 5 -i 0.02 -W 5 -M "do" -s $((MTU - 28)) "$SERVER" >"$TMP/ping.log"
inside device ping -c 5 -i 0.02 -W 5 -M "do" -s $((MTU - 48)) "$SERVER6" >"$TMP/ping.log"
expect 0 "$($STREAM --both --count 5000 --flows 9 --size $((MTU + 14)) | jq .lost)" "packets lost"
head -c 20000000 /dev/urandom >"$TMP/sent"
transfer device server "$SERVER" 5000 "$TMP/sent"
pass
