#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A sink that cannot start, or dies again and again, never takes the wire down; once it is mended its documents are whole.
. "$(dirname "$0")/_init.sh"
make_network silent
GOOD=$TMP/good.json FILE=$TMP/junction.json
config "$GOOD"
state() { [ "$(ctl --json show status 2>/dev/null | jq -r --arg name "junction-$1" '.processes[] | select(.process == $name).state')" = "$2" ]; }
detail() { ctl --json show status | jq -r '.processes[] | select(.process == "junction-export").detail'; }
exporter_is_retried() { [[ $(detail) == exited\ with\ status\ 1*times\ in\ a\ row* ]]; }
whole() { [ "$(documents .flow_packets)" = "$1" ]; }

jq '.sink = { type: "kafka", properties: { "bootstrap.servers": "127.0.0.1:1", "compression.kodec": "lz4" } }' "$GOOD" >"$FILE"
! "$BUILD/junction" check -c "$FILE" 2>"$TMP/check.log" || fail "the check found nothing"
enter wire "$BUILD/junction" run --instance "$ID" -c "$FILE" >>"$TMP/junction.out" 2>>"$TMP/junction.log" &
JUNCTION=$!
wait_for 60 state dataplane up
wait_for 60 state control up
deaths() { [ "$(grep -c 'junction-export exited with status 1: started again' "$TMP/junction.log")" -ge "$1" ]; }
wait_for 60 deaths 6
wait_for 60 exporter_is_retried
state dataplane up || fail "the dataplane is down"
state control up || fail "control is down"
expect 0 "$($STREAM --both --count 1000 --flows 4 | jq .lost)" "packets lost while no exporter can start"
DATAPLANE=$(child dataplane)

say "mended"
cp "$GOOD" "$FILE"
kill -HUP "$JUNCTION"
wait_for 60 up
wait_for 60 whole 2000
expect "$DATAPLANE" "$(child dataplane)" "process of the dataplane"
expect "" "$(detail)" "what is said of an exporter that runs"
pass
