#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A capture of FLOWS frames, each of a UDP flow of its own, on standard output. Argument: FLOWS."""
import struct
import sys


def frame(number):
    payload = bytes(60 + number % 400)
    udp = struct.pack("!HHHH", 10000 + number % 50000, 53, 8 + len(payload), 0) + payload
    device = bytes((10, 128, number >> 8 & 255, number & 255))
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xffff, 0, 64, 17, 0, device,
                         bytes((198, 18, 0, 2)))
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xffff) + (total >> 16)
    checksum = ~((total & 0xffff) + (total >> 16)) & 0xffff
    return bytes.fromhex("02000000010202000000010108 00".replace(" ", "")) + header[:10] + struct.pack("!H", checksum) \
        + header[12:] + udp


sys.stdout.buffer.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
for n in range(int(sys.argv[1])):
    data = frame(n)
    sys.stdout.buffer.write(struct.pack("<IIII", n, 0, len(data), len(data)) + data)
