# SPDX-License-Identifier: BSD-3-Clause
"""A capture of one UDP packet a flow, in shuffled order: what the memory-backed port plays without end."""
import random
import struct

ETHERNET = bytes.fromhex("02000000000b02000000000a0800")


def write(path, flows, frame=60):
    order = list(range(flows))
    random.Random(1).shuffle(order)
    length = frame - len(ETHERNET)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        header = struct.pack("<IIII", 0, 0, frame, frame)
        payload = bytes(length - 28)
        for flow in order:
            source, port = 0x0a800000 + flow // 4, 10000 + flow % 4 * 1000
            ip = struct.pack("!BBHHHBBHII", 0x45, 0, length, flow & 0xffff, 0, 64, 17, 0, source, 0xc6120000 + flow * 7 % 65536)
            udp = struct.pack("!HHHH", port, 53, length - 20, 0)
            out.write(header + ETHERNET + ip + udp + payload)
