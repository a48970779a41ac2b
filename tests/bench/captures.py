# SPDX-License-Identifier: BSD-3-Clause
"""A capture of one UDP packet a flow, in shuffled order: what the memory-backed port plays without end."""
import random
import struct

ETHERNET = bytes.fromhex("02000000000b02000000000a0800")
IMIX = [60] * 7 + [590] * 4 + [1514]  # the simple Internet mix: 7 small, 4 middle, 1 large


def write(path, flows, sizes):
    """Frames of `sizes`, one after the other over the flows; lengths without FCS."""
    order = list(range(flows))
    random.Random(1).shuffle(order)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, flow in enumerate(order):
            frame = sizes[number % len(sizes)]
            length = frame - len(ETHERNET)
            source, port = 0x0a800000 + flow // 4, 10000 + flow % 4 * 1000
            ip = struct.pack("!BBHHHBBHII", 0x45, 0, length, flow & 0xffff, 0, 64, 17, 0, source, 0xc6120000 + flow * 7 % 65536)
            udp = struct.pack("!HHHH", port, 53, length - 20, 0)
            out.write(struct.pack("<IIII", 0, 0, frame, frame) + ETHERNET + ip + udp + bytes(length - 28))
