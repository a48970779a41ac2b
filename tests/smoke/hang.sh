#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A worker that does not come round any more is said, shown, and after hang_seconds the dataplane is started again. A
# dataplane that is stopped as a whole does not hang.
. "$(dirname "$0")/_init.sh"
make_network silent
config "$TMP/junction.json" '.dataplane.hang_seconds = 5'
start_junction "$TMP/junction.json"
expect 0 "$($STREAM --both --count 2000 --flows 50 | jq .lost)" "packets lost before"
first=$(child dataplane)
[ -n "$first" ] || fail "no dataplane process under junction run"
said() { grep -q "$1" "$TMP/junction.log"; }
silent_for() { ctl --json show status 2>/dev/null | jq -e ".workers[0].silent_seconds > $1" >/dev/null; }

kill -STOP "$first"
wait_for 30 silent_for 6
ctl --json show status | jq -e '.processes[0].state == "hung"' >/dev/null || fail "a stopped dataplane is not shown as hung"
kill -CONT "$first"
wait_for 30 ready
expect "$first" "$(child dataplane)" "the dataplane that was stopped"
! said "ends itself" || fail "a stop was taken for a hang"

(enter wire "$SMOKE/hold_thread.py" "$first" worker-) >"$TMP/held" &
held=$!
wait_for 30 said "dataplane: worker 0 on core .* has not come round"
wait_for 30 said "junction-control: worker 0 of the dataplane has not come round"
ctl --json show status >"$TMP/status.json" || true
wait_for 30 said "dataplane ends itself"
wait_for 30 said "junction-dataplane was killed by signal 6"
wait "$held" || fail "the thread was not held"
jq -e '.processes[0] | .state == "hung" or .state == "down"' "$TMP/status.json" >/dev/null || fail "the hang is not shown"
another() { local now; now=$(child dataplane); [ -n "$now" ] && [ "$now" != "$first" ]; }
wait_for 30 another
wait_for 60 ready
expect 0 "$($STREAM --both --count 2000 --flows 50 | jq .lost)" "packets lost after the restart"
stop_junction
pass
