# SPDX-License-Identifier: BSD-3-Clause
"""VPNs and tunnels, seen from outside."""
import struct

from frames import down, h, tcp, udp, up


def openvpn(opcode, session, acknowledged=b""):
    """A hard reset with HMAC-SHA1: packet id 1, and what it acknowledges."""
    head = bytes([opcode << 3]) + session + bytes(20) + struct.pack(">II", 1, 1700000000)
    if acknowledged:
        return head + b"\1" + struct.pack(">I", 0) + acknowledged + struct.pack(">I", 0)
    return head + b"\0" + struct.pack(">I", 0)


def gtp():
    return [
        udp("GTP.GTP_U", 2152, up(h("30 01 0004 00000000 00000000")), client_port=2152),
        udp("GTP.GTP_C", 2123, up(h("48 20 0008 00000001 00000100")), client_port=2123),
        udp("GTP.GTP_PRIME", 3386, up(h("4e 01 0000 0001 00")), client_port=3386),
    ]


def vpns():
    client, server = b"clientid", b"serverid"
    return [
        udp("OpenVPN", 1194, up(openvpn(7, client)), down(openvpn(8, server, client))),
        udp("WireGuard", 51820, up(h("01000000 11111111"), bytes(140)), down(h("02000000 22222222 11111111"), bytes(80))),
        tcp("PPTP", 1723, up(h("009c 0001 1a2b3c4d 0001 0000 0100 0000"), bytes(140))),
        udp("CiscoVPN", 10000, up(h("fe577e2b"), bytes(40)), client_port=10000),
        tcp("TINC", 655, up("0 device 17\n"), down("0 server 17\n"), up("1 94 64 0 0 ", "A1B2" * 32, "\n"),
            down("1 94 64 0 0 ", "C3D4" * 32, "\n")),
        udp("Teredo", 3544, up(h("6000 0000 0000 3b15 fd000000000000000000000000000001 fd000000000000000000000000000002"))),
        tcp("SOCKS", 1080, up(h("05 01 00")), down(h("05 00")), up(h("05 01 00 01 c6120001 0050"))),
        tcp("SOCKS", 1081, up(h("04 01 0050 c6120001 00")), down(h("00 5a 0000 00000000"))),
    ]


FLOWS = gtp() + vpns()
