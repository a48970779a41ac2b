#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# For vm.py, such as: tests/nic/vm.py --kind e1000e build tests/nic/return.sh. A card is unplugged and plugged in again, three
# times, the last time with the kernel's driver waiting for it; unbound and bound by hand; removed and found again; and another
# make of card is put in its place, which is none of ours.
set -Eeuo pipefail
INSTANCE=back
fail() {
    echo "FAIL return: $*"
    tail -n 30 "$SHARED/log"
    exit 1
}
trap 'fail "line $LINENO"' ERR
wait_for() {
    local deadline=$((SECONDS + 60))
    until "$@"; do [ $SECONDS -lt $deadline ] || fail "waited in vain for: $*"; done
}
port() { guest "$BUILD/junctionctl --instance $INSTANCE --json show ports 2>/dev/null | jq -e '.ports[] | select(.name == \"network0\") | $1'" >/dev/null; }
is_there() { guest "test -e /sys/bus/pci/devices/$PCI1"; }
is_away() { ! is_there; }
# passes: every packet of every conversation, after those that found the link still down.
passes() { "$BUILD/tests/tools/stream" --device "$ID-device:eth0" --server "$ID-server:eth0" --both --flows 16 --count "$1" --window 32 | jq -e '.lost == 0' >/dev/null; }
as_before() {
    wait_for port ".link == \"up\" and .events.returned == $1"
    wait_for passes 160
    passes 3200 || fail "packets were lost after return $1"
    port '.kept_pools == 0 and .rx_nombuf == 0' || fail "buffers are missing"
}

jq -n --arg access "$PCI0" --arg network "$PCI1" '{ node: "nic", sink: { type: "stdout" },
    dataplane: { worker_cores: [1], hugepages: true, memory_mb: 300, flow_table_entries: 65536,
        ports: [{ name: "access0", device: $access }, { name: "network0", device: $network }],
        wires: [{ name: "wire0", access: "access0", network: "network0" }] },
    vpgs: [{ id: "vpg-one", name: "one", wire: "wire0", device_subnets: ["10.128.0.0/9"] }] }' >"$SHARED/return.json"
guest "mkdir -m 0755 /run/return && cp /run/shared/return.json /run/return/
    setsid $BUILD/junction run --instance $INSTANCE -c /run/return/return.json </dev/null >/dev/null 2>/run/shared/log &"
as_before 0
guest 'for p in $(pgrep -x junction-datapl); do grep -q "^Uid:.*0$" /proc/$p/status && exit 1; done; exit 0' ||
    fail "the dataplane is root"

for round in 1 2 3; do
    monitor device_del nic1
    wait_for port '.link == "gone" and .last_event == "removed" and .events.removed == '"$round"
    wait_for is_away # the kernel has not waited
    [ "$round" -lt 3 ] || [ "$KIND" != e1000e ] || guest "modprobe e1000e"
    plug 1
    as_before "$round"
done

guest "echo $PCI1 >/sys/bus/pci/drivers/vfio-pci/unbind"
wait_for port '.link == "gone" and .events.removed == 4'
guest "echo vfio-pci >/sys/bus/pci/devices/$PCI1/driver_override && echo $PCI1 >/sys/bus/pci/drivers_probe"
as_before 4

guest "echo 1 >/sys/bus/pci/devices/$PCI1/remove && echo 1 >/sys/bus/pci/rescan"
as_before 5

monitor device_del nic1
wait_for port '.link == "gone" and .events.removed == 6'
wait_for is_away
monitor device_add "rtl8139,id=nic1,netdev=net1,bus=port1,romfile="
wait_for is_there
said() { grep -q "$PCI1 is back, bound to no driver, and it was bound to vfio-pci" "$SHARED/log"; }
wait_for said
port '.link == "gone"' || fail "another make of card was taken"
guest "test ! -e /sys/bus/pci/devices/$PCI1/driver" || fail "another make of card was bound"

guest "pid=\$(pgrep -xo junction) && kill -TERM \$pid && while pgrep '^junction' >/dev/null; do :; done"
! grep -E 'PANIC|killed by signal|not on the list' "$SHARED/log" || fail "it does not end well"
echo "PASS return"
