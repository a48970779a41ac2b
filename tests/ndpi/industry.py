# SPDX-License-Identifier: BSD-3-Clause
"""Automation and machines, and protocols of IP itself."""
import struct

from frames import checksum, down, h, over_ip, tcp, udp, up


def machines():
    return [
        tcp("Modbus", 502, up(h("0001 0000 0006 01 03 0000 000a")), down(h("0001 0000 0017 01 03 14"), bytes(20))),
        tcp("DNP3", 20000, up(h("0564 05 c0 0100 0300 d4a0"))),
        tcp("IEC60870", 2404, up(h("68 04 07 000000")), down(h("68 04 0b 000000"))),
        tcp("s7comm", 102, up(h("0300 0016 11 e0 0000 0001 00 c1020100 c2020102 c0010a"))),
        udp("UBNTAC2", 10001, up(bytes(36), "UBNT", h("00 00 00 05"), "6.2.0", bytes(90))),
        udp("Dropbox", 17500, up('{"host_int": 1, "version": [2, 0], "displayname": ""}'), client_port=17500,
            to="255.255.255.255"),
    ]


def with_sum(kind, code, rest):
    head = struct.pack(">BBH", kind, code, 0) + rest
    return head[:2] + struct.pack(">H", checksum(head)) + head[4:]


def routing():
    return [
        tcp("BGP", 179, up(b"\xff" * 16, h("001d 01 04 fde8 00b4 c6120001 00")), down(b"\xff" * 16, h("0013 04"))),
        over_ip("ICMP", 1, up(with_sum(8, 0, h("00010001") + b"abcdefghijklmnopqrstuvwabcdefghi")),
                down(with_sum(0, 0, h("00010001") + b"abcdefghijklmnopqrstuvwabcdefghi"))),
        # Of what both ends say so, neither answers the other: two flows of one way each.
        over_ip("ICMP", 1, up(with_sum(3, 3, bytes(4) + h("45000020") + bytes(24))),
                down(with_sum(3, 3, bytes(4) + h("45000020") + bytes(24)))),
        over_ip("ICMPV6", 58, up(h("8000 0000 00010001"), b"abcdefgh"), version=6),
        over_ip("IGMP", 2, up(with_sum(0x16, 0, h("ef010101"))), to="239.1.1.1"),
        over_ip("OSPF", 89, up(h("0201 002c c6120001 00000000 0000 0000 0000000000000000"), bytes(20)), to="224.0.0.5"),
        over_ip("VRRP", 112, up(h("2101 6401 0001 ba52 c0a80001 00000000 00000000")), to="224.0.0.18"),
        over_ip("EGP", 8, up(h("0203 0000 0000 0001 0001"))),
        over_ip("SCTP", 132, up(struct.pack(">HHII", 3000, 2905, 0, 0), h("01000014 00000001 0000ffff 00010001 00000001"))),
        over_ip("GRE", 47, up(h("0000 88be"), bytes(40))),
        over_ip("IPsec", 50, up(struct.pack(">II", 0x1000, 1), bytes(64))),
        over_ip("IPsec", 51, up(h("3b 04 0000 00001000 00000001"), bytes(12))),
    ]


FLOWS = machines() + routing()
