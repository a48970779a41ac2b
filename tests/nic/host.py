#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""host.py [--kind KIND] BUILD: NICs as a host may have them, in two virtual machines: with an IOMMU and without. What cannot
start says so in a sentence; what can is given the addresses that its driver needs, and forwards. As root."""
import argparse
import pathlib
import sys

import machine
from machine import PCI, expect
from session import Session

BESIDE = "0000:02:00.1"  # in the slot of the second card: one that DPDK has no driver for


class Machine(machine.Machine):
    """With an IOMMU, the second card has a second function, which is in its IOMMU group."""

    def nic(self, number):
        return super().nic(number) + (",multifunction=on,addr=0x0" if number == 1 and self.iommu else "")

    def command(self):
        yield from super().command()
        if self.iommu:
            yield from ("-device", "rtl8139,bus=port1,addr=0x0.0x1,romfile=")


class Host:
    def __init__(self, vm, build):
        self.vm, self.session = vm, Session(vm, build)
        self.build = build
        self.failed = 0

    def bind(self, driver, *addresses):
        self.vm.bind(driver, addresses)

    def check(self, what, function, *arguments, **options):
        """One row: what fails is said, and the next is tried."""
        try:
            function(*arguments, **options)
            print(f"ok   {what}", flush=True)
        except machine.Failed as failure:
            self.failed += 1
            print(f"FAIL {what}: {failure}", flush=True)

    def refused(self, what, *words, **needs):
        self.check(what, self.session.refused, self.session.config(**needs), *words)

    def dataplane(self, what, word, before="", options=""):
        """The dataplane alone, as another instance: it does not start, and says why."""
        self.check(what, self.look_at_dataplane, word, before, options)

    def look_at_dataplane(self, word, before, options):
        status, said = self.vm.ask(
            f"{before} timeout 60 {self.build}/junction-dataplane --instance=second --port=a={PCI[0]} --port=b={PCI[1]} "
            f"--wire=w=a:b --memory-mb=300 --no-huge --worker-cores=2 {options} 2>&1")
        if word not in said:
            raise machine.Failed(f"expected {word!r}, found {said}")
        expect(1, status, "exit status")

    def forwards(self, addresses, why, pages="huge", **needs):
        self.check(f"{why}: {addresses} addresses, {pages} pages", self.look_at_traffic, (addresses, why, pages, 0), needs)

    def look_at_traffic(self, wanted, needs):
        self.session.start(**needs)
        status = self.session.show("status")
        expect(wanted, tuple(status[k] for k in ("addresses", "addresses_why", "pages", "refused_system_calls")), "show status")
        self.session.lossless(flows=32, count=960)


def with_iommu(host):
    driver = machine.KINDS[host.vm.kind][0].split(",")[0].split("-")[0]
    driver = "virtio-pci" if driver == "virtio" else driver
    host.bind(driver, PCI[0], PCI[1])
    host.refused("bound to the kernel's driver", rf"port access0: {PCI[0]} is still the kernel's \({driver}, \w+\): junction nic "
                 rf"bind {PCI[0]}, or use it as net_af_xdp0,iface=\w+")
    host.bind("pci-stub", PCI[0])
    host.refused("bound to the wrong driver", rf"port access0: {PCI[0]} is still the kernel's \(pci-stub\): junction nic bind {PCI[0]}")
    host.bind("", PCI[0])
    host.refused("without a driver", f"port access0: {PCI[0]} has no driver: junction nic bind {PCI[0]}")
    host.bind("8139cp", BESIDE)
    host.bind("vfio-pci", PCI[0], PCI[1])
    host.refused("a group with others", rf"port network0: {PCI[1]} is in IOMMU group \d+ with {BESIDE}, which is still the kernel's "
                 rf"\(8139cp, \w+\): .*junction nic bind {BESIDE}")
    host.bind("vfio-pci", BESIDE)
    host.dataplane("no driver of DPDK's", f"port c ({BESIDE}): no driver of DPDK knows it",
                   options=f"--port=c={BESIDE.removeprefix('0000:')}")
    host.vm.run(f"""group=$(basename "$(readlink /sys/bus/pci/devices/{PCI[0]}/iommu_group)")
        sleep 600 3<>/dev/vfio/$group >/dev/null 2>&1 & echo $! >/run/holder""")
    host.refused("taken by another program", rf"port access0: {PCI[0]} is in use by sleep \(process \d+\), which has /dev/vfio/\d+ open")
    host.vm.run("kill $(cat /run/holder)")
    host.dataplane("too little memory to lock", f"port a ({PCI[0]}): 300 MB of memory have to be locked (dataplane.memory_mb), this "
                   "process may lock 8 MB", "setpriv --bounding-set=-ipc_lock,-sys_resource prlimit --memlock=8388608")
    host.forwards("virtual", "port access0: vfio-pci behind an IOMMU")
    host.dataplane("taken by another instance", f"port a: {PCI[0]} is in use by junction-datapl")
    host.check("... which forwards on", host.session.lossless, flows=32, count=960)
    host.session.stop()
    host.forwards("virtual", "port access0: vfio-pci behind an IOMMU", "plain", hugepages=False)
    host.session.stop()


def without_iommu(host):
    host.bind("", *PCI[:2])
    host.refused("without a driver or an IOMMU", f"port access0: {PCI[0]} has no driver, and this host no IOMMU, which vfio-pci needs: .*"
                 f"junction nic bind {PCI[0]} --driver uio_pci_generic")
    drivers = [("uio_pci_generic", "uio_pci_generic")]
    # Debian's kernel is built without it (CONFIG_VFIO_NOIOMMU).
    if host.vm.ask("modprobe vfio; echo 1 >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode")[0] == 0:
        drivers.append(("vfio-pci", "vfio-pci without an IOMMU"))
    for driver, why in drivers:
        host.bind(driver, *PCI[:2])
        need = rf"port access0 \({PCI[0]}\): with {why} the device needs physical addresses, and so huge pages: "
        host.refused(f"{driver}, plain pages", need + "set dataplane.hugepages to true", hugepages=False)
        host.vm.run("echo 20 >/proc/sys/vm/nr_hugepages")
        host.refused(f"{driver}, too few huge pages", need + "300 MB are needed .dataplane.memory_mb., 40 MB are free: sysctl "
                     "vm.nr_hugepages=150")
        host.vm.run("echo 200 >/proc/sys/vm/nr_hugepages; [ $(cat /proc/sys/vm/nr_hugepages) = 200 ]")
        host.forwards("physical", f"port access0: {why}")
        host.dataplane(f"{driver}, taken by another instance", f"port a: {PCI[0]} is in use by junction-datapl")
        host.check("... which forwards on", host.session.lossless, flows=32, count=960)
        host.session.stop()
        host.forwards("physical", f"port access0: {why}")
        host.session.stop()


def once(kind, build, iommu):
    with Machine(kind, iommu, 2) as vm:
        host = Host(vm, build)
        (with_iommu if iommu else without_iommu)(host)
        return host.failed


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--kind", choices=machine.KINDS, default="e1000e")
    parser.add_argument("--only", choices=("iommu", "no-iommu"))
    parser.add_argument("build")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    failed = 0
    for iommu in (False, True):
        if options.only == ("no-iommu" if iommu else "iommu"):
            continue
        try:
            failed += once(options.kind, build, iommu)
        except machine.Stalled as stall:
            print(f"host.py: {stall}: once more", file=sys.stderr)
            failed += once(options.kind, build, iommu)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
