# SPDX-License-Identifier: BSD-3-Clause
"""Flows in a few words: what each end says, and the frames and captures that this becomes."""
import struct
from dataclasses import dataclass

DEVICE_MAC, SERVER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
FIRST_SECOND = 1700000000
TCP, UDP = 6, 17
SYN, ACK, PSH, FIN = 2, 16, 8, 1


@dataclass
class Flow:
    """`protocol` is what ndpiReader calls it: the application's name, behind its master's and a dot where it has one."""
    protocol: str
    number: int  # of the IP protocol
    port: int  # the server's
    messages: list  # (does the client send it?, bytes)
    name: str = ""  # host name, SNI or DNS question
    client_port: int = 0  # 0: one that no protocol has
    to: str = ""  # the server's address; empty: one of its own
    source: str = ""
    version: int = 4
    handshake: bool = True  # of TCP
    late: bool = False  # the capture begins behind the SYN


def data(content):
    return content if isinstance(content, bytes) else content.encode("latin-1")


def up(*parts):
    return True, b"".join(data(part) for part in parts)


def down(*parts):
    return False, b"".join(data(part) for part in parts)


def h(text):
    """Bytes from hexadecimal digits; spaces are for the reader."""
    return bytes.fromhex(text)


def tcp(protocol, port, *messages, **options):
    return Flow(protocol, TCP, port, list(messages), **options)


def udp(protocol, port, *messages, **options):
    return Flow(protocol, UDP, port, list(messages), **options)


def over_ip(protocol, number, *messages, **options):
    return Flow(protocol, number, 0, list(messages), **options)


def checksum(content):
    if len(content) % 2:
        content += b"\0"
    total = sum(struct.unpack(f">{len(content) // 2}H", content))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(text):
    if ":" not in text:
        return bytes(int(part) for part in text.split("."))
    head, _, tail = text.partition("::")
    first, last = ([int(group, 16) for group in part.split(":") if group] for part in (head, tail))
    return struct.pack(">8H", *first, *[0] * (8 - len(first) - len(last)), *last)


def in_ip(number, source, destination, payload):
    if len(source) == 16:
        head = struct.pack(">IHBB", 6 << 28, len(payload), number, 64) + source + destination
        kind = b"\x86\xdd"
    else:
        fields = struct.pack(">BBHHHBB", 0x45, 0, 20 + len(payload), 1, 0, 64, number)
        head = fields + struct.pack(">H", checksum(fields + b"\0\0" + source + destination)) + source + destination
        kind = b"\x08\0"
    return kind, head + payload


def with_checksum(number, source, destination, segment, at):
    pseudo = source + destination + struct.pack(">II", len(segment), number)
    return segment[:at] + struct.pack(">H", checksum(pseudo + segment) or 0xffff) + segment[at + 2:]


class Ends:
    """Writes the frames of one flow."""

    def __init__(self, flow, index):
        self.flow = flow
        shape = "fd00::1:{0:x}", "fd00:0:0:1::{0:x}"
        if flow.version == 4:
            shape = "10.128.{1}.{2}", "198.18.{1}.{2}"
        own = [text.format(index + 1, 10 + index // 200, 1 + index % 200) for text in shape]
        self.addresses = [address(flow.source or own[0]), address(flow.to or own[1])]
        self.ports = [flow.client_port or 40000 + index, flow.port]
        self.sequence = [1000, 5000]
        self.frames = []

    def packet(self, client, payload):
        ends = (0, 1) if client else (1, 0)
        macs = (DEVICE_MAC, SERVER_MAC) if client else (SERVER_MAC, DEVICE_MAC)
        kind, body = in_ip(self.flow.number, self.addresses[ends[0]], self.addresses[ends[1]], payload)
        self.frames.append(macs[1] + macs[0] + kind + body)

    def checked(self, client, segment, at):
        ends = (0, 1) if client else (1, 0)
        self.packet(client, with_checksum(self.flow.number, self.addresses[ends[0]], self.addresses[ends[1]], segment, at))

    def datagram(self, client, payload):
        ports = self.ports if client else self.ports[::-1]
        self.checked(client, struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload, 6)

    def segment(self, client, flags, payload=b""):
        here, there = (0, 1) if client else (1, 0)
        head = struct.pack(">HHIIBBHHH", self.ports[here], self.ports[there], self.sequence[here],
                           self.sequence[there] if flags & ACK else 0, 0x50, flags, 65535, 0, 0)
        self.checked(client, head + payload, 16)
        self.sequence[here] += len(payload) + bool(flags & (SYN | FIN))

    def conversation(self):
        if self.flow.handshake:
            self.segment(True, SYN)
            if self.flow.late:
                self.frames.clear()
            self.segment(False, SYN | ACK)
            self.segment(True, ACK)
        for client, payload in self.flow.messages:
            self.segment(client, ACK | PSH, payload)
        for client, flags in ((True, FIN | ACK), (False, FIN | ACK), (True, ACK)):
            self.segment(client, flags)

    def write(self):
        if self.flow.number == TCP:
            self.conversation()
        for client, payload in self.flow.messages if self.flow.number != TCP else ():
            if self.flow.number == UDP:
                self.datagram(client, payload)
            else:
                self.packet(client, payload)
        return self.frames


def pcap(frames):
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    for number, frame in enumerate(frames):
        out += struct.pack("<IIII", FIRST_SECOND + number // 1000, number % 1000 * 1000, len(frame), len(frame)) + frame
    return out


def capture(flows, first=0):
    """A capture of these flows, one after the other."""
    return pcap([frame for index, flow in enumerate(flows) for frame in Ends(flow, first + index).write()])
