#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: its source never pauses.
# The three processes are started, ended and killed in an order that SEED makes, at full rate. Then flow documents and
# summaries are added up by boot and interval: they agree, and each life of the dataplane has a boot of its own.
. "$(dirname "$0")/_init.sh"
SEED=${SEED:-$RANDOM} STEPS=${STEPS:-30}
RANDOM=$SEED
say "SEED=$SEED STEPS=$STEPS"
namespace wire
SOURCE="net_pcap0,rx_pcap=$SMOKE/../captures/conversations.pcap,infinite_rx=1"
config "$TMP/junction.json" '.dataplane.ports[0].device = "net_null0,no-rx=1" | .dataplane.ports[1].device = "net_null1,no-rx=1"'
declare -A PIDS=([dataplane]='' [control]='' [export]='')
declare -i starts=0 lives=0
cores=0,1
ring=$((RANDOM % 2 ? 4096 : 64)) # so short that it is full without an exporter, or never

start() {
    local log=$TMP/$((starts += 1))-$1.log
    case $1 in
    dataplane)
        # Now and then with another number of workers: its rings are made anew.
        ((RANDOM % 6)) || { [ $cores = 0,1 ] && cores=0 || cores=0,1; }
        lives+=1
        set -- dataplane --port "access0=$SOURCE" --port network0=net_null0,no-rx=1 --wire wire0=access0:network0 \
            --worker-cores $cores --no-huge --memory-mb 256 --flow-entries 65536 --record-entries $ring
        ;;
    *) set -- "$1" -c "$TMP/junction.json" ;;
    esac
    enter wire "$BUILD/junction-$1" --instance "$ID" "${@:2}" >>"$log" 2>&1 &
    PIDS[$1]=$!
    wait_for 30 test -s "$log"
}
stop() {
    local status=0
    kill "-$2" "${PIDS[$1]}"
    wait_for 60 gone_or_zombie "${PIDS[$1]}"
    wait "${PIDS[$1]}" || status=$?
    PIDS[$1]=
    [ "$2" = KILL ] || expect 0 "$status" "exit status of junction-$1"
}
# Ends of intervals that were written, and records that found their ring full instead.
closed() {
    { ctl --json show workers; ctl --json show drops; } 2>/dev/null |
        jq -s '([.[0].workers[]?.intervals_closed] + [.[1].drops[]? | select(.reason == "record_lost") | .packets]) | add // 0'
}
in_force() { ctl --json show status 2>/dev/null | jq -e '(.workers | length > 0) and all(.workers[]; .in_force)' >/dev/null; }
more_closed() { [ "$(closed)" -gt "$1" ]; }
# An interval goes by, if anything counts it.
pass_interval() {
    [ -n "${PIDS[dataplane]}" ] && [ -n "${PIDS[control]}" ] || return 0
    wait_for 60 in_force
    wait_for 60 more_closed "$(closed)"
}

programs=(dataplane control export)
for ((step = 0; step < STEPS; step++)); do
    program=${programs[RANDOM % 3]}
    signal=KILL
    ((RANDOM % 2)) || signal=TERM
    if [ -n "${PIDS[$program]}" ]; then
        order+=" $signal-$program"
        stop "$program" $signal
    else
        order+=" $program"
        start "$program"
    fi
    ((RANDOM % 3)) || continue # the next at once
    pass_interval
done
say "$order"
for program in "${programs[@]}"; do [ -n "${PIDS[$program]}" ] || start "$program"; done
wait_for 60 up
pass_interval
for program in dataplane export control; do stop "$program" TERM; done
[ ! -e "/dev/shm/junction-$ID-records" ] || fail "records are left"
found=$("$SMOKE/intervals.py" 1 "$DOCUMENTS")
say "lives: $lives; $found"
expect "[]" "$(jq -c .wrong <<<"$found")" "what is wrong (SEED=$SEED)"
[ "$(jq .boots <<<"$found")" -le "$lives" ] || fail "more boots than lives"
[ "$(jq .packets <<<"$found")" -gt 0 ] || fail "no packet"
pass
