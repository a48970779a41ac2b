#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Whatever instructions workers use, they say the same of a capture; the configuration chooses, and status says what was taken.
. "$(dirname "$0")/_init.sh"
make_network silent
config "$TMP/junction.json" '.dataplane.isa = "sse4.2"'
start_junction "$TMP/junction.json"
expect sse4.2 "$(ctl --json show status | jq -r .isa)" "instructions that were asked for"
grep -q 'workers use sse4.2 (dataplane.isa: "sse4.2")' "$TMP/junction.log" || fail "the log does not say them"
expect 0 "$($STREAM --both --count 1000 | jq .lost)" "packets lost"

# A name that no build has is refused for good (lib/launch.h), and those that there are here are listed.
STATUS=0
"$BUILD/junction-dataplane" --instance="$ID-isa" --replay=/dev/null --isa=none 2>"$TMP/said" || STATUS=$?
expect 3 "$STATUS" "exit status for --isa=none"
read -ra names <<<"$(sed -n 's/.*"none" is not in this build; there are auto, //p' "$TMP/said" | tr -d ,)"
[ "${names[0]}" = sse4.2 ] || fail "said $(cat "$TMP/said")"

play() { # ISA: everything that a capture leads to, but what tells one run from another
    config "$TMP/$1.json" ".dataplane.isa = \"$1\""
    "$BUILD/junction" replay "$SMOKE/../captures/conversations.pcap" -c "$TMP/$1.json" --write-network "$TMP/$1.pcap" 2>/dev/null |
        jq -cS 'del(.event.id, .event.ingested, .junction)' | sort >"$TMP/$1.documents"
}
for isa in "${names[@]}"; do
    play "$isa"
    for what in documents pcap; do
        [ -s "$TMP/$isa.$what" ] || fail "$isa: no $what"
        cmp "$TMP/sse4.2.$what" "$TMP/$isa.$what" || fail "$isa: other $what"
    done
done
pass
