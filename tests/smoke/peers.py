#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make bench-peers without Open vSwitch, and with one that dies: what is missing is named, and nothing stays. peers.py DIRECTORY"""
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "bench"))
import machine  # noqa: E402
import ovs  # noqa: E402
import subjects  # noqa: E402
from rows import ROWS  # noqa: E402

SERVER = """import os, pathlib, signal, sys
pathlib.Path(os.environ["FAKE"], "pid").write_text(str(os.getpid()))
pathlib.Path(sys.argv[2].removeprefix("--remote=punix:")).touch()
signal.pause()
"""
FAKES = {"ovsdb-tool": "exit 0", "ovs-vsctl": "exit 0", "ovs-ofctl": "exit 0", "ovs-appctl": "exit 0",
         "ovsdb-server": 'exec /usr/bin/python3 "$FAKE/server.py" "$@"',
         "ovs-vswitchd": '[ "$1" != --version ] || { echo "DPDK 0"; exit 0; }; exit 1'}


def missing(expected):
    try:
        ovs.check()
    except machine.Missing as why:
        if expected in str(why) and ovs.PACKAGE in str(why):
            return
        sys.exit(f"expected a word of {expected}, found: {why}")
    sys.exit(f"nobody says that {expected} is missing")


def install(directory, names):
    (directory / "server.py").write_text(SERVER)
    for name in names:
        (directory / name).write_text(f"#!/bin/sh\n{FAKES[name]}\n")
        (directory / name).chmod(0o755)


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def dies(directory):
    """The switch ends as soon as it starts: so does what was started for it."""
    try:
        with ovs.Ovs(directory, directory, "ovs", ROWS[0], {"wire": "none"}):
            sys.exit("a switch that ended is measured")
    except subjects.Failed as why:
        print("as expected:", why)
    if alive(int((directory / "pid").read_text())):
        sys.exit("its database still runs")
    left = list(pathlib.Path(tempfile.gettempdir()).glob("junction-bench-ovs-*"))
    if left:
        sys.exit(f"left behind: {left}")


def main():
    directory = pathlib.Path(sys.argv[1])
    tempfile.tempdir = str(directory)
    os.environ["FAKE"] = str(directory)
    system, ovs.DEBIAN = os.environ["PATH"], str(directory)
    ovs.SCHEMA = directory / "server.py"
    os.environ["PATH"] = str(directory)
    missing("ovs-vswitchd with DPDK")
    install(directory, FAKES)
    (directory / "ovs-ofctl").unlink()
    missing("ovs-ofctl")
    install(directory, FAKES)
    os.environ["PATH"] = f"{directory}:{system}"
    ovs.check()
    dies(directory)


if __name__ == "__main__":
    main()
