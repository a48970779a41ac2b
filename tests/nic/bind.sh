#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/nic/vm.py --bind none BUILD tests/nic/bind.sh: junction nic with a real kernel, its drivers and an IOMMU.
set -Eeuo pipefail
fail() { echo "FAIL bind: $*" >&2; exit 1; }
expect() { [ "$1" = "$2" ] || fail "$3: expected $1, found $2"; }
nic() { guest "$BUILD/junction nic $*"; }
# refused TEXT ARGUMENT...: exit status 1, and what is said.
refused() {
    local said status=0
    said=$(nic "${@:2}") || status=$?
    expect 1 "$status" "exit status of nic ${*:2}"
    [[ $said == *"$1"* ]] || fail "nic ${*:2}: expected $1, found $said"
}
shown() { nic list --json | jq -r --arg address "$PCI0" ".nics[] | select(.address == \$address) | $1"; }
driver() { shown '.driver // "none"'; }
interface() { shown '.interfaces[0] // "none"'; }

guest 'ip route add default via 10.0.2.2'
own=$(nic list --json | jq -r '.nics[] | select(.default_route) | .address')
expect 0000:00:10.0 "$own" "the NIC with the default route"
expect virtio-pci "$(driver)" "the driver of before"
name=$(interface)
group=$(shown .iommu_group)
refused "0000:00:10.0 ($(nic list --json | jq -r '.nics[] | select(.default_route) | .interfaces[0]')) carries the default route" bind 00:10.0 "$PCI1"
expect virtio-pci "$(driver)" "another NIC of a refused command"

# By the name of its interface; the group is then the dataplane's.
nic bind "$name"
expect "vfio-pci none" "$(driver) $(interface)" "once it is bound"
expect "junction-dataplane 600" "$(guest "stat -c '%U %a' /dev/vfio/$group")" "the group's file"
guest "sleep 1000 3<>/dev/vfio/$group >/dev/null 2>&1 & echo \$! >/run/holder"
refused "is in use by sleep, pid" unbind "$PCI0"
guest 'kill $(cat /run/holder)'
expect vfio-pci "$(driver)" "while somebody has it open"
nic bind "$PCI0" # as before
nic unbind "$PCI0"
expect "virtio-pci $name" "$(driver) $(interface)" "given back"

# A driver that does not want it, and one that is not there.
refused "does not get the driver ahci" bind "$PCI0" --driver ahci
expect "virtio-pci $name" "$(driver) $(interface)" "after a driver that failed"
refused "the kernel has no PCI driver nosuch" bind "$PCI0" --driver nosuch
nic bind "${PCI0#0000:}" --driver uio_pci_generic
expect uio_pci_generic "$(driver)" "by uio"
nic unbind "$PCI0"

# At boot.
nic bind "$PCI0" "$PCI1" --persist
nic unbind "$PCI0" "$PCI1"
expect virtio-pci "$(driver)" "for now"
nic apply
expect vfio-pci "$(driver)" "by the file"
nic unbind "$PCI1" --persist
expect "$PCI0" "$(guest 'cut -d" " -f1 /etc/junction/nic-bindings')" "what stays in the file"

# While Junction runs.
nic bind "$PCI1"
jq -n --arg a "$PCI0" --arg b "$PCI1" '{ dataplane: { memory_mb: 256, flow_table_entries: 65536, ports: [{ name: "a", device: $a },
    { name: "b", device: $b }], wires: [{ name: "w", access: "a", network: "b" }] }, sink: { type: "file", file: { path:
    "/run/documents.json" } }, vpgs: [{ id: "v", device_subnets: ["10.128.0.0/9"] }] }' >"$SHARED/junction.json"
guest "touch /run/documents.json; chown junction-export /run/documents.json; cp /run/shared/junction.json /etc/junction/
    chmod 600 /etc/junction/junction.json
    $BUILD/junction run -c /etc/junction/junction.json >/run/junction.log 2>&1 & echo \$! >/run/junction.pid"
guest "for i in \$(seq 600); do $BUILD/junctionctl --json show ports 2>/dev/null | jq -e '[.ports[] | .present // .link] | length == 2' >/dev/null && exit
    sleep 0.1; done; cat /run/junction.log; exit 1"
refused "is in use by junction" unbind "$PCI0"
refused "is in use by junction" bind "$PCI1" --driver uio_pci_generic --force
nic list
guest 'kill $(cat /run/junction.pid); while kill -0 $(cat /run/junction.pid) 2>/dev/null; do sleep 0.1; done'
nic unbind "$PCI0" "$PCI1"

# Two at once leave one of two results.
guest "for i in 1 2 3 4 5; do $BUILD/junction nic bind $PCI0 >/dev/null & $BUILD/junction nic unbind $PCI0 >/dev/null & done; wait"
[[ $(driver) == vfio-pci || $(driver) == virtio-pci ]] || fail "two at once left $(driver)"
nic unbind "$PCI0"
expect "virtio-pci $name" "$(driver) $(interface)" "in the end"
echo "PASS bind"
