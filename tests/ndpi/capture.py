# SPDX-License-Identifier: BSD-3-Clause
"""The frames of a capture file, pcap or pcapng, and whether their times are in order."""
import struct
from dataclasses import dataclass, field


@dataclass
class Capture:
    frames: list = field(default_factory=list)  # (link type, what was kept)
    links: set = field(default_factory=set)
    ordered: bool = True
    last: tuple = (0, 0)

    def add(self, link, when, data):
        self.links.add(link)
        self.frames.append((link, data))
        self.ordered = self.ordered and when >= self.last
        self.last = max(self.last, when)


def read_pcap(content, order, capture):
    link = struct.unpack_from(order + "I", content, 20)[0] & 0xffff
    capture.links.add(link)
    at = 24
    while at + 16 <= len(content):
        second, fraction, kept, _ = struct.unpack_from(order + "IIII", content, at)
        capture.add(link, (second, fraction), content[at + 16:at + 16 + kept])
        at += 16 + kept


def read_block(kind, body, order, interfaces, capture):
    if kind == 1:
        interfaces.append(struct.unpack_from(order + "H", body)[0])
        capture.links.add(interfaces[-1])
    elif kind == 6 and len(body) >= 20:
        number, high, low, kept, _ = struct.unpack_from(order + "IIIII", body)
        capture.add(interfaces[number] if number < len(interfaces) else -1, (high, low), body[20:20 + kept])


def read_pcapng(content, capture):
    at, order, interfaces = 0, "<", []
    while at + 12 <= len(content):
        kind = struct.unpack_from(order + "I", content, at)[0]
        if kind == 0x0a0d0d0a:
            order, interfaces = "<" if content[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">", []
        size = struct.unpack_from(order + "I", content, at + 4)[0]
        if size < 12 or at + size > len(content):
            return
        read_block(kind, content[at + 8:at + size - 4], order, interfaces, capture)
        at += size


def read(path):
    with open(path, "rb") as file:
        content = file.read()
    capture = Capture()
    if content[:4] == b"\n\r\r\n":
        read_pcapng(content, capture)
    elif len(content) >= 24:
        little = content[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\x34\xcd\xb2\xa1")
        read_pcap(content, "<" if little else ">", capture)
    return capture
