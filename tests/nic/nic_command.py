# SPDX-License-Identifier: BSD-3-Clause
"""junction nic with a real kernel, its drivers, and an IOMMU or none."""
import json
import re

from machine import Failed, PCI, expect

OWN = "0000:00:10.0"  # for management
KERNELS = "virtio-pci"


class Nics:
    def __init__(self, s):
        self.s, self.machine, self.program = s, s.machine, f"{s.build}/junction nic"

    def do(self, *words):
        return self.machine.run(f"{self.program} {' '.join(words)}")

    def refused(self, text, *words):
        """Exit status 1, and what is said; nothing is changed."""
        before = self.drivers()
        status, said = self.machine.ask(f"{self.program} {' '.join(words)}")
        expect(1, status, f"exit status of nic {' '.join(words)} ({said.strip()})")
        if text not in said:
            raise Failed(f"nic {' '.join(words)}: expected {text!r}, found {said.strip()!r}")
        expect(before, self.drivers(), f"drivers after nic {' '.join(words)} was refused")

    def list(self):
        return {nic["address"]: nic for nic in json.loads(self.do("list", "--json"))["nics"]}

    def drivers(self):
        return {address: (nic["driver"], *nic["interfaces"]) for address, nic in self.list().items()}

    def driver(self, number=0):
        return self.list()[PCI[number]]["driver"]


def begin(s):
    """All with the kernel, and the default route by the NIC for management."""
    s.stop_if_running()
    nics = Nics(s)
    nics.do("unbind", *PCI)
    s.machine.run("ip route replace default via 10.0.2.2; rm -f /etc/junction/nic-bindings")
    return nics


def end(nics):
    nics.s.stop_if_running()
    nics.do("unbind", *PCI)


def there_and_back(nics):
    first = nics.list()[PCI[0]]
    name = first["interfaces"][0]
    expect([KERNELS, True], [first["driver"], nics.list()[OWN]["default_route"]], "what is there at first")
    nics.refused(f"{OWN} ({nics.list()[OWN]['interfaces'][0]}) carries the default route", "bind", PCI[1], OWN)
    nics.do("bind", name)
    expect(("vfio-pci",), nics.drivers()[PCI[0]], "once it is bound")
    group = f"/dev/vfio/{first['iommu_group']}"
    expect("junction-dataplane 600", nics.machine.run(f"stat -c '%U %a' {group}").strip(), group)
    nics.machine.run(f"sleep 1000 3<>{group} >/dev/null 2>&1 & echo $! >/run/holder")
    nics.refused("is in use by sleep, pid", "unbind", PCI[0])
    nics.machine.run("kill $(cat /run/holder); while kill -0 $(cat /run/holder) 2>/dev/null; do sleep 0.1; done")
    nics.do("bind", PCI[0])  # as before
    nics.do("unbind", PCI[0])
    expect((KERNELS, name), nics.drivers()[PCI[0]], "given back")


def other_drivers(nics):
    nics.refused("does not get the driver ahci", "bind", PCI[0], "--driver", "ahci")
    nics.refused("the kernel has no PCI driver nosuch", "bind", PCI[0], "--driver", "nosuch")
    nics.do("bind", PCI[0].removeprefix("0000:"), "--driver", "uio_pci_generic")
    expect("uio_pci_generic", nics.driver(), "driver")
    nics.do("unbind", PCI[0])


def at_boot(nics):
    nics.do("bind", PCI[0], PCI[1], "--persist")
    nics.do("unbind", PCI[0], PCI[1])
    expect(KERNELS, nics.driver(), "driver for now")
    nics.do("apply")
    expect(["vfio-pci", "vfio-pci"], [nics.driver(0), nics.driver(1)], "drivers by the file")
    nics.do("unbind", PCI[1], "--persist")
    lines = nics.machine.run("cat /etc/junction/nic-bindings").splitlines()
    if len(lines) != 1 or not re.fullmatch(PCI[0] + r" vfio-pci 1af4:[0-9a-f]{4} 52:54:00:00:00:01", lines[0]):
        raise Failed(f"what stays in the file: {lines}")
    nics.do("bind", PCI[1])


def while_junction_runs(nics):
    nics.s.start(workers=1)
    nics.refused("is in use by junction-datapl, pid", "unbind", PCI[0])
    nics.refused("is in use by junction-datapl, pid", "bind", PCI[1], "--driver", "uio_pci_generic", "--force")
    nics.s.lossless(flows=8)
    nics.s.stop_if_running()


def two_at_once(nics):
    nics.machine.run(f"for i in 1 2 3 4 5; do {nics.program} bind {PCI[0]} & {nics.program} unbind {PCI[0]} & done >/dev/null; wait")
    if nics.driver() not in ("vfio-pci", KERNELS):
        raise Failed(f"two at once left {nics.driver()}")


def with_iommu(s):
    nics = begin(s)
    try:
        there_and_back(nics)
        other_drivers(nics)
        at_boot(nics)
        while_junction_runs(nics)
        two_at_once(nics)
    finally:
        end(nics)
        nics.do("bind", *PCI)


def without_iommu(s):
    nics = begin(s)
    try:
        nics.refused("has no IOMMU group, and vfio-pci needs one: switch the IOMMU on", "bind", PCI[0])
        nics.refused("--driver uio_pci_generic", "bind", PCI[0], "--force")
        nics.do("bind", *PCI, "--driver", "uio_pci_generic")
        expect("uio_pci_generic", nics.driver(), "driver")
    finally:
        end(nics)
