#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two instances beside a hostile user of the same host, who was there first: names that it makes beforehand mean nothing, and
# it can neither change, read, lock nor connect to anything. A member of group `junction` reads, changes nothing, and its
# locks keep nobody from starting again.
. "$(dirname "$0")/_init.sh"
SECOND=$ID-second
OTHER=
install -m 0755 "$BUILD/junctionctl" "$SMOKE/hostile_user.py" "$TMP"
chmod 0711 "$TMP"
nobody() { setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=-all "$@"; }
member() { setpriv --reuid nobody --regid junction --clear-groups --inh-caps=-all "$@"; }
# Those of this test: other instances come and go meanwhile.
files() {
    find "/run/junction/$ID" "/run/junction/$SECOND" -maxdepth 2
    find /run/junction /run/junction/.claims -maxdepth 0
}
# What they are, not what stands in them.
picture() { files | sort -u | xargs stat -c '%n %i %A %U %G' | grep -v '/alive '; }

# The names of former releases, and those of this one.
beforehand() {
    nobody sh -c 'for name in "$@"; do mkdir -p "$name" 2>/dev/null || echo x >"$name"; done 2>/dev/null; true' sh \
        "/run/junction/$ID" "/run/junction/$SECOND" "/run/junction/$ID.sock" /run/junction/.claims
    nobody sh -c 'for name in policy counters records export; do echo x >"/dev/shm/junction-$1-$name"; done' sh "$ID"
}
second_is_up() {
    "$BUILD/junctionctl" --instance "$SECOND" --json show status 2>/dev/null |
        jq -e '.processes | length >= 3 and all(.[]; .state == "up")' >/dev/null
}
dataplane_is_another() { local now; now=$(child dataplane) && [ -n "$now" ] && [ "$now" != "$1" ]; }

beforehand
make_network silent
config "$TMP/junction.json"
config "$TMP/second.json" '.sink.file.path += "-second" |
    .dataplane.ports[0].device = "net_null0" | .dataplane.ports[1].device = "net_null1"'
start_junction "$TMP/junction.json"
enter wire "$BUILD/junction" run --instance "$SECOND" -c "$TMP/second.json" >"$TMP/second.out" 2>"$TMP/second.log" &
OTHER=$!
wait_for 60 second_is_up
rm -f /dev/shm/junction-"$ID"-*
before=$(picture)
[ "$(wc -l <<<"$before")" -ge 25 ] || fail "not all files were found: $before"

expect "" "$(files | nobody "$TMP/hostile_user.py")" "what nobody could do"
expect "" "$(files | member "$TMP/hostile_user.py" --may-read)" "what a reader could do"
expect "$before" "$(picture)" "files after all that"
expect "" "$(find /run/junction -maxdepth 3 -user nobody 2>/dev/null)" "files that nobody made"

! said=$(nobody "$TMP/junctionctl" --instance "$ID" show status 2>&1) || fail "nobody was shown something: $said"
! said=$(nobody "$TMP/junctionctl" --instance "$ID" vpg vpg-one inspection off 2>&1) || fail "nobody changed something"
grep -q 'you must be root or in group junction' <<<"$said" || fail "nobody was told: $said"
expect up "$(member "$TMP/junctionctl" --instance "$ID" --json show status | jq -r '.processes[0].state')" "as a reader sees it"
! said=$(member "$TMP/junctionctl" --instance "$ID" vpg vpg-one inspection off 2>&1) || fail "a reader changed something"
grep -q 'only root may change' <<<"$said" || fail "a reader was told: $said"

# A reader's locks on all that it can open, while the dataplane is killed and comes again.
mkfifo "$TMP/hold"
member "$TMP/hostile_user.py" --hold <"$TMP/hold" >"$TMP/held" &
exec {HOLD}>"$TMP/hold"
{ files; echo; } >&$HOLD
wait_for 10 grep -q holding "$TMP/held"
grep -qE 'holding ([5-9]|[1-9][0-9])' "$TMP/held" || fail "hardly anything was locked: $(cat "$TMP/held")"
killed=$(child dataplane)
kill -KILL "$killed"
wait_for 30 dataplane_is_another "$killed"
wait_for 30 up
exec {HOLD}>&-
expect 0 "$($STREAM --both --count 1000 | jq .lost)" "packets lost"

kill -TERM "$OTHER"
wait "$OTHER" || fail "the second instance ended with $?"
pass
