# SPDX-License-Identifier: BSD-3-Clause
"""Capture containers, written by hand so that every field of them is ours to choose."""
import struct

FIRST_SECOND = 1700000000


def pcap(frames, link=1, nanoseconds=False, order="<", snap=262144):
    """frames: (bytes, wire length); ten milliseconds apart."""
    out = struct.pack(order + "IHHiIII", 0xa1b23c4d if nanoseconds else 0xa1b2c3d4, 2, 4, 0, 0, snap, link)
    for number, (data, wire) in enumerate(frames):
        fraction = number % 100 * (10_000_000 if nanoseconds else 10_000) + number % 7
        data = data[:snap]
        out += struct.pack(order + "IIII", FIRST_SECOND + number // 100, fraction, len(data), wire) + data
    return out


def block(kind, body, order="<"):
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def pcapng(frames, link=1):
    """One section, one interface of nanosecond resolution, comments, and a block without a packet."""
    out = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    out += block(1, struct.pack("<HHI", link, 0, 0) + struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HH", 0, 0))
    out += block(5, struct.pack("<IQ", 0, 0))  # interface statistics: none
    for number, (data, wire) in enumerate(frames):
        when = FIRST_SECOND * 10**9 + number * 10**7
        padded = data + b"\0" * (-len(data) % 4)
        options = struct.pack("<HH", 1, 4) + b"note" + struct.pack("<HH", 0, 0)
        out += block(6, struct.pack("<IIIII", 0, when >> 32, when & 0xffffffff, len(data), wire) + padded + options)
    return out


RESOLUTIONS = {1: (6, 10**6), 276: (9, 10**9), 9: (0x8a, 1024), 0: (9, 10**9), 229: (0, 1)}


def several(frames):
    """frames: (bytes, wire length, link type). Sections of both byte orders with an interface for each link type: of
    other snap lengths, and of clocks that count from other times in other units."""
    out, links = b"", list(dict.fromkeys(link for _, _, link in frames))
    half = len(frames) // 2
    for order, part in (("<", frames[:half]), (">", frames[half:])):
        out += block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order)
        for link in links:
            options = struct.pack(order + "HHB3xHHqHH", 9, 1, RESOLUTIONS[link][0], 14, 8, FIRST_SECOND, 0, 0)
            out += block(1, struct.pack(order + "HHI", link, 0, 96 if link == 1 else 0) + options, order)
        for number, (data, wire, link) in enumerate(part):
            when = (number + (0 if order == "<" else half)) // 25 * RESOLUTIONS[link][1]
            data = data[:96] if link == 1 else data
            head = struct.pack(order + "IIIII", links.index(link), when >> 32, when & 0xffffffff, len(data), wire)
            out += block(6, head + data, order)
    return out
