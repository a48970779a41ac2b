#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Each process is taken over, and tries what docs/security.md says that it cannot do: from its main thread, and from a worker.
# Then every user tries every file of the instance.
. "$(dirname "$0")/_init.sh"
getent passwd junction-dataplane >/dev/null || fail "the host is not prepared: deploy/prepare-host.sh"
if [[ $(ldd "$BUILD/junction-export") =~ lib[atu]+san ]]; then
    say "skipped: a sanitizer's build has a list of its own" && pass
fi
exec 2>>"$TMP/shell.log" # which says of each that it was killed
declare -A PIDS
ORDERS=$TMP/orders
RUN=/run/junction/$ID

# by_hand PART OPTION...: start it with what takes it over.
by_hand() {
    : >"$ORDERS.$1"
    enter wire env LD_PRELOAD="$BUILD/tests/tools/libtakeover.so" JUNCTION_TAKEOVER="$ORDERS.$1" \
        "$BUILD/junction-$1" --instance "$ID" "${@:2}" 2>>"$TMP/$1.log" &
    PIDS[$1]=$!
}
start() {
    case $1 in
    dataplane)
        by_hand dataplane --port=access0=net_af_xdp0,iface=access0 --port=network0=net_af_xdp1,iface=network0 \
            --wire=wire0=access0:network0 --worker-cores="$CORE" --no-huge --memory-mb=256 --flow-entries=65536
        ;;
    classify) by_hand classify --threads=2 --flows=4096 ;;
    *) by_hand "$1" -c "$TMP/junction.json" ;;
    esac
}
ended() { ! running "$1" || gone_or_zombie "$1"; }
answered() { [ "$(wc -l <"$ORDERS.$1")" -ge 2 ] || ended "${PIDS[$1]}"; }

# attack PART THREAD COMMAND: what came of it, the errno's name or "worked"; "killed" when the kernel ended the process.
attack() {
    printf '%s' "$3" >"$ORDERS.$1"
    # To that very thread.
    python3 -c 'import ctypes, sys; ctypes.CDLL(None).syscall(234, *map(int, sys.argv[1:]), 12)' "${PIDS[$1]}" "$2"
    wait_for 10 answered "$1"
    if ended "${PIDS[$1]}"; then
        local status=0
        wait "${PIDS[$1]}" || status=$?
        expect 159 "$status" "status of junction-$1 after: $3" # SIGSYS
        RESULT=killed
    else
        RESULT=$(python3 -c 'import errno, sys; print(errno.errorcode.get(int(sys.argv[1]), "worked"))' "$(tail -n 1 "$ORDERS.$1")")
    fi
}
# cannot PART THREAD WANTED COMMAND
cannot() {
    attack "$1" "$2" "$4"
    expect "$3" "$RESULT" "junction-$1: ${4:0:60}"
}

make_network
config "$TMP/junction.json"
all_up() { up && ctl --json show status | jq -e '.processes | length == 4' >/dev/null; }
for part in control export classify dataplane; do start $part; done
wait_for 60 all_up
pings() { inside device ping -c 1 -W 1 "$SERVER" >"$TMP/ping.log" 2>&1; }
wait_for 10 pings

# Files: of root, of the other processes, its own.
no_files_of_others() {
    local part=$1 thread=$2 other
    cannot "$part" "$thread" EACCES "read /etc/shadow"
    cannot "$part" "$thread" EACCES "write $TMP/junction.json"
    cannot "$part" "$thread" EACCES "create $RUN/new"
    for other in dataplane control export classify; do
        [ "$other" != "$part" ] || continue
        cannot "$part" "$thread" EACCES "create $RUN/$other/new"
        cannot "$part" "$thread" EACCES "unlink $RUN/$other/alive"
        for file in "$RUN/$other"/*; do [ ! -f "$file" ] || cannot "$part" "$thread" EACCES "write $file"; done
    done
}
MAIN=${PIDS[dataplane]}
WORKER=$(grep -l worker /proc/"$MAIN"/task/*/comm | head -n 1 | cut -d/ -f5)
for part in control export dataplane; do no_files_of_others $part "${PIDS[$part]}"; done
no_files_of_others dataplane "$WORKER"
for thread in "$MAIN" "$WORKER"; do
    cannot dataplane "$thread" EPERM "socket 2 1"
    cannot dataplane "$thread" EPERM "socket 1 1"
    cannot dataplane "$thread" EINVAL "bind"
    cannot dataplane "$thread" EPERM "fork"
    cannot dataplane "$thread" EPERM "capset"
    cannot dataplane "$thread" EPERM "kill ${PIDS[control]}"
done
refused() { ctl --json show status | jq -e ".refused_system_calls >= $1" >/dev/null; }
wait_for 10 refused 10
grep -q "is not on the list and was refused" "$TMP/dataplane.log" || fail "refused system calls are not in the log"
wait_for 10 pings

# What parses strangers' packets has its instance's shared memory to read, and nothing else; another start of it each time.
classify_thread() { grep -l classify- /proc/"${PIDS[classify]}"/task/*/comm | head -n 1 | cut -d/ -f5; }
for thread in "${PIDS[classify]}" "$(classify_thread)"; do
    cannot classify "$thread" EACCES "read /etc/shadow"
    cannot classify "$thread" EACCES "unlink $RUN/dataplane/alive"
    cannot classify "$thread" worked "read $RUN/classify/classified"
    grep -q 'has no Landlock' "$TMP/classify.log" || cannot classify "$thread" EACCES "read /etc/passwd"
done
for command in "write $RUN/classify/classified" "create $RUN/classify/new" "socket 2 1" fork "kill $$" capset execve; do
    cannot classify "$(classify_thread)" killed "$command"
    start classify
    wait_for 60 all_up
done

# Devices and sinks are what root acts on: junction-control cannot have them written.
changed() { jq -c "$1" "$TMP/junction.json"; }
before=$(md5sum <"$TMP/junction.json")
for change in '.dataplane.ports[0].device = "net_pcap0,tx_pcap=/etc/passwd"' '.sink.file.path = "/etc/passwd"' \
    '.control.socket = "/run/other.sock"' 'del(.dataplane.wires)' '.managed = true'; do
    cannot control "${PIDS[control]}" EPERM "keeper $(changed "$change")"
done
expect "$before" "$(md5sum <"$TMP/junction.json")" "the configuration file"
cannot control "${PIDS[control]}" worked "keeper $(changed '.vpgs[0].name = "renamed"')"
expect '"renamed"' "$(jq '.vpgs[0].name' "$TMP/junction.json")" "what policy may change"

# What kills.
for command in execve ptrace module setuid; do
    for part in control export dataplane; do
        thread=${PIDS[$part]}
        [ "$command$part" != execvedataplane ] || thread=$WORKER
        cannot $part "$thread" killed "$command"
        start $part
        wait_for 60 up
    done
done
for command in "socket 2 1" fork "kill $$" capset; do
    for part in control export; do
        cannot $part "${PIDS[$part]}" killed "$command"
        start $part
        wait_for 60 up
    done
done
wait_for 10 pings

"$SMOKE/every_user.py" "$ID" "$TMP/junction.json" || fail "users can do what they should not"
cannot classify "${PIDS[classify]}" killed "socket 2 1"
start classify
wait_for 60 all_up
kill -TERM "${PIDS[@]}"
wait "${PIDS[@]}"
pass
