# SPDX-License-Identifier: BSD-3-Clause
"""What ndpiReader says of a capture: its flows, and its list of protocols."""
import re
import socket
import subprocess
from dataclasses import dataclass, field

LIMITS = ("-T", "24", "-U", "24")
NUMBERS = {"TCP": 6, "UDP": 17, "ICMP": 1, "ICMPV6": 58, "IGMP": 2, "VRRP": 112}  # others are printed as numbers
FLOW = re.compile(r"^\t\d+\t(?P<l4>\S+) (?P<a>\S+) <?-> (?P<b>\S+) (?P<rest>.*)$")
LISTED = re.compile(r"^\t(\S.*?)\s+packets: (\d+)\s+bytes: (\d+)\s+flows: (\d+)\s*$")


@dataclass
class Seen:
    ends: tuple
    number: int  # nDPI's, of the application
    protocol: str  # names of master and application with a dot, or one name
    name: str  # host, SNI or DNS question
    confidence: str
    vlan: int = 0
    packets: int = 0


@dataclass
class Report:
    flows: list = field(default_factory=list)
    protocols: dict = field(default_factory=dict)  # name: (packets, bytes, flows)


def as_printed(address):
    """An address of 4 or 16 bytes as ndpiReader prints it, which writes "::" for each group that is 0."""
    if len(address) == 4:
        return socket.inet_ntop(socket.AF_INET, address)
    return socket.inet_ntop(socket.AF_INET6, address).replace(":0:", "::")


def ends(number, one, other):
    """The same for both directions; an end is an address as printed, and a port."""
    return (number, *sorted((one, other)))


def end(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def bracket(text, key):
    found = re.search(r"\[" + re.escape(key) + r": (.*?)\](?=\[|$)", text)
    return found.group(1) if found else ""


def flow_of(line):
    match = FLOW.match(line)
    if match is None:
        return None
    numbers, _, names = bracket(match["rest"], "proto").partition("/")
    number = int(match["l4"]) if match["l4"].isdigit() else NUMBERS[match["l4"]]
    vlan = bracket(match["rest"], "VLAN")
    packets = sum(int(count) for count in re.findall(r"(\d+) pkts/", match["rest"])[:2])
    return Seen(ends(number, end(match["a"]), end(match["b"])), int(numbers.split(".")[-1]), names,
                bracket(match["rest"], "Hostname/SNI"), bracket(match["rest"], "Confidence"), int(vlan or 0), packets)


def parse(text):
    report = Report()
    for line in text.splitlines():
        flow, listed = flow_of(line), LISTED.match(line)
        if flow is not None:
            report.flows.append(flow)
        elif listed is not None:
            report.protocols[listed[1]] = tuple(int(count) for count in listed.groups()[1:])
    return report


def run(path, timeout=60):
    done = subprocess.run(["ndpiReader", "-i", path, "-v", "2", *LIMITS], capture_output=True, timeout=timeout, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ndpiReader: exit status {done.returncode}")
    return parse(done.stdout.decode("utf-8", "replace"))
