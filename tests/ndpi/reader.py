# SPDX-License-Identifier: BSD-3-Clause
"""What ndpiReader says of a capture: its flows, and its list of protocols."""
import re
import socket
import subprocess
from dataclasses import dataclass, field

# Junction looks at 24 packets with payload. ndpiReader looks at one more than it is told; of TCP it counts the handshake too.
LIMITS = {"udp": 23, "tcp": 26}
MORE = {"udp": 23, "tcp": 80}  # its own limit for TCP: among so many packets 24 have payload, or the flow is over
NUMBERS = {"TCP": 6, "UDP": 17, "ICMP": 1, "ICMPV6": 58, "IGMP": 2, "VRRP": 112}  # others are printed as numbers
FLOW = re.compile(r"^\t\d+\t(?P<l4>\S+) (?P<a>\S+) <?-> (?P<b>\S+) (?P<rest>.*)$")
LISTED = re.compile(r"^\t(\S.*?)\s+packets: (\d+)\s+bytes: (\d+)\s+flows: (\d+)\s*$")


@dataclass
class Seen:
    ends: tuple
    numbers: tuple  # nDPI's, of master and application, or of one protocol
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
    numbers, _, names = bracket(match["rest"], "proto").rpartition(":")[2].partition("/")  # a tunnel's name may stand before
    number = int(match["l4"]) if match["l4"].isdigit() else NUMBERS[match["l4"]]
    vlan = bracket(match["rest"], "VLAN")
    packets = sum(int(count) for count in re.findall(r"(\d+) pkts/", match["rest"])[:2])
    return Seen(ends(number, end(match["a"]), end(match["b"])), 
                tuple(int(part) for part in numbers.split(".")), names,
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


def text_of(*arguments, timeout=60):
    done = subprocess.run(["ndpiReader", *arguments], capture_output=True, timeout=timeout, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def run(path, limits=None, timeout=60):
    limits = limits or LIMITS
    status, text = text_of("-i", path, "-v", "2", "-T", str(limits["tcp"]), "-U", str(limits["udp"]), timeout=timeout)
    if status != 0 or "Running thread 0" not in text:  # without an IP packet there are no statistics either
        raise RuntimeError(f"ndpiReader: exit status {status}: {text[-200:].strip()}")
    return parse(text)


def known_protocols():
    """nDPI's number: (name, breed), of all it knows."""
    table = text_of("-h")[1].partition("nDPI supported protocols:")[2].partition("nDPI supported risks:")[0]
    rows = re.finditer(r"^ *(\d+) (\S+) +(?:(?:TCP|UDP|TCP/UDP) +)?((?:Potentially )?[A-Z]\S+) ", table, re.M)
    return {int(row[1]): (row[2], row[3]) for row in rows}
