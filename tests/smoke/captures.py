#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reads captures, pcap and pcapng, frame by frame. As a program, with two captures and a text: compares their frames
byte for byte, in order within each conversation, from the first that holds the text to the last that does. What the
first capture's kernel left to its network card is finished before: the checksums of TCP and UDP."""
import os
import struct
import sys


def read_pcap(data):
    magic = struct.unpack("<I", data[:4])[0]
    order = "<" if magic in (0xa1b2c3d4, 0xa1b23c4d) else ">"
    at = 24
    while at + 16 <= len(data):
        captured, wire = struct.unpack_from(order + "II", data, at + 8)
        yield data[at + 16:at + 16 + captured], wire
        at += 16 + captured


def read_pcapng(data):
    at, order = 0, "<"
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\n\r\r\n":
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        kind, length = struct.unpack_from(order + "II", data, at)
        if kind == 6:
            captured, wire = struct.unpack_from(order + "II", data, at + 20)
            yield data[at + 28:at + 28 + captured], wire
        at += length


def frames(path):
    """A list of (bytes, length on the wire)."""
    with open(path, "rb") as file:
        data = file.read()
    return list(read_pcapng(data) if data[:4] == b"\n\r\r\n" else read_pcap(data))


def difference(sent, received):
    """A sentence about the first difference, or None."""
    for number, (a, b) in enumerate(zip(sent, received)):
        if a != b:
            same = os.path.commonprefix([a[0], b[0]])
            return (f"frame {number + 1} differs from byte {len(same)} on: {a[0][len(same):][:40].hex()} became "
                    f"{b[0][len(same):][:40].hex()} ({len(a[0])} of {a[1]} bytes, {len(b[0])} of {b[1]})")
    if len(sent) != len(received):
        return f"{len(sent)} frames became {len(received)}"
    return None


def conversation(frame):
    """What of an Ethernet frame is the same in all packets of one sender's conversation."""
    if frame[12:14] == b"\x86\xdd":
        return frame[20:21] + frame[22:54] + (frame[54:58] if frame[20] in (6, 17) else b"")
    if frame[12:14] == b"\x08\0":
        fragment = (frame[20] << 8 | frame[21]) & 0x3fff
        return frame[23:24] + frame[26:34] + (frame[34:38] if frame[23] in (6, 17) and not fragment else b"")
    return frame[12:14]


def total(data):
    """The one's-complement sum (RFC 1071)."""
    found = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while found >> 16:
        found = (found & 0xffff) + (found >> 16)
    return found


def finished(frame):
    """The frame with the checksum that its sender's kernel left unfinished: the field has the pseudo-header's sum."""
    at = 14
    while frame[at - 2:at] in (b"\x81\0", b"\x88\xa8"):
        at += 4
    kind, ip = frame[at - 2:at], frame[at:]
    if kind == b"\x08\0" and not struct.unpack_from("!H", ip, 6)[0] & 0x3fff:
        protocol, header, length, ends = ip[9], (ip[0] & 15) * 4, struct.unpack_from("!H", ip, 2)[0], ip[12:20]
    elif kind == b"\x86\xdd":
        protocol, header, length, ends = ip[6], 40, 40 + struct.unpack_from("!H", ip, 4)[0], ip[8:40]
    else:
        return frame
    field = {6: 16, 17: 6}.get(protocol)
    packet = ip[header:length]
    if field is None or struct.unpack_from("!H", packet, field)[0] != total(ends + struct.pack("!HH", protocol, len(packet))):
        return frame
    checksum = 0xffff ^ total(packet)
    if checksum == 0 and protocol == 17:
        checksum = 0xffff
    at += header + field
    return frame[:at] + struct.pack("!H", checksum) + frame[at + 2:]


def conversations(path, text, change=lambda frame: frame):
    """Frames by conversation, from the first frame with the text to the last, each changed."""
    listed = [change(data) for data, _ in frames(path)]
    marked = [number for number, data in enumerate(listed) if text.encode() in data]
    if len(marked) < 2:
        sys.exit(f"{path}: {len(marked)} frames with {text}")
    found = {}
    for data in listed[marked[0]:marked[-1] + 1]:
        found.setdefault(conversation(data), []).append((data, len(data)))
    return found


def main(sent, received, text):
    """Two processors of a host may hand their frames to the tap in one order and to the link in the other: order means
    something within a conversation only."""
    sent, received = conversations(sent, text, finished), conversations(received, text)
    for key in sent.keys() | received.keys():
        found = difference(sent.get(key, []), received.get(key, []))
        if found:
            sys.exit(found)
    print(sum(map(len, sent.values())), "frames equal")


if __name__ == "__main__":
    main(*sys.argv[1:])
