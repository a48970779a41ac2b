#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Release build only: what it looks at is the processes; the unit test of secrets runs under sanitizers.
# A secret of each kind reaches junction-export, also one that is started again, and is seen nowhere else: in no process's
# environment or arguments, no log, nothing that is shown, no shared memory, no core dump.
. "$(dirname "$0")/_init.sh"
FILE=$TMP/junction.json
# Put together here, so that the test's own text does not hold them.
OF_FILE=$(printf '%s' of-file- 5e1f); OF_ENV=$(printf '%s' of-env- a77c); PLAIN=$(printf '%s' plain- 93bd); LATER=$(printf '%s' later- 0d44)
make_network silent
(umask 077 && echo "$OF_FILE" >"$TMP/password")
config "$TMP/plain.json" '.log_level = "debug" | del(.sink)'
edit() { (umask 077 && jq "${@:3}" "$1" >"$TMP/edited" && mv "$TMP/edited" "$2"); }
edit "$TMP/plain.json" "$FILE" --arg file "$TMP/password" --arg plain "$PLAIN" '.sinks = [{ name: "main", type: "kafka",
    properties: { "bootstrap.servers": "127.0.0.1:1", "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN",
        "sasl.username": { "$env": "JN_SMOKE_USER" }, "sasl.password": { "$file": $file }, "ssl.key.password": $plain,
        "debug": "conf,security,broker" }, spool: { enabled: false } },
    { name: "index", type: "elasticsearch", spool: { enabled: false }, elasticsearch: { urls: ["http://127.0.0.1:1"],
        username: "u", password: { "$file": $file } } },
    { name: "hook", type: "http", spool: { enabled: false }, http: { url: "http://127.0.0.1:1/", headers: {
        "Authorization": { "$env": "JN_SMOKE_USER" }, "X-Token": $plain } } }]'

# What may be seen: in `seen`, files, one of them with what /proc has of every process of this test.
processes() { ip netns pids "$ID-wire"; }
look() {
    local pid
    mkdir -p "$TMP/seen"
    for pid in $(processes); do
        tr '\0' '\n' <"/proc/$pid/environ" >"$TMP/seen/environ-$pid" || true
        tr '\0' ' ' <"/proc/$pid/cmdline" >"$TMP/seen/cmdline-$pid" || true
    done
    local what
    for what in status ports workers vpgs flows peers gate neighbours drops sinks policy; do
        ctl show $what >"$TMP/seen/$what" 2>&1 || true
        ctl --json show $what >"$TMP/seen/$what.json" 2>&1 || true
    done
    cp "$TMP/junction.log" "$TMP/junction.out" "$TMP/seen/"
    cp -r "/run/junction/$ID" "$TMP/seen/run" 2>/dev/null || true # but for sockets
}
# found SECRET: where it is seen.
found() { grep -rlaF -e "$1" "$TMP/seen" || true; }
# nothing_seen SECRET...
nothing_seen() {
    local secret
    rm -rf "$TMP/seen"
    look
    for secret in "$@"; do expect "" "$(found "$secret")" "files that show a secret"; done
}
exporter_is_another() { [ -n "$(child export)" ] && [ "$(child export)" != "$1" ] && up; }
limit() { awk '/^Max core file size/ { print $5, $6 }' "/proc/$1/limits"; }

export JN_SMOKE_USER=$OF_ENV JN_SMOKE_LATER=$LATER
start_junction "$FILE"
unset JN_SMOKE_USER JN_SMOKE_LATER
for name in dataplane control export; do
    grep -qz ^PATH= "/proc/$(child $name)/environ" || fail "no environment of $name is seen"
done
grep -q 'librdkafka: ' "$TMP/junction.log" || fail "librdkafka says nothing"
grep -qzF "$LATER" "/proc/$JUNCTION/environ" || fail "a variable that nothing names is taken"
say "the first exporter"
nothing_seen "$OF_FILE" "$OF_ENV" "$PLAIN"
EXPORT=$(child export)
expect "0 0" "$(limit "$EXPORT")" "limit of core dumps"
expect "0 0" "$(limit "$JUNCTION")" "limit of core dumps of junction run"

say "one that is started again, and another variable named meanwhile"
edit "$FILE" "$FILE" '.sinks[0].properties["ssl.keystore.password"] = { "$env": "JN_SMOKE_LATER" }'
kill -KILL "$EXPORT"
wait_for 60 exporter_is_another "$EXPORT"
CONTROL=$(child control) EXPORT=$(child export)
kill -KILL "$CONTROL"
control_is_another() { [ -n "$(child control)" ] && [ "$(child control)" != "$1" ] && up; }
wait_for 60 control_is_another "$CONTROL"
CLASSIFY=$(child classify)
[ -z "$CLASSIFY" ] || kill -KILL "$CLASSIFY"
kill -KILL "$(child dataplane)"
wait_for 60 up
look
echo "$OF_ENV" >"$TMP/seen/shown"
expect "$TMP/seen/shown" "$(found "$OF_ENV")" "files that show what is there to be found"
nothing_seen "$OF_FILE" "$OF_ENV" "$PLAIN" "$LATER"

say "without it"
stop_junction
JN_SMOKE_USER='' inside wire "$BUILD/junction-export" --instance "$ID" -c "$FILE" 2>"$TMP/export.log" && fail "started without a secret"
grep -q 'sinks\[0\].properties\["sasl.username"\]: the variable JN_SMOKE_USER is empty; set it where Junction is started (line' \
    "$TMP/export.log" || fail "the error does not name the variable"
JN_SMOKE_USER=u JN_SMOKE_LATER=l "$BUILD/junction" check -c "$FILE" 2>"$TMP/check.log" || fail "the check fails"
chmod 0644 "$TMP/password"
JN_SMOKE_USER=u JN_SMOKE_LATER=l "$BUILD/junction" check -c "$FILE" 2>"$TMP/check.log"
grep -q 'everybody on this host can read the secret in .*password (mode 0644)' "$TMP/check.log" || fail "no warning of a secret open to all"
rm "$TMP/password"
! "$BUILD/junction" check -c "$FILE" 2>"$TMP/check.log" || fail "a missing file is let pass"
grep -q 'sinks\[0\].properties\["sasl.password"\]: .*/password: is not there; write the secret into it' "$TMP/check.log" ||
    fail "the error does not name the file"
pass
