# SPDX-License-Identifier: BSD-3-Clause
"""What is tried in each virtual machine. A check gets a Session, and raises Failed. They run in this order: those with the
same needs one after another, those that may leave a machine in a bad state last."""
import re

import frames
import nic_command
import tunnel
from machine import Failed, PCI, expect, wait_for
from session import documents, INSTANCE

KERNEL_DRIVERS = {"virtio": "virtio-pci", "virtio-rss": "virtio-pci", "no-iommu": "virtio-pci", "e1000e": "e1000e",
                  "vmxnet3": "vmxnet3", "igb": "igb"}
CHECKS = {}
FLOWS = 128
SIZES = (70, 300, 1514)


def check(name, kinds=None):
    """Registers a check, for these kinds alone or for all with an IOMMU."""
    def add(function):
        CHECKS[name] = (function, kinds or [k for k in KERNEL_DRIVERS if k != "no-iommu"])
        return function
    return add


@check("bind")
def binding(s):
    """To the kernel's driver: refused with a sentence. To vfio-pci: starts; afterwards the kernel may have it again."""
    s.stop_if_running()
    s.machine.bind(KERNEL_DRIVERS[s.machine.kind])
    said = s.refused(s.config(), re.escape(PCI[0]), "kernel|driver", "bind")
    if re.search("panic|core dumped", said, re.IGNORECASE):
        raise Failed(f"more than a sentence: {said[-600:]}")
    s.machine.bind("vfio-pci")
    s.start()
    s.stop_if_running()
    s.machine.bind(KERNEL_DRIVERS[s.machine.kind])
    s.machine.bind("vfio-pci")


@check("junction nic", ["virtio"])
def nic_binding(s):
    nic_command.with_iommu(s)


@check("junction nic, no IOMMU", ["no-iommu"])
def nic_binding_unsafe(s):
    nic_command.without_iommu(s)


@check("two tags at MTU 1500")
def two_tags(s):
    s.start(workers=1, mtu=1500)
    frames.compare(s.machine, frames.tagged_twice())


@check("jumbo frames")
def jumbo(s):
    s.start(workers=1, mtu=9000)
    frames.compare(s.machine, frames.jumbo(9000))


@check("first frames")
def first_frames(s):
    """It says that it runs when the wire forwards, not before."""
    s.stop_if_running()
    s.start(links=False, workers=1, mtu=None)
    s.lossless(flows=8, count=64)
    log = s.log()
    running = log.find("dataplane: running")
    for name in ("access0", "network0"):
        link = log.find(f"port {name} ({PCI[name == 'network0']}): link up")
        if not 0 <= link < running:
            raise Failed(f"port {name}: expected its link to be up before \"running\": {log[-800:]}")


@check("frames")
def whole_frames(s):
    s.start(workers=1)
    frames.compare(s.machine, frames.ordinary())


@check("link down and up")
def link(s):
    s.start(workers=1)
    for number, name in ((0, "access0"), (1, "network0")):
        s.machine.set_link(number, False)
        s.wait_for_link(name, "down")
        s.machine.set_link(number, True)
        s.wait_for_link(name, "up")
    s.lossless(flows=FLOWS)


@check("taken by another instance")
def taken(s):
    s.start(workers=1)
    path = s.write(s.config(cores=[2]))
    status, said = s.machine.ask(f"timeout -k 5 30 {s.build}/junction run --instance other -c {path} </dev/null 2>&1")
    expect(1, status, f"exit status of a second instance ({said.strip()[-600:]})")
    if not re.search(rf"{re.escape(PCI[0])}.*({INSTANCE}\b|in use|taken|held|another|busy)", said):
        raise Failed(f"a second instance says why: found {said.strip()[-600:]}")
    s.lossless(flows=FLOWS)


@check("SIGTERM")
def sigterm(s):
    s.start(workers=1)
    s.lossless(flows=FLOWS)
    s.stop()
    s.machine.bind(KERNEL_DRIVERS[s.machine.kind])
    s.machine.bind("vfio-pci")


def add_workers(workers, kinds=None):
    @check(f"documents, {workers} workers", kinds)
    def exact(s):
        """Round after round no conversation loses a packet, sums are what was sent, and a conversation is one flow, at one
        worker."""
        s.stop_if_running()
        s.start(workers=workers)
        sent = sum(s.lossless("--size", size, flows=FLOWS) for size in SIZES)
        expect([0, 0], [p["rx_nombuf"] for p in s.show("ports")["ports"]], "frames without a buffer")
        found, log = s.stop(), s.log()
        flows = [d for d in found if documents.get(d, "event.dataset") == "junction.flow"]
        total = documents.totals(found)
        expect([FLOWS, sent, sent // len(SIZES) * sum(SIZES), sent],
               [len(flows), total["flow_packets"], total["flow_bytes"], total["summary_ip_packets"]],
               "flow documents, their packets and bytes, packets of the summary")
        used = {documents.get(d, "junction.worker") for d in flows}
        if len(used) < workers and not re.search("warning.*(worker|spread|queue)", log):
            raise Failed(f"{len(used)} of {workers} workers have flows, and no warning says so")


add_workers(1)
add_workers(2, ["virtio", "virtio-rss"])
add_workers(3)
add_workers(4)


@check("mirror")
def mirror(s):
    s.start(workers=4, mirror=True)
    tunnel.copies(s)


@check("gateway")
def gateway(s):
    """The documents of four workers are those of one."""
    found = {}
    for workers in (1, 4):
        s.stop_if_running()
        s.start(workers=workers, gate=True)
        tunnel.through_gateway(s)
        found[workers] = tunnel.plain(s.stop())
    if found[1] != found[4]:
        raise Failed(tunnel.first_difference(found[1], found[4]))


@check("link loss passed on")
def link_loss(s):
    """One side's link takes the other down, and brings it back; or the driver cannot, and that is said at start."""
    s.stop_if_running()
    config = s.config(link_loss="pass")
    status, said = s.machine.ask(f"{s.build}/junction check -c {s.write(config)} 2>&1")
    expect(0, status, f"exit status of junction check with link_loss ({said.strip()[-300:]})")
    try:
        s.start(link_loss="pass")
    except Failed as failure:
        if "link_loss" not in str(failure):
            raise
        s.refused(config, "link_loss", "wire0|access0|network0", "giving up")
        return
    try:
        for number, other in ((0, "network0"), (1, "access0")):
            s.machine.set_link(number, False)
            s.wait_for_link(other, "down (passed on)")
            s.machine.set_link(number, True)
            s.wait_for_link(other, "up")
            s.wait_for_link(("access0", "network0")[number], "up")
        s.lossless(flows=FLOWS)
    finally:
        for number in (0, 1):
            s.machine.set_link(number, True)


@check("SIGKILL and restart")
def sigkill(s):
    s.start(workers=3)
    before = s.machine.run("pgrep -x junction-datapl").strip()
    s.machine.run(f"kill -KILL {before}")
    wait_for(60, lambda: s.machine.ask("pgrep -x junction-datapl")[1].strip() not in ("", before), "a new dataplane")
    s.until_up(deaths=1)
    s.lossless(flows=FLOWS)
    s.machine.run("pkill -KILL '^junction'; while pgrep '^junction' >/dev/null; do sleep 0.1; done")
    s.start(workers=3)
    s.lossless(flows=FLOWS)
    s.stop()


@check("uio_pci_generic", list(KERNEL_DRIVERS))
def uio(s):
    """Physical addresses: huge pages work, plain ones are refused with a sentence."""
    s.stop_if_running()
    s.machine.bind("uio_pci_generic")
    try:
        s.start(workers=1)
        s.lossless(flows=FLOWS)
        s.refused(s.config(hugepages=False), "huge ?page", "uio_pci_generic|IOMMU|physical")
    finally:
        s.stop_if_running()
        s.machine.bind("vfio-pci" if s.machine.iommu else "uio_pci_generic")


@check("no IOMMU, vfio-pci", ["no-iommu"])
def no_iommu(s):
    """vfio-pci cannot: a sentence says so, and what to do."""
    s.stop_if_running()
    s.machine.ask(f"modprobe vfio-pci; dpdk-devbind.py -b vfio-pci {' '.join(PCI)}")
    s.refused(s.config(), "IOMMU")


@check("pools, 8 workers", ["igb"])
def pools(s):
    """With default sizes no conversation dies, round after round."""
    s.machine.run("echo 700 >/proc/sys/vm/nr_hugepages")
    s.start(cores=list(range(8)), sizes={"memory_mb": 1024})
    for _ in range(5):
        s.lossless(flows=FLOWS)
    expect([0, 0], [p["rx_nombuf"] for p in s.show("ports")["ports"]], "frames without a buffer")
    expect({}, s.dropped(), "dropped packets")


@check("unplugged and returned")
def unplug(s):
    """The kernel need not wait for Junction; what is plugged in again is taken up by itself."""
    s.start(workers=1)
    s.machine.unplug(0)
    wait_for(20, lambda: not s.machine.plugged(0), "the card to be let go")
    s.wait_for_link("access0", "gone")
    s.machine.plug(0)
    s.wait_for_link("access0", "up", seconds=40)
    s.lossless(flows=FLOWS)
    s.stop()


def for_kind(kind):
    return [name for name, (_, kinds) in CHECKS.items() if kind in kinds]

