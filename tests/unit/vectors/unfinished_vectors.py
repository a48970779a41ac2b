#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames whose checksum a sender's kernel left unfinished, and the same finished: the table of test_unfinished.c.

Nothing here knows the dataplane. scapy computes the right checksum of a frame. The unfinished one is the frame in which
the field of the innermost TCP or UDP header is the pseudo-header's sum instead; outer checksums stay as they are right
for the finished frame, as the kernel's are (local checksum offload).
"""
import struct
from socket import AF_INET, AF_INET6, inet_pton

from scapy.contrib.erspan import ERSPAN_II, ERSPAN_III
from scapy.contrib.geneve import GENEVE
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, TCP, UDP, IPOption_NOP, fragment
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting,
                                IPv6ExtHdrSegmentRouting)
from scapy.layers.l2 import GRE, Dot1AD, Dot1Q, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.sctp import SCTP, SCTPChunkData
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

import common
from common import blob, filler

ETHER = Ether(dst="02:00:00:00:00:0b", src="02:00:00:00:00:0a")
V4 = IP(src="10.128.0.2", dst="198.18.0.2")
V6 = IPv6(src="fd00:0:0:1::2", dst="fd00:0:0:2::2")
OUT4 = IP(src="198.19.0.10", dst="198.19.0.1")
OUT6 = IPv6(src="fd00:0:0:9::10", dst="fd00:0:0:9::1")
TCP_ = TCP(sport=40000, dport=80, seq=7, ack=9, flags="PA", options=[("Timestamp", (1, 2))])
UDP_ = UDP(sport=40000, dport=5001)
HOPS = ["fd00:0:0:7::7", "fd00:0:0:8::8"]


def fold(total):
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def words(data):
    return fold(sum(struct.unpack(f">{len(data) // 2}H", data)))


def pseudo_sum(protocol, length, *addresses):
    return fold(sum(map(words, addresses)) + protocol + length)


def addresses(ip):
    family = AF_INET if ip.version == 4 else AF_INET6
    return inet_pton(family, ip.src), inet_pton(family, ip.dst)


def replaced(frame, marker_at, value):
    return frame[:marker_at] + value + frame[marker_at + len(value):]


class Case:
    """A finished frame, and where in it the checksum of its last transport header is."""

    def __init__(self, what, packet, payload, ends=None):
        self.what = what
        transport = packet.lastlayer()
        protocol = 6 if isinstance(transport, TCP) else 17
        self.frame = bytes(packet / payload)
        size = len(transport) + len(payload)
        self.at = len(self.frame) - size + (16 if protocol == 6 else 6)
        ip = transport.underlayer
        while not isinstance(ip, (IP, IPv6)):
            ip = ip.underlayer
        self.partial = struct.pack(">H", pseudo_sum(protocol, size, *(ends or addresses(ip))))

    def unfinished(self):
        return replaced(self.frame, self.at, self.partial)


def by_itself():
    """Each way in which TCP and UDP stand in a frame."""
    for what, link in (("untagged", ETHER), ("one tag", ETHER / Dot1Q(vlan=100)), ("two tags", ETHER / Dot1AD(vlan=7) / Dot1Q(vlan=100)),
                       ("MPLS", ETHER / MPLS(label=16, s=1)), ("PPPoE", None)):
        for family, ip in ((4, V4), (6, V6)):
            if link is None:
                start = Ether(dst=ETHER.dst, src=ETHER.src, type=0x8864) / PPPoE(sessionid=5) / PPP(proto=0x21 if family == 4 else 0x57)
            else:
                start = link
            for name, transport in (("TCP", TCP_), ("UDP", UDP_)):
                for length in (0, 1, 100, 1400):
                    yield Case(f"{what}, IPv{family}, {name}, {length} bytes", start / ip / transport, filler(length))
    yield Case("IPv4 options", ETHER / IP(src=V4.src, dst=V4.dst, options=[IPOption_NOP()] * 8) / TCP_, filler(33))
    yield Case("hop-by-hop and destination options", ETHER / V6 / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / UDP_, filler(33))
    yield Case("atomic fragment", ETHER / V6 / IPv6ExtHdrFragment(id=5) / UDP_, filler(33))
    source, last = (inet_pton(AF_INET6, a) for a in (V6.src, HOPS[1]))
    yield Case("routing header", ETHER / V6 / IPv6ExtHdrRouting(addresses=HOPS, segleft=2) / TCP_, filler(33), (source, last))
    yield Case("routing header at its end", ETHER / V6 / IPv6ExtHdrRouting(addresses=HOPS, segleft=0) / TCP_, filler(33))
    yield Case("segment list", ETHER / V6 / IPv6ExtHdrSegmentRouting(addresses=HOPS[::-1] + [V6.dst], segleft=2, lastentry=2) / UDP_,
               filler(33), (source, last))


def bridged(what, outer):
    """A frame in a tunnel."""
    yield Case(f"TCP in {what}", outer / ETHER / V4 / TCP_, filler(75))
    yield Case(f"UDP over IPv6 behind a tag in {what}", outer / ETHER / Dot1Q(vlan=5) / V6 / UDP_, filler(75))


def routed(what, outer4, outer6):
    """A packet in a tunnel."""
    yield Case(f"TCP in {what}", outer4 / V4 / TCP_, filler(75))
    yield Case(f"UDP over IPv6 in {what}", outer6 / V6 / UDP_, filler(75))


def in_tunnels():
    for family, out in ((4, ETHER / OUT4), (6, ETHER / Dot1Q(vlan=9) / OUT6)):
        for kind, sum_ in (("without outer checksum", {"chksum": 0}), ("with outer checksum", {})):
            end = f"over IPv{family}, {kind}"
            yield from bridged(f"VXLAN {end}", out / UDP(sport=50000, dport=4789, **sum_) / VXLAN(vni=10, flags=8))
            yield from bridged(f"VXLAN of the old port {end}", out / UDP(sport=50000, dport=8472, **sum_) / VXLAN(vni=10, flags=8))
            gpe = out / UDP(sport=50000, dport=4790, **sum_)
            yield from routed(f"VXLAN-GPE {end}", gpe / VXLAN(vni=10, flags=0x0C, NextProtocol=1), gpe / VXLAN(vni=10, flags=0x0C, NextProtocol=2))
            geneve = out / UDP(sport=50000, dport=6081, **sum_)
            yield from bridged(f"Geneve {end}", geneve / GENEVE(vni=10, proto=0x6558))
            yield from bridged(f"Geneve with options {end}", geneve / Raw(bytes([2, 0, 0x65, 0x58, 0, 0, 10, 0]) + bytes(8)))
            yield from routed(f"Geneve of IP {end}", geneve / GENEVE(vni=10, proto=0x0800), geneve / GENEVE(vni=10, proto=0x86DD))
        yield from bridged(f"GRE over IPv{family}", out / GRE(proto=0x6558))
        yield from bridged(f"GRE with key, sequence and checksum over IPv{family}",
                           out / GRE(proto=0x6558, chksum_present=1, key_present=1, seqnum_present=1, key=7, sequence_number=3))
        yield from routed(f"GRE of IP over IPv{family}", out / GRE(proto=0x0800), out / GRE(proto=0x86DD))
        yield from bridged(f"ERSPAN II over IPv{family}", out / GRE(proto=0x88BE, seqnum_present=1, sequence_number=1) / ERSPAN_II(session_id=3))
        yield from bridged(f"ERSPAN III over IPv{family}", out / GRE(proto=0x22EB, seqnum_present=1, sequence_number=1) / ERSPAN_III(session_id=3))
        yield from routed(f"IP over IPv{family}", out, out)
    yield Case("VXLAN in VXLAN", ETHER / OUT4 / UDP(dport=4789, chksum=0) / VXLAN(vni=1, flags=8) / ETHER / OUT6 / UDP(dport=4789)
               / VXLAN(vni=2, flags=8) / ETHER / V4 / TCP_, filler(75))


def quoted(text):
    return '"' + text + '"'


def row(what, before, after):
    return "    {" + ", ".join([quoted(what), blob(before), blob(after)]) + "},"


def finished_rows():
    for case in [*by_itself(), *in_tunnels()]:
        yield row(case.what, case.unfinished(), case.frame)
    padded = Case("padded", ETHER / V4 / UDP_, b"ab")
    yield row("Ethernet padding", padded.unfinished() + b"\xee" * 7, padded.frame + b"\xee" * 7)
    for family, ip in ((4, V4), (6, V6)):
        case = next(c for n in range(70000) if (c := zero_sum(ip, n)) is not None)
        yield row(f"UDP whose sum is 0, IPv{family}", case.unfinished(), case.frame)
        sctp = bytes(ETHER / ip / SCTP(sport=1, dport=2, tag=3) / SCTPChunkData(data=bytes(filler(61))))
        at = 14 + (20 if family == 4 else 40) + 8
        yield row(f"SCTP over IPv{family}", replaced(sctp, at, bytes(4)), sctp)


def two_bytes(ip, transport, number):
    return Case("", ETHER / ip / transport, struct.pack(">H", number & 0xFFFF) + bytes(filler(20)))


def zero_sum(ip, number):
    """A datagram whose checksum comes out as 0, which is sent as ffff. The first number gives the one that does it."""
    case = two_bytes(ip, UDP_, number)
    if number == 0:
        checksum = struct.unpack_from(">H", case.frame, case.at)[0]
        zero_sum.number = checksum
        return None
    case = two_bytes(ip, UDP_, zero_sum.number)
    assert case.frame[case.at:case.at + 2] == b"\xff\xff"
    return case


def by_chance(ip, transport):
    case = two_bytes(ip, transport, 0)
    checksum, wanted = struct.unpack_from(">H", case.frame, case.at)[0], struct.unpack(">H", case.partial)[0]
    case = two_bytes(ip, transport, fold(checksum + (0xFFFF ^ wanted)))
    assert case.frame[case.at:case.at + 2] == case.partial
    return case


def all_ones(transport):
    """The pseudo-header's sum is ffff, and so is the checksum, which could be 0 as well: to some addresses."""
    partial = struct.unpack(">H", two_bytes(IP(src=V4.src, dst="198.18.0.0"), transport, 0).partial)[0]
    ip = IP(src=V4.src, dst=f"198.18.{(0xFFFF - partial) >> 8}.{(0xFFFF - partial) & 255}")
    checksum = struct.unpack_from(">H", (case := two_bytes(ip, transport, 0)).frame, case.at)[0]
    case = two_bytes(ip, transport, checksum)
    assert case.partial == b"\xff\xff" and case.frame[case.at:case.at + 2] in (b"\0\0", b"\xff\xff")
    return replaced(case.frame, case.at, case.partial)


def left_rows():
    """What stays as it is."""
    def left(what, frame):
        return row(what, frame, frame)
    for name, transport, ip in (("TCP", TCP_, V4), ("UDP", UDP_, V4), ("TCP", TCP_, V6), ("UDP", UDP_, V6)):
        case = Case("", ETHER / ip / transport, filler(99))
        yield left(f"right {name}, IPv{ip.version}", case.frame)
        for wrong in (b"\0\0", b"\xff\xff", bytes(255 - b for b in case.partial), bytes([case.partial[0], case.partial[1] ^ 1])):
            yield left(f"{name} with {wrong.hex()}, IPv{ip.version}", replaced(case.frame, case.at, wrong))
        yield left(f"{name} whose right checksum is the pseudo-header's sum, IPv{ip.version}", by_chance(ip, transport).frame)
        cut = case.unfinished()
        yield left(f"{name} cut short, IPv{ip.version}", cut[:-1])
    for name, transport in (("TCP", TCP_), ("UDP", UDP_)):
        yield left(f"right {name} whose checksum and pseudo-header's sum are ffff", all_ones(transport))
    case = Case("", ETHER / V4 / UDP_, filler(99))
    yield left("length of UDP beyond the packet", replaced(case.unfinished(), case.at - 2, struct.pack(">H", 108)))
    yield left("length of UDP below its header", replaced(case.unfinished(), case.at - 2, struct.pack(">H", 7)))
    for part in fragment(IP(src=V4.src, dst=V4.dst) / Raw(Case("", ETHER / V4 / UDP_, filler(99)).unfinished()[34:]), 64):
        yield left("fragment", bytes(ETHER / part))
    yield left("first fragment, IPv6", bytes(ETHER / V6 / IPv6ExtHdrFragment(nh=17, m=1, id=3) / Raw(Case("", ETHER / V6 / UDP_, filler(24)).unfinished()[54:])))
    yield left("SCTP with a wrong checksum", bytes(ETHER / V4 / SCTP(sport=1, dport=2, tag=3, chksum=5) / SCTPChunkData(data=b"data")))
    # Who sent these summed the bytes as they stand: they are its payload.
    whole = Case("", ETHER / V4 / TCP_, filler(75)).unfinished()
    for what, outer in (("VXLAN", UDP(sport=50000, dport=4789) / VXLAN(vni=10, flags=8)), ("GRE", GRE(proto=0x6558, chksum_present=1))):
        yield left(f"unfinished inside of {what} with a right checksum", bytes(ETHER / OUT4 / outer / Raw(whole)))
    yield left("VXLAN of no known port", bytes(ETHER / OUT4 / UDP(sport=50000, dport=4000, chksum=0) / VXLAN(vni=10, flags=8) / Raw(whole)))
    deep = ETHER / V4
    for _ in range(5):
        deep = deep / V4
    yield left("five packets in one another", Case("", deep / TCP_, filler(9)).unfinished())
    yield left("an echo request", bytes(ETHER / V4 / Raw(bytes([8, 0]) + bytes(62))))


print(common.header("packet/unfinished_vector.h", common.table("unfinished_vector unfinished_vectors", finished_rows()),
                    common.table("unfinished_vector left_vectors", left_rows())))
