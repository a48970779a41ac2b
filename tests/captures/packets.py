# SPDX-License-Identifier: BSD-3-Clause
"""The packets of our captures, each with what it must be counted as."""
import struct
from dataclasses import dataclass

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Router_Alert, IPOption_RR
from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS,
                                ICMPv6PacketTooBig, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                                IPv6ExtHdrRouting)
from scapy.layers.l2 import ARP, LLC, SNAP, Dot1AD, Dot1Q, Dot3, Ether
from scapy.layers.ppp import PPP, PPPoE, PPPoED
from scapy.contrib.mpls import MPLS
from scapy.packet import Raw
from scapy.utils import checksum

DEVICE, SERVER = "02:00:00:00:00:01", "02:00:00:00:00:02"
D4, S4, D6, S6 = "10.128.0.5", "198.18.0.9", "fd00::5", "fd00:1::9"


@dataclass
class Packet:
    data: bytes
    kind: str  # tcp, udp, other, non_ip
    flow: tuple = None
    fragment: bool = False
    cut: int = 0  # bytes that were on the wire and are not in data
    link: int = None  # of a capture of several link types

    @property
    def wire(self):
        return len(self.data) + self.cut


def eth(payload, up=True, **fields):
    source, destination = (DEVICE, SERVER) if up else (SERVER, DEVICE)
    return Ether(src=source, dst=destination, **fields) / payload


def ip(up=True, v6=False, **fields):
    device, server = (D6, S6) if v6 else (D4, S4)
    source, destination = (device, server) if up else (server, device)
    return IPv6(src=source, dst=destination, **fields) if v6 else IP(src=source, dst=destination, **fields)


def udp(port, size=20, up=True, remote=53):
    ends = dict(sport=port, dport=remote) if up else dict(sport=remote, dport=port)
    return UDP(**ends) / Raw(bytes(i & 255 for i in range(size)))


def tcp(port, flags, size=0, up=True, remote=443):
    ends = dict(sport=port, dport=remote) if up else dict(sport=remote, dport=port)
    return TCP(flags=flags, **ends) / Raw(b"x" * size)


def other(frame, **rest):
    return Packet(bytes(frame), "other", **rest)


def non_ip(frame, **rest):
    return Packet(bytes(frame), "non_ip", **rest)


def of(kind, frame, *key, **rest):
    """A TCP or UDP packet; key: what tells its flow from the others of the capture."""
    return Packet(bytes(frame), kind, flow=(kind, *key), **rest)


def arp():
    return ARP(hwsrc=DEVICE, psrc=D4, pdst=S4)


def tcp_packets(wrap, v6=False, port=40000, key="tcp"):
    """A whole session; wrap: from the IP packet and its direction to a frame."""
    steps = [("S", 0, 1), ("SA", 0, 0), ("A", 0, 1), ("PA", 120, 1), ("A", 0, 0), ("PA", 1300, 0), ("A", 0, 1),
             ("FA", 0, 1), ("FA", 0, 0), ("A", 0, 1)]
    return [of("tcp", wrap(ip(up, v6) / tcp(port, flags, size, up), bool(up)), key) for flags, size, up in steps]


def tcp_session():
    return tcp_packets(eth) + tcp_packets(eth, v6=True, port=40001, key="tcp6")


def vlan():
    def tagged(payload, up, vlan_id=100):
        return eth(Dot1Q(vlan=vlan_id) / payload, up)
    out = tcp_packets(tagged)
    for number, tag in enumerate((Dot1Q(vlan=200, prio=5), Dot1Q(vlan=0, prio=3), Dot1AD(vlan=300) / Dot1Q(vlan=7))):
        for up in (True, False):
            out.append(of("udp", eth(tag / ip(up) / udp(5000 + number, up=up), up), number))
    for outer in (0x9100, 0x8100):
        tags = struct.pack(">HHHH", 9, 0x8100, 11, 0x86dd)
        out.append(of("udp", bytes(eth(b"", type=outer)) + tags + bytes(ip(v6=True) / udp(5100)), "inner"))
    out.append(non_ip(eth(Dot1Q(vlan=100) / arp())))
    return out


def mpls():
    def label(number, bottom):
        return MPLS(label=number, s=bottom, ttl=64)
    out = [of("udp", eth(label(16, 1) / ip(up) / udp(6000, up=up), up, type=0x8847), 0) for up in (True, False)]
    stack = label(17, 0) / label(18, 0) / label(19, 1)
    out += [of("tcp", eth(stack / ip(up, True) / tcp(6001, "A", 9, up), up, type=0x8847), 1) for up in (True, False)]
    out.append(of("udp", eth(label(20, 1) / ip() / udp(6002), type=0x8848), 2))
    out.append(of("udp", eth(Dot1Q(vlan=100, type=0x8847) / label(21, 1) / ip() / udp(6003)), 3))
    out.append(non_ip(eth(label(22, 1) / Raw(bytes(4) + bytes(eth(arp()))), type=0x8847)))  # a pseudowire
    return out


def pppoe():
    def session(payload, protocol, up=True):
        return eth(PPPoE(sessionid=7) / PPP(proto=protocol) / payload, up, type=0x8864)
    out = tcp_packets(lambda payload, up: session(payload, 0x21, up))
    out += [of("udp", session(ip(up, True) / udp(7000, up=up), 0x57, up), "v6") for up in (True, False)]
    inner = bytes(ip() / udp(7001))
    compressed = struct.pack(">BBHHB", 0x11, 0, 7, len(inner) + 1, 0x21) + inner
    out.append(of("udp", bytes(eth(b"", type=0x8864)) + compressed, "compressed"))
    out.append(non_ip(session(Raw(bytes.fromhex("010100040000")), 0xc021)))
    out.append(non_ip(eth(PPPoED(code=9) / Raw(b"\x01\x01\0\0"), type=0x8863)))
    return out


def ipv4_options():
    options = ([IPOption_Router_Alert()], [IPOption_RR(routers=["198.18.0.1"] * 9)], [b"\x01" * 40])
    out = [of("udp", eth(ip(options=o) / udp(8000 + n)), n) for n, o in enumerate(options)]
    out.append(of("tcp", eth(ip(options=[b"\x01" * 4], tos=0xb8) / tcp(8010, "S")), "tcp"))
    out.append(other(eth(ip(proto=2, options=[IPOption_Router_Alert()]) / Raw(bytes.fromhex("1600e9ffef010101")))))
    return out


def ipv6_extensions():
    hop, destination = IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt()
    routing = IPv6ExtHdrRouting(addresses=["fd00::77"], segleft=0)
    out = [of("udp", eth(ip(v6=True) / hop / udp(9000)), 0)]
    out.append(of("tcp", eth(ip(v6=True) / hop / destination / routing / destination / tcp(9001, "S")), 1))
    authentication = struct.pack(">BBHII", 17, 4, 0, 1, 1) + bytes(12)
    out.append(of("udp", eth(ip(v6=True, nh=51) / Raw(authentication) / udp(9002)), 2))
    for number, header in enumerate((135, 139, 140)):  # mobility, host identity, shim6, here before UDP
        extension = struct.pack(">BB6x", 17, 0)
        out.append(of("udp", eth(ip(v6=True, nh=header) / Raw(extension) / udp(9003 + number)), 3 + number))
    out.append(other(eth(ip(v6=True, nh=59) / Raw(b"nothing"))))
    out.append(other(eth(ip(v6=True, nh=60) / Raw(struct.pack(">BB6x", 17, 200)))))  # longer than the packet
    chain = struct.pack(">BB6x", 60, 0) * 19 + struct.pack(">BB6x", 17, 0)
    out.append(of("udp", eth(ip(v6=True, nh=60) / Raw(chain) / udp(9006)), "long chain"))
    out.append(of("udp", eth(ip(v6=True) / IPv6ExtHdrFragment(id=3) / udp(9010)), "atomic"))
    return out


def pieces_ipv4(identification, port, cuts, remote=53, up=True):
    """UDP of 64-bit pieces [from, to) of one datagram."""
    whole = bytes(ip(up, id=identification) / udp(port, max(to for _, to in cuts) * 8 - 8, up, remote))[20:]
    out = []
    for start, to in cuts:
        more = to * 8 < len(whole)
        header = ip(up, id=identification, proto=17, frag=start, flags="MF" if more else 0)
        out.append(of("udp", eth(header / Raw(whole[start * 8:to * 8]), up), port, fragment=True))
    return out


def fragments_ipv4():
    out = pieces_ipv4(1, 1001, [(0, 40), (40, 80), (80, 100)])
    out += pieces_ipv4(2, 1002, [(80, 100), (40, 80), (0, 40)])
    out += pieces_ipv4(3, 1003, [(0, 40), (20, 60), (30, 50), (60, 70)])  # overlapping
    out += pieces_ipv4(4, 1004, [(0, 40), (0, 40), (40, 50)])
    first, last = pieces_ipv4(5, 1005, [(0, 10), (10, 20)])
    empty = of("udp", eth(ip(id=5, proto=17, frag=10, flags="MF")), 1005, fragment=True)
    out += [first, empty, last]
    header = bytes(tcp(1006, "S"))
    for start, to in ((0, 8), (8, 20)):  # the transport header itself in two (RFC 1858)
        piece = ip(id=6, proto=6, frag=start // 8, flags="MF" if to < 20 else 0) / Raw(header[start:to])
        out.append(of("tcp", eth(piece), 1006, fragment=True))
    # Its first fragment never comes.
    out.append(other(eth(ip(id=7, proto=253, frag=9) / Raw(bytes(24))), fragment=True))
    replies = pieces_ipv4(1, 1001, [(0, 40), (40, 60)], up=False)  # same identification, the other way
    return out + [replies[1], replies[0]]


def pieces_ipv6(identification, port, cuts, between=None):
    whole = bytes(ip(v6=True) / udp(port, max(to for _, to in cuts) * 8 - 8))[40:]
    out = []
    for start, to in cuts:
        base = ip(v6=True) / between if between is not None else ip(v6=True)
        header = IPv6ExtHdrFragment(nh=17, id=identification, offset=start, m=int(to * 8 < len(whole)))
        frame = eth(base / header / Raw(whole[start * 8:to * 8]))
        # A later fragment ends in its Fragment header (RFC 8200 section 4.5): counted as protocol 44.
        out.append(of("udp", frame, port, fragment=True) if start == 0 else other(frame, fragment=True))
    return out


def fragments_ipv6():
    out = pieces_ipv6(1, 2001, [(0, 40), (40, 80), (80, 100)])
    out += pieces_ipv6(2, 2002, [(40, 80), (80, 90), (0, 40)])
    out += pieces_ipv6(3, 2003, [(0, 40), (20, 60), (60, 61)], IPv6ExtHdrHopByHop())
    out += pieces_ipv6(4, 2004, [(0, 10), (10, 10), (10, 11)])
    return out


def sctp():
    def packet(up, chunk, v6=False):
        ports = struct.pack(">HHII", *((3000, 2905) if up else (2905, 3000)), 7, 0)
        base = ip(up, v6, nh=132) if v6 else ip(up, proto=132)
        return other(eth(base / Raw(ports + chunk), up))
    init = struct.pack(">BBHIIHHI", 1, 0, 20, 1, 65535, 1, 1, 1)
    reply = struct.pack(">BBHIIHHI", 2, 0, 20, 1, 65535, 1, 1, 1)
    data = struct.pack(">BBHIHHI", 0, 3, 20, 1, 0, 0, 0) + b"data"
    return [packet(up, chunk, v6) for v6 in (False, True) for up, chunk in ((True, init), (False, reply), (True, data))]


def icmp():
    out = []
    for sequence in range(3):
        out.append(other(eth(ip() / ICMP(type=8, id=5, seq=sequence) / Raw(b"p" * 56))))
        out.append(other(eth(ip(False) / ICMP(type=0, id=5, seq=sequence) / Raw(b"p" * 56), False)))
        out.append(other(eth(ip(v6=True) / ICMPv6EchoRequest(id=6, seq=sequence))))
        out.append(other(eth(ip(False, True) / ICMPv6EchoReply(id=6, seq=sequence), False)))
    inner = bytes(ip() / udp(1234))
    for kind, code in ((3, 3), (3, 4), (11, 0), (5, 1), (12, 0)):
        out.append(other(eth(ip(False) / ICMP(type=kind, code=code) / Raw(inner), False)))
    inner6 = bytes(ip(v6=True) / udp(1234))
    for error in (ICMPv6DestUnreach(code=4), ICMPv6PacketTooBig(mtu=1280)):
        out.append(other(eth(ip(False, True) / error / Raw(inner6), False)))
    out.append(other(eth(IPv6(src=D6, dst="ff02::1:ff00:9", hlim=255) / ICMPv6ND_NS(tgt=S6))))
    out.append(other(eth(ip(False, True, hlim=255) / ICMPv6ND_NA(tgt=S6), False)))
    out.append(other(eth(ip(proto=1) / Raw(b"\x08"))))  # ends after the type
    return out


def cooked(header):
    """header: from EtherType and direction to the cooked header."""
    def wrap(payload, up):
        return header(0x86dd if isinstance(payload, IPv6) else 0x0800, up) + bytes(payload)
    out = tcp_packets(wrap) + tcp_packets(wrap, v6=True, port=40001, key="tcp6")
    out += [of("udp", wrap(ip(up) / udp(4000, up=up), up), "udp") for up in (True, False)]
    tag = struct.pack(">HH", 100, 0x0800)
    out.append(of("udp", header(0x8100, True) + tag + bytes(ip() / udp(4001)), "tagged"))
    return out + [non_ip(header(0x0806, True) + bytes(arp()))]


def cooked_v1():
    address = bytes.fromhex("020000000001")
    return cooked(lambda kind, up: struct.pack(">HHH8sH", 0 if up else 4, 1, 6, address, kind))


def cooked_v2():
    address = bytes.fromhex("020000000001")
    return cooked(lambda kind, up: struct.pack(">HHIHBB8s", kind, 0, 2, 1, 0 if up else 4, 6, address))


def framed(four, six, rest):
    """IPv4 and IPv6 behind these headers, and a frame that is neither."""
    def wrap(payload, up):
        return (six if isinstance(payload, IPv6) else four) + bytes(payload)
    out = tcp_packets(wrap) + tcp_packets(wrap, v6=True, port=40001, key="tcp6")
    out += [of("udp", wrap(ip(up) / udp(4000, up=up), up), "udp") for up in (True, False)]
    return out + ([non_ip(rest)] if rest else [])


def loopback():
    return framed(struct.pack("<I", 2), struct.pack("<I", 30), struct.pack("<I", 7) + bytes(20))


def loopback_big():
    return framed(struct.pack(">I", 2), struct.pack(">I", 24), struct.pack(">I", 7) + bytes(20))


def ppp():
    return framed(b"\xff\3\0\x21", b"\xff\3\0\x57", b"\xff\3\xc0\x21\1\1\0\4")


def ppp_short():
    """Without address and control."""
    return framed(b"\0\x21", b"\0\x57", b"\xc0\x21\1\1\0\4")


def cisco_hdlc():
    return framed(b"\x0f\0\x08\0", b"\x0f\0\x86\xdd", b"\x8f\0\x80\x35" + bytes(18))


def raw_ipv4():
    return tcp_packets(lambda payload, up: payload)


def raw_ipv6():
    return tcp_packets(lambda payload, up: payload, v6=True, port=40001, key="tcp6")


def several_links():
    """In turns of Ethernet, Linux cooked v2, PPP, BSD loopback and raw IPv6."""
    out = []
    for turn in zip(tcp_session(), cooked_v2(), ppp(), loopback(), raw_ipv6()):
        for packet, link in zip(turn, (1, 276, 9, 0, 229)):
            packet.link = link
            out.append(packet)
    return out


def raw_ip():
    out = tcp_packets(lambda payload, up: payload)
    out += tcp_packets(lambda payload, up: payload, v6=True, port=40001, key="tcp6")
    return out + [other(ip() / ICMP()), non_ip(b"\0\1\2\3")]


def conversations():
    """Many devices, interleaved, both ways."""
    out = []
    for turn in range(3):
        for n in range(40):
            up = turn % 2 == 0
            device, server = f"10.128.1.{n % 20}", f"198.18.1.{n % 7}"
            source, destination = (device, server) if up else (server, device)
            kind = "tcp" if n % 2 else "udp"
            payload = tcp(10000 + n, "PA" if turn else "S", 30, up) if n % 2 else udp(10000 + n, 30, up)
            out.append(of(kind, eth(IP(src=source, dst=destination) / payload, up), n))
    return out


def jumbo():
    return [of("tcp", eth(ip(up) / tcp(41000, "A", 8960, up), up), 0) for up in (True, False)]


def offload():
    """As a host with segmentation offload captures them: as long as IP allows, and longer, with length 0."""
    out = [of("tcp", eth(ip(up) / tcp(44000, "A", 65495, up), up), "ip") for up in (True, False)]
    for v6 in (False, True):
        base = eth(ip(v6=True, nh=6, plen=0)) if v6 else eth(ip(proto=6, len=0))
        out.append(of("tcp", bytes(base) + tcp(44001 + v6, "A").build() + bytes(150000), v6))
    return out


def cut():
    out = []
    for size in (4, 100, 1400):
        whole = bytes(eth(ip() / udp(42000, size)))
        out.append(of("udp", whole[:64], 0, cut=max(0, len(whole) - 64)))
    whole = bytes(eth(ip(v6=True) / udp(42001, 500)))  # cut after the ports, inside the UDP header
    return out + [of("udp", whole[:58], "v6", cut=len(whole) - 58)]


def with_ip(**fields):
    """A UDP packet whose IPv4 header lies; the header's checksum is right for what it says."""
    frame = bytearray(bytes(eth(ip() / udp(43000))))
    for name, value in fields.items():
        at, form = {"first": (14, "B"), "total": (16, ">H")}[name]
        struct.pack_into(form, frame, at, value)
    struct.pack_into(">H", frame, 24, 0)
    struct.pack_into(">H", frame, 24, checksum(bytes(frame[14:34])))
    return bytes(frame)


def malformed():
    whole = bytes(eth(ip() / udp(43000)))
    whole6 = bytes(eth(ip(v6=True) / udp(43001)))
    out = [non_ip(with_ip(first=0x40 | words)) for words in range(5)]
    out += [non_ip(with_ip(total=19)), non_ip(with_ip(first=0x4f, total=48)), non_ip(with_ip(first=0x65))]
    out += [of("udp", with_ip(total=0), 0), of("udp", with_ip(total=1400), 0)]
    out += [non_ip(whole[:length]) for length in (1, 13, 14, 15, 33)]
    out += [non_ip(whole6[:length]) for length in (14, 15, 53)]
    lying = bytearray(whole6)
    struct.pack_into(">H", lying, 18, 9000)
    out.append(of("udp", bytes(lying), 1))
    out.append(of("udp", whole + b"padding of another sender", 0))
    out.append(other(eth(ip(proto=132) / Raw(b"\x0b\xb8"))))  # two bytes of SCTP
    out.append(of("tcp", eth(ip(proto=6) / Raw(struct.pack(">HHI", 43002, 443, 1))), 2))  # eight bytes of TCP
    out.append(non_ip(bytes(eth(b"", type=0x8100)) + struct.pack(">HH", 1, 0x8100) * 6))
    out.append(non_ip(bytes(eth(b"", type=0x8847)) + b"\0\1\0\x40" * 12))
    out.append(non_ip(Dot3(src=DEVICE, dst=SERVER) / LLC() / Raw(b"bpdu")))
    out.append(of("udp", Dot3(src=DEVICE, dst=SERVER) / LLC(ctrl=3) / SNAP(code=0x0800) / ip() / udp(43003), 3))
    return out


LISTS = {f.__name__: f for f in (vlan, mpls, pppoe, ipv4_options, ipv6_extensions, fragments_ipv4, fragments_ipv6, sctp,
                                 icmp, cooked_v1, cooked_v2, raw_ip, conversations, tcp_session, jumbo, offload, cut,
                                 malformed, loopback, loopback_big, ppp, ppp_short, cisco_hdlc, raw_ipv4, raw_ipv6,
                                 several_links)}
