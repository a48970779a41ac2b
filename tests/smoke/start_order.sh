#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The three processes start in any order, each says what it waits for, and each ends cleanly on SIGTERM.
. "$(dirname "$0")/_init.sh"
make_network silent
config "$TMP/junction.json"
declare -A PIDS

start() {
    case $1 in
    dataplane) set -- dataplane --port access0=net_af_xdp0,iface=access0 --port network0=net_af_xdp1,iface=network0 \
        --wire wire0=access0:network0 --worker-cores 1 --no-huge --memory-mb 256 --flow-entries 65536 ;;
    *) set -- "$1" -c "$TMP/junction.json" ;;
    esac
    enter wire "$BUILD/junction-$1" --instance "$ID" "${@:2}" >>"$TMP/$1.log" 2>&1 &
    PIDS[$1]=$!
    wait_for 30 test -s "$TMP/$1.log"
}
stop() {
    local status=0
    kill -TERM "${PIDS[$1]}"
    wait_for 30 gone_or_zombie "${PIDS[$1]}"
    wait "${PIDS[$1]}" || status=$?
    expect 0 "$status" "exit status of junction-$1"
}

for order in "dataplane control export" "dataplane export control" "control dataplane export" \
    "control export dataplane" "export dataplane control" "export control dataplane"; do
    rm -f "$TMP"/*.log "$DOCUMENTS"
    for program in $order; do
        start "$program"
        [ "$program" != "${order%% *}" ] || [ "$program" = control ] || wait_for 10 grep -q "waiting for" "$TMP/$program.log"
    done
    wait_for 30 up
    expect 0 "$($STREAM --both --count 1000 --flows 4 | jq .lost)" "packets lost (order $order)"
    for program in dataplane export control; do stop "$program"; done
    expect 2000 "$(documents .flow_packets)" "packets in flow documents (order $order)"
    say "$order"
done
pass
