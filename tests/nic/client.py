# SPDX-License-Identifier: BSD-3-Clause
"""What the programs of vm.py's command do: NIC_FOLDER is the machine's folder, ID its name."""
import os
import pathlib
import sys

import machine

FOLDER = pathlib.Path(os.environ["NIC_FOLDER"])


def guest(text):
    vm = machine.Machine("virtio")
    vm.id = os.environ["ID"]
    status, output = vm.ask(text, seconds=600)
    sys.stdout.write(output)
    return status


def monitor(line):
    if line.startswith("plug "):
        line = f"device_add {os.environ['NIC' + line.split()[1]]}"
    connection = machine.Monitor(str(FOLDER / "monitor"))
    found = connection.text(line)
    sys.stdout.write(found)
    return 1 if "rror" in found or "unknown command" in found else 0


def console():
    return (FOLDER / "console.log").read_text(errors="replace")
