#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A tunnel port's interface stays the host's as well: a TCP session to a kernel address there lives through Junction's
# start, change of addresses and end, while Junction answers for its own addresses alone.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
make_network silent
make_underlay admin
HOST=198.19.0.2 HOST6=fd00:0:0:9::2
ip netns exec "$ID-wire" sysctl -qw net.ipv6.conf.tunnel0.disable_ipv6=0
ip -n "$ID-wire" address add $HOST/24 dev tunnel0
ip -n "$ID-wire" address add $HOST6/64 dev tunnel0 nodad

# What stands for SSH: one session, from before Junction's start until after its end, and new ones at any time.
enter wire socat TCP6-LISTEN:22,ipv6only=0,fork,reuseaddr EXEC:cat &
wait_for 10 listening wire 22
mkfifo "$TMP/typed" "$TMP/shown"
enter admin socat - "TCP:$HOST:22" <"$TMP/typed" >"$TMP/shown" &
SESSION=$!
exec {TYPED}>"$TMP/typed" {SHOWN}<"$TMP/shown"
session_lives() {
    local line
    echo "$1" >&$TYPED
    read -rt 20 -u $SHOWN line || fail "the session to the host is dead: $1"
    expect "$1" "$line" "answer in the session"
}
answers() { inside admin ping -q -c 3 -i 0.02 -W 5 "$1" >"$TMP/ping.log"; }
host_serves() {
    answers $HOST && answers $HOST6 || fail "the host answers no ping $1"
    head -c 200000 /dev/urandom >"$TMP/sent"
    inside admin socat -t 20 - "TCP:[$HOST6]:22" <"$TMP/sent" >"$TMP/received"
    cmp "$TMP/sent" "$TMP/received"
    session_lives "$1"
}
host_serves "before Junction"

CONFIG=$TMP/junction.json
config "$CONFIG" "$TUNNEL"' | .vpgs[0].mirroring.peers = [{ address: "198.19.0.10" }]'
start_junction "$CONFIG"
capture wire tunnel0 in
wait_for 10 peer_is 198.19.0.10 .state up
host_serves "with Junction"
for own in 198.19.0.1 fd00:0:0:9::1; do answers $own || fail "Junction answers no ping to $own"; done
expect 6 "$(ctl --json show neighbours | jq .echo_requests)" "echo requests that Junction answered"
expect 0 "$($STREAM --both --count 10000 | jq .lost)" "packets lost"
wait_for 10 peer_is 198.19.0.10 .frames 20000
host_serves "after copies"

# send PACKET...: of the peer's own making, as scapy writes them.
send() {
    local IFS=,
    inside admin /usr/bin/python3 -c "from scapy.all import *
for packet in [$*]: sendp(Ether(dst='02:00:00:00:02:01')/packet/('x'*60), iface='eth0', verbose=0)"
}
# seen FILTER: the kernel heard such a packet. Frames of one interface arrive in order: nothing comes later.
seen() { [ -n "$(tcpdump -nr "$TMP/wire-tunnel0-in.pcap" "$@" 2>/dev/null)" ]; }
send 'IP(dst="198.19.0.1")/GRE(proto=0x6558)' 'IP(dst="198.19.0.1")/UDP(dport=4789)' 'IP(dst="198.19.0.1")/UDP(dport=4790)'
wait_for 10 seen "host 198.19.0.1 and port 4790"
captured
! seen "dst host 198.19.0.1 and (icmp or proto 47 or port 4789)" || fail "the kernel heard what was Junction's alone"
! seen "arp and dst host 198.19.0.1" || fail "the kernel heard a question for Junction's address"
! seen "icmp6 and dst host fd00:0:0:9::1" || fail "the kernel heard what was for Junction's IPv6 address"
seen "arp and dst host $HOST" || seen "icmp and dst host $HOST" || fail "the capture shows nothing"

# Other addresses, while it runs: the old ones are the kernel's to look at again.
jq '(.dataplane.ports[] | select(.name == "tunnel0")).addresses = ["198.19.0.3/24", "fd00:0:0:9::3/64"]' "$CONFIG" >"$TMP/new.json"
mv "$TMP/new.json" "$CONFIG"
expect true "$(ctl --json reload | jq .in_force)" "in force"
for own in 198.19.0.3 fd00:0:0:9::3; do answers $own || fail "Junction answers no ping to $own"; done
capture wire tunnel0 in
capture admin eth0 in
send 'IP(dst="198.19.0.1")/GRE(proto=0x6558)'
wait_for 10 seen "dst host 198.19.0.1"
expect 0 "$($STREAM --both --count 1000 | jq .lost)" "packets lost"
from_new() { [ "$(tcpdump -nr "$TMP/admin-eth0-in.pcap" "proto 47 and src host $1" 2>/dev/null | wc -l)" = "$2" ]; }
wait_for 10 from_new 198.19.0.3 2000
captured
from_new 198.19.0.1 0 || fail "copies come from the old address"
host_serves "after a change"
stop_junction
host_serves "without Junction"
exec {TYPED}>&-
wait "$SESSION"
pass
