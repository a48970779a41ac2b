#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two VPGs with the same devices and the same virtual addresses, on VLANs and VNIs of their own, each inspected, mirrored and
# redirected, at once: nothing crosses over, and every packet is counted once everywhere.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_gateway.sh"
IDS=198.19.0.12
make_network silent
make_underlay red blue ids
for name in red blue ids; do no_ipv6 $name; done
on_network red 10
HOST=2 on_network blue 11 id 20 local 198.19.0.11 remote 198.19.0.1 # the same address, on another network
for name in red blue; do count_packets $name; done
config "$TMP/junction.json" "$TUNNEL"' | .vpgs = [.vpgs[0] + { vlan: 100 }, .vpgs[0] + { id: "vpg-two", name: "two", vlan: 200 }] | '"$REDIRECTION"' |
    .vpgs[1].gate |= (.vni = 20 | .peers[0].outer = "198.19.0.11") |
    .vpgs[0].mirroring.peers = [{ address: "'$IDS'", key: 1 }] | .vpgs[1].mirroring.peers = [{ address: "'$IDS'", key: 2 }]'
start_junction "$TMP/junction.json"
wait_for 10 target_is "peer 198.19.0.10"
wait_for 10 target_is "peer 198.19.0.11" vpg-two
resolved() { ctl --json show peers | jq -e 'all(.peers[]; .state == "up")' >/dev/null; }
wait_for 10 resolved
# holds_vxlan NAME COUNT: of UDP in UDP; tcpdump shows each in two lines.
holds_vxlan() { [ "$(tcpdump -nr "$TMP/$1-eth0-in.pcap" 'udp port 4789 and ip[59] = 17' 2>/dev/null | grep -c VXLAN)" = "$2" ]; }
for name in red blue ids; do capture $name eth0 in; done

# Lengths of their own tell packets of the two apart.
$STREAM --both --count 3000 --flows 7 --size 100 --vlan 100 >"$TMP/one.json" &
ONE=$!
$STREAM --both --count 5000 --flows 7 --size 200 --vlan 200 >"$TMP/two.json"
wait $ONE
for name in one two; do
    expect "0 0 0 0 0" "$(jq -r '"\(.lost) \(.uplink.duplicated) \(.uplink.reordered) \(.downlink.duplicated) \(.downlink.reordered)"' "$TMP/$name.json")" \
        "packets of VPG $name lost, duplicated, reordered"
done
at() { echo "$(seen "$1" uplink) $(seen "$1" downlink) $(seen "$1" uplink bytes) $(seen "$1" downlink bytes)"; }
expect "3000 3000 $((3000 * 82)) $((3000 * 82))" "$(at red)" "packets and bytes at the gateway of VPG one"
expect "5000 5000 $((5000 * 182)) $((5000 * 182))" "$(at blue)" "packets and bytes at the gateway of VPG two"
counts='"\([.peers[].sent_packets] | add) \([.peers[].sent_bytes] | add) \([.peers[].returned_packets] | add) \([.peers[].returned_bytes] | add)"'
expect "6000 $((6000 * 82)) 6000 $((6000 * 82))" "$(gate "$counts")" "what VPG one sent and got back"
expect "10000 $((10000 * 182)) 10000 $((10000 * 182))" "$(gate "$counts" vpg-two)" "what VPG two sent and got back"
wait_for 10 holds ids 6000 "proto 47 and ip[20:2] & 0x2000 != 0 and ip[24:4] = 1"
wait_for 10 holds ids 10000 "proto 47 and ip[20:2] & 0x2000 != 0 and ip[24:4] = 2"
for name in red:6000 blue:10000; do wait_for 10 holds_vxlan ${name%:*} ${name#*:}; done
captured
expect 0 "$(tcpdump -nr "$TMP/red-eth0-in.pcap" 'udp port 4789 and udp[12:4] != 0xa00' 2>/dev/null | wc -l)" "packets of another network at red"
expect 0 "$(tcpdump -nr "$TMP/blue-eth0-in.pcap" 'udp port 4789 and udp[12:4] != 0x1400' 2>/dev/null | wc -l)" "packets of another network at blue"
# Copies are of frames as the wire brought them, once each: none of what came back.
"$SMOKE/check_mirror.py" "$TMP/ids-eth0-in.pcap" $IDS >"$TMP/copies.json" || fail "the copies are malformed"
expect 16000 "$(jq .copies "$TMP/copies.json")" "copies"
python3 - "$SMOKE" "$TMP/ids-eth0-in.pcap" <<'END' || fail "copies of another VPG, or of what came back"
import sys
sys.path.insert(0, sys.argv[1])
from captures import frames
from check_mirror import copies
for copy in copies(frames(sys.argv[2]))[0]:
    vlan, length, ttl = copy.inner[15], len(copy.inner), copy.inner[26]
    if (copy.key, vlan, length, ttl) not in ((1, 100, 100, 64), (2, 200, 200, 64)):
        sys.exit(f"a copy with key {copy.key}, VLAN {vlan}, {length} bytes, TTL {ttl}")
END
tshark -r "$TMP/red-eth0-in.pcap" -Y '_ws.malformed || ip.checksum.status == "Bad"' -o ip.check_checksum:TRUE >"$TMP/malformed" 2>/dev/null
expect 0 "$(wc -l <"$TMP/malformed")" "malformed packets at red"

say "one VPG's gateway fails: the other notices nothing"
cut_off 10
wait_for 10 target_is bypass
RED=$(at red) BLUE=$(seen blue uplink)
$STREAM --both --count 500 --vlan 100 >"$TMP/one.json"
$STREAM --both --count 500 --vlan 200 >"$TMP/two.json"
expect "0 0" "$(jq .lost "$TMP/one.json") $(jq .lost "$TMP/two.json")" "packets lost"
expect "$RED $((BLUE + 500)) 1000 0" "$(at red) $(seen blue uplink) $(gate .counters.bypassed_packets) $(gate .counters.bypassed_packets vpg-two)" \
    "packets at red, at blue, and bypassed"
expect "0 0" "$(gate '.drops | add') $(gate '.drops | add' vpg-two)" "packets lost"
expect 0 "$(ctl --json show drops | jq '[.drops[] | select(.kind == "dropped").packets] | add // 0')" "dropped packets"
stop_junction
for vpg in one:7000 two:11000; do
    expect "${vpg#*:} ${vpg#*:}" "$(documents ".vpgs[\"vpg-${vpg%:*}\"] | \"\(.flow_packets) \(.summary_ip_packets)\"")" "packets of VPG ${vpg%:*} in documents"
    expect "$([ "${vpg%:*}" = one ] && echo "6000 6000 7000" || echo "11000 11000 11000")" "$(jq -s -r --arg vpg "vpg-${vpg%:*}" '[.[] |
        select(.event.dataset == "junction.flow" and .junction.vpg.id == $vpg).junction] |
        "\([.[].redirect.packets // 0] | add) \([.[].redirect.returned_packets // 0] | add) \([.[].mirror[]?.frames] | add)"' "$DOCUMENTS")" \
        "packets of VPG ${vpg%:*} redirected, returned and mirrored in documents"
done
pass
