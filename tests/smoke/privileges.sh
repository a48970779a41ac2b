#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Each process has a user of its own, and no more than it needs: in every thread, under `junction run`, started by hand, and
# after an interface went and returned under what is left.
. "$(dirname "$0")/_init.sh"
getent passwd junction-dataplane >/dev/null || fail "the host is not prepared: deploy/prepare-host.sh"
DEVICES=cap_net_admin,cap_net_raw,cap_ipc_lock,cap_bpf

# holds PID USER CAPABILITIES
holds() {
    local found
    found=$("$SMOKE/threads.py" "$@") || fail "$2: $found"
    say "$2: $found"
}
all_hold() {
    holds "$1" junction-dataplane "$DEVICES"
    holds "$2" junction-control ''
    holds "$3" junction-export ''
    holds "$4" junction-classify ''
}
refused() { ctl --json show status | jq .refused_system_calls; }
keeper() { pgrep -P "$1" junction-keeper; }

make_network
config "$TMP/junction.json"
start_junction "$TMP/junction.json"
all_hold "$(child dataplane)" "$(child control)" "$(child export)" "$(child classify)"
holds "$(keeper "$(child control)")" root ''
inside device ping -q -c 3 -i 0.2 "$SERVER" >/dev/null

expect false "$(ctl --json show status | jq .devices_pinned)" "devices_pinned"

# What root alone may write is still written: the file stays root's.
ctl vpg vpg-one inspection off >/dev/null
expect false "$(jq '.vpgs[0].inspection.enabled' "$TMP/junction.json")" "inspection in the file"
expect "root:root 644" "$(stat -c '%U:%G %a' "$TMP/junction.json")" "owner and mode of the file"
ctl vpg vpg-one inspection on >/dev/null

# An interface is deleted, and made again: it comes back by what is left.
port() { ctl --json show ports | jq -e ".ports[] | select(.name == \"access0\").link == \"$1\"" >/dev/null; }
pings() { inside device ping -c 1 -W 1 "$SERVER" >"$TMP/ping.log" 2>&1; }
ip -n "$ID-device" link delete eth0
wait_for 10 port gone
link device access0
ip -n "$ID-device" address add "$DEVICE/32" dev eth0
ip -n "$ID-device" route add 198.18.0.0/15 dev eth0
wait_for 30 port up
wait_for 10 pings
holds "$(child dataplane)" junction-dataplane "$DEVICES"
expect 0 "$(refused)" "refused system calls"
stop_junction

# A sink where junction-export may not write: the error names the user.
jq '.sink.file.path = "/etc/junction-documents.json"' "$TMP/junction.json" >"$TMP/sink.json"
! inside wire "$BUILD/junction-export" --instance "$ID" -c "$TMP/sink.json" 2>"$TMP/sink.log" || fail "a sink in /etc was opened"
grep -q 'sink.file.path: /etc/junction-documents.json: Permission denied for user junction-export' "$TMP/sink.log" ||
    fail "the error does not name the user"

# By hand, one by one, as root.
run_by_hand() { enter wire "$BUILD/junction-$1" --instance "$ID" "${@:2}" 2>>"$TMP/$1.log" & }
run_by_hand dataplane --port=access0=net_af_xdp0,iface=access0 --port=network0=net_af_xdp1,iface=network0 \
    --wire=wire0=access0:network0 --worker-cores="$CORE" --no-huge --memory-mb=256 --flow-entries=65536
DATAPLANE=$!
run_by_hand export -c "$TMP/junction.json"
EXPORT=$!
run_by_hand classify -c "$TMP/junction.json"
CLASSIFY=$!
run_by_hand control -c "$TMP/junction.json"
CONTROL=$!
all_up() { up && ctl --json show status | jq -e '.processes | length == 4' >/dev/null; }
wait_for 60 all_up
wait_for 10 pings
all_hold "$DATAPLANE" "$CONTROL" "$EXPORT" "$CLASSIFY"
expect 0 "$(refused)" "refused system calls, started by hand"
kill -TERM "$DATAPLANE" "$CLASSIFY" "$EXPORT" "$CONTROL"
wait "$DATAPLANE" "$CLASSIFY" "$EXPORT" "$CONTROL"
pass
