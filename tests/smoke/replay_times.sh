#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Captures whose times go back, are wrong or missing; the last packet's time; a small flow table; the longest copies.
. "$(dirname "$0")/_init.sh"

# make FILE FRAME...: a capture of nanoseconds. A frame is SECONDS.NANOSECONDS:KIND:PORT[:BYTES] after 2023-11-14T22:13:20Z,
# or at +SECONDS since 1970; KIND udp, or arp.
make() {
    /usr/bin/python3 - "$@" <<'PYTHON'
import struct
import sys
from scapy.all import ARP, Ether, IP, UDP, Raw

def frame(kind, port, size=60):
    if kind == "arp":
        return bytes(Ether(src="02:00:00:00:0a:01", dst="ff:ff:ff:ff:ff:ff") / ARP())
    whole = Ether(src="02:00:00:00:0a:01", dst="02:00:00:00:0b:02") / IP(src="10.128.0.5", dst="198.18.0.9", len=int(size) - 14)
    head = bytes(whole / UDP(sport=int(port), dport=53, len=int(size) - 34, chksum=0))
    return head + bytes(int(size) - len(head))

with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
    for text in sys.argv[2:]:
        when, *what = text.split(":")
        seconds, _, rest = when.partition(".")
        base = 0 if seconds.startswith("+") else 1700000000
        data = frame(*what)
        file.write(struct.pack("<IIII", base + int(seconds), int(rest or 0), len(data), len(data)) + data)
PYTHON
}

# replay FILE OPTION...: documents, and what it says beside them.
replay() { "$BUILD/junction" replay "$@" >"$TMP/out.json" 2>"$TMP/replay.log" || fail "replay of $1: $(cat "$TMP/replay.log")"; }
flow() { jq -r "select(.source.port == $1) | [.event.start[11:23], .event.end[11:23], .event.duration, .network.packets] | join(\" \")" "$TMP/out.json"; }
# Documents add up to the summaries, no interval has two of these, and each document is inside its interval.
sums() {
    expect "" "$(jq -sr '(map(select(.event.dataset == "junction.summary")) | group_by(.["@timestamp"]) | map(select(length > 1) | .[0]["@timestamp"])[]),
        (map(select(.event.dataset == "junction.flow" and (.event.start < .junction.interval.start or .event.end > .junction.interval.end)) | .event.id)[])' "$TMP/out.json")" "intervals of $1"
    expect "$(jq -s 'map(select(.event.dataset == "junction.summary")["traffic.statistics"]["ip.packets"]) | add' "$TMP/out.json")" \
        "$(jq -s 'map(select(.event.dataset == "junction.flow").network.packets) | add' "$TMP/out.json")" "packets of $1"
}

make "$TMP/back.pcap" 10:udp:1000 0:udp:2000 1:udp:2000
replay "$TMP/back.pcap" --write-network "$TMP/network.pcap"
expect "22:13:20.000 22:13:21.000 1000000000 2" "$(flow 2000)" "a flow behind a later packet"
expect "22:13:30.000 22:13:30.000 0 1" "$(flow 1000)" "the later packet"
expect 1 "$(grep -c 'warning .*1 of 3 frames have an earlier time' "$TMP/replay.log")" "said about the order"
cmp <(tail -c +25 "$TMP/back.pcap") <(tail -c +25 "$TMP/network.pcap") || fail "frames did not leave in the capture's order"

# Hours back, over the boundaries of intervals, the first and last frames wrong, a second of more than 10^9 nanoseconds.
make "$TMP/wrong.pcap" +0:udp:1 7200:udp:2 4:udp:3 5:udp:3 1.4000000000:udp:4 3600:udp:2 6:udp:3 4.999999999:udp:3 +4294967295:udp:5
for interval in 0 1 5 3600; do
    replay "$TMP/wrong.pcap" --interval "$interval"
    [ "$interval" = 0 ] || sums "wrong.pcap by $interval s"
    expect 9 "$(jq -s 'map(select(.event.dataset == "junction.flow").network.packets) | add' "$TMP/out.json")" "packets by $interval s"
done
replay "$TMP/wrong.pcap"
expect "22:13:24.000 22:13:26.000 2000000000 4" "$(flow 3)" "a flow among wrong times"
expect "22:13:25.000 22:13:25.000 0 1" "$(flow 4)" "more nanoseconds than a second has"

# The last packet's time, IP or not; of each VPG its own.
make "$TMP/last.pcap" 0:udp:1 60:arp:0
replay "$TMP/last.pcap" --documents summary
expect 2023-11-14T22:14:20.000000000Z "$(jq -r '.["@timestamp"]' "$TMP/out.json")" "time of a summary, ARP being last"
make "$TMP/first.pcap" +0:arp:0
replay "$TMP/first.pcap" --documents summary
expect 1970-01-01T00:00:00.000000000Z "$(jq -r '.["@timestamp"]' "$TMP/out.json")" "time of a summary in 1970"

PEER='"mirroring": {"peers": [{"address": "198.19.0.10", "too_long": "fragment"}]}'
cat >"$TMP/small.json" <<JSON
{"dataplane": {"flow_table_entries": 1024, "ports": [{"name": "access0", "device": "net_null0"}, {"name": "network0", "device": "net_null1"},
  {"name": "tunnel0", "device": "net_null2", "addresses": ["198.19.0.1/24"], "mtu": 1500}],
  "wires": [{"name": "wire0", "access": "access0", "network": "network0"}]}, "vpgs": [{"id": "v", $PEER}]}
JSON
mapfile -t many < <(seq -f '0:udp:%g' 1 2000)
make "$TMP/many.pcap" "${many[@]}"
replay "$TMP/many.pcap" -c "$TMP/small.json"
[ "$(sed -n 's/^exception, flow_table_full: //p' "$TMP/replay.log")" -ge 976 ] || fail "2000 flows in a table of 1024: $(cat "$TMP/replay.log")"

# What one IP packet carries leaves in fragments; one byte more does not, and is counted.
make "$TMP/long.pcap" 0:udp:1:65511 1:udp:2:65512 2:udp:3:1500
replay "$TMP/long.pcap" -c "$TMP/small.json" --write-tunnel "$TMP/tunnel.pcap"
expect 1 "$(sed -n 's/^dropped copies, too_long: //p' "$TMP/replay.log")" "copies too long"
expect "copies: sent 2 frames, truncated 0, fragments 47" "$(grep '^copies: ' "$TMP/replay.log")" "copies sent"
expect 47 "$(tcpdump -nr "$TMP/tunnel.pcap" 2>/dev/null | wc -l)" "fragments"

# A VPG over several wires has them all in one capture.
cat >"$TMP/wires.json" <<JSON
{"dataplane": {"ports": [{"name": "a", "device": "net_null0"}, {"name": "b", "device": "net_null1"}, {"name": "c", "device": "net_null2"},
  {"name": "d", "device": "net_null3"}], "wires": [{"name": "w1", "access": "a", "network": "b"}, {"name": "w2", "access": "c", "network": "d"}]},
  "vpgs": [{"id": "both", "wires": ["w1", "w2"]}]}
JSON
replay "$TMP/last.pcap" -c "$TMP/wires.json"
expect both "$(jq -r 'select(.event.dataset == "junction.flow").junction.vpg.id' "$TMP/out.json")" "VPG of a flow over two wires"

# By a pipe as well.
"$BUILD/junction" replay - <"$TMP/last.pcap" >"$TMP/out.json" 2>"$TMP/replay.log" || fail "replay of standard input"
expect 1 "$(jq -s 'map(select(.event.dataset == "junction.flow")) | length' "$TMP/out.json")" "flows from standard input"
pass
