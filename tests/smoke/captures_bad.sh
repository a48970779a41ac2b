#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A capture that cannot be read: one clear line and exit status 1; of a cut one, what could be read is reported first.
. "$(dirname "$0")/_init.sh"
GOOD=$SMOKE/../captures/conversations.pcap

# refused FILE PATTERN
refused() {
    local status=0
    "$BUILD/junction" replay "$1" >"$TMP/output" 2>"$TMP/refused.log" || status=$?
    expect 1 "$status" "exit status for $1"
    expect 1 "$(grep -cE "error .*$2" "$TMP/refused.log")" "lines of error about $1 with \"$2\""
    expect 1 "$(grep -c '^error ' "$TMP/refused.log")" "lines of error about $1"
}

refused "$TMP/missing.pcap" 'missing.pcap.*[Nn]o such file'
: >"$TMP/empty.pcap"
refused "$TMP/empty.pcap" 'empty.pcap'
head -c 5000 /dev/urandom >"$TMP/noise.pcap"
refused "$TMP/noise.pcap" 'noise.pcap'
echo 'This is not a capture, but a sentence of more than twenty-four bytes.' >"$TMP/text.pcap"
refused "$TMP/text.pcap" 'text.pcap'
refused "$TMP" "${TMP##*/}"
{ head -c 20 "$GOOD"; printf '\x69\0\0\0'; tail -c +25 "$GOOD"; } >"$TMP/wlan.pcap" # link type 105
refused "$TMP/wlan.pcap" 'wlan.pcap.*(105|802.11)'
[ ! -s "$TMP/output" ] || fail "documents of a capture that was refused"

head -c 24 "$GOOD" >"$TMP/nothing.pcap" # a header alone
refused "$TMP/nothing.pcap" 'nothing.pcap.*empty'

# 120 packets, the last one cut.
head -c -10 "$GOOD" >"$TMP/cut.pcap"
refused "$TMP/cut.pcap" 'cut.pcap.*truncated'
expect 119 "$("$SMOKE/documents.py" "$TMP/output" | jq .flow_packets)" "packets of the cut capture"
head -c 30 "$GOOD" >"$TMP/stump.pcap"
refused "$TMP/stump.pcap" 'stump.pcap.*truncated'


# A record that says it was shorter than what it holds: the frame had the bytes that are there, and leaves with them.
{ head -c 36 "$GOOD"; printf '\x18\0\0\0'; tail -c +41 "$GOOD"; } >"$TMP/contradiction.pcap"
for file in "$GOOD" "$TMP/contradiction.pcap"; do
    "$BUILD/junction" replay "$file" --documents summary --write-network "$TMP/left-${file##*/}" 2>"$TMP/replay.log" |
        jq '."traffic.statistics"."ethernet.bytes"' >>"$TMP/bytes"
done
expect 1 "$(sort -u "$TMP/bytes" | wc -l)" "sums of bytes, whatever a record says"
cmp "$TMP/left-${GOOD##*/}" "$TMP/left-contradiction.pcap" || fail "a frame left with a length of less than it has"
pass
