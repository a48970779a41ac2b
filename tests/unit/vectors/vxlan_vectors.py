#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""VXLAN, MSS clamping, ICMP too big and fragments: the tables of test_vxlan.c, test_mss.c and test_too_big.c.

Nothing here knows the dataplane. Frames are printed without the zero bytes at their end.
"""
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption
from scapy.layers.inet6 import (ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RS, ICMPv6PacketTooBig, IPv6,
                                IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop)
from scapy.layers.l2 import ARP, LLC, SNAP, Dot1AD, Dot1Q, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

import common
from common import blob, boolean, filler

HOP, OWN = "02:00:00:00:01:0a", "02:00:00:00:01:01"  # outer
GATEWAY, INNER = "02:00:00:00:0f:02", "06:07:00:00:0f:01"
SOURCE = {4: "198.18.0.1", 6: "fd00::1"}
PEER = {4: "198.18.0.20", 6: "fd00:1::14"}
DEVICE, REMOTE = "10.128.0.5", "198.19.0.1"
DEVICE6, REMOTE6 = "fd00:2::5", "fd00:3::1"
ROUTER, ROUTER6 = "10.254.0.1", "fd00:f::1"
PORT = 49153  # of no protocol, so that a dissector takes what is behind it for plain data
V4, V6 = IP(src=DEVICE, dst=REMOTE), IPv6(src=DEVICE6, dst=REMOTE6)
WIRE = Ether(dst="02:00:00:00:00:0b", src="02:00:00:00:00:0a")


def quoted(text):
    return f'"{text}"'


def outer_ip(family, ttl, dscp, source, peer):
    if family == 4:
        return IP(src=source, dst=peer, ttl=ttl, tos=dscp << 2, id=0, flags="DF", proto=17)
    return IPv6(src=source, dst=peer, hlim=ttl, tc=dscp << 2, fl=0, nh=17)


def c_bytes(data):
    return "{" + ", ".join(hex(b) for b in data) + "}"


def c_address(family, address):
    return c_bytes(bytes(IP(dst=address))[16:20] if family == 4 else bytes(IPv6(dst=address))[24:40])


def c_mac(mac):
    return c_bytes(bytes.fromhex(mac.replace(":", "")))


# -- what is sent

PAYLOADS = [
    ("TCP", V4 / TCP(sport=49152, dport=PORT) / filler(20)),
    ("UDP of odd length", V4 / UDP(sport=49152, dport=PORT) / filler(33)),
    ("IPv6", V6 / UDP(sport=49152, dport=PORT) / filler(21)),
    ("IPv6, even", V6 / TCP(sport=49152, dport=PORT) / filler(8)),
    ("smallest", IP(src=DEVICE, dst=REMOTE, proto=253)),
    ("full", V4 / TCP(sport=49152, dport=PORT) / filler(1360)),
    ("ARP frame", Ether(dst="ff:ff:ff:ff:ff:ff", src=INNER) / ARP(hwsrc=INNER, psrc=ROUTER, pdst="10.254.0.2")),
    ("ND frame", Ether(dst="33:33:ff:00:00:02", src=INNER) / IPv6(src=ROUTER6, dst="ff02::1:ff00:2", hlim=255) /
     ICMPv6ND_NS(tgt="fd00:f::2")),
]
SETTINGS = [
    ("plain", {}),
    ("underlay tag", {"vlan": 42}),
    ("tag with priority", {"vlan": 7 << 13 | 4094}),
    ("fixed port", {"fixed": True}),
    ("TTL 1, DSCP 46", {"ttl": 1, "dscp": 46}),
    ("TTL 255, DSCP 63, VNI 0xffffff", {"ttl": 255, "dscp": 63, "vni": 0xFFFFFF}),
    ("VNI 0x123456, all at once", {"vni": 0x123456, "vlan": 1, "fixed": True, "ttl": 9, "dscp": 1}),
    ("VNI 1", {"vni": 1}),
]
HASHES = [0, 1, 0xFFFFFFFF, 0x12345678, 0x80000000, 0x00010000]


def entropy(value):
    return 49152 + ((value * 0x9E3779B1) % 2**32) // 2**18


def zero_sum_payload():
    """An inner packet over IPv6 whose outer UDP checksum comes to 0, and so is sent as 0xffff."""
    def build(word):
        return IP(src=DEVICE, dst=REMOTE, proto=253) / Raw(word.to_bytes(2, "big"))
    def checksum(word):
        frame = Ether(dst=GATEWAY, src=INNER) / build(word)
        return UDP(bytes((outer_ip(6, 64, 0, SOURCE[6], PEER[6]) /
                          UDP(sport=entropy(0), dport=4789) / VXLAN(flags=8, vni=10) / frame))[40:]).chksum
    word = checksum(0)  # what the other words lack to a sum of 0xffff
    assert checksum(word) == 0xFFFF
    return build(word)


def send_row(what, family, payload, hash_value, vni=10, vlan=None, fixed=False, ttl=64, dscp=0):
    whole = isinstance(payload, Ether)
    link = Ether(dst=HOP, src=OWN)
    if vlan is not None:
        link = link / Dot1Q(prio=vlan >> 13, vlan=vlan & 0xFFF)
    udp = UDP(sport=4789 if fixed else entropy(hash_value), dport=4789)
    if family == 4:
        udp.chksum = 0
    frame = payload if whole else Ether(dst=GATEWAY, src=INNER) / payload
    data = bytes(link / outer_ip(family, ttl, dscp, SOURCE[family], PEER[family]) / udp / VXLAN(flags=8, vni=vni) / frame)
    inner = bytes(payload)
    assert data.endswith(inner)
    settings = (f"{{.source = {c_address(family, SOURCE[family])}, .peer = {c_address(family, PEER[family])}, "
                f".family = {family},\n      .ttl = {ttl}, .dscp = {dscp}, .fixed_port = {boolean(fixed)}, "
                f".source_mac = {c_mac(OWN)},\n      .inner_mac = {c_mac(INNER)}, "
                f".vlan_tci = {'JN_VLAN_TCI_NONE' if vlan is None else vlan}, .vni = {vni}, .mtu = 1500}}")
    kind = "0" if whole else hex({4: 0x0800, 6: 0x86DD}[payload.version])
    return [quoted(what), settings, boolean(whole), f"{hash_value}u", kind, blob(inner),
            blob(data[:len(data) - len(inner)])]


def send_rows():
    for family in (4, 6):
        for name, payload in PAYLOADS:
            yield send_row(f"over IPv{family}: {name}", family, payload, 7)
        for name, settings in SETTINGS:
            yield send_row(f"over IPv{family}: {name}", family, PAYLOADS[0][1], 7, **settings)
        for value in HASHES:
            yield send_row(f"over IPv{family}: hash {value:#x}", family, PAYLOADS[1][1], value)
        yield send_row(f"over IPv{family}: tag, ARP frame", family, PAYLOADS[6][1], 7, vlan=5)
    yield send_row("over IPv6: checksum 0 becomes 0xffff", 6, zero_sum_payload(), 0)


# -- what comes back

BACK = Ether(dst=INNER, src=GATEWAY)


def arrival(inner, family=4, vlan=None, cut=0, udp=None, vxlan=None, ip=None, padding=0):
    link = Ether(dst=OWN, src=HOP)
    if vlan is not None:
        link = link / Dot1Q(vlan=vlan)
    network = ip or (IP(src=PEER[4], dst=SOURCE[4]) if family == 4 else IPv6(src=PEER[6], dst=SOURCE[6]))
    datagram = udp or UDP(sport=50000, dport=4789)
    datagram.dport = 4789
    body = bytes(vxlan or VXLAN(flags=8, vni=10)) + bytes(inner)
    body = body[:len(body) - cut]
    return bytes(link / network / datagram / Raw(body)) + bytes(padding)


def zero_udp():
    return UDP(sport=50000, chksum=0)


def return_rows():
    def row(what, outcome, frame, inner=None, zero=False, group=False):
        at = frame.rindex(bytes(inner)) if inner is not None else 0
        length = len(bytes(inner)) if inner is not None else 0
        name = outcome if outcome in ("PACKET", "ARP", "ND") else "REFUSED_" + outcome
        return [quoted(what), boolean(zero), "JN_VXLAN_" + name, str(at), str(length), boolean(group), blob(frame)]
    good = bytes(BACK / V4 / UDP(sport=1, dport=2) / filler(9))
    good6 = bytes(BACK / V6 / TCP(sport=1, dport=2))
    arp = bytes(Ether(dst="ff:ff:ff:ff:ff:ff", src=GATEWAY) / ARP(hwsrc=GATEWAY, psrc="10.254.0.2", pdst=ROUTER))
    ns = IPv6(src="fd00:f::2", dst="ff02::1:ff00:1", hlim=255) / ICMPv6ND_NS(tgt=ROUTER6)
    for family in (4, 6):
        over = f"over IPv{family}: "
        yield row(over + "IPv4", "PACKET", arrival(good, family), good)
        yield row(over + "IPv6", "PACKET", arrival(good6, family), good6)
        yield row(over + "tagged underlay", "PACKET", arrival(good, family, vlan=42), good)
        yield row(over + "padded outer frame", "PACKET", arrival(good, family, padding=7), good)
        yield row(over + "UDP shorter than its packet", "PACKET",
                  (lambda p: bytes(p.__class__(bytes(p))))(Ether(dst=OWN, src=HOP) /
                  (IP(src=PEER[4], dst=SOURCE[4]) if family == 4 else IPv6(src=PEER[6], dst=SOURCE[6])) /
                  UDP(sport=50000, dport=4789, len=16 + len(good), chksum=0) /
                  VXLAN(flags=8, vni=10) / Raw(good) / Raw(b"\1\2\3")), good, zero=True)
        yield row(over + "reserved bits set", "PACKET",
                  arrival(good, family, vxlan=Raw(bytes.fromhex("ffabcdef00000aff"))), good)
        yield row(over + "broadcast ARP", "ARP", arrival(arp, family), arp, group=True)
        unicast = bytes(BACK / ARP(op=2, hwsrc=GATEWAY, hwdst=INNER, psrc="10.254.0.2", pdst=ROUTER))
        yield row(over + "ARP reply", "ARP", arrival(unicast, family), unicast)
        multicast = bytes(Ether(dst="33:33:ff:00:00:01", src=GATEWAY) / ns)
        yield row(over + "solicitation to a group", "ND", arrival(multicast, family), multicast, group=True)
        advert = bytes(BACK / IPv6(src="fd00:f::2", dst=ROUTER6, hlim=255) / ICMPv6ND_NA(tgt="fd00:f::2"))
        yield row(over + "advertisement to us", "ND", arrival(advert, family), advert)
        padded = good + bytes(20)
        yield row(over + "padded inner frame", "PACKET", arrival(padded, family), padded)
        yield row(over + "wrong checksum", "CHECKSUM", arrival(good, family, udp=UDP(sport=50000, chksum=0x1234)))
        yield row(over + "wrong VNI", "VNI", arrival(good, family, vxlan=VXLAN(flags=8, vni=11)))
        yield row(over + "VNI right in its lower bytes alone", "VNI", arrival(good, family, vxlan=VXLAN(flags=8, vni=0x1000A)))
        yield row(over + "no I flag", "FLAGS", arrival(good, family, vxlan=VXLAN(flags=0xF7, vni=10)))
        yield row(over + "7 bytes of VXLAN", "TRUNCATED", arrival(b"", family, cut=1))
        yield row(over + "no VXLAN", "TRUNCATED", arrival(b"", family, cut=8))
        yield row(over + "13 bytes of Ethernet", "INNER_TRUNCATED", arrival(good[:13], family))
        yield row(over + "nothing inside", "INNER_TRUNCATED", arrival(b"", family))
        yield row(over + "UDP length 7", "OUTER_LENGTH", arrival(good, family, udp=UDP(sport=50000, len=7)))
        yield row(over + "4 bytes of UDP", "OUTER_LENGTH", Ether(dst=OWN, src=HOP) / outer_ip(family, 64, 0, PEER[family], SOURCE[family]) /
                  Raw(bytes.fromhex("c35012b5")))
        yield row(over + "UDP length beyond the packet", "OUTER_LENGTH",
                  arrival(good, family, udp=UDP(sport=50000, len=17 + len(good))))
    yield row("zero checksum over IPv4", "PACKET", arrival(good, udp=zero_udp()), good)
    yield row("zero checksum over IPv6", "NO_CHECKSUM", arrival(good, 6, udp=zero_udp()))
    yield row("zero checksum over IPv6, allowed", "PACKET", arrival(good, 6, udp=zero_udp()), good, zero=True)
    yield row("wrong checksum over IPv6, zero allowed", "CHECKSUM",
              arrival(good, 6, udp=UDP(sport=50000, chksum=1)), zero=True)
    yield row("outer options", "PACKET",
              arrival(good, ip=IP(src=PEER[4], dst=SOURCE[4], options=[IPOption(b"\x94\x04\0\0")])), good)
    yield row("outer destination options", "PACKET",
              arrival(good, 6, ip=IPv6(src=PEER[6], dst=SOURCE[6]) / IPv6ExtHdrDestOpt()), good)
    yield row("first outer fragment", "OUTER_FRAGMENT", arrival(good, ip=IP(src=PEER[4], dst=SOURCE[4], flags="MF")))
    yield row("later outer fragment", "OUTER_FRAGMENT", arrival(good, ip=IP(src=PEER[4], dst=SOURCE[4], frag=9, proto=17)))
    yield row("outer IPv6 fragment", "OUTER_FRAGMENT",
              arrival(good, 6, ip=IPv6(src=PEER[6], dst=SOURCE[6]) / IPv6ExtHdrFragment(m=1)))

    def refused(what, outcome, inner):
        return row(what, outcome, arrival(inner))
    other = Ether(dst="02:00:00:00:0f:09", src=GATEWAY)
    yield refused("another's MAC", "INNER_DESTINATION", other / V4 / UDP())
    yield refused("another's MAC, ARP", "INNER_DESTINATION", other / ARP())
    yield refused("our own MAC as source", "INNER_OWN_SOURCE", Ether(dst=INNER, src=INNER) / V4 / UDP())
    yield refused("our own MAC as source of a broadcast", "INNER_OWN_SOURCE",
                  Ether(dst="ff:ff:ff:ff:ff:ff", src=INNER) / ARP(hwsrc=INNER))
    yield refused("group as source", "INNER_SOURCE", Ether(dst=INNER, src="03:00:00:00:0f:02") / V4 / UDP())
    yield refused("zero as source", "INNER_SOURCE", Ether(dst=INNER, src="00:00:00:00:00:00") / V4 / UDP())
    yield refused("inner tag", "INNER_TAGGED", BACK / Dot1Q(vlan=1) / V4 / UDP())
    yield refused("inner service tag", "INNER_TAGGED", BACK / Dot1AD(vlan=1) / V4 / UDP())
    yield refused("inner old service tag", "INNER_TAGGED", Ether(dst=INNER, src=GATEWAY, type=0x9100) / Raw(bytes(40)))
    yield refused("LLDP", "INNER_TYPE", Ether(dst="01:80:c2:00:00:0e", src=GATEWAY, type=0x88CC) / Raw(bytes(40)))
    yield refused("IEEE 802.3 length", "INNER_TYPE",
                  Ether(dst=INNER, src=GATEWAY, type=36) / LLC() / SNAP() / V4 / UDP())
    yield refused("IPv4 to a group", "INNER_GROUP", Ether(dst="01:00:5e:00:00:01", src=GATEWAY) / V4 / UDP())
    yield refused("IPv4 broadcast", "INNER_GROUP", Ether(dst="ff:ff:ff:ff:ff:ff", src=GATEWAY) / V4 / UDP())
    yield refused("router solicitation", "INNER_GROUP",
                  Ether(dst="33:33:00:00:00:02", src=GATEWAY) / IPv6(src="fd00:f::2", dst="ff02::2", hlim=255) / ICMPv6ND_RS())
    yield refused("fragment of a solicitation", "INNER_GROUP",
                  Ether(dst="33:33:ff:00:00:01", src=GATEWAY) / IPv6(src="fd00:f::2", dst="ff02::1:ff00:1") /
                  IPv6ExtHdrFragment(m=1, nh=58) / Raw(b"\x87" + bytes(23)))
    for name, change in (("version 5", {"version": 5}), ("IHL 4", {"ihl": 4}), ("IHL beyond the packet", {"ihl": 15}),
                         ("total length 0", {"len": 0}), ("total length 19", {"len": 19}),
                         ("total length one beyond the frame", {"len": 29})):
        yield refused("inner IPv4 " + name, "INNER_IP",
                      Ether(dst=INNER, src=GATEWAY, type=0x0800) / IP(src=DEVICE, dst=REMOTE, **change) / UDP(len=8))
    yield refused("inner IPv4 wrong checksum", "INNER_CHECKSUM", BACK / IP(src=DEVICE, dst=REMOTE, chksum=1) / UDP())
    yield refused("19 bytes of inner IPv4", "INNER_IP", bytes(BACK / V4)[:33])
    yield refused("no byte of inner IPv4", "INNER_IP", bytes(BACK / V4)[:14])
    yield refused("39 bytes of inner IPv6", "INNER_IP", bytes(BACK / V6)[:53])
    yield refused("inner IPv6 version 4", "INNER_IP", Ether(dst=INNER, src=GATEWAY, type=0x86DD) / V4 / UDP() / Raw(bytes(20)))
    yield refused("inner IPv6 length one beyond the frame", "INNER_IP", BACK / IPv6(src=DEVICE6, dst=REMOTE6, plen=9) / UDP(len=8))
    yield refused("inner jumbogram", "INNER_IP",
                  BACK / IPv6(src=DEVICE6, dst=REMOTE6, plen=0, nh=0) / IPv6ExtHdrHopByHop(nh=17) / UDP())
    cut_transport = bytes(BACK / IP(src=DEVICE, dst=REMOTE, proto=17) / Raw(b"\1\2"))
    yield row("inner transport cut, IP sound", "PACKET", arrival(cut_transport), cut_transport)
    options = bytes(BACK / IP(src=DEVICE, dst=REMOTE, options=[IPOption(b"\x94\x04\0\0")]) / UDP())
    yield row("inner options", "PACKET", arrival(options), options)
    later = bytes(BACK / IP(src=DEVICE, dst=REMOTE, frag=5, proto=17) / Raw(bytes(16)))
    yield row("inner later fragment", "PACKET", arrival(later), later)


# -- MSS

def mss_rows():
    def tcp(options, flags="S", **more):
        return TCP(sport=49152, dport=80, flags=flags, options=options, **more)

    def row(what, mtu, ip, before, after=None, payload=b"", link=WIRE):
        """after: TCP options of the clamped segment; None: nothing changes."""
        outcome = "CLAMPED" if after is not None else "KEPT" if before and any(o[0] == "MSS" for o in before) else "NONE"
        first = bytes(link / ip / tcp(before) / Raw(payload))
        second = bytes(link / ip / tcp(after) / Raw(payload)) if after is not None else first
        return [quoted(what), str(mtu), "JN_MSS_" + outcome, blob(first), blob(second)]

    def raw(what, mtu, segment, outcome="NONE", ip=V4):
        frame = bytes(WIRE / ip / segment)
        return [quoted(what), str(mtu), "JN_MSS_" + outcome, blob(frame), blob(frame)]
    usual = lambda mss: [("MSS", mss), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)]
    yield row("IPv4", 1450, V4, usual(1460), usual(1410))
    yield row("IPv6", 1430, V6, usual(1440), usual(1370))
    yield row("tagged", 1450, V4, usual(1460), usual(1410), link=WIRE / Dot1Q(vlan=100))
    yield row("MSS of one too many", 1450, V4, usual(1411), usual(1410))
    yield row("MSS fits exactly", 1450, V4, usual(1410))
    yield row("IPv6, MSS fits exactly", 1430, V6, usual(1370))
    yield row("largest MSS", 1450, V4, usual(65535), usual(1410))
    yield row("MTU beyond all", 70000, V4, usual(65535))
    yield row("MTU 41", 41, V4, usual(1460), usual(1))
    odd = lambda mss: [("NOP", None), ("MSS", mss), ("NOP", None), ("NOP", None), ("NOP", None)]
    yield row("MSS at an odd place", 1450, V4, odd(1460), odd(1410))
    yield row("MSS at an odd place, bytes far apart", 300, V4, odd(0xFF01), odd(260))
    yield row("IPv6, MSS at an odd place", 1400, V6, odd(9000), odd(1340))
    late = lambda mss: [("Timestamp", (5, 6)), ("NOP", None), ("NOP", None), ("MSS", mss), ("WScale", 1), ("NOP", None)]
    yield row("behind other options", 1450, V4, late(8960), late(1410))
    twice = lambda a, b: [("MSS", a), ("MSS", b)]
    yield row("MSS twice", 1450, V4, twice(1460, 9000), twice(1410, 1410))
    yield row("MSS twice, the first fits", 1450, V4, twice(500, 9000), twice(500, 1410))
    yield row("MSS twice, the second fits", 1450, V4, twice(9000, 500), twice(1410, 500))
    yield row("data with the SYN", 1450, V4, usual(1460), usual(1410), payload=b"hello")
    yield row("IP options", 1450, IP(src=DEVICE, dst=REMOTE, options=[IPOption(b"\x94\x04\0\0")]), usual(1460), usual(1410))
    yield row("IPv6 destination options", 1430, V6 / IPv6ExtHdrDestOpt(), usual(1440), usual(1370))
    answer = [bytes(WIRE / V4 / tcp(usual(mss), flags="SA")) for mss in (1460, 1410)]
    yield [quoted("SYN-ACK"), "1450", "JN_MSS_CLAMPED", blob(answer[0]), blob(answer[1])]
    wrong = [bytes(WIRE / V4 / tcp(usual(mss))) for mss in (1460, 1410)]
    wrong = [w[:50] + ((int.from_bytes(w[50:52], "big") ^ 0x0101).to_bytes(2, "big")) + w[52:] for w in wrong]
    first, second = wrong
    total = (0xFFFF - int.from_bytes(first[50:52], "big")) + (0xFFFF - 1460) + 1410
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    second = second[:50] + (0xFFFF - total).to_bytes(2, "big") + second[52:]
    yield [quoted("a wrong checksum stays wrong"), "1450", "JN_MSS_CLAMPED", blob(first), blob(second)]
    yield row("no options", 1450, V4, [])
    yield raw("no SYN", 1450, tcp(usual(1460), flags="A"))
    yield raw("UDP", 1450, UDP(sport=1, dport=2) / Raw(bytes.fromhex("020405b4")))
    yield raw("no room in the MTU", 40, tcp(usual(1460)))
    yield raw("IPv6, no room in the MTU", 60, tcp(usual(1460)), ip=V6)
    yield raw("later fragment", 1450, tcp(usual(1460)), ip=IP(src=DEVICE, dst=REMOTE, frag=1, flags="MF", proto=6))

    def options(what, digits, outcome="NONE", offset=None):
        data = bytes.fromhex(digits)
        assert len(data) % 4 == 0
        segment = bytes(TCP(sport=49152, dport=80, dataofs=offset or 5 + len(data) // 4)) + data
        return raw("TCP options: " + what, 1450, Raw(segment), outcome, ip=IP(src=DEVICE, dst=REMOTE, proto=6))
    yield options("behind the end of options", "00 04 00 00 02 04 05 b4")
    yield options("length 3", "02 03 05 b4")
    yield options("length 5", "02 05 05 b4 00 00 00 00")
    yield options("length 0", "02 00 05 b4")
    yield options("length 1", "02 01 05 b4")
    yield options("length 0 before it", "08 00 02 04 05 b4 00 00")
    yield options("length 1 before it", "08 01 02 04 05 b4 00 00")
    yield options("length beyond the header before it", "08 09 02 04 05 b4 00 00")
    yield options("cut by the header's end", "01 02 04 05")
    yield options("kind alone at the header's end", "01 01 01 02")
    yield options("value cut in half", "01 01 02 04 05 b4 00 00", offset=6)
    yield options("header length under 20", "02 04 05 b4", offset=4)
    yield options("header beyond the packet", "02 04 05 b4", offset=7)
    yield options("in the data, not in the header", "02 04 05 b4", offset=5)
    padded = bytes(WIRE / IP(src=DEVICE, dst=REMOTE, proto=6, len=40) / tcp([], dataofs=6)) + bytes.fromhex("020405b4")
    yield [quoted("in the padding"), "1450", "JN_MSS_NONE", blob(padded), blob(padded)]


# -- ICMP too big

DF4 = IP(src=DEVICE, dst=REMOTE, flags="DF", id=77)


def padded_to(packet, length):
    """Random bytes behind the headers, then zeros: short to print."""
    room = length - len(bytes(packet))
    return packet / Raw((filler(40).load + bytes(max(room - 40, 0)))[:room])


def too_big_rows():
    def row(what, mtu, frame, answer=None):
        return [quoted(what), str(mtu), blob(frame), blob(answer if answer is not None else b"")]

    def back(frame):
        link = Ether(bytes(frame))
        tags, layer = [], link.payload
        while isinstance(layer, Dot1Q):  # Dot1AD is one too
            tags.append(layer)
            layer = layer.payload
        out = Ether(dst=link.src, src=link.dst, type=link.type)
        for tag in tags:
            copy = tag.copy()
            copy.remove_payload()
            out = out / copy
        return out, bytes(layer)

    def answer4(frame, mtu, length):
        link, ip = back(frame)
        return link / IP(src=ROUTER, dst=DEVICE, tos=0xC0, id=0, flags="DF", ttl=64) / ICMP(
            type=3, code=4, nexthopmtu=mtu) / Raw(ip[:length][:576 - 28])

    def answer6(frame, mtu, length):
        link, ip = back(frame)
        return link / IPv6(src=ROUTER6, dst=DEVICE6, hlim=64) / ICMPv6PacketTooBig(mtu=mtu) / Raw(ip[:length][:1280 - 48])

    def yes4(what, frame, mtu=1450, length=65535):
        return row(what, mtu, frame, answer4(frame, mtu, length))

    def yes6(what, frame, mtu=1430, told=None, length=65535):
        return row(what, mtu, frame, answer6(frame, told or mtu, length))
    yield yes4("UDP", WIRE / (DF4 / UDP(sport=1, dport=2) / filler(1472)))
    yield yes4("one too long", WIRE / padded_to(DF4 / UDP(sport=1, dport=2), 1451))
    yield row("fits", 1450, WIRE / padded_to(DF4 / UDP(sport=1, dport=2), 1450))
    yield yes4("short packet", WIRE / padded_to(DF4 / TCP(sport=1, dport=2), 69), mtu=68)
    yield yes4("short, padded frame", bytes(WIRE / padded_to(DF4 / UDP(sport=1, dport=2), 101)) + b"\5\5\5", mtu=100, length=101)
    yield row("MTU under the least", 67, WIRE / padded_to(DF4 / TCP(sport=1, dport=2), 100))
    for length in (547, 548, 549):
        yield yes4(f"quote of {length}", WIRE / padded_to(DF4 / UDP(sport=1, dport=2), length), mtu=500)
    yield yes4("tagged", WIRE / Dot1Q(vlan=100, prio=5) / padded_to(DF4 / UDP(sport=1, dport=2), 1500))
    yield yes4("two tags", WIRE / Dot1AD(vlan=9) / Dot1Q(vlan=100) / padded_to(DF4 / UDP(sport=1, dport=2), 1500))
    yield yes4("four tags", WIRE / Dot1AD(vlan=9) / Dot1Q(vlan=1) / Dot1Q(vlan=2) / Dot1Q(vlan=3) /
               padded_to(DF4 / UDP(sport=1, dport=2), 1500))
    yield yes4("options", WIRE / padded_to(IP(src=DEVICE, dst=REMOTE, flags="DF", options=[IPOption(b"\x94\x04\0\0")]) /
                                           UDP(sport=1, dport=2), 1500))
    yield yes4("first fragment", WIRE / padded_to(IP(src=DEVICE, dst=REMOTE, flags="DF+MF", proto=17) / UDP(sport=1, dport=2), 1500))
    yield yes4("echo request", WIRE / padded_to(DF4 / ICMP(type=8), 1500))
    yield yes4("echo reply", WIRE / padded_to(DF4 / ICMP(type=0), 1500))
    no = lambda what, packet, link=WIRE, mtu=1450: row(what, mtu, link / packet)
    yield no("no DF", padded_to(V4 / UDP(sport=1, dport=2), 1500))
    yield no("later fragment", padded_to(IP(src=DEVICE, dst=REMOTE, flags="DF", frag=3, proto=17) / UDP(sport=1, dport=2), 1500))
    for kind in (3, 4, 5, 11, 12, 40):
        yield no(f"ICMP type {kind}", padded_to(DF4 / ICMP(type=kind) / DF4, 1500))
    yield no("ICMP without a type", IP(src=DEVICE, dst=REMOTE, flags="DF", proto=1, options=[IPOption(b"\x94\x24" + bytes(34))]), mtu=40)
    for name, source, destination in (("to a group", DEVICE, "224.0.0.9"), ("to broadcast", DEVICE, "255.255.255.255"),
                                      ("from a group", "239.1.1.1", REMOTE), ("from nobody", "0.0.0.0", REMOTE),
                                      ("from loopback", "127.0.0.1", REMOTE), ("from broadcast", "255.255.255.255", REMOTE)):
        yield no(name, padded_to(IP(src=source, dst=destination, flags="DF") / UDP(sport=1, dport=2), 1500))
    group = Ether(dst="01:00:5e:00:00:09", src="02:00:00:00:00:0a")
    yield no("to a group's MAC", padded_to(DF4 / UDP(sport=1, dport=2), 1500), link=group)
    yield no("from a group's MAC", padded_to(DF4 / UDP(sport=1, dport=2), 1500), link=Ether(dst="02:00:00:00:00:0b", src="03:00:00:00:00:0a"))
    yield no("wrong header checksum", padded_to(IP(src=DEVICE, dst=REMOTE, flags="DF", chksum=5) / UDP(sport=1, dport=2), 1500))
    yield row("packet beyond the frame", 1450, bytes(WIRE / padded_to(DF4 / UDP(sport=1, dport=2), 1500))[:-1])
    yield row("PPPoE", 1450, WIRE / PPPoE(sessionid=1) / PPP() / padded_to(DF4 / UDP(sport=1, dport=2), 1490))
    yield row("MPLS", 1450, Ether(dst=WIRE.dst, src=WIRE.src, type=0x8847) / Raw(bytes.fromhex("00011140")) /
              padded_to(DF4 / UDP(sport=1, dport=2), 1496))
    yield row("SNAP", 1400, Ether(dst=WIRE.dst, src=WIRE.src, type=1458) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) /
              SNAP(OUI=0, code=0x0800) / padded_to(DF4 / UDP(sport=1, dport=2), 1450))
    yield row("ARP", 20, WIRE / ARP())

    yield yes6("IPv6 UDP", WIRE / (V6 / UDP(sport=1, dport=2) / filler(1452)))
    yield yes6("IPv6, one too long", WIRE / padded_to(V6 / UDP(sport=1, dport=2), 1431))
    yield row("IPv6, fits", 1430, WIRE / padded_to(V6 / UDP(sport=1, dport=2), 1430))
    yield yes6("IPv6, MTU 1230 is told as 1280", WIRE / padded_to(V6 / UDP(sport=1, dport=2), 1281), mtu=1230, told=1280)
    yield row("IPv6, 1280 bytes and MTU 1230", 1230, WIRE / padded_to(V6 / UDP(sport=1, dport=2), 1280))
    yield yes6("IPv6, tagged", WIRE / Dot1Q(vlan=100) / padded_to(V6 / UDP(sport=1, dport=2), 1500))
    yield yes6("IPv6, echo request", WIRE / padded_to(V6 / ICMPv6EchoRequest(), 1500))
    yield yes6("IPv6, first fragment", WIRE / padded_to(V6 / IPv6ExtHdrFragment(m=1, nh=17) / UDP(sport=1, dport=2), 1500))
    yield yes6("IPv6, long MTU", WIRE / padded_to(V6 / UDP(sport=1, dport=2), 9000), mtu=8930)
    yield no("IPv6, later fragment", padded_to(V6 / IPv6ExtHdrFragment(m=1, nh=17, offset=4), 1500))
    yield no("IPv6, later fragment of ICMPv6", padded_to(V6 / IPv6ExtHdrFragment(nh=58, offset=4), 1500))
    for kind in (1, 2, 3, 4, 100, 127, 137):
        yield no(f"ICMPv6 type {kind}", padded_to(IPv6(src=DEVICE6, dst=REMOTE6, nh=58) / Raw(bytes([kind, 0, 0, 0])), 1500))
    yield no("IPv6 options beyond the packet", padded_to(IPv6(src=DEVICE6, dst=REMOTE6, nh=60) / Raw(b"\x3a\xff\0\0"), 1500))
    yield no("IPv6 error behind options", padded_to(V6 / IPv6ExtHdrDestOpt(nh=58) / Raw(b"\1\0\0\0"), 1500))
    for name, source, destination in (("to a group", DEVICE6, "ff0e::1"), ("from nobody", "::", REMOTE6),
                                      ("from loopback", "::1", REMOTE6), ("from a group", "ff02::1", REMOTE6)):
        yield no("IPv6 " + name, padded_to(IPv6(src=source, dst=destination) / UDP(sport=1, dport=2), 1500))


# -- fragments of inner packets

def inner_fragment_rows():
    def piece(data, offset, more, options=b"", flags="", **fields):
        flags = "+".join(f for f in (flags, "MF" if more else "") if f)
        ip = IP(src=DEVICE, dst=REMOTE, id=4711, proto=17, frag=offset // 8, flags=flags or 0, **fields)
        if options:
            ip.options = [IPOption(options)]
        return ip / Raw(data)

    def row(what, mtu, packet, fragments):
        padding = ["{0, NULL}"] * (4 - len(fragments))
        return [quoted(what), str(mtu), blob(packet), str(len(fragments)),
                "{" + ",\n      ".join([blob(f) for f in fragments] + padding) + "}"]
    data = bytes(UDP(sport=1, dport=2) / filler(200))
    step, head = 96, 20
    yield row("three fragments", head + step, piece(data, 0, False, tos=8),
              [piece(data[:96], 0, True, tos=8), piece(data[96:192], 96, True, tos=8), piece(data[192:], 192, False, tos=8)])
    yield row("step is cut to 8 bytes", head + step + 7, piece(data, 0, False),
              [piece(data[:96], 0, True), piece(data[96:192], 96, True), piece(data[192:], 192, False)])
    yield row("the last may be longer than the others", head + 103, piece(data[:199], 0, False),
              [piece(data[:96], 0, True), piece(data[96:199], 96, False)])
    yield row("padded frame", head + 104, bytes(piece(data, 0, False)) + b"\7\7",
              [piece(data[:104], 0, True), piece(data[104:], 104, False)])
    yield row("fits", head + 208, piece(data, 0, False), [piece(data, 0, False)])
    yield row("first fragment", head + step, piece(data, 0, True),
              [piece(data[:96], 0, True), piece(data[96:192], 96, True), piece(data[192:], 192, True)])
    yield row("middle fragment", head + 104, piece(data, 800, True),
              [piece(data[:104], 800, True), piece(data[104:], 904, True)])
    yield row("last fragment", head + 104, piece(data[:205], 800, False),
              [piece(data[:104], 800, True), piece(data[104:205], 904, False)])
    copied, single = b"\x94\x04\0\0", b"\x44\x08\5\0\1\2\3\4"  # router alert; timestamp
    noop = b"\1" * 8
    yield row("options", 32 + 104, piece(data, 0, False, options=single + copied),
              [piece(data[:104], 0, True, options=single + copied), piece(data[104:], 104, False, options=noop + copied)])
    yield row("options behind no-operations, ended", 32 + 104, piece(data, 0, False, options=b"\1\1\1" + single + b"\0"),
              [piece(data[:104], 0, True, options=b"\1\1\1" + single + b"\0"),
               piece(data[104:], 104, False, options=b"\1\1\1" + noop + b"\0")])
    ended = b"\0\2\x44\2"
    yield row("what looks like options behind their end", 24 + 104, piece(data, 0, False, options=ended),
              [piece(data[:104], 0, True, options=ended), piece(data[104:], 104, False, options=ended)])
    for what, options in (("length 0", b"\x44\0\5\0"), ("length 1", b"\x44\1\5\0"), ("length beyond the header", b"\x44\x05\5\0")):
        yield row("option of " + what, 24 + 104, piece(data, 0, False, options=options),
                  [piece(data[:104], 0, True, options=options), piece(data[104:], 104, False, options=options)])
    yield row("end of the longest datagram", 28, piece(data[:15], 65520, False),
              [piece(data[:8], 65520, True), piece(data[8:15], 65528, False)])
    yield row("DF", head + step, piece(data, 0, False, flags="DF"), [])
    yield row("beyond the longest datagram", 28, piece(data[:16], 65520, False), [])
    yield row("a middle fragment of odd length", 100, piece(data[:101], 8, True), [])
    yield row("no room", 27, piece(data, 0, False), [])
    yield row("no room beside options", 39, piece(data, 0, False, options=single + copied), [])
    yield row("nothing inside", 100, piece(b"", 0, False), [])
    yield row("IPv6", 100, IPv6(src=DEVICE6, dst=REMOTE6, tc=0x50, fl=100) / UDP() / filler(100), [])
    yield row("IHL 4", 100, piece(data, 0, False, ihl=4), [])
    yield row("IHL beyond the total length", 100, piece(data, 0, False, ihl=15, len=59), [])
    yield row("packet cut short", 100, bytes(piece(data, 0, False))[:-1], [])
    yield row("packet of 19 bytes", 100, bytes(piece(data, 0, False))[:19], [])


def table(kind, rows):
    return common.table(f"{kind}_vector {kind}_vectors", ("    {" + ", ".join(row) + "}," for row in rows))


common.main(common.header("tunnel/vxlan_vector.h", table("send", send_rows()), table("return", return_rows()),
                          table("mss", mss_rows()), table("too_big", too_big_rows()),
                          table("inner_fragment", inner_fragment_rows())))
