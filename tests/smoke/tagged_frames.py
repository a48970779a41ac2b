#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tagged_frames.py FROM TO MTU: send frames with tags and labels around an IP packet as long as MTU from eth0 of the network
namespace FROM, and print the lengths of those that come to eth0 of TO byte for byte."""
import ctypes
import os
import socket
import struct
import sys

SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 263, 8, 0x10
COPIES = 20
WAIT_SECONDS = 5
TAG, SERVICE_TAG = b"\x81\x00\x00\x64", b"\x88\xa8\x00\xc8"
LABELS = b"".join(struct.pack(">I", (100 + i) << 12 | (i == 3) << 8 | 64) for i in range(4))
MACS = bytes.fromhex("020000000a02" "020000000a01")


def packet_socket(namespace):
    own, other = os.open("/proc/self/ns/net", os.O_RDONLY), os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(other, 0) != 0:
        raise OSError(ctypes.get_errno(), f"setns {namespace}")
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    made.bind(("eth0", 3))
    libc.setns(own, 0)
    os.close(own)
    os.close(other)
    return made


def ipv4(length, number):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, length, number, 0x4000, 64, 17, 0, bytes([10, 128, 0, 9]), bytes([198, 18, 0, 9]))
    total = sum(struct.unpack(">10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + header[12:]
    udp = struct.pack(">HHHH", 4000 + number, 5000, length - 20, 0)
    return header + udp + bytes((i + number) & 0xFF for i in range(length - 28))


def frames(mtu):
    """What stands between the MAC addresses and the packet."""
    between = [b"\x08\x00", TAG + b"\x08\x00", SERVICE_TAG + TAG + b"\x08\x00", SERVICE_TAG + TAG + b"\x88\x47" + LABELS]
    return [MACS + head + ipv4(mtu, number) for head in between for number in range(COPIES)]


def received(sock):
    """A frame as it was on the cable: the kernel has put the outer tag beside it."""
    frame, ancillary, _, address = sock.recvmsg(65536, 256)
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", data[:20])
            if status & TP_STATUS_VLAN_VALID:
                frame = frame[:12] + struct.pack(">HH", tpid, tci) + frame[12:]
    return frame, address[2]


def main():
    sender, receiver, mtu = packet_socket(sys.argv[1]), packet_socket(sys.argv[2]), int(sys.argv[3])
    receiver.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    receiver.settimeout(WAIT_SECONDS)
    wanted = frames(mtu)
    lengths = set()
    for length in sorted({len(frame) for frame in wanted}):
        waiting = {frame for frame in wanted if len(frame) == length}
        for frame in waiting:
            sender.send(frame)
        try:
            while waiting:
                frame, kind = received(receiver)
                if kind != socket.PACKET_OUTGOING:
                    waiting.discard(frame)
            lengths.add(length)
        except TimeoutError:
            pass
    print(*sorted(lengths))


main()
