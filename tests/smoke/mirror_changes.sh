#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: its stream keeps to a rate.
# Release build only: what it shows is timing and loss; mirror.sh runs under sanitizers.
# Under a steady stream of numbered packets a peer is added, disabled, enabled, given other options and removed, a hundred
# times: no packet of production is lost, doubled or out of order, and every copy is whole.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
ROUNDS=100
make_network silent
make_underlay ids
IDS=198.19.0.10
config "$TMP/junction.json" "$TUNNEL"
start_junction "$TMP/junction.json"
for end in device server ids; do capture $end eth0 in; done
$STREAM --both --rate 3000 --flows 20 --size 200 >"$TMP/report.json" &
SENDER=$!
flows_run() { [ "$(ip -n "$ID-server" -j -s link show eth0 | jq '.[0].stats64.rx.packets')" -gt 100 ]; }
wait_for 10 flows_run

# change WORD OPTION...: brought into force at every worker.
change() {
    local word=$1 before=$EPOCHREALTIME
    shift
    ctl --json vpg vpg-one mirror "$word" $IDS "$@" >>"$TMP/changes.json" || fail "mirror $word $*"
    echo "$word $before $EPOCHREALTIME" >>"$TMP/changes"
}
# more_copies: some go out from now on. No wait in a hundred rounds but for these.
frames() { peer $IDS .frames; }
beyond() { [ "$(frames)" -gt "$1" ]; }
more_copies() { wait_for 10 beyond "$(frames)"; }
OPTIONS=("--ttl 9" "--snap-length 64" "--key 77 --sequence" "--encapsulation erspan2" "--encapsulation erspan3" "--encapsulation gre"
    "--dscp 46" "--direction downlink" "--rate-mbps 1000" "--sample-packets 3" "--sample-flows 2")
for ((round = 0; round < ROUNDS; round++)); do
    option=${OPTIONS[round % ${#OPTIONS[@]}]}
    change add
    more_copies
    change disable
    change enable
    # shellcheck disable=SC2086
    change set $option
    more_copies
    change remove
    ctl --json show peers >>"$TMP/removed.json"
done
kill -TERM $SENDER
wait $SENDER
say "$(jq -c 'del(.uplink, .downlink)' "$TMP/report.json")"
expect "0 0 0 0 0" "$(jq -r '"\(.lost) \(.uplink.duplicated) \(.uplink.reordered) \(.downlink.duplicated) \(.downlink.reordered)"' "$TMP/report.json")" \
    "packets lost, duplicated, reordered"
expect $((ROUNDS * 5)) "$(jq -s 'map(select(.in_force)) | length' "$TMP/changes.json")" "changes in force"
expect 0 "$(jq -s 'map(.peers[]) | length' "$TMP/removed.json")" "peers shown after a removal"
change add
say "$(peer $IDS '{ frames, drops_total, drops, icmp_unreachable }' | jq -c .)"
wait_for 10 holds_copies ids $IDS
wait_for 10 holds server "$(jq .uplink.received "$TMP/report.json")"
wait_for 10 holds device "$(jq .downlink.received "$TMP/report.json")"
captured
"$SMOKE/check_mirror.py" --some 64 "$TMP/ids-eth0-in.pcap" $IDS "$TMP"/{device,server}-eth0-in.pcap >"$TMP/copies.json" || fail "a copy is not whole"
say "copies: $(cat "$TMP/copies.json")"
expect '["erspan2","erspan3","gre","gretap"]' "$(jq -c '.kinds | keys' "$TMP/copies.json")" "encapsulations"

# From each acknowledgement of `add` and `enable` to the next copy of flows that were running all the time.
tcpdump -tt -nr "$TMP/ids-eth0-in.pcap" proto 47 2>/dev/null | cut -d" " -f1 | sort -n >"$TMP/times"
python3 - "$TMP/times" "$TMP/changes" >"$TMP/waits" <<'END'
import bisect, sys
times = [float(line) for line in open(sys.argv[1])]
changes = [line.split() for line in open(sys.argv[2])]
for word in ("add", "enable"):
    of_word = [(bisect.bisect(times, float(begun)), float(acknowledged)) for name, begun, acknowledged in changes if name == word]
    waits = sorted(round((times[at] - acknowledged) * 1e6) for at, acknowledged in of_word if at < len(times))
    print(f"{word}: first copy, microseconds after the acknowledgement (below 0: before it):",
          f"median {waits[len(waits) // 2]}, 99% {waits[len(waits) * 99 // 100]}, max {waits[-1]}")
END
say "$(cat "$TMP/waits")"
pass
