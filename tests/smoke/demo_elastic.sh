#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# make demo-elastic: documents come to the index by both ways, and are the same; every panel shows what passed; the index is
# on the machine's loopback until the demonstration is told to end, and then nothing of it is left.
# Release build only: it is the demonstration that is tried.
. "$(dirname "$0")/_init.sh"
ROOT=$(realpath "$SMOKE/../..")
# In a namespace that stands for the machine, so that its port is free.
(
    exec {TICK}>&- {OUT}>&-
    exec unshare -n sh -c 'ip link set lo up && exec "$@"' sh "$ROOT/deploy/demo-elastic.sh" "$BUILD"
) >"$TMP/demo.txt" 2>&1 &
DEMO=$!
finish() {
    local status=$?
    trap - ERR
    set +e
    ! running "$DEMO" || { kill "$DEMO" && wait "$DEMO"; }
    (exit "$status")
    clean_up
}
trap finish EXIT
is_shown() {
    ! gone_or_zombie "$DEMO" || fail "the demonstration ended: $(tail -n 40 "$TMP/demo.txt")"
    nsenter -t "$DEMO" -n curl -sf http://127.0.0.1:9200/junction-flow-*/_count 2>/dev/null | jq -e '.count > 0' >/dev/null 2>&1
}
wait_for 300 is_shown
id=$(pgrep -P "$DEMO" -a socat | grep -o 'jt[0-9]*-wire' | head -n 1)
[ -n "$id" ] || fail "the demonstration has no namespaces"
kill -TERM "$DEMO"
wait "$DEMO" || fail "the demonstration failed: $(cat "$TMP/demo.txt")"
! ip netns list | grep -q "^${id%-wire}-" || fail "namespaces are left"
! compgen -G "/tmp/${id%-wire}.*" || fail "files are left"

# Of both ways the same number, packets and bytes, and not 0.
ways=$(sed -nE 's/^(directly|by Kafka).* ([0-9]+) +([0-9]+) +([0-9]+)$/\2 \3 \4/p' "$TMP/demo.txt")
expect 2 "$(wc -l <<<"$ways")" "ways"
expect 1 "$(sort -u <<<"$ways" | wc -l)" "figures of both ways"
! grep -qE '(^| )0( |$)' <<<"$ways" || fail "no documents: $ways"
# All panels have something to show, but for those of what was lost.
panels=$(sed '0,/both ways have brought the same/d' "$TMP/demo.txt" | grep '^  ')
! grep 'nothing$' <<<"$panels" | grep -vi 'lost' || fail "a panel shows nothing"
say "$(wc -l <<<"$panels") panels"
[ "$(grep -c "$(cut -d' ' -f3 <<<"$ways" | head -n 1)" <<<"$panels")" -ge 2 ] || fail "no panel has the bytes that passed: $panels"
pass
