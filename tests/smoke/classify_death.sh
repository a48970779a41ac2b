#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: its stream keeps to a rate.
# Release build only: a library is loaded before nDPI, and a sanitizer's would have to come before that.
# Whatever becomes of junction-classify under traffic, nothing else suffers. It is killed KILLS times, stopped, and brought down
# by a packet that a planted fault of nDPI does not survive, again and again: not one packet and not one record is lost. And it
# outlives the dataplane.
. "$(dirname "$0")/_init.sh"
RATE=${RATE:-50000} KILLS=${KILLS:-15} # packets a second, both ways together
make_network silent
config "$TMP/junction.json"
export LD_PRELOAD=$BUILD/tests/tools/libclassify_abort.so
start_junction "$TMP/junction.json"
unset LD_PRELOAD
others() { echo "$JUNCTION $(child dataplane) $(child control) $(child export)"; }
OTHERS=$(others)
taskset -c 0 $STREAM --both --rate $((RATE / 2)) --flows 2000 --progress "$TMP/progress" >"$TMP/report.json" &
SENDER=$!
# Beside them a flow after the other that no classifier has seen.
NEWCOMERS='import socket, sys, time
while True:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"a flow of one packet", (sys.argv[1], 9))
    time.sleep(0.005)'
enter device python3 -c "$NEWCOMERS" "$SERVER" &
NEWCOMER=$!
received() { od -An -t u8 -j 8 -N 8 "$TMP/progress" | tr -d ' '; }
passed() { [ -s "$TMP/progress" ] && [ "$(received)" -ge "$1" ]; }
more() { wait_for 60 passed $(($(received) + $1)); }
workers() { ctl --json show workers | jq "[.workers[].$1] | add"; }
grew() { [ "$(workers "$1")" -gt "$2" ]; }
documented() { [ "$(wc -l <"$DOCUMENTS")" -gt "$1" ]; }
all_up() { up && ctl --json show status | jq -e '.processes | length == 4' >/dev/null; }
log_has() { grep -q "$1" "$TMP/junction.log"; }

wait_for 60 passed 10000
wait_for 60 all_up
wait_for 30 grew answers_taken 0

# Killed: the next one is given samples again.
replaced() { local now; now=$(child classify); [ -n "$now" ] && [ "$now" != "$1" ]; }
for _ in $(seq "$KILLS"); do
    first=$(child classify) given=$(workers answers_taken)
    kill -KILL "$first"
    wait_for 30 replaced "$first"
    wait_for 30 all_up
    wait_for 30 grew answers_taken "$given"
    kill -HUP "$JUNCTION" # what died often is started again without the pause that has grown
done
documents=$(wc -l <"$DOCUMENTS")
wait_for 30 documented "$documents"
expect "$OTHERS" "$(others)" "the other processes"

# Brought down by a packet: it is back at once, and later and later when it goes on.
die() {
    socat -u - "UDP4:$SERVER:9" <<<"JUNCTION-CLASSIFY-DIES-HERE" 2>/dev/null || true # nobody is there, which the host may say
}
die_until() {
    inside device bash -c "$(declare -f die); SERVER=$SERVER; die"
    log_has "$1"
}
wait_for 60 die_until "junction-classify was killed by signal 6.*started again in 100 ms"
wait_for 30 all_up
wait_for 60 die_until "junction-classify was killed by signal 6.*started again in 400 ms"
ctl show status >"$TMP/status.log"
more 10000
expect "$OTHERS" "$(others)" "the other processes, after the crashes"
kill -HUP "$JUNCTION"
wait_for 30 all_up
kill -TERM "$SENDER" "$NEWCOMER"
wait "$SENDER"
say "$(jq -c '{ sent, lost }' "$TMP/report.json"), answers: $(workers answers_taken), samples skipped: $(workers samples_skipped)"
expect 0 "$(jq .lost "$TMP/report.json")" "packets lost"
sent=$(jq .sent "$TMP/report.json")

# Stopped, with flows that it has not seen: samples are skipped, packets are not.
skipped=$(workers samples_skipped)
kill -STOP "$(child classify)"
lost=$($STREAM --both --count 40000 --flows 9000 | tee "$TMP/second.json" | jq .lost)
expect 0 "$lost" "packets lost while it is stopped"
wait_for 10 grew samples_skipped "$skipped"
kill -CONT "$(child classify)"
sent=$((sent + $(jq .sent "$TMP/second.json")))
wait_for 30 all_up

# Another life of the dataplane has samples of its own.
first=$(child dataplane) classifier=$(child classify)
kill -KILL "$first"
another() { local now; now=$(child dataplane); [ -n "$now" ] && [ "$now" != "$first" ]; }
wait_for 30 another
wait_for 60 all_up
expect 0 "$($STREAM --both --count 4000 --flows 500 | tee "$TMP/third.json" | jq .lost)" "packets lost after the dataplane's death"
wait_for 30 grew answers_taken 0
sent=$((sent + $(jq .sent "$TMP/third.json")))
expect "$classifier" "$(child classify)" "the classifier"
stop_junction
expect "$sent" "$(jq -s '[.[] | select(."event.dataset" // .event.dataset == "junction.flow") |
    select(.source.port == 4000 or .destination.port == 4000).network.packets] | add' "$DOCUMENTS")" "packets in flow documents"
expect "$(documents .flow_packets)" "$(documents .summary_ip_packets)" "packets in summaries"
pass
