#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""vm.py [--kind KIND] [--no-iommu] [--nics N] [--bind DRIVER] [--again] BUILD [COMMAND ARGUMENT...]

Boots a virtual machine (machine.py has the picture), runs the command on this host, or a shell, and removes everything.
As root; Debian's packages of packages.txt. KIND: virtio, virtio-rss, e1000e, vmxnet3, igb (QEMU 8 or newer).
The command's environment:
    BUILD      the build directory, at the same path in the virtual machine
    ID         network namespaces $ID-device, $ID-server, $ID-gateway, each with eth0, the far end of a card's cable
    PCI0 PCI1 PCI2   the cards' addresses in the virtual machine: access, network, tunnel
    SHARED     a folder of this host that is /run/shared in the virtual machine
and these programs:
    guest TEXT...      runs a shell's text in the virtual machine: its output and exit status. Many at once may run; what
                       stays in the background must redirect its output: guest 'junction ... >/run/log 2>&1 &'
    monitor LINE...    a line to QEMU's monitor: set_link nic0 off; device_del nic1; info network
    plug N             the card N back into its slot, after device_del
    console            what the guest's kernel said
--bind binds the cards first (vfio-pci unless said otherwise, "none" leaves them with the kernel). --again boots once more
where the guest's kernel stalled. Example: flock /tmp/vm.lock tests/nic/vm.py --kind e1000e build ./scenario.sh
"""
import argparse
import os
import pathlib
import subprocess
import sys

import machine

# Programs for the command, each a line to the process that holds the machine's monitor.
PROGRAMS = {
    "guest": "import sys, client; sys.exit(client.guest(' '.join(sys.argv[1:])))",
    "monitor": "import sys, client; sys.exit(client.monitor(' '.join(sys.argv[1:])))",
    "plug": "import sys, client; sys.exit(client.monitor('plug ' + sys.argv[1]))",
    "console": "import client; print(client.console())",
}


def write_programs(folder):
    folder.mkdir()
    for name, text in PROGRAMS.items():
        path = folder / name
        path.write_text(f"#!/usr/bin/python3\nimport sys\nsys.path.insert(0, {str(machine.HERE)!r})\n{text}\n")
        path.chmod(0o755)


def scenario(vm, build, command):
    programs = vm.folder / "bin"
    write_programs(programs)
    vm.monitor.close()  # the programs connect to it
    environment = dict(os.environ, BUILD=str(build), ID=vm.id, SHARED=str(vm.shared), NIC_FOLDER=str(vm.folder), KIND=vm.kind,
                       **{f"PCI{i}": address for i, address in enumerate(machine.PCI)},
                       **{f"NIC{i}": vm.nic(i) for i in range(vm.nics)}, PATH=f"{programs}:{os.environ['PATH']}")
    status = subprocess.run(command or ["bash"], env=environment, check=False).returncode
    if status != 0 and vm.said("rcu"):
        raise machine.Stalled("the guest's kernel stalled")
    return status


def once(options):
    with machine.Machine(options.kind, options.iommu, options.nics) as vm:
        if options.bind != "none":
            vm.bind(options.bind)
        return scenario(vm, pathlib.Path(options.build).resolve(), options.command)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--kind", choices=machine.KINDS, default="virtio")
    parser.add_argument("--no-iommu", dest="iommu", action="store_false")
    parser.add_argument("--nics", type=int, default=3)
    parser.add_argument("--bind", default="vfio-pci")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("build")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if machine.program(options.kind) is None:
        sys.exit(f"vm.py: no QEMU for {options.kind}")
    try:
        return once(options)
    except machine.Stalled as stall:
        if not options.again:
            sys.exit(f"vm.py: {stall}")
        print(f"vm.py: {stall}: once more", file=sys.stderr)
        return once(options)


if __name__ == "__main__":
    sys.exit(main())
