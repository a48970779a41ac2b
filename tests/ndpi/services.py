# SPDX-License-Identifier: BSD-3-Clause
"""Services of a network: names, time, addresses, directories, management, files."""
import struct

from frames import down, h, tcp, udp, up


def labels(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def dns(name, kind=1, answers=(), identifier=0x1234, flags=0x0100):
    """Answers: addresses as bytes."""
    flags = 0x8180 if answers else flags
    out = struct.pack(">HHHHHH", identifier, flags, 1, len(answers), 0, 0) + labels(name) + struct.pack(">HH", kind, 1)
    for answer in answers:
        out += h("c00c") + struct.pack(">HHIH", kind, 1, 300, len(answer)) + answer
    return out


def mdns_answer(service, instance):
    """A PTR that nobody asked for in the same message."""
    data = bytes([len(instance)]) + instance.encode() + h("c00c")
    return h("0000 8400 0000 0001 0000 0000") + labels(service) + struct.pack(">HHIH", 12, 1, 120, len(data)) + data


def inverse_query(address):
    """As some ask: the address as a name, and an answer that is empty (RFC 1035 section 6.4)."""
    return h("1234 0900 0000 0001 0000 0000") + labels(address) + struct.pack(">HHIH", 1, 1, 0, 0)


def over_tcp(message):
    return struct.pack(">H", len(message)) + message


def netbios_name(name):
    return bytes([32]) + b"".join(bytes([65 + (c >> 4), 65 + (c & 15)]) for c in name.ljust(16).encode()) + b"\0"


def names():
    question, question6 = "www.junction.example", "six.junction.example"
    four, six = bytes([198, 18, 0, 1]), bytes([0xfd] + [0] * 14 + [1])
    return [
        udp("DNS", 53, up(dns(question)), down(dns(question, answers=[four])), name=question),
        udp("DNS", 53, up(dns(question6, 28)), down(dns(question6, 28, [six])), name=question6, version=6),
        tcp("DNS", 53, up(over_tcp(dns("tcp.junction.example"))), down(over_tcp(dns("tcp.junction.example", answers=[four]))),
            name="tcp.junction.example"),
        udp("MDNS", 5353, up(dns("_http._tcp.local", 12, identifier=0, flags=0)), to="224.0.0.251", client_port=5353,
            name="_http._tcp.local"),
        udp("MDNS", 5353, up(mdns_answer("_ipp._tcp.local", "printer")), to="224.0.0.251", client_port=5353,
            name="_ipp._tcp.local"),
        udp("DNS", 53, up(inverse_query("198.18.0.1")), name="198.18.0.1"),
        udp("LLMNR", 5355, up(dns("printer", flags=0)), to="224.0.0.252", name="printer"),
        udp("NetBIOS", 137, up(struct.pack(">HHHHHH", 1, 0x0110, 1, 0, 0, 0), netbios_name("DEVICE"), h("00200001")),
            client_port=137, name="device"),
        udp("DNScrypt", 443, up("r6fnvWj8", bytes(range(56)))),
        udp("AVASTSecureDNS", 443, up(bytes(11), h("00013209"), "securedns", bytes(20))),
    ]


def dhcp(kind):
    """A DISCOVER, or the like, of RFC 2131 and 2132: host name, vendor class, and what is asked for."""
    fixed = struct.pack(">BBBBIHHIIII", 1, 1, 6, 0, 7, 0, 0, 0, 0, 0, 0) + DEVICE.ljust(16, b"\0") + bytes(192)
    options = h("3501") + bytes([kind]) + h("0c06") + b"device" + h("3c04") + b"udhc" + h("3704") + h("01030612") + h("ff")
    return fixed + h("63825363") + options.ljust(60, b"\0")


DEVICE = h("020000000001")


def addresses():
    return [
        udp("DHCP", 67, up(dhcp(1)), client_port=68, source="0.0.0.0", to="255.255.255.255", name="device"),
        udp("DHCPV6", 547, up(h("01 102030 0001 000a 00030001"), DEVICE), client_port=546, version=6,
            source="fd00::1:1", to="ff02::1:2"),
        udp("NTP", 123, up(h("23"), bytes(47)), down(h("24"), bytes(47)), client_port=123),
        udp("SNMP", 161, up(h("3029 0201 00 0406"), "public",
                            h("a01c 0204 00000001 0201 00 0201 00 300e 300c 0608 2b06010201010100 0500"))),
        udp("Radius", 1812, up(struct.pack(">BBH16s", 1, 1, 29, bytes(16)), h("0109"), "someone")),
        tcp("Diameter", 3868, up(h("01 000014 80 000101 00000000 00000001 00000001")),
            down(h("01 000014 40 000101 00000000 00000001 00000001"))),
        udp("NetFlow", 2055, up(struct.pack(">HHIIIIBBH", 5, 1, 1000, 1700000000, 0, 1, 0, 0, 0), bytes(48))),
        udp("sFlow", 6343, up(h("00000005 00000001 c6120001 00000000 00000001 00000064 00000000"))),
        udp("CAPWAP", 5247, up(h("00 100200 00000000 01 00000000000000"), bytes(20))),
        udp("LISP", 4342, up(h("10000001"), bytes(20)), client_port=4342),
        udp("XDMCP", 177, up(h("0001 0002 0001 00"))),
    ]


def directory():
    kerberos = h("6a81a8 3081a5 a103020105 a20302010a") + bytes(157)
    return [
        tcp("LDAP", 389, up(h("300c 020101 6007 020103 0400 8000")), down(h("300c 020101 6107 0a0100 0400 0400"))),
        udp("Kerberos", 88, up(kerberos)),
        tcp("DCE_RPC", 135, up(h("05000b03 10000000 4800 0000 01000000"), bytes(56))),
    ]


def smb(command, version):
    head = h("ff534d42") + bytes([command]) if version == 1 else h("fe534d42 4000")
    body = head.ljust(70, b"\0")
    return struct.pack(">I", len(body)) + body


def shares():
    rpc = struct.pack(">IIIIII", 0x77, 0, 2, 100003, 3, 0) + bytes(16)
    # DSI OpenSession of AFP, with the request quantum.
    open_session = h("0004 0001 00000000 00000006 00000000 0104 00000400")
    return [
        tcp("NetBIOS", 139, up(h("81000044"), netbios_name("SERVER"), netbios_name("DEVICE"))),
        tcp("NetBIOS.SMBv1", 445, up(smb(0x73, 1)), down(smb(0x73, 1))),
        tcp("NetBIOS.SMBv23", 445, up(smb(0, 2)), down(smb(0, 2))),
        udp("NFS", 2049, up(rpc)),
        tcp("NFS", 2049, up(struct.pack(">I", 0x80000000 + len(rpc)), rpc)),
        tcp("AFP", 548, up(open_session)),
        udp("RX", 7001, up(struct.pack(">IIIIIBBBBHH", 1, 2, 1, 1, 1, 1, 1, 0, 0, 0, 1), bytes(8)),
            down(struct.pack(">IIIIIBBBBHH", 1, 2, 1, 1, 1, 1, 0, 0, 0, 0, 1), bytes(8)), client_port=7000),
        udp("BJNP", 8611, up("BJNP", h("0101 0000 00000000 00000000"))),
        tcp("Z39.50", 210, *[message for _ in range(3) for message in (up(Z3950), down(Z3950))]),
    ]


# Initialize request of Z39.50: version, options, sizes, identifiers.
Z3950 = h("b434 8302 05e0 8403 00e9a2 8502 1000 8602 1000 8702 1000 8802 1000 9f6e 0131 9f6f 0131 9f70 0131")


def desktop():
    tpkt = h("0300 0013 0e e0 0000 0000 00 01 0008 0003000000")
    return [
        tcp("RDP", 3389, up(tpkt), down(h("0300 0013 0e d0 0000 1234 00 02 0008 0002000000"))),
        tcp("VNC", 5900, down("RFB 003.008\n"), up("RFB 003.008\n")),
        tcp("Citrix", 14940, up("x"), down("y"), up(h("1a"), "CGP/01", bytes(20))),
        udp("VMware", 902, up(h("a4"), bytes(65))),
        tcp("TeamViewer", 5938, up(h("1724 0a20 0000 0000 0000"))),
        tcp("XDMCP", 6000, up(h("6c00 0b00 0000 1200 1000 0000"), bytes(36))),
        tcp("SSH", 22, down("SSH-2.0-OpenSSH_9.2p1\r\n"), up("SSH-2.0-OpenSSH_9.2p1\r\n"), up(key_exchange()),
            down(key_exchange())),
    ]


def key_exchange():
    lists = (b"curve25519-sha256", b"ssh-ed25519", b"aes128-ctr", b"aes128-ctr", b"hmac-sha2-256", b"hmac-sha2-256", b"none",
             b"none", b"", b"")
    body = b"\x14" + bytes(16) + b"".join(struct.pack(">I", len(one)) + one for one in lists) + bytes(5)
    padding = 8 - (5 + len(body)) % 8 + 4
    return struct.pack(">IB", 1 + len(body) + padding, padding) + body + bytes(padding)


FLOWS = names() + addresses() + directory() + shares() + desktop()
