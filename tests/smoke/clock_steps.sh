#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Under traffic, the processes' wall clock is set by 20 s and an hour, on and back, then by half a second; then back while they
# are stopped. Every packet is in the documents, which add up interval by interval; no interval has another length that
# does not say so.
# Release build only: a sanitizer's library wants to be the first that is loaded.
. "$(dirname "$0")/_init.sh"
INTERVALS=$SMOKE/intervals.py
make_network silent
config "$TMP/junction.json"
# shift_clock SECONDS: by how much the wall clock is ahead of the machine's from now on.
shift_clock() { python3 -c "import sys; sys.stdout.buffer.write(int($1 * 10**9).to_bytes(8, 'little', signed=True))" | dd of="$TMP/shift" conv=notrunc status=none; }
shift_clock 0
export CLOCK_SHIFT=$TMP/shift
shifted() { LD_PRELOAD=$BUILD/tests/tools/clock_shift.so exec "$BUILD/junction" run --instance "$ID" -c "$TMP/junction.json"; }
start() {
    enter wire bash -c "$(declare -f shifted); BUILD=$BUILD ID=$ID TMP=$TMP shifted" >>"$TMP/junction.out" 2>>"$TMP/junction.log" &
    JUNCTION=$!
    wait_for 60 ready
}
summaries() { grep -c '"junction.summary"' "$DOCUMENTS" || true; }
more_than() { [ "$(summaries)" -gt "$1" ]; }
# pass_intervals COUNT: so many more summaries have come, whatever the time.
pass_intervals() { wait_for 60 more_than $(($(summaries) + $1)); }
said() { [ "$(grep -c 'the wall clock was set by' "$TMP/junction.log" || true)" -ge "$1" ]; }

start
$STREAM --both --rate 2000 --flows 50 >"$TMP/report.json" &
SENDER=$!
steps=0
pass_intervals 2
for shift in 20 0 3600 0 -3600; do
    shift_clock $shift
    steps=$((steps + 1))
    wait_for 30 said $steps
    pass_intervals 3
done
shift_clock -3600.5
pass_intervals 4
shift_clock -3600
pass_intervals 4
kill -TERM "$SENDER"
wait "$SENDER"
expect 0 "$(jq .lost "$TMP/report.json")" "packets lost"
stop_junction

shift_clock -7200 # while nobody looks
start
before=$(summaries)
expect 0 "$($STREAM --both --count 4000 --flows 50 | jq .lost)" "packets lost after the restart"
wait_for 30 more_than "$before" # at once, not when the old time is reached
stop_junction

found=$("$INTERVALS" 1 "$DOCUMENTS")
say "$found"
expect "[]" "$(jq -c .wrong <<<"$found")" "what is wrong"
expect 2 "$(jq .boots <<<"$found")" "boots"
expect $(($(jq .sent "$TMP/report.json") + 8000)) "$(jq .packets <<<"$found")" "packets in flow documents"
[ "$(jq .irregular.clock_step <<<"$found")" -ge 6 ] || fail "intervals that say that the clock was set: fewer than 6"
[ "$(jq .irregular.clock_adjusted <<<"$found")" -ge 2 ] || fail "intervals whose end was moved: fewer than 2"
pass
