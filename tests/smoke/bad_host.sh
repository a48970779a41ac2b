#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What this host does not have, or another has already: one sentence that says what helps, exit status 1, nothing left and
# nothing opened.
. "$(dirname "$0")/_init.sh"
MANY=$(nproc --all)
FIRST=$(taskset -pc $$ | sed 's/.*: *//; s/[-,].*//')

# refuse WHAT PATTERN [COMMAND...] -- PORT PORT [OPTION...]: start the dataplane with two ports, which ends at once.
refuse() {
    local what=$1 pattern=$2 before=()
    shift 2
    while [ "$1" != -- ]; do before+=("$1") && shift; done
    inside wire "${before[@]}" "$BUILD/junction-dataplane" --instance="$ID" "--port=access0=$2" "--port=network0=$3" \
        --wire=wire0=access0:network0 --no-huge --memory-mb=256 --flow-entries=65536 "${@:4}" \
        >"$TMP/dataplane.out" 2>"$TMP/dataplane.log" && status=0 || status=$?
    expect 1 "$status" "exit status, $what"
    grep -qE "$pattern" "$TMP/dataplane.log" || fail "$what: expected $pattern, found $(cat "$TMP/dataplane.log")"
    expect 1 "$(grep -c '^error' "$TMP/dataplane.log")" "sentences, $what"
    ! inside wire ip -d link show | grep 'prog/xdp' | grep -qv "${allowed_xdp:-^$}" || fail "$what: an XDP program was left"
    expect "" "$(find "/run/junction/$ID" -type f 2>/dev/null)" "files left, $what"
}

make_network silent
ip -n "$ID-wire" link property add dev access0 altname device-side
A=net_af_xdp0,iface=access0 N=net_af_xdp1,iface=network0

refuse "no such core" "worker core $MANY: this host has no such CPU" -- $A $N "--worker-cores=$MANY"
if [ "$MANY" -gt 1 ]; then
    other=$(((FIRST + 1) % MANY))
    refuse "core out of reach" "worker core $other: this process may use CPUs $FIRST alone" \
        taskset -c "$FIRST" -- $A $N "--worker-cores=$other"
fi
refuse "one interface, two names" "port network0: port access0 has interface device-side, which is access0 already" \
    -- $A net_af_xdp1,iface=device-side
refuse "one interface, two drivers" "port network0: port access0 has interface access0 already" \
    -- $A net_af_packet0,iface=access0
refuse "one NIC, two spellings" "port network0: port access0 has NIC 0000:7f:1f.7 already" -- 7f:1f.7 0000:7F:1f.7
refuse "no such NIC" "port access0: there is no PCI device 0000:7f:1f.7: junction nic list" -- 7f:1f.7 $N
refuse "half an address" "port access0: 0000:7f:1f is no PCI address" -- 0000:7f:1f $N
refuse "an interface's name" "port access0: access0 is an interface of the kernel's: use it as net_af_xdp0,iface=access0" -- access0 $N
refuse "no driver" "port access0 .net_foo0.: no driver of DPDK knows it" -- net_foo0 $N
refuse "locked memory" "port access0 .*: [0-9]+ MB of memory have to be locked, this process may lock 8 MB: LimitMEMLOCK=" \
    setpriv --bounding-set=-ipc_lock,-sys_resource prlimit --memlock=8388608 -- $A $N
# In a chroot the kernel gives no user namespace.
if unshare --user --map-root-user true 2>/dev/null; then
    refuse "locked memory, as a container's root" "[1-9][0-9]* MB of memory have to be locked, this process may lock 8 MB" \
        prlimit --memlock=8388608 unshare --user --map-root-user -- $A $N
fi
refuse "more memory than there is" "memory: 1048576 MB are needed .dataplane.memory_mb., .*lower dataplane.memory_mb" \
    -- $A $N --memory-mb=1048576

ip -n "$ID-wire" link set access0 xdp obj "$BUILD/tests/tools/tags.bpf.o" sec xdp
allowed_xdp=somebody_elses
refuse "somebody else's program" "port access0: interface access0 has an XDP program of another's, somebody_elses .id [0-9]+.: detach it first" -- $A $N
inside wire ip -d link show access0 | grep -q somebody_elses || fail "somebody else's XDP program is gone"
ip -n "$ID-wire" link set access0 xdp off
allowed_xdp=

# `junction check` knows what does not depend on the host.
config "$TMP/junction.json" '.dataplane.ports[0].device = "7f:1f.7" | .dataplane.ports[1].device = "0000:7f:1f.7"'
! "$BUILD/junction" check -c "$TMP/junction.json" 2>"$TMP/check.log" || fail "junction check takes one NIC in two ports"
grep -qE 'ports\[1\].device: .*NIC 0000:7f:1f.7 is already taken by dataplane.ports\[0\] \(line [0-9]+\)' "$TMP/check.log" ||
    fail "junction check said $(cat "$TMP/check.log")"

# The launcher ends with what the dataplane said, and leaves nothing.
config "$TMP/junction.json" ".dataplane.worker_cores = [$MANY]"
inside wire "$BUILD/junction" run --instance "$ID" -c "$TMP/junction.json" >"$TMP/junction.out" 2>"$TMP/junction.log" && status=0 || status=$?
expect 1 "$status" "exit status of junction run"
grep -q "worker core $MANY: this host has no such CPU" "$TMP/junction.log" || fail "junction run does not say why"
expect "" "$(ls /run/junction | grep "$ID" || true)" "regions left"

# A second instance: the core is shared and said, the interfaces are not to be had.
config "$TMP/junction.json"
start_junction "$TMP/junction.json"
expect "virtual no port is a PCI device plain" \
    "$(ctl --json show status | jq -r '[.addresses, .addresses_why, .pages] | join(" ")')" "addresses"
inside wire "$BUILD/junction-dataplane" --instance="$ID-second" "--port=access0=$A" "--port=network0=$N" --wire=wire0=access0:network0 \
    --no-huge --memory-mb=256 --flow-entries=65536 "--worker-cores=$CORE" >"$TMP/second.out" 2>"$TMP/second.log" && status=0 || status=$?
expect 1 "$status" "exit status of a second instance"
grep -q "^warning .*worker core $CORE: instance $ID has it too" "$TMP/second.log" || fail "the shared core is not said"
grep -q "port access0: interface access0 is in use by another junction-dataplane" "$TMP/second.log" || fail "the owner is not said"
expect 0 "$($STREAM --both --count 1000 | jq .lost)" "packets lost meanwhile"
pass
