#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What goes wrong on the underlay costs copies alone, each under its reason: frames sent and lost are together exactly
# those that should have been copied, and it mends by itself.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
make_network silent
make_underlay ids recorder
IDS=198.19.0.10 RECORDER=198.19.0.11 NOBODY=198.19.0.77
config "$TMP/junction.json" "$TUNNEL"' | .vpgs[0].mirroring.peers = [{ address: "'$IDS'" }, { address: "'$RECORDER'" }]'
start_junction "$TMP/junction.json"
for address in $IDS $RECORDER; do wait_for 10 peer_is $address .state up; done
for name in ids recorder; do capture $name eth0 in; done

# stations NAME: the MAC addresses to which copies went.
stations() { tcpdump -enr "$TMP/$1-eth0-in.pcap" proto 47 2>/dev/null | cut -d' ' -f4 | tr -d , | sort -u | xargs; }

say "the recorder gets another MAC address and says nothing; it is looked at again at the end"
counted $RECORDER
stream 1000
accounted 2000 down 0
ip -n "$ID-recorder" link set eth0 address 02:00:00:00:02:99

say "the tunnel port has no link"
ip -n "$ID-switch" link set port01 down
wait_for 10 peer_is $IDS .state down
counted $IDS
stream 1000
accounted 0 down 2000
ip -n "$ID-switch" link set port01 up
wait_for 10 peer_is $IDS .state up
stream 1000
accounted 2000 down 2000

say "the IDS gets another MAC address and says so: it asks for Junction's"
wait_for 10 holds_copies ids $IDS
ip -n "$ID-ids" link set eth0 address 02:00:00:00:02:88
inside ids ping -c 1 -W 5 198.19.0.1 >"$TMP/ping.log"
expect "02:00:00:00:02:88 1" "$(ctl --json show neighbours | jq -r '.neighbours[] | select(.address == "'$IDS'") | "\(.mac) \(.mac_changes)"')" \
    "the IDS as a neighbour"
counted $IDS
stream 1000
accounted 2000 down 0
wait_for 10 holds_copies ids $IDS
expect "02:00:00:00:02:10 02:00:00:00:02:88" "$(stations ids)" "MAC addresses of the IDS that copies went to"

say "the underlay sends errors back"
errors=$(peer $IDS '"\(.icmp_unreachable + 1) \(.icmp_too_big + 1)"')
inside ids /usr/bin/python3 -c "from scapy.all import *
quoted = IP(src='198.19.0.1', dst='$IDS')/GRE(proto=0x6558)/('x'*60)
for code in (1, 4): sendp(Ether(dst='02:00:00:00:02:01')/IP(src='$IDS', dst='198.19.0.1')/ICMP(type=3, code=code, nexthopmtu=1000)/quoted,
    iface='eth0', verbose=0)"
wait_for 10 peer_is $IDS '"\(.icmp_unreachable) \(.icmp_too_big)"' "$errors"
peer_is $IDS .state up || fail "an error from anyone put the peer out"

say "nobody answers for the peer's address"
ctl vpg vpg-one mirror remove $IDS >/dev/null
ctl vpg vpg-one mirror add $NOBODY >/dev/null
counted $NOBODY
stream 1000
accounted 0 unresolved 1992 # eight wait
ip -n "$ID-ids" address add $NOBODY/24 dev eth0
wait_for 20 peer_is $NOBODY .state up
stream 1000
accounted 2008 unresolved 1992
wait_for 10 holds ids 2008 "proto 47 and dst host $NOBODY"

say "the recorder was asked again"
wait_for 60 peer_is $RECORDER .mac 02:00:00:00:02:99
counted $RECORDER
stream 1000
accounted 2000 down 0
wait_for 10 holds_copies recorder $RECORDER
wait_for 10 holds ids 4008 "proto 47 and dst host $NOBODY"
captured
for address in $IDS $NOBODY; do "$SMOKE/check_mirror.py" "$TMP/ids-eth0-in.pcap" $address; done
"$SMOKE/check_mirror.py" "$TMP/recorder-eth0-in.pcap" $RECORDER
expect 0 "$(ctl --json show drops | jq '[.drops[] | select(.kind == "dropped").packets] | add // 0')" "dropped packets"
pass
