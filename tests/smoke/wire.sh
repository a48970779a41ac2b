#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A wire is transparent: what a device and a server say to each other arrives byte for byte and in order, both ways, and
# the kernel stack that the ports belong to hears nothing of it.
. "$(dirname "$0")/_init.sh"
make_network
config "$TMP/junction.json"
start_junction "$TMP/junction.json"
capture device eth0 out
capture device eth0 in
capture server eth0 out
capture server eth0 in
capture wire access0 in
capture wire network0 in

# Captures do not begin and end at one moment: these two frame what is compared.
mark() { inside device ping -c 1 -W 5 -s 200 -p 6d61726b "$SERVER" >"$TMP/ping.log"; }
marked() { [ "$(tcpdump -nr "$1" 'icmp[40:4] = 0x6d61726b' 2>/dev/null | wc -l)" = 2 ]; }
mark

for size in 0 56 500 1472 4000; do
    inside device ping -c 3 -i 0.02 -W 5 -s "$size" "$SERVER" >"$TMP/ping.log"
    inside server ping -c 3 -i 0.02 -W 5 -s "$size" "$DEVICE" >"$TMP/ping.log"
    inside device ping -c 3 -i 0.02 -W 5 -s "$size" "$SERVER6" >"$TMP/ping.log"
done

head -c 20000000 /dev/urandom >"$TMP/sent"
transfer device server "$SERVER" 5000 "$TMP/sent"
transfer server device "$DEVICE" 5001 "$TMP/sent"
transfer device server "[$SERVER6]" 5002 "$TMP/sent"

# One datagram in 28 fragments.
head -c 40000 "$TMP/sent" >"$TMP/datagram"
enter server socat -u -b 65000 UDP-RECV:5003 "CREATE:$TMP/datagram.received" &
wait_for 10 listening server 5003
inside device socat -u -b 65000 "OPEN:$TMP/datagram" "UDP:$SERVER:5003"
wait_for 10 cmp -s "$TMP/datagram" "$TMP/datagram.received"

mark
for file in device-eth0-out device-eth0-in server-eth0-out server-eth0-in; do
    wait_for 10 marked "$TMP/$file.pcap"
done
captured
"$SMOKE/captures.py" "$TMP/device-eth0-out.pcap" "$TMP/server-eth0-in.pcap" markmark
"$SMOKE/captures.py" "$TMP/server-eth0-out.pcap" "$TMP/device-eth0-in.pcap" markmark
for port in access0 network0; do
    expect 0 "$(tcpdump -r "$TMP/wire-$port-in.pcap" 2>/dev/null | wc -l)" "frames that $port's kernel stack saw"
done
expect 0 "$(ip netns exec "$ID-wire" awk '/^Ip: [0-9]/ { print $4 }' /proc/net/snmp)" "IP packets in the kernel"
pass
