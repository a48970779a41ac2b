#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""right_sums.py CAPTURE...: every TCP and UDP packet in the captures has a right checksum, also inside GRE. Prints how many."""
import struct
import sys

from captures import finished, frames, total


def ip_of(frame):
    at = 14
    while frame[at - 2:at] in (b"\x81\0", b"\x88\xa8"):
        at += 4
    return frame[at:] if frame[at - 2:at] in (b"\x08\0", b"\x86\xdd") else None


def transport(packet):
    """Protocol, pseudo-header's addresses and bytes of an IP packet that is no fragment."""
    if packet[0] >> 4 == 4:
        if struct.unpack_from("!H", packet, 6)[0] & 0x3fff:
            return None
        return packet[9], packet[12:20], packet[(packet[0] & 15) * 4:struct.unpack_from("!H", packet, 2)[0]]
    return packet[6], packet[8:40], packet[40:40 + struct.unpack_from("!H", packet, 4)[0]]


def check(frame, where):
    packet = ip_of(frame)
    parts = packet and transport(packet)
    if not parts:
        return 0
    protocol, ends, data = parts
    if protocol == 47 and data[2:4] == b"\x65\x58":
        flags = struct.unpack_from("!H", data)[0]
        return check(data[4 + 4 * bool(flags & 0x2000) + 4 * bool(flags & 0x1000):], where)
    if protocol not in (6, 17) or protocol == 17 and data[6:8] == b"\0\0":
        return 0
    if total(ends + struct.pack("!HH", protocol, len(data)) + data) != 0xffff:
        sys.exit(f"{where}: wrong checksum{' (unfinished)' if finished(frame) != frame else ''}: {frame.hex()[:200]}")
    return 1


print(sum(check(data, f"{path}, frame {number}") for path in sys.argv[1:]
          for number, (data, wire) in enumerate(frames(path), 1) if len(data) == wire))
