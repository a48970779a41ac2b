#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: its source never pauses.
# Release build only: what it shows are sums at full rate; test_salvage.c kills at every instruction, under sanitizers too.
# kill -9 of the dataplane at full rate, again and again. Documents, and what was counted as lost, are what its ports had
# received but for a burst of each kill, and never more; nothing that was sent is missing.
. "$(dirname "$0")/_init.sh"
KILLS=${KILLS:-6} SEED=${SEED:-$RANDOM}
RANDOM=$SEED
say "SEED=$SEED KILLS=$KILLS"
namespace wire
config "$TMP/junction.json" '.dataplane.ports[0].device = "net_null0,no-rx=1" | .dataplane.ports[1].device = "net_null1,no-rx=1"'
"$SMOKE/many_flows.py" 1000 >"$TMP/flows.pcap"
declare -A PIDS=()
declare -i received=0 sent=0 lost=0 bursts=0 between=0

start() {
    enter wire "$BUILD/junction-$1" --instance "$ID" "${@:2}" >>"$TMP/$1.log" 2>&1 &
    PIDS[$1]=$!
}
# dataplane CORES SOURCE
dataplane() {
    start dataplane --port "access0=$2" --port network0=net_null0,no-rx=1 --wire wire0=access0:network0 \
        --worker-cores "$1" --no-huge --memory-mb 256 --flow-entries 65536 --record-entries "$3"
}
stop() {
    local status=0
    kill "-$2" "${PIDS[$1]}"
    wait_for 60 gone_or_zombie "${PIDS[$1]}"
    wait "${PIDS[$1]}" || status=$?
    [ "$2" = KILL ] || expect 0 "$status" "exit status of junction-$1"
}
# Of the counters that the dead one left: it wrote them last.
worker_sum() { ctl --json show workers | jq "[.workers[].$1] | add"; }
dropped() { ctl --json show drops --all | jq "[.drops[] | select(.reason == \"$1\") | .packets] | add // 0"; }
passed() { [ "$(worker_sum rx_packets 2>/dev/null || echo 0)" -gt "$1" ]; }
in_force() { ctl --json show status 2>/dev/null | jq -e '(.workers | length > 0) and all(.workers[]; .in_force)' >/dev/null; }
salvages() { grep -c 'dataplane before was killed' "$TMP/dataplane.log" || true; }
salvaged() { [ "$(salvages)" -ge "$1" ]; }

start control -c "$TMP/junction.json"
start export -c "$TMP/junction.json"
for ((kill = 1; kill <= KILLS; kill++)); do
    # One worker, or two that hand packets over; rings that hold everything, or are full now and then.
    cores=0 ring=$((RANDOM % 2 ? 65536 : 1024))
    ((kill % 3)) || cores=0,1
    dataplane $cores "net_pcap0,rx_pcap=$TMP/flows.pcap,infinite_rx=1" $ring
    wait_for 60 in_force
    wait_for 60 passed $(($(worker_sum rx_packets) + RANDOM * 40))
    ((RANDOM % 3)) || { stop export KILL; start export -c "$TMP/junction.json"; }
    stop dataplane KILL
    received+=$(($(worker_sum rx_packets) - $(dropped no_vpg) - $(dropped handover_full)))
    sent+=$(($(worker_sum tx_packets) - $(dropped no_vpg)))
    lost+=$(worker_sum lost_packets)
    bursts+=$((64 * (cores == 0 ? 1 : 2)))
    [ "$cores" = 0 ] || between+=4096 # a ring between two workers
done
dataplane 0 net_null1,no-rx=1 65536
wait_for 60 salvaged "$KILLS"
wait_for 60 in_force
for program in dataplane export control; do stop "$program" TERM; done
lost+=$(sed -n 's/.*[0-9]* found no room (\([0-9]*\) packets.*/\1/p' "$TMP/dataplane.log" | awk "{ sum += \$1 } END { print sum + 0 }")
found=$(documents .flow_packets)
missing=$((received - found - lost))
say "received $received, in documents $found, lost $lost, missing $missing"
[ "$received" -gt 100000 ] || fail "too little has passed"
[ "$missing" -ge 0 ] || fail "more packets in documents than were received: $missing (SEED=$SEED)"
[ "$missing" -le $((bursts + between)) ] || fail "$missing packets are missing, of $received (SEED=$SEED)"
[ $((found + lost)) -ge "$sent" ] || fail "$sent were sent, $((found + lost)) are known (SEED=$SEED)"
sums=$("$SMOKE/intervals.py" 1 "$DOCUMENTS")
expect "[]" "$(jq -c .wrong <<<"$sums")" "what is wrong (SEED=$SEED)"
expect null "$(jq .irregular.cut <<<"$sums")" "intervals that were cut"
[ "$(jq .irregular.salvaged <<<"$sums")" -ge "$KILLS" ] || fail "too few intervals were salvaged: $sums"
pass
