#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""feature.py INTERFACE FEATURE on|off: what ethtool -K does, for one feature by the kernel's name."""
import array
import fcntl
import socket
import struct
import sys

SIOCETHTOOL, GSSET_INFO, GSTRINGS, SFEATURES, FEATURES = 0x8946, 0x37, 0x1b, 0x3b, 4
LINK = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def ask(interface, request):
    data = array.array("B", request)
    fcntl.ioctl(LINK, SIOCETHTOOL, struct.pack("16sP", interface.encode(), data.buffer_info()[0]))
    return bytes(data)


def main(interface, feature, state):
    count = struct.unpack_from("I", ask(interface, struct.pack("IIQI", GSSET_INFO, 0, 1 << FEATURES, 0)), 16)[0]
    strings = ask(interface, struct.pack("III", GSTRINGS, FEATURES, count) + bytes(32 * count))[12:]
    names = [strings[i * 32:i * 32 + 32].split(b"\0")[0].decode() for i in range(count)]
    bit, blocks = names.index(feature), (count + 31) // 32
    asked = b"".join(struct.pack("II", valid := (1 << bit % 32 if block == bit // 32 else 0), valid if state == "on" else 0)
                     for block in range(blocks))
    ask(interface, struct.pack("II", SFEATURES, blocks) + asked)


main(*sys.argv[1:])
