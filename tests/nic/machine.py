# SPDX-License-Identifier: BSD-3-Clause
"""A virtual machine with three network cards of one kind, whose wires end in network namespaces of this host:

    device: eth0 -- 0000:01:00.0 access  | the machine |  0000:02:00.0 network -- eth0 :server
                                         |             |  0000:03:00.0 tunnel  -- eth0 :gateway

Its root is the host's, read-only, under an overlay in memory; what its programs write to /run/shared is the folder `shared`
here. Namespaces are named nicPID-device and so on. A process of its own removes all that was made, however this one ends.
"""
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
IMAGE = HERE.parent.parent / "build-nic"
HOSTS = ("device", "server", "gateway")
PCI = ("0000:01:00.0", "0000:02:00.0", "0000:03:00.0")
SHELL_PORT = 7000
QUEUES = 4
CLONE_NEWNET = 0x40000000

# Device of QEMU, its options, and queues of its tap.
MODERN = "iommu_platform=on,disable-legacy=on"
KINDS = {
    "virtio": (f"virtio-net-pci,mq=on,vectors={2 * QUEUES + 2},{MODERN}", QUEUES),
    "virtio-rss": (f"virtio-net-pci,mq=on,vectors={2 * QUEUES + 2},rss=on,{MODERN}", QUEUES),
    "e1000e": ("e1000e", 1),
    "vmxnet3": ("vmxnet3", 1),
    "igb": ("igb", 1),
    "no-iommu": ("virtio-net-pci", 1),
}

CPUS = {"igb": "8"}


class Stalled(Exception):
    """The guest's kernel stalled, as happens under software emulation: the only thing that is tried again."""


class Failed(Exception):
    """What was expected and what was found."""


def expect(wanted, found, what):
    if wanted != found:
        raise Failed(f"{what}: expected {wanted}, found {found}")


def wait_for(seconds, condition, what):
    """Until the condition gives something true, which is returned."""
    end = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > end:
            raise Failed(f"waited {seconds} s in vain for {what}")
        time.sleep(0.05)


@contextlib.contextmanager
def network_of(namespace):
    """Sockets that are opened inside belong to the namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{namespace}") as other:
        libc.setns(other.fileno(), CLONE_NEWNET)
        try:
            yield
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)


class Remover:
    """Removes namespaces, the processes in them, and a folder when this process ends, or is killed."""
    SCRIPT = r"""mapfile -t lines; trap '' INT TERM HUP
        for ((i = ${#lines[@]} - 1; i >= 0; i--)); do
            read -r kind name <<<"${lines[i]}"
            case $kind in
            namespace) for signal in TERM KILL; do
                    pids=$(ip netns pids "$name") && [ -n "$pids" ] && kill -$signal $pids && sleep 0.2
                done
                ip netns delete "$name" ;;
            folder) rm -rf "$name" ;;
            esac
        done 2>/dev/null"""

    def __init__(self):
        self.process = subprocess.Popen(["bash", "-c", self.SCRIPT], stdin=subprocess.PIPE, text=True, bufsize=1,
                                        start_new_session=True)

    def later(self, kind, name):
        self.process.stdin.write(f"{kind} {name}\n")

    def now(self):
        self.process.stdin.close()
        self.process.wait()


class Monitor:
    """QEMU's, by its machine protocol."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.do("qmp_capabilities")

    def do(self, command, /, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while line := self.file.readline():
            answer = json.loads(line)
            if "error" in answer:
                raise Failed(f"monitor: {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise Failed(f"monitor: {command}: QEMU has ended")

    def text(self, line):
        return self.do("human-monitor-command", **{"command-line": line})

    def close(self):
        self.file.close()
        self.socket.close()


class Machine:
    def __init__(self, kind, iommu=True, nics=3, options=()):
        self.kind, self.nics, self.iommu, self.options = kind, nics, iommu and kind != "no-iommu", options
        self.id = f"nic{os.getpid()}"
        self.remover = self.monitor = self.qemu = None

    def __enter__(self):
        self.remover = Remover()
        try:
            self.start()
        except BaseException:
            self.remover.now()
            raise
        return self

    def __exit__(self, kind, value, trace):
        self.check_stall(value)
        if self.monitor:
            self.monitor.close()
        self.remover.now()

    def start(self):
        subprocess.run([HERE / "image.sh", IMAGE], check=True)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{self.id}-", dir="/tmp"))
        self.remover.later("folder", self.folder)
        self.folder.chmod(0o711)
        self.shared = self.folder / "shared"
        self.shared.mkdir(mode=0o777)
        self.shared.chmod(0o777)
        self.console = self.folder / "console.log"
        for name in (*HOSTS[:self.nics], "qemu"):
            self.make_namespace(name)
        self.boot()

    def make_namespace(self, name):
        self.remover.later("namespace", f"{self.id}-{name}")
        subprocess.run(["ip", "netns", "add", f"{self.id}-{name}"], check=True)
        # Nothing in it speaks by itself.
        self.inside(name, "sh", "-c", "echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6 && ip link set lo up")

    def nic(self, number):
        """QEMU's options for a card: the same when it is plugged in again."""
        return f"{KINDS[self.kind][0]},id=nic{number},netdev=net{number},bus=port{number}," \
               f"mac=52:54:00:00:00:0{number + 1},romfile=" + (",host_mtu=9000" if "virtio" in KINDS[self.kind][0] else "")

    def command(self):
        queues = KINDS[self.kind][1]
        iommu = "intel_iommu=on iommu=pt" if self.iommu else "intel_iommu=off"
        words = f"console=ttyS0 quiet {iommu} panic=-1 mitigations=off tsc=reliable no_timer_check " \
                f"nic.folder={HERE} nic.image={IMAGE}"
        yield from (program(self.kind), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                    "-machine", "q35,hpet=off", "-accel", "tcg,thread=multi", "-cpu", os.environ.get("VM_CPU", "max"), "-smp", CPUS.get(self.kind, "4"), "-m", "4096",
                    "-kernel", IMAGE / "vmlinuz", "-initrd", IMAGE / "initrd", "-append", words,
                    "-serial", f"file:{self.console}", "-qmp", f"unix:{self.folder}/monitor,server=on,wait=off",
                    "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
                    "-virtfs", f"local,path={self.shared},mount_tag=shared,security_model=none,multidevs=remap",
                    "-netdev", f"user,id=shell,restrict=on,hostfwd=tcp:127.0.0.1:{SHELL_PORT}-:{SHELL_PORT}",
                    "-device", "virtio-net-pci,netdev=shell,addr=0x10,romfile=")
        if self.iommu:
            yield from ("-device", "intel-iommu,intremap=on,caching-mode=on")
        for i in range(self.nics):
            more = f",queues={queues}" if queues > 1 else ""
            yield from ("-netdev", f"tap,id=net{i},ifname=tap{i},script=no,downscript=no,vhost=off{more}",
                        "-device", f"pcie-root-port,id=port{i},chassis={i + 1},addr={0x11 + i}", "-device", self.nic(i))
        yield from self.options

    def boot(self):
        log = open(self.folder / "qemu.log", "w")
        self.qemu = subprocess.Popen(["ip", "netns", "exec", f"{self.id}-qemu", *self.command()], stdin=subprocess.DEVNULL,
                                     stdout=log, stderr=log)
        path = self.folder / "monitor"
        wait_for(20, lambda: path.exists() or self.ended(), "QEMU's monitor")
        self.monitor = wait_for(20, lambda: self.connect_monitor(path), "QEMU's monitor")
        for i in range(self.nics):
            self.lay_wire(HOSTS[i], f"tap{i}")
        self.wait_until_up()

    def connect_monitor(self, path):
        try:
            return Monitor(str(path))
        except OSError:
            return self.ended()

    def ended(self):
        if self.qemu.poll() is not None:
            raise Failed(f"QEMU ended: {(self.folder / 'qemu.log').read_text()[-1000:]}")

    def lay_wire(self, host, tap):
        """The end of a card's wire becomes eth0 of a host, long enough for any frame."""
        name = f"{self.id}-{host}"
        self.inside("qemu", "ip", "link", "set", tap, "netns", name)
        self.inside(host, "ip", "link", "set", tap, "name", "eth0", "mtu", "9500", "txqueuelen", "10000")
        self.inside(host, "sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6 && ip link set eth0 up")

    def wait_until_up(self, seconds=180):
        try:
            wait_for(seconds, lambda: self.said("nic-vm: ready") or self.ended(), "the virtual machine")
        except Failed as failure:
            self.check_stall(failure)
            raise Failed(f"{failure}: {self.said()[-2000:]}") from failure

    def said(self, text=None):
        """What the console said, or whether a text is in it."""
        try:
            found = self.console.read_text(errors="replace")
        except FileNotFoundError:
            found = ""
        return found if text is None else text in found

    def check_stall(self, failure):
        if failure is not None and not isinstance(failure, (KeyboardInterrupt, Stalled)) and self.said("rcu"):
            raise Stalled(f"the guest's kernel stalled; {failure}") from failure

    def inside(self, host, *command, **options):
        """A command on this host in one of the namespaces; its output."""
        result = subprocess.run(["ip", "netns", "exec", f"{self.id}-{host}", *map(str, command)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        if result.returncode != 0:
            raise Failed(f"{' '.join(map(str, command))}: {result.stdout}")
        return result.stdout

    def ask(self, text, seconds=120):
        """A shell's text in the virtual machine: its exit status and output."""
        found = b""
        try:
            with network_of(f"{self.id}-qemu"):
                connection = socket.create_connection(("127.0.0.1", SHELL_PORT), timeout=seconds)
            with connection:
                connection.sendall(text.encode())
                connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    found += part
        except TimeoutError as error:
            raise Failed(f"in the virtual machine, no end in {seconds} s: {text}: {found.decode(errors='replace')}") from error
        except OSError as error:
            raise self.no_answer(text, found) from error
        output, mark, status = found.decode(errors="replace").rpartition("\nstatus ")
        if not mark:
            raise self.no_answer(text, found)
        return int(status), output

    def no_answer(self, text, found):
        """What became of the machine is said, for it is gone afterwards."""
        try:
            self.qemu.wait(5)
        except subprocess.TimeoutExpired:
            pass
        log = (self.folder / "qemu.log").read_text(errors="replace")[-1500:]
        return Failed(f"in the virtual machine, no answer: {text}: {found}; QEMU's exit status is {self.qemu.poll()}: {log}; the "
                      f"console: {self.said()[-3000:]}")

    def run(self, text, seconds=120):
        """The same, which must succeed; its output."""
        status, output = self.ask(text, seconds)
        if status != 0:
            raise Failed(f"in the virtual machine, exit status {status}: {text}: {output[-2000:]}")
        return output

    def bind(self, driver="vfio-pci", addresses=None):
        """Cards to a driver by name, "" to none."""
        self.run(f"""[ -z "{driver}" ] || modprobe {driver}
            for address in {' '.join(addresses or PCI[:self.nics])}; do
                device=/sys/bus/pci/devices/$address
                [ ! -e $device/driver ] || echo $address >$device/driver/unbind
                echo "{driver}" >$device/driver_override
                [ -z "{driver}" ] || echo $address >/sys/bus/pci/drivers_probe
                [ "$(basename "$(readlink $device/driver)")" = "{driver}" ] || exit
            done""")

    # What happens to cards and cables.
    def set_link(self, number, up):
        self.monitor.do("set_link", name=f"nic{number}", up=up)

    def unplug(self, number):
        """Asks for it: the guest has to let it go, see plugged."""
        self.monitor.do("device_del", id=f"nic{number}")

    def plugged(self, number):
        return f"nic{number}" in [d["name"] for d in self.monitor.do("qom-list", path="/machine/peripheral")]

    def plug(self, number):
        self.monitor.text(f"device_add {self.nic(number)}")


def program(kind):
    """The QEMU for a kind, or None: the host's, but igb needs one of version 8 (qemu.sh)."""
    if kind != "igb":
        return shutil.which("qemu-system-x86_64")
    found = subprocess.run([HERE / "qemu.sh", IMAGE], stdout=subprocess.PIPE, text=True, check=False)
    return found.stdout.strip() or None
