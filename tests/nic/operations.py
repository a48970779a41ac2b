#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""operations.py: the commands of docs/operations.md, one by one, on a server that was just installed (server_root.sh), in a
virtual machine with the words of its kernel's command line. They have to end with forwarded traffic. As root; needs a
package mirror for debootstrap, and by http for the server itself."""
import json
import pathlib
import re
import shlex
import subprocess
import sys

import machine
from machine import Failed, expect, wait_for

ROOT = machine.IMAGE / "server"
DOCUMENT = machine.HERE.parent.parent / "docs/operations.md"
MIRROR = "10.0.2.100"
DEVICE, SERVER = "10.128.0.2", "198.18.0.2"
SLOW = 600  # seconds for one command: an emulated processor


def commands(text):
    """What stands behind "server# ", each with its here-document."""
    lines = iter(text.splitlines())
    for line in lines:
        if match := re.match(r" +server# (.*)", line):
            command = [match[1]]
            if end := re.search(r"<<'(\w+)'", match[1]):
                for more in lines:
                    command.append(more.strip() if more.strip() == end[1] else more[4:])
                    if more.strip() == end[1]:
                        break
            yield "\n".join(command)


def kernel_words(text):
    return re.search(r"^    kernel: (.*)$", text, re.M)[1]


def mirror():
    """Host name and port of the server's package mirror."""
    found = re.search(r"http://([^/:\s]+)(?::(\d+))?/", (ROOT / "etc/apt/sources.list").read_text())
    if not found:
        sys.exit("operations.py: the package mirror is not reached by http")
    return found[1], int(found[2] or 80)


class Server(machine.Machine):
    """Its root is the debootstrap's; its mirror is reached by a socket of this host, since QEMU is in a namespace."""

    def __init__(self, words):
        super().__init__("virtio", nics=2)
        self.words = words
        self.host, self.port = mirror()

    def start(self):
        super().start()
        self.run(f"echo {MIRROR} {self.host} >>/etc/hosts")

    def boot(self):
        path = self.folder / "mirror"
        self.proxy = subprocess.Popen(["socat", f"UNIX-LISTEN:{path},fork", f"TCP:{self.host}:{self.port}"])
        wait_for(20, path.exists, "the way to the mirror")
        super().boot()

    def __exit__(self, *how):
        self.proxy.terminate()
        self.proxy.wait()
        return super().__exit__(*how)

    def command(self):
        for word in map(str, super().command()):
            if word.startswith("local,path=/,"):
                word = word.replace("path=/,", f"path={ROOT},")
            elif word.startswith("local,"):
                word = f"local,path={machine.IMAGE}/lib/modules,mount_tag=modules,security_model=none,readonly=on,multidevs=remap"
            elif word.startswith("user,"):
                word += f",guestfwd=tcp:{MIRROR}:{self.port}-cmd:socat - UNIX-CONNECT:{self.folder}/mirror"
            elif word.startswith("console="):
                word = re.sub(r"nic\.folder=\S*", "nic.folder=/nic", word) + " " + self.words
            yield word

    def address(self, host, own, other):
        self.inside(host, "ip", "address", "add", f"{own}/32", "dev", "eth0")
        self.inside(host, "ip", "route", "add", other, "dev", "eth0")


def is_up(server):
    status, text = server.ask("junctionctl --json show status", SLOW)
    if status != 0:
        return False
    shown = json.loads(text)
    return len(shown["processes"]) >= 3 and all(p["state"] == "up" for p in shown["processes"]) and shown["workers"] and \
        all(worker["in_force"] for worker in shown["workers"])


def log_of(server):
    return server.ask("tail -n 20 /run/junction.log")[1]


def pings(server):
    try:
        server.inside("device", "ping", "-q", "-c", "1", "-W", "2", SERVER)
        return True
    except Failed:
        return False


def ping(server):
    """Each side speaks to the other."""
    for host, peer in (("device", SERVER), ("server", DEVICE)):
        server.inside(host, "ping", "-q", "-c", "5", "-i", "0.2", "-W", "10", peer)


def step(server, command):
    print(f"server# {command}", flush=True)
    if command.startswith("junction run "):  # the one that stays in the foreground
        server.run(f"{command} >/run/junction.log 2>&1 &")
        return
    if command == "junctionctl show status":
        try:
            wait_for(120, lambda: is_up(server), "Junction")
        except Failed as failure:
            raise Failed(f"{failure}: {log_of(server)}") from failure
    if command.startswith("tail ") and "documents.json" in command:
        wait_for(200, lambda: server.ask(command)[1].startswith("{"), "a document")
    output = server.run(f"cd /root/junction && {command}", SLOW)
    print(output, end="", flush=True)
    if command == "junctionctl show status":
        wait_for(60, lambda: pings(server), "a ping through Junction")
        ping(server)


def look(server, words):
    """What the commands should have led to."""
    given = server.run("cat /proc/cmdline").split()
    expect([], [word for word in shlex.split(words) if word not in given], "words that the kernel was not given")
    ports = json.loads(server.run("junctionctl --json show ports"))["ports"]
    for port in ports:
        expect("up", port["link"], f"link of {port['name']}")
        if port["rx_packets"] < 10 or port["tx_packets"] < 10:
            raise Failed(f"forwarded: {ports}")
    flows = json.loads(server.run("junctionctl --json show flows"))["flows"]
    if not any(DEVICE in json.dumps(flow) and SERVER in json.dumps(flow) for flow in flows):
        raise Failed(f"no flow of the ping: {flows}")
    nics = {nic["address"]: nic for nic in json.loads(server.run("junction nic list --json"))["nics"]}
    for address in machine.PCI[:2]:
        expect(("vfio-pci", "vfio-pci"), (nics[address]["driver"], nics[address]["at_boot"]), f"driver of {address}")
        if "junction" not in nics[address]["used_by"]:
            raise Failed(f"{address} is used by {nics[address]['used_by']}")
    expect(True, nics["0000:00:10.0"]["default_route"], "the management NIC carries the default route")


def walk(text):
    words = kernel_words(text)
    with Server(words) as server:
        server.address("device", DEVICE, SERVER)
        server.address("server", SERVER, DEVICE)
        for command in commands(text):
            step(server, command)
        look(server, words)


def main():
    text = DOCUMENT.read_text()
    subprocess.run([machine.HERE / "server_root.sh", machine.IMAGE], check=True)
    subprocess.run([machine.HERE / "image.sh", machine.IMAGE], check=True)
    for last in (False, True):
        try:
            walk(text)
            print("PASS operations")
            return 0
        except machine.Stalled as stall:
            if last:
                raise
            print(f"{stall}: once more", file=sys.stderr)
        except Failed as failure:
            print(f"FAIL operations: {failure}")
            return 1
    return 1


if __name__ == "__main__":
    sys.exit(main())
