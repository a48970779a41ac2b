# SPDX-License-Identifier: BSD-3-Clause
"""Open vSwitch with DPDK at a row's work, on the same ports and core. Its daemons, database and sockets are its own, in a
directory and a network namespace that go with it: those of the system, if it runs one, are left alone."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import subjects
from machine import Missing

PACKAGE = "it comes with Debian's package openvswitch-switch-dpdk"
SCHEMA = pathlib.Path("/usr/share/openvswitch/vswitch.ovsschema")
DEBIAN = "/usr/lib/openvswitch-switch-dpdk"
MEMORY_MB = 1024  # its packets: it asks for 262,144 of a port's MTU
TOOLS = ("ovsdb-server", "ovsdb-tool", "ovs-vsctl", "ovs-ofctl", "ovs-appctl")
TOGETHER = ("--pdeathsig", "KILL")  # not longer than this process, however that ends
MAC = "02:00:00:00:01:{:02x}"


def switch():
    """The program, when it has DPDK."""
    for program in (shutil.which("ovs-vswitchd-dpdk", path=DEBIAN), shutil.which("ovs-vswitchd")):
        if program and "DPDK" in subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout:
            return program
    return None


def check():
    if switch() is None:
        raise Missing(f"bench-peers: ovs-vswitchd with DPDK is missing: {PACKAGE}")
    for tool in TOOLS:
        if shutil.which(tool) is None:
            raise Missing(f"bench-peers: {tool} is missing: {PACKAGE}")
    if not SCHEMA.exists():
        raise Missing(f"bench-peers: {SCHEMA} is missing: {PACKAGE}")


def version():
    return subprocess.run([switch(), "--version"], capture_output=True, text=True, check=True).stdout.splitlines()


class Ovs(subjects.Subject):
    """One bridge from the port that receives to the null port; tunnels leave by a bridge of their own, as with OVS they do."""

    def run(self, *command, inside=False):
        entered = ["nsenter", "-t", str(self.process.pid), "-n"] if inside else []
        done = subprocess.run([*entered, *map(str, command)], env=self.places, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise subjects.Failed(f"{self.name}: {' '.join(map(str, command[:4]))}...: {done.stderr.strip()}")
        return done.stdout

    def set(self, *words):
        """ovs-vsctl: while there is no switch, nobody is waited for."""
        self.run("ovs-vsctl", f"--db=unix:{self.socket}", "--no-wait", *words)

    def tell(self, *words):
        return self.run("ovs-appctl", "-t", self.directory / "switch.ctl", *words)

    def database(self):
        file = self.directory / "conf.db"
        self.run("ovsdb-tool", "create", file, SCHEMA)
        self.start("setpriv", [*TOGETHER, "ovsdb-server", file, f"--remote=punix:{self.socket}", f"--unixctl={self.directory}/db.ctl"],
                   self.places)
        self.wait_until("its database did not start", self.socket.exists)

    def switch(self):
        counted = "net_null1" if self.row.work == "redirect" else "net_null0"
        self.process = self.start("unshare", ["--net", "setpriv", *TOGETHER, switch(), f"unix:{self.socket}",
                                              f"--unixctl={self.directory}/switch.ctl", "-vconsole:warn", "-vsyslog:off"],
                                  self.environment(counted) | self.places)
        self.wait_until("its bridges did not start", lambda: pathlib.Path(self.directory, "br-phy.mgmt").exists())

    def configure(self):
        device, _ = self.access()
        vdevs = " ".join(f"--vdev={vdev}" for vdev in (device, "net_null0,no-rx=1", "net_null1,no-rx=1"))
        self.set("init")
        self.set("set", "Open_vSwitch", ".", "other_config:dpdk-init=true", f"other_config:dpdk-socket-mem={MEMORY_MB}",
                 f"other_config:dpdk-lcore-mask={1 << subjects.CORES[0]:#x}", f"other_config:pmd-cpu-mask={1 << subjects.CORE:#x}",
                 f'other_config:dpdk-extra="--no-pci --in-memory --no-telemetry {vdevs}"')
        for bridge, ports in (("br0", {"p0": "net_pcap0", "p1": "net_null0"}), ("br-phy", {"p2": "net_null1"})):
            self.set("add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev", "fail_mode=secure")
            for port, name in ports.items():
                self.set("add-port", bridge, port, "--", "set", "interface", port, "type=dpdk", f"options:dpdk-devargs={name}")
        for i in range(self.row.peers):
            self.add_tunnel(f"gre{i}", "gre", f"198.18.0.{10 + i}")
            self.set("--", "--id=@from", "get", "port", "p0", "--", "--id=@to", "get", "port", f"gre{i}", "--", "--id=@mirror",
                     "create", "mirror", f"name=mirror{i}", "select-src-port=@from", "output-port=@to", "--", "add", "bridge",
                     "br0", "mirrors", "@mirror")
        if self.row.work == "redirect":
            self.add_tunnel("vxlan0", "vxlan", subjects.TUNNEL["gateway"], f"options:key={subjects.TUNNEL['vni']}")

    def add_tunnel(self, port, kind, remote, *options):
        self.set("add-port", "br0", port, "--", "set", "interface", port, f"type={kind}", f"options:remote_ip={remote}", *options)

    def connect(self):
        """Routes and neighbours of the tunnels, then what is forwarded where: a null port answers no ARP."""
        self.run("ip", "address", "add", subjects.TUNNEL["address"] + "/24", "dev", "br-phy", inside=True)
        self.run("ip", "link", "set", "br-phy", "up", inside=True)
        for host in (10, 11, 20):
            self.tell("tnl/arp/set", "br-phy", f"198.18.0.{host}", MAC.format(host))
        self.run("ovs-ofctl", "add-flow", self.bridge("br-phy"), "actions=NORMAL")
        to = "vxlan0" if self.row.work == "redirect" else "p1"
        self.run("ovs-ofctl", "add-flow", self.bridge("br0"), f"in_port=p0,actions=output:{to}")
        self.tell("revalidator/purge")

    def bridge(self, name):
        return f"unix:{self.directory}/{name}.mgmt"

    def begin(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="junction-bench-ovs-"))
        self.directories = [self.directory]
        self.socket = self.directory / "db.sock"
        self.places = os.environ | {f"OVS_{name}": str(self.directory) for name in ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR")}
        self.database()
        self.configure()
        self.switch()
        self.connect()
        self.open_notes()

    def copies(self):
        """Frames that left by the tunnels' port."""
        ports = self.run("ovs-ofctl", "dump-ports", self.bridge("br-phy"), "p2")
        return int(re.search(r"tx pkts=(\d+)", ports)[1])
