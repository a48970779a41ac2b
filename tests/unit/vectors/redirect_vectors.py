#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames into the rig and frames out of it, redirected and returned: the tables of test_redirect.c and test_reinject.c.

Nothing here knows the dataplane. What goes in last makes the frames below it leave. Frames are printed without the zero bytes at their end.
"""
import json
import random
import struct

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption
from scapy.layers.inet6 import (ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6PacketTooBig, ICMPv6TimeExceeded,
                                IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop)
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.contrib.mpls import MPLS
from scapy.packet import Raw

import common
from common import blob, filler

ACCESS, NETWORK, TUNNEL, TAGGED = range(4)  # the rig's ports
OWN = {TUNNEL: "02:00:00:00:00:02", TAGGED: "02:00:00:00:00:03"}
HOP = "02:00:00:00:00:63"
SOURCE = {(TUNNEL, 4): "198.19.0.1", (TUNNEL, 6): "fd00:0:0:9::1", (TAGGED, 4): "198.19.2.1", (TAGGED, 6): "fd00:0:0:a::1"}
PEER = {(TUNNEL, 4): "198.19.0.20", (TUNNEL, 6): "fd00:0:0:9::14", (TAGGED, 4): "198.19.2.20", (TAGGED, 6): "fd00:0:0:a::14"}
STANDBY, THIRD, STRANGER = "198.19.0.21", "198.19.0.22", "198.19.0.99"
UNDERLAY_VLAN = 42
INNER, GATEWAY = "06:07:00:00:0f:01", "02:00:00:00:0f:02"
DEVICE_MAC, ROUTER_MAC, OTHER_MAC = "02:00:00:00:00:0d", "02:00:00:00:00:0e", "02:00:00:00:00:1d"
MADE_UP = {"src": "02:00:00:00:ba:d1", "dst": "02:00:00:00:ba:d2"}
DEVICE, OTHER, SILENT, REMOTE, NOBODYS = "10.128.0.5", "10.128.0.6", "10.128.0.77", "198.18.7.9", "10.77.0.9"
DEVICE6, OTHER6, REMOTE6 = "fd00:2::5", "fd00:2::6", "fd00:3::1"
INSIDE, GATE, GATE6 = "10.254.0.2", "10.254.0.1", "fd00:254::1"
PORT, WEB = 49153, 49154  # of no protocol, so that a dissector takes what is behind them for plain data
UP, DOWN, BACK = "UP", "DOWN", "BACK"
LINK = {UP: "uplink", DOWN: "downlink"}


def long(length):
    """Whose end says nothing, and costs nothing."""
    return Raw(random.Random(length).randbytes(40).ljust(length, b"\0"))


# -- configuration

def vpg(outer=PEER[TUNNEL, 4], redirection=None, v6=True, rest=None, **gate):
    """Three peers; the first is the gateway. redirection: None when it is off."""
    peers = [{"outer": outer, "inner": INSIDE}, {"outer": STANDBY, "inner": "10.254.0.3"}, {"outer": THIRD, "inner": "10.254.0.4"}]
    keys = {"address": GATE + "/16", "mac": INNER, "source_port": "fixed", "peers": peers}
    if v6:
        keys["address_ipv6"] = GATE6 + "/64"
        peers[0]["inner_ipv6"] = "fd00:254::2"
    for key in [k for k in gate if k.startswith("group")]:
        peers[int(key[5:])]["group"] = gate.pop(key)
    keys.update(gate)
    one = {"id": "v", "device_subnets": ["10.128.0.0/16", "fd00:2::/64"], "gate": keys, **(rest or {})}
    if redirection is not None:
        one["redirection"] = {"gateway": INSIDE, **redirection}
    return [one]


PLAIN = vpg(redirection={})
DROP = vpg(redirection={"on_failure": "drop"})
OPEN = vpg()  # redirection is off


# -- frames

def link(side, vlan=None, device=DEVICE_MAC):
    frame = Ether(src=device, dst=ROUTER_MAC) if side == UP else Ether(src=ROUTER_MAC, dst=device)
    return frame if vlan is None else frame / Dot1Q(prio=vlan >> 13, vlan=vlan & 0xFFF)


def wire(side, packet, vlan=None, padding=0, **more):
    return bytes(link(side, vlan, **more) / packet) + b"\xee" * padding


def restored(side, packet, vlan=None, **more):
    """As Junction makes the frame: padded with zeros."""
    return bytes(link(side, vlan, **more) / packet).ljust(60, b"\0")


def hash_key(seed):
    """splitmix64, as jn_hash_key_of has it."""
    words = []
    for _ in range(4):
        seed = (seed + 0x9E3779B97F4A7C15) % 2**64
        z = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        words.append(z ^ z >> 31)
    return words


KEY = hash_key(42)  # the rig's


def mix(a, b):
    return a * b % 2**64 ^ a * b >> 64


def address_hash(packet):
    words = [struct.unpack("<2Q", a.ljust(16, b"\0"))
             for a in ([bytes(packet)[12:16], bytes(packet)[16:20]] if packet.version == 4 else
                       [bytes(packet)[8:24], bytes(packet)[24:40]])]
    one, other = (mix(a ^ KEY[0], b ^ KEY[1]) ^ KEY[2] for a, b in words)
    return mix(one, other) >> 32


def flow_port(packet, ports=None, protocol=0):
    value = (address_hash(packet) + (sum(ports) * 0x85EBCA6B + protocol if ports else 0)) % 2**32
    return 49152 + (value * 0x9E3779B1) % 2**32 // 2**18


def outer_link(port, arrives):
    frame = Ether(dst=OWN[port], src=HOP) if arrives else Ether(dst=HOP, src=OWN[port])
    return frame / Dot1Q(vlan=UNDERLAY_VLAN) if port == TAGGED else frame


def tunnelled(packet, family=4, port=TUNNEL, sport=4789, ttl=64, dscp=0, vni=10, mac=GATEWAY, peer=None):
    """What leaves for a peer: an inner IP packet, or a whole inner frame."""
    inner = packet if isinstance(packet, Ether) else Ether(dst=mac, src=INNER, type=0x86DD if bytes(packet)[0] >> 4 == 6 else 0x0800) / Raw(bytes(packet))
    source, to = SOURCE[port, family], peer or PEER[port, family]
    ip = (IP(src=source, dst=to, ttl=ttl, tos=dscp << 2, id=0, flags="DF") if family == 4 else
          IPv6(src=source, dst=to, hlim=ttl, tc=dscp << 2, fl=0))
    udp = UDP(sport=sport, dport=4789)
    if family == 4:
        udp.chksum = 0
    return bytes(outer_link(port, False) / ip / udp / VXLAN(flags=8, vni=vni) / inner)


def from_peer(packet, family=4, port=TUNNEL, vni=10, flags=8, source=None, inner=None, udp=None, cut=0, padding=0, mac=GATEWAY, ip=None):
    """What comes from one. inner: link header of the inner frame."""
    source = source or PEER[port, family]
    ip = ip or (IP(src=source, dst=SOURCE[port, family], id=7) if family == 4 else IPv6(src=source, dst=SOURCE[port, family]))
    frame = packet if inner is None and isinstance(packet, Ether) else (inner or Ether(dst=INNER, src=mac)) / packet
    body = bytes(VXLAN(flags=flags, vni=vni)) + bytes(frame)
    datagram = udp or UDP(sport=50000)
    datagram.dport = 4789
    return bytes(outer_link(port, True) / ip / datagram / Raw(body[:len(body) - cut])) + bytes(padding)


def pieces(frame, ip_at, size, family, first=17):
    """An outer frame from a peer, as fragments that carry `size` bytes. first: what the fragmentable part of IPv6 begins with."""
    header = frame[:ip_at]
    ip = IP(frame[ip_at:]) if family == 4 else IPv6(frame[ip_at:])
    payload = frame[ip_at + (20 if family == 4 else 40):]
    out = []
    for at in range(0, len(payload), size):
        more = at + size < len(payload)
        part = Raw(payload[at:at + size])
        if family == 4:
            one = IP(src=ip.src, dst=ip.dst, id=7, proto=17, flags="MF" if more else 0, frag=at // 8) / part
        else:
            one = IPv6(src=ip.src, dst=ip.dst, nh=44) / IPv6ExtHdrFragment(nh=first, offset=at // 8, m=int(more), id=7) / part
        out.append(header + bytes(one))
    return out


# -- rows

policies = {}  # JSON, and its name


def of_its_vlan(policy, steps):
    """A VPG that takes several VLANs redirects untagged frames alone: where all frames are of one VLAN, the VPG is of it."""
    frames = [Ether(frame) for how, frame in steps if how != BACK]
    vlans = {frame[Dot1Q].vlan if frame.type == 0x8100 else None for frame in frames}
    return [{**policy[0], "vlan": vlans.pop()}] if len(vlans) == 1 and None not in vlans else policy


def row(what, policy, steps, sent, loss=None, way=("PEER", 0), mtu=0):
    """steps: (how it comes, frame); sent: (port, frame) that the last step makes leave; loss: word's enumerator, or IGNORED."""
    policy = of_its_vlan(policy, steps)
    text = policies.setdefault(json.dumps(policy), f"POLICY_{len(policies)}")
    if loss is None:
        loss = "VECTOR_NOTHING_DROPPED"
    elif loss == "IGNORED":
        loss = "VECTOR_IGNORED"
    else:
        loss = "JN_GATE_DROP_" + loss
    at = ",\n      ".join(f"{{VECTOR_{how}, {blob(frame)}}}" for how, frame in steps)
    out = ",\n      ".join(f"{{{port}, {blob(frame)}}}" for port, frame in sent)
    return (f'    {{"{what}",\n     {text},\n     JN_TARGET_{way[0]}, {way[1]}, {mtu}, {loss}, {len(steps)}, {{\n      {at}}},\n'
            f"     {len(sent)}, {{\n      {out or '{0}'}}}}},")


V4, V6 = IP(src=DEVICE, dst=REMOTE), IPv6(src=DEVICE6, dst=REMOTE6)
V4D, V6D = IP(src=REMOTE, dst=DEVICE), IPv6(src=REMOTE6, dst=DEVICE6)
UDP_UP, UDP_DOWN = UDP(sport=40000, dport=PORT), UDP(sport=PORT, dport=40000)
PACKETS = [
    ("IPv4 UDP", UP, V4 / UDP_UP / filler(30)),
    ("IPv4 UDP, odd", UP, V4 / UDP_UP / filler(33)),
    ("IPv4 TCP", DOWN, V4D / TCP(sport=WEB, dport=41000, flags="PA") / filler(40)),
    ("IPv6 UDP", UP, V6 / UDP_UP / filler(21)),
    ("IPv6 TCP", DOWN, V6D / TCP(sport=WEB, dport=41000, flags="A") / filler(8)),
]


def through(what, side, packet, family=4, port=TUNNEL, policy=None, vlan=None, padding=0, after=None, **more):
    policy = policy or vpg(PEER[port, family], {})
    return row(what, policy, [(side, wire(side, packet, vlan, padding))],
               [(port, tunnelled(packet if after is None else after, family, port, **more))])


def tag(vlan):
    return "untagged" if vlan is None else f"VLAN {vlan & 0xFFF}"


def out_rows():
    for family in (4, 6):
        for port in (TUNNEL, TAGGED):
            for name, side, packet in PACKETS:
                for vlan in (None, 5 << 13 | 7):
                    yield through(f"{name}, {tag(vlan)}, over IPv{family}, {tag(UNDERLAY_VLAN if port == TAGGED else None)} underlay", side, packet, family, port, vlan=vlan)
    for family in (4, 6):
        flow = vpg(PEER[TUNNEL, family], {}, source_port="flow")
        for name, side, packet, ports, protocol in (
                ("UDP up", UP, V4 / UDP_UP / filler(9), (40000, PORT), 17),
                ("UDP down", DOWN, V4D / UDP_DOWN / filler(9), (PORT, 40000), 17),
                ("TCP over IPv6", UP, V6 / TCP(sport=9, dport=10, flags="A"), (9, 10), 6),
                ("echo request", UP, V4 / ICMP(id=3) / filler(20), (8, 0), 1),
                ("echo answer", DOWN, V4D / ICMP(type=0, id=3) / filler(20), (0, 8), 1),
                ("echo request, IPv6", UP, V6 / ICMPv6EchoRequest() / filler(20), (128, 129), 58),
                ("first fragment", UP, IP(src=DEVICE, dst=REMOTE, flags="MF") / UDP(sport=40000, dport=PORT, len=100) / filler(24), None, 0),
                ("later fragment", UP, IP(src=DEVICE, dst=REMOTE, frag=4, proto=17) / filler(30), None, 0),
                ("no ports", UP, IP(src=DEVICE, dst=REMOTE, proto=253) / filler(30), None, 0)):
            yield through(f"port by flow, {name}, over IPv{family}", side, packet, family, policy=flow,
                          sport=flow_port(packet, ports, protocol))
        yield through(f"TTL, DSCP, VNI over IPv{family}", UP, PACKETS[0][2], family, ttl=9, dscp=46, vni=0x123456,
                      policy=vpg(PEER[TUNNEL, family], {}, ttl=9, dscp=46, vni=0x123456))
    short = V4 / UDP_UP / filler(3)
    yield through("padding is cut", UP, short, padding=60 - 14 - len(short))
    yield through("padding is cut, tagged", UP, short, padding=64 - 18 - len(short), vlan=9)
    yield through("more behind the packet", UP, V6 / UDP_UP / filler(3), 6, padding=301)
    yield through("smallest", UP, IP(src=DEVICE, dst=REMOTE, proto=253), padding=26)
    yield through("full", UP, V4 / UDP_UP / long(1450 - 28))
    yield through("full over IPv6", DOWN, V6D / UDP_DOWN / long(1430 - 48), 6)
    yield through("full, on a narrower path", UP, V4 / UDP_UP / long(1300 - 28), policy=vpg(redirection={"mtu": 1300}))
    yield through("IP options", UP, IP(src=DEVICE, dst=REMOTE, options=[IPOption(b"\x94\x04\0\0")]) / UDP_UP / filler(30))
    yield row("standby", vpg(redirection={"on_failure": "standby", "standby": "10.254.0.3"}), [(UP, wire(UP, PACKETS[0][2]))],
              [(TUNNEL, tunnelled(PACKETS[0][2], peer=STANDBY))], way=("PEER", 1))
    yield from mss_rows()
    yield from long_rows()


def mss_rows():
    usual = lambda mss: [("MSS", mss), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)]
    odd = lambda mss: [("NOP", None), ("MSS", mss), ("NOP", None), ("NOP", None), ("NOP", None)]
    late = lambda mss: [("Timestamp", (5, 6)), ("NOP", None), ("NOP", None), ("MSS", mss), ("WScale", 1), ("NOP", None)]

    def syn(what, side, ip, options, before, after, family=4, flags="S", vlan=None, **more):
        ports = {"sport": 41000, "dport": WEB} if side == UP else {"sport": WEB, "dport": 41000}
        first, second = (ip / TCP(flags=flags, options=options(mss), **ports) for mss in (before, after))
        return through("SYN, " + what, side, first, family, after=second, vlan=vlan, **more)
    yield syn("IPv4", UP, V4, usual, 1460, 1410)
    yield syn("IPv4 over IPv6", UP, V4, usual, 1460, 1390, 6)
    yield syn("IPv6", UP, V6, usual, 1440, 1390)
    yield syn("IPv6 over IPv6", UP, V6, usual, 1440, 1370, 6)
    yield syn("with ACK, down", DOWN, V4D, usual, 1460, 1410, flags="SA")
    yield syn("tagged", DOWN, V6D, usual, 1440, 1390, flags="SA", vlan=77)
    yield syn("odd place", UP, V4, odd, 9000, 1410)
    yield syn("odd place over IPv6", UP, V6, odd, 9000, 1370, 6)
    yield syn("late", UP, V4, late, 8960, 1410)
    yield syn("fits", UP, V4, usual, 1410, 1410)
    yield syn("narrow path", UP, V4, usual, 1460, 1160, policy=vpg(redirection={"mtu": 1200}, v6=False))
    yield syn("outer fragments: as it is", UP, V4, usual, 1460, 1460, policy=vpg(redirection={"too_long": "fragment_outer"}))


def inner_fragments(packet, mtu):
    data = bytes(packet)
    header = (data[0] & 15) * 4
    payload, field, done, last = data[header:], struct.unpack(">H", data[6:8])[0], 0, mtu - header
    while done < len(payload):
        left = len(payload) - done
        take = left if left <= last else last & ~7
        ip = IP(data[:header])
        ip.len, ip.chksum, ip.frag = header + take, None, (field & 0x1FFF) + done // 8
        ip.flags = 1 if field & 0x2000 or take < left else 0
        yield Raw(bytes(ip)[:header] + payload[done:done + take])
        done += take


def outer_fragments(frame, family, mtu=1500):
    ip, rest = (IP, 20) if family == 4 else (IPv6, 40)
    outer, payload, done = ip(frame[14:]), frame[14 + rest:], 0
    last = mtu - (20 if family == 4 else 48)
    while done < len(payload):
        left = len(payload) - done
        take = left if left <= last else last & ~7
        more = int(take < left)
        part = Raw(payload[done:done + take])
        if family == 4:
            one = IP(src=outer.src, dst=outer.dst, ttl=64, id=0, proto=17, flags=more, frag=done // 8) / part
        else:
            one = IPv6(src=outer.src, dst=outer.dst, hlim=64, nh=44) / IPv6ExtHdrFragment(nh=17, m=more, offset=done // 8, id=0) / part
        yield TUNNEL, bytes(Ether(dst=HOP, src=OWN[TUNNEL]) / one)
        done += take


def told(side, packet, mtu, vlan=None, source=GATE, source6=GATE6):
    """The answer to a packet too long: its way back."""
    data = bytes(packet)
    if data[0] >> 4 == 4:
        ip = IP(src=source, dst=packet.src, tos=0xC0, id=0, flags="DF") / ICMP(type=3, code=4, nexthopmtu=mtu) / Raw(data[:548])
    else:
        ip = IPv6(src=source6, dst=packet.src, hlim=64, fl=0) / ICMPv6PacketTooBig(mtu=mtu) / Raw(data[:1232])
    return (ACCESS, wire(DOWN, ip, vlan)) if side == UP else (NETWORK, wire(UP, ip, vlan))


def long_rows():
    df = {UP: IP(src=DEVICE, dst=REMOTE, flags="DF"), DOWN: IP(src=REMOTE, dst=DEVICE, flags="DF")}
    v6 = {UP: V6, DOWN: V6D}
    udp = {UP: UDP_UP, DOWN: UDP_DOWN}
    for family, mtu in ((4, 1450), (6, 1430)):
        policy = vpg(PEER[TUNNEL, family], {})
        for side in (UP, DOWN):
            for vlan in (None, 3):
                packet = df[side] / udp[side] / long(mtu + 1 - 28)
                yield row(f"IPv4 with DF one too long, {LINK[side]}, {tag(vlan)}, over IPv{family}", policy, [(side, wire(side, packet, vlan))],
                          [told(side, packet, mtu, vlan)], "TOO_LONG")
                packet = v6[side] / udp[side] / long(mtu + 1 - 48)
                yield row(f"IPv6 one too long, {LINK[side]}, {tag(vlan)}, over IPv{family}", policy, [(side, wire(side, packet, vlan))],
                          [told(side, packet, mtu, vlan)], "TOO_LONG")
        packet = df[UP] / TCP(sport=41000, dport=WEB, flags="A") / long(1460)
        yield row(f"TCP with DF over IPv{family}", policy, [(UP, wire(UP, packet))], [told(UP, packet, mtu)], "TOO_LONG")
        narrow = vpg(PEER[TUNNEL, family], {"mtu": 576}, v6=False)
        for name, first in (("", V4 / UDP_UP / filler(700)), ("one byte, ", V4 / UDP_UP / filler(577 - 28)),
                            ("with options, ", IP(src=DEVICE, dst=REMOTE, options=[IPOption(b"\x94\x04\0\0")]) / UDP_UP / filler(600)),
                            ("three, ", V4 / UDP_UP / filler(1472)),
                            ("a middle fragment, ", IP(src=DEVICE, dst=REMOTE, frag=185, flags="MF", proto=17) / filler(640)),
                            ("a last fragment, ", IP(src=DEVICE, dst=REMOTE, frag=185, proto=17) / filler(579))):
            yield row(f"inner fragments, {name}over IPv{family}", narrow, [(UP, wire(UP, first))],
                      [(TUNNEL, tunnelled(f, family)) for f in inner_fragments(first, 576)])
        full = V4 / UDP_UP / long(1472)
        yield row(f"inner fragments, path as it is, over IPv{family}", policy, [(UP, wire(UP, full))],
                  [(TUNNEL, tunnelled(f, family)) for f in inner_fragments(full, mtu)])
        policy = vpg(PEER[TUNNEL, family], {"too_long": "fragment_outer"})
        for name, side, packet in (("IPv4", UP, V4 / UDP_UP / filler(1472)), ("IPv4 with DF", DOWN, df[DOWN] / UDP_DOWN / long(1471)),
                                   ("IPv6", UP, V6 / UDP_UP / long(1452)), ("jumbo", UP, df[UP] / UDP_UP / long(5000))):
            yield row(f"outer fragments, {name} over IPv{family}", policy, [(side, wire(side, packet))],
                      list(outer_fragments(tunnelled(packet, family), family)))
        narrow, room = vpg(PEER[TUNNEL, family], {"too_long": "fragment_outer", "mtu": 1300}), 1300 + (50 if family == 4 else 70)
        packet = V4 / UDP_UP / filler(1301 - 28)
        yield row(f"outer fragments, narrow path over IPv{family}", narrow, [(UP, wire(UP, packet))],
                  list(outer_fragments(tunnelled(packet, family), family, room)))
        for length in (1231, 1280):
            packet = V6 / UDP_UP / filler(length - 48)
            yield row(f"IPv6, {length} bytes on a link that is no IPv6 link, over IPv{family}", vpg(PEER[TUNNEL, family], {}), [(UP, wire(UP, packet))],
                      list(outer_fragments(tunnelled(packet, family), family, 1280)), mtu=1280)
        packet = V6 / UDP_UP / long(1281 - 48)
        yield row(f"IPv6, longer, on that link, over IPv{family}", vpg(PEER[TUNNEL, family], {}), [(UP, wire(UP, packet))],
                  [told(UP, packet, 1280)], "TOO_LONG", mtu=1280)
        for fragment in ({}, {"frag": 185, "proto": 17}):
            packet = IP(src=DEVICE, dst=REMOTE, chksum=1, **fragment) / (filler(640) if fragment else UDP_UP / filler(640))
            yield row(f"a wrong checksum is not made right, {'later fragment' if fragment else 'whole packet'} over IPv{family}", vpg(PEER[TUNNEL, family], {"mtu": 576}, v6=False),
                      [(UP, wire(UP, packet))], [], "TOO_LONG")
    packet = df[UP] / UDP_UP / long(1200)
    yield row("narrow path, another source", vpg(redirection={"mtu": 1200, "icmp_source": "198.18.0.254"}, v6=False), [(UP, wire(UP, packet))],
              [told(UP, packet, 1200, source="198.18.0.254")], "TOO_LONG")
    packet = V6 / UDP_UP / long(1300)
    yield row("narrow path, another IPv6 source", vpg(redirection={"mtu": 1280, "icmp_source_ipv6": "fd00:ffff::1"}), [(UP, wire(UP, packet))],
              [told(UP, packet, 1280, source6="fd00:ffff::1")], "TOO_LONG")
    error = IP(src=DEVICE, dst=REMOTE, flags="DF") / ICMP(type=3, code=1) / long(1460)
    yield row("no answer about an ICMP error", PLAIN, [(UP, wire(UP, error))], [], "TOO_LONG")
    yield row("no answer to a group", PLAIN, [(UP, wire(UP, IP(src="224.0.0.9", dst=REMOTE, flags="DF") / UDP_UP / long(1460)))], [], "TOO_LONG")


def stay_rows():
    """What is not redirected."""
    plain = PACKETS[0][2]

    def stays(what, side, frame, policy=PLAIN, loss=None, **more):
        out = [] if loss else [(NETWORK if side == UP else ACCESS, bytes(frame))]
        return row(what, policy, [(side, bytes(frame))], out, loss, **more)
    yield stays("ARP", UP, Ether(src=DEVICE_MAC, dst=ROUTER_MAC) / ARP(psrc=DEVICE, pdst=REMOTE) / Raw(bytes(18)))
    yield stays("LLDP", DOWN, Ether(src=ROUTER_MAC, dst="01:80:c2:00:00:0e", type=0x88CC) / Raw(bytes.fromhex("02070402000000000e" "0403077031" "06020078" "0000").ljust(46, b"\0")))
    yield stays("IPv4 group", UP, Ether(src=DEVICE_MAC, dst="01:00:5e:00:00:fb") / IP(src=DEVICE, dst="224.0.0.251") / UDP_UP / filler(20), DROP)
    yield stays("IPv4 broadcast", UP, Ether(src=DEVICE_MAC, dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255") / UDP_UP / filler(20), DROP)
    yield stays("IPv6 group", DOWN, Ether(src=ROUTER_MAC, dst="33:33:00:00:00:01") / IPv6(src="fe80::1", dst="ff02::1") / UDP_UP / filler(20), DROP)
    for name, ip in (("IPv4", IP(src=DEVICE, dst="169.254.169.254")), ("IPv6", IPv6(src=DEVICE6, dst="fe80::9"))):
        yield stays(f"to link-local {name}", UP, wire(UP, ip / UDP_UP / filler(20)), DROP)
    for name, ip in (("IPv4", IP(src="169.254.7.7", dst=REMOTE)), ("IPv6", IPv6(src="fe80::5", dst=REMOTE6))):
        yield through(f"from link-local {name}", UP, ip / UDP_UP / filler(20), policy=DROP)
    yield stays("neighbour solicitation", UP, wire(UP, IPv6(src=DEVICE6, dst="fd00:2::1", hlim=255) / ICMPv6ND_NS(tgt="fd00:2::1")), DROP)
    yield stays("neighbour advertisement", DOWN, wire(DOWN, IPv6(src="fd00:2::1", dst=DEVICE6, hlim=255) / ICMPv6ND_NA(tgt="fd00:2::1")), DROP)
    for kind in range(133, 138):
        for hops in (64, 254):
            yield through(f"ICMPv6 type {kind} from afar, {hops} hops left", UP, IPv6(src=DEVICE6, dst=REMOTE6, hlim=hops, nh=58) / Raw(bytes([kind]) + bytes(31)), policy=DROP)
        yield stays(f"ICMPv6 type {kind} of the wire", UP, wire(UP, IPv6(src=DEVICE6, dst=REMOTE6, hlim=255, nh=58) / Raw(bytes([kind]) + bytes(31))), DROP)
    yield from own_rows(stays)
    odd = [("802.1ad tag", Ether(src=DEVICE_MAC, dst=ROUTER_MAC, type=0x88A8) / Raw(bytes.fromhex("00040800")) / plain),
           ("old 802.1ad tag", Ether(src=DEVICE_MAC, dst=ROUTER_MAC, type=0x9100) / Raw(bytes.fromhex("00040800")) / plain),
           ("MPLS", Ether(src=DEVICE_MAC, dst=ROUTER_MAC) / MPLS(label=16, s=1, ttl=9) / plain),
           ("PPPoE", Ether(src=DEVICE_MAC, dst=ROUTER_MAC) / PPPoE(sessionid=1) / PPP(proto=0x21) / plain),
           ("QinQ", Ether(src=DEVICE_MAC, dst=ROUTER_MAC) / Dot1AD(vlan=4) / Dot1Q(vlan=5) / plain),
           ("two tags", Ether(src=DEVICE_MAC, dst=ROUTER_MAC) / Dot1Q(vlan=4) / Dot1Q(vlan=5) / plain)]
    only4 = vpg(redirection={}, v6=False)
    for name, frame in odd + [("IPv6 without an inner IPv6 network", wire(UP, PACKETS[3][2]))]:
        yield stays(f"{name}: bypassed", UP, frame, only4)
        yield stays(f"{name}: lost", UP, frame, vpg(redirection={"on_failure": "drop"}, v6=False), "UNREDIRECTABLE")
    for way in ("BYPASS", "DROP", "NONE"):
        yield stays(f"gateway is down ({way}): bypassed", UP, wire(UP, plain), way=(way, 0))
        yield stays(f"gateway is down ({way}): lost", DOWN, wire(DOWN, PACKETS[2][2]), DROP, "DOWN", way=(way, 0))
    both = {"on_failure": "standby", "standby": "10.254.0.3"}
    yield stays("both are down: bypassed", UP, wire(UP, plain), vpg(redirection=both), way=("BYPASS", 0))
    yield stays("both are down: lost", UP, wire(UP, plain), vpg(redirection={**both, "on_standby_failure": "drop"}), "DOWN", way=("DROP", 0))
    yield stays("the target names a peer that is not there", UP, wire(UP, plain), DROP, "DOWN", way=("PEER", 9))
    yield stays("the target names no peer at all", UP, wire(UP, plain), way=("PEER", 200))
    dns = {"match": {"protocol": "udp", "remote_ports": [PORT]}}
    some = vpg(redirection={}, rest={"rules": [{**dns, "redirect": False}]})
    yield stays("a rule says no", UP, wire(UP, plain), some)
    yield stays("a rule says no, IPv6", UP, wire(UP, PACKETS[3][2]), some)
    yield through("a rule says no to others", DOWN, PACKETS[2][2], policy=some)
    chosen = vpg(redirection={"default": False}, rest={"rules": [{**dns, "redirect": True}]})
    yield through("a rule says yes", UP, plain, policy=chosen)
    yield stays("a rule says yes to others", DOWN, wire(DOWN, PACKETS[2][2]), chosen)
    yield stays("redirection is disabled", UP, wire(UP, plain), vpg(redirection={"enabled": False}))
    yield stays("redirection is off", DOWN, wire(DOWN, PACKETS[2][2]), OPEN)
    yield stays("the gate is closed", UP, wire(UP, IP(src=DEVICE, dst=INSIDE) / UDP_UP / filler(20)), vpg(enabled=False))
    yield row("a rule drops", vpg(redirection={}, rest={"rules": [{"match": {}, "drop": True}]}), [(UP, wire(UP, plain))], [])


def own_rows(stays):
    """Junction's own tunnels, whose gateway is behind the wire that it guards."""
    policy = vpg(PEER[TUNNEL, 4], {"on_failure": "drop"})
    inside = bytes(VXLAN(flags=8, vni=10) / Ether(dst=INNER, src=GATEWAY) / (V4 / UDP_UP / filler(30)))
    for family, ip in ((4, lambda a, b, **k: IP(src=a, dst=b, **k)), (6, lambda a, b, **k: IPv6(src=a, dst=b))):
        own, peer = SOURCE[TUNNEL, family], PEER[TUNNEL, family]
        vxlan, gre = UDP(sport=50000, dport=4789) / Raw(inside), Raw(bytes.fromhex("00006558") + inside)
        for name, packet, back in (("VXLAN", ip(own, peer) / vxlan, ip(peer, own) / vxlan),
                                   ("GRE", ip(own, peer, proto=47) / gre, ip(peer, own, proto=47) / gre)):
            if family == 6 and name == "GRE":
                packet.nh = back.nh = 47
            yield stays(f"own {name} over IPv{family}", UP, wire(UP, packet), policy)
            yield stays(f"own {name} over IPv{family}, coming", UP, wire(UP, back), policy)
            yield stays(f"own {name} over IPv{family}, from the network", DOWN, wire(DOWN, back), policy)
    own, peer = SOURCE[TUNNEL, 4], PEER[TUNNEL, 4]
    for name, more in (("first", {"flags": "MF"}), ("later", {"frag": 4})):
        packet = IP(src=own, dst=peer, proto=17, **more) / Raw(bytes(UDP(sport=50000, dport=4789, len=400)) + bytes(56))
        yield stays(f"own VXLAN, {name} fragment", UP, wire(UP, packet), policy)
    yield through("another port of ours", UP, IP(src=DEVICE, dst=own) / UDP_UP / filler(30))
    yield through("a stranger's VXLAN", UP, IP(src=DEVICE, dst=REMOTE) / UDP(sport=50000, dport=4789) / filler(30))


# -- devices and hosts of the network, redirection being off

def asks(target, source=INSIDE, mac=GATEWAY):
    return Ether(dst="ff:ff:ff:ff:ff:ff", src=mac) / ARP(op=1, hwsrc=mac, psrc=source, pdst=target)


def says(target, source, mac=GATEWAY, to="ff:ff:ff:ff:ff:ff"):
    return Ether(dst=to, src=mac) / ARP(op=2, hwsrc=mac, psrc=source, hwdst=INNER, pdst=target)


def devices(*groups):
    return {"devices": [{"address": a, "name": a, "group": g} for a, g in zip((DEVICE, OTHER), groups)]}


def host_rows():
    heard = (BACK, from_peer(asks(GATE)))
    seen = (UP, wire(UP, PACKETS[0][2], 5))
    to_host = IP(src=DEVICE, dst=INSIDE) / UDP_UP / filler(30)
    to_device = IP(src=INSIDE, dst=DEVICE) / UDP_DOWN / filler(30)
    yield row("to a host", OPEN, [heard, (UP, wire(UP, to_host, 7))], [(TUNNEL, tunnelled(to_host))])
    yield row("to a host that is not known", OPEN, [(UP, wire(UP, to_host))], [], "UNRESOLVED")
    learned = IP(src=DEVICE, dst="10.254.7.7") / UDP_UP / filler(30)
    yield row("to a host that was heard", OPEN, [(BACK, from_peer(asks(GATE, "10.254.7.7", "02:00:00:00:0f:77"), source=THIRD)), (UP, wire(UP, learned))],
              [(TUNNEL, tunnelled(learned, mac="02:00:00:00:0f:77", peer=THIRD))])
    yield row("what comes by the network port goes on", OPEN, [heard, (DOWN, wire(DOWN, IP(src=REMOTE, dst=INSIDE) / UDP_DOWN / filler(30)))],
              [(ACCESS, wire(DOWN, IP(src=REMOTE, dst=INSIDE) / UDP_DOWN / filler(30)))])
    yield row("from a host", OPEN, [seen, (BACK, from_peer(to_device))], [(ACCESS, restored(DOWN, to_device, 5))])
    rule = {"rules": [{"match": {"remote": "10.254.0.0/16"}, "drop": True}]}
    yield row("a rule drops what comes from a host", vpg(rest=rule), [seen, (BACK, from_peer(to_device))], [])
    yield row("from a host, no device seen yet", OPEN, [(BACK, from_peer(to_device))], [], "NO_L2_HEADER")
    other = (UP, wire(UP, IP(src=OTHER, dst=REMOTE) / UDP_UP / filler(20), 5, device=OTHER_MAC))
    silent = IP(src=INSIDE, dst=SILENT) / UDP_DOWN / filler(30)
    yield row("from a host to a device not heard of: by the only MAC", OPEN, [seen, (BACK, from_peer(silent))], [(ACCESS, restored(DOWN, silent, 5))])
    yield row("from a host to a device not heard of, of several", OPEN, [seen, other, (BACK, from_peer(silent))], [], "NO_L2_HEADER")
    yield row("from a host to no device", OPEN, [seen, (BACK, from_peer(IP(src=INSIDE, dst=REMOTE) / UDP_DOWN))], [], "NOT_DEVICE")
    for name, address in (("another peer's", "10.254.0.3"), ("a stranger's", "10.254.9.9"), ("an outer", REMOTE), ("a device's", OTHER)):
        yield row(f"from a host with {name} address", OPEN, [seen, (BACK, from_peer(IP(src=address, dst=DEVICE) / UDP_DOWN))], [], "SPOOFED")
    apart = devices("cameras", "meters")
    same, other = ({"group0": g, "privacy_separator": True, "rest": apart} for g in ("cameras", "meters"))
    yield row("same group, to a host", vpg(**same), [heard, (UP, wire(UP, to_host))], [(TUNNEL, tunnelled(to_host))])
    yield row("other group, to a host", vpg(**other), [heard, (UP, wire(UP, to_host))], [], "PRIVACY")
    yield row("same group, from a host", vpg(**same), [seen, (BACK, from_peer(to_device))], [(ACCESS, restored(DOWN, to_device, 5))])
    yield row("other group, from a host", vpg(**other), [seen, (BACK, from_peer(to_device))], [], "PRIVACY")
    between = IP(src=DEVICE, dst=OTHER) / UDP_UP / filler(30)
    yield row("two devices, other group", vpg(**same), [(UP, wire(UP, between))], [], "PRIVACY")
    yield row("two devices, other group, redirected", vpg(redirection={}, **same), [(UP, wire(UP, between))], [], "PRIVACY")
    yield row("two devices, same group", vpg(privacy_separator=True, rest=devices("cameras", "cameras")), [(UP, wire(UP, between))],
              [(NETWORK, wire(UP, between))])


# -- what comes back

def back_rows():
    for family in (4, 6):
        for port in (TUNNEL, TAGGED):
            policy = vpg(PEER[port, family], {})
            for name, side, packet in PACKETS:
                for vlan in (None, 5 << 13 | 7):
                    back = packet.copy()
                    del back[IP if packet.version == 4 else IPv6].chksum
                    if packet.version == 4:
                        back.ttl -= 1
                    else:
                        back.hlim -= 1
                    yield row(f"{name}, {tag(vlan)}, over IPv{family}, {tag(UNDERLAY_VLAN if port == TAGGED else None)} underlay", policy,
                              [(side, wire(side, packet, vlan)), (BACK, from_peer(back, family, port))],
                              [(NETWORK if side == UP else ACCESS, restored(side, back, vlan))])
    yield from answer_rows()
    yield from l2_rewrite_rows()
    yield from refused_rows()
    yield from engine_rows()


def answer_rows():
    up, up6 = PACKETS[0][2], PACKETS[3][2]
    seen, seen6 = (UP, wire(UP, up, 5)), (UP, wire(UP, up6, 5))
    answer, answer6 = V4D / UDP_DOWN / filler(3), V6D / UDP_DOWN / filler(3)
    yield row("the other direction of a flow", PLAIN, [seen, (BACK, from_peer(answer))], [(ACCESS, restored(DOWN, answer, 5))])
    yield row("the other direction of an IPv6 flow", PLAIN, [seen6, (BACK, from_peer(answer6))], [(ACCESS, restored(DOWN, answer6, 5))])
    yield row("short, untagged", PLAIN, [(UP, wire(UP, up)), (BACK, from_peer(answer))], [(ACCESS, restored(DOWN, answer))])
    yield row("padding inside is cut", PLAIN, [seen, (BACK, from_peer(bytes(answer) + b"\xee" * 30, inner=Ether(dst=INNER, src=GATEWAY, type=0x0800)))],
              [(ACCESS, restored(DOWN, answer, 5))])
    yield row("outer padding", PLAIN, [seen, (BACK, from_peer(answer, padding=9))], [(ACCESS, restored(DOWN, answer, 5))])
    yield row("zero outer checksum", PLAIN, [seen, (BACK, from_peer(answer, udp=UDP(sport=1, chksum=0)))], [(ACCESS, restored(DOWN, answer, 5))])
    full = V4D / UDP_DOWN / long(1450 - 28)
    yield row("full", PLAIN, [seen, (BACK, from_peer(full))], [(ACCESS, restored(DOWN, full, 5))])
    yield row("as it was: it leaves, and is not sent again", PLAIN, [seen, (BACK, from_peer(up))], [(NETWORK, restored(UP, up, 5))])
    standby = vpg(redirection={"on_failure": "standby", "standby": "10.254.0.3"})
    yield row("from the standby", standby, [seen, (BACK, from_peer(answer, source=STANDBY))], [(ACCESS, restored(DOWN, answer, 5))])
    yield row("whatever the peer's MAC", PLAIN, [seen, (BACK, from_peer(answer, mac="02:00:00:00:0f:99"))], [(ACCESS, restored(DOWN, answer, 5))])
    rule = {"rules": [{"match": {}, "redirect": False}]}
    yield row("a flow that no rule redirects", vpg(redirection={}, rest=rule), [seen, (BACK, from_peer(answer))], [(ACCESS, restored(DOWN, answer, 5))])
    # NAT: the gateway's address stands for the device; answers find the gateway, whatever rules say.
    masked = IP(src=INSIDE, dst=REMOTE) / UDP(sport=61000, dport=PORT) / filler(30)
    reply = IP(src=REMOTE, dst=INSIDE) / UDP(sport=PORT, dport=61000) / filler(30)
    yield row("masqueraded", PLAIN, [seen, (BACK, from_peer(masked))], [(NETWORK, restored(UP, masked, 5))])
    yield row("masqueraded, again", PLAIN, [seen, (BACK, from_peer(masked)), (BACK, from_peer(masked))], [(NETWORK, restored(UP, masked, 5))])
    for name, policy in (("", PLAIN), (", though a rule says no", vpg(redirection={}, rest=rule)),
                         (", though a rule drops", vpg(redirection={}, rest={"rules": [{"match": {"remote": REMOTE + "/32", "device": INSIDE + "/32"}, "drop": True}]})),
                         (", though rules choose others", vpg(redirection={"default": False}, rest={"rules": [{"match": {"device": DEVICE + "/32"}, "redirect": True}]}))):
        yield row(f"an answer to the masquerade{name}", policy, [seen, (BACK, from_peer(masked)), (DOWN, wire(DOWN, reply, 5))],
                  [(TUNNEL, tunnelled(reply))])
    rest = {"rules": [{"match": {"remote": INSIDE + "/32"}, "drop": True}]}
    yield row("a rule drops what is for the gateway's own address", vpg(redirection={}, rest=rest), [(DOWN, wire(DOWN, reply, 5))], [])
    yield row("a rule drops what a device sends to it", vpg(redirection={}, rest=rest), [(UP, wire(UP, IP(src=DEVICE, dst=INSIDE) / UDP_UP))], [])
    some = vpg(redirection={"default": False}, rest={"rules": [{"match": {"device": DEVICE + "/32"}, "redirect": True}]})
    yield row("an answer to a masquerade long forgotten", some, [(DOWN, wire(DOWN, reply, 5))], [(TUNNEL, tunnelled(reply))])
    for name, part in (("first", IP(src=REMOTE, dst=INSIDE, flags="MF") / UDP(sport=PORT, dport=61000, len=100) / filler(24)),
                       ("later", IP(src=REMOTE, dst=INSIDE, frag=4, proto=17) / filler(30))):
        yield row(f"an answer to the masquerade, {name} fragment", some, [(DOWN, wire(DOWN, part, 5))], [(TUNNEL, tunnelled(part))])
    ported = V4 / UDP(sport=61000, dport=PORT) / filler(30)
    yield row("another port", PLAIN, [seen, (BACK, from_peer(ported))], [(NETWORK, restored(UP, ported, 5))])


def l2_rewrite_rows():
    up = PACKETS[0][2]
    seen = (UP, wire(UP, up, 5))
    first = IP(src=DEVICE, dst=REMOTE, flags="MF") / UDP(sport=40000, dport=PORT, len=100) / filler(24)
    later = IP(src=REMOTE, dst=DEVICE, frag=4, proto=17) / filler(30)
    later6 = IPv6(src=REMOTE6, dst=DEVICE6, nh=44) / IPv6ExtHdrFragment(nh=17, offset=4, id=9) / filler(30)
    yield row("first fragment", PLAIN, [seen, (BACK, from_peer(first))], [(NETWORK, restored(UP, first, 5))])
    yield row("later fragment", PLAIN, [seen, (BACK, from_peer(later))], [(ACCESS, restored(DOWN, later, 5))])
    yield row("later IPv6 fragment", PLAIN, [(UP, wire(UP, PACKETS[3][2])), (BACK, from_peer(later6))], [(ACCESS, restored(DOWN, later6))])
    exceeded = IP(src=INSIDE, dst=DEVICE) / ICMP(type=11) / Raw(bytes(up)[:28])
    exceeded6 = IPv6(src="fd00:254::2", dst=DEVICE6) / ICMPv6TimeExceeded() / Raw(bytes(PACKETS[3][2])[:48])
    yield row("an error of the gateway's", PLAIN, [seen, (BACK, from_peer(exceeded))], [(ACCESS, restored(DOWN, exceeded, 5))])
    yield row("an IPv6 error of the gateway's", PLAIN, [(UP, wire(UP, PACKETS[3][2], 5)), (BACK, from_peer(exceeded6))], [(ACCESS, restored(DOWN, exceeded6, 5))])
    other = (UP, wire(UP, IP(src=OTHER, dst=REMOTE) / UDP_UP / filler(20), 5, device=OTHER_MAC))
    elsewhere = IP(src=REMOTE, dst=OTHER) / UDP(sport=7, dport=8) / filler(30)
    yield row("a flow that the gateway begins", PLAIN, [seen, other, seen, (BACK, from_peer(elsewhere))], [(ACCESS, restored(DOWN, elsewhere, 5, device=OTHER_MAC))])
    silent = IP(src=REMOTE, dst=SILENT) / UDP(sport=7, dport=8) / filler(30)
    speaks = IP(src=SILENT, dst=REMOTE) / UDP(sport=7, dport=8) / filler(30)
    one_mac = (UP, wire(UP, IP(src=OTHER, dst=REMOTE) / UDP_UP / filler(20), 5))
    yield row("to a device not heard of: as the last one", PLAIN, [seen, (BACK, from_peer(silent))], [(ACCESS, restored(DOWN, silent, 5))])
    yield row("to a device not heard of: all are behind one MAC", PLAIN, [seen, one_mac, (BACK, from_peer(silent))], [(ACCESS, restored(DOWN, silent, 5))])
    yield row("to a device not heard of: any of several", PLAIN, [seen, other, (BACK, from_peer(silent))], [], "NO_L2_HEADER")
    again = (UP, wire(UP, IP(src=OTHER, dst=REMOTE) / UDP_DOWN / filler(20), 5, device=OTHER_MAC))
    yield row("to a device not heard of: any of several, the last one twice", PLAIN, [seen, other, again, (BACK, from_peer(silent))], [], "NO_L2_HEADER")
    yield row("from a device not heard of, of several", PLAIN, [seen, other, seen, (BACK, from_peer(speaks))], [(NETWORK, restored(UP, speaks, 5, device=OTHER_MAC))])
    between = IP(src=DEVICE, dst=OTHER) / UDP_UP / filler(30)
    answer = IP(src=OTHER, dst=DEVICE) / UDP_DOWN / filler(30)
    sent = (UP, wire(UP, between, 5))
    yield row("device to device", PLAIN, [other, sent, (BACK, from_peer(between))], [(ACCESS, restored(DOWN, between, 5, device=OTHER_MAC))])
    yield row("device to device, and the answer", PLAIN, [other, sent, (BACK, from_peer(answer))], [(ACCESS, restored(DOWN, answer, 5))])
    yield row("device to device, which is not heard of", PLAIN, [sent, (BACK, from_peer(between))], [(ACCESS, restored(DOWN, between, 5))])
    third = (UP, wire(UP, IP(src="10.128.0.7", dst=REMOTE) / UDP_UP / filler(20), 5, device="02:00:00:00:00:2d"))
    yield row("device to device, which is not heard of, of several", PLAIN, [third, sent, (BACK, from_peer(between))], [], "NO_L2_HEADER")
    yield row("device to device by a router that brings it back", PLAIN, [other, sent, (DOWN, wire(DOWN, between, 5, device=OTHER_MAC)), (BACK, from_peer(between))],
              [(ACCESS, restored(DOWN, between, 5, device=OTHER_MAC))])
    yield from spoofed_rows()
    # No end in device_subnets: the first packet tells the sides.
    strange_up, strange_down = (IP(src=a, dst=b) / u / filler(30) for a, b, u in ((NOBODYS, REMOTE, UDP_UP), (REMOTE, NOBODYS, UDP_DOWN)))
    for began, frame in ((UP, strange_up), (DOWN, strange_down)):
        steps = [(began, wire(began, frame, 5))]
        yield row(f"flow without a device, begun by the {LINK[began]}: a packet of the uplink", PLAIN, steps + [(BACK, from_peer(strange_up))], [(NETWORK, restored(UP, strange_up, 5))])
        yield row(f"flow without a device, begun by the {LINK[began]}: a packet of the downlink", PLAIN, steps + [(BACK, from_peer(strange_down))], [(ACCESS, restored(DOWN, strange_down, 5))])
    yield row("nobody was seen yet", PLAIN, [(BACK, from_peer(V4D / UDP_DOWN))], [], "NO_L2_HEADER")
    yield row("nobody was seen yet, to the network", PLAIN, [(BACK, from_peer(V4 / UDP_UP))], [], "NO_L2_HEADER")


def spoofed_rows():
    """Made-up Ethernet addresses do not turn others' packets away."""
    spoofed = lambda side, packet: (side, bytes(Ether(**MADE_UP) / Dot1Q(vlan=5) / packet))
    up, down = PACKETS[0][2], V4D / UDP_DOWN / filler(30)
    seen = (UP, wire(UP, up, 5))
    new, masked = V4D / UDP(sport=7, dport=8) / filler(30), IP(src=INSIDE, dst=REMOTE) / UDP(sport=61000, dport=PORT) / filler(30)
    rows = (("by the access side, to the device", spoofed(UP, IP(src=NOBODYS, dst=DEVICE) / UDP_UP / filler(30))),
            ("by the network side, from the device", spoofed(DOWN, IP(src=DEVICE, dst=NOBODYS) / UDP_UP / filler(30))),
            ("as the flow's answer, by the access side", spoofed(UP, down)),
            ("as the flow's own, by the network side", spoofed(DOWN, up)))
    for name, lie in rows:
        for what, packet, side in (("the device's flow", up, UP), ("its answer", down, DOWN), ("a new flow to it", new, DOWN), ("a masquerade", masked, UP)):
            yield row(f"spoofed {name}: {what}", PLAIN, [seen, lie, (BACK, from_peer(packet))], [(NETWORK if side == UP else ACCESS, restored(side, packet, 5))])
    yield row("spoofed before the flow itself", PLAIN, [spoofed(DOWN, up), seen, (DOWN, wire(DOWN, down, 5)), (BACK, from_peer(down))], [(ACCESS, restored(DOWN, down, 5))])
    yield row("spoofed before the flow itself: its own", PLAIN, [spoofed(DOWN, up), seen, (DOWN, wire(DOWN, down, 5)), (BACK, from_peer(up))], [(NETWORK, restored(UP, up, 5))])


def refused_rows():
    seen = (UP, wire(UP, PACKETS[0][2], 5))
    good = V4D / UDP_DOWN / filler(30)

    def refused(what, loss, frame, policy=PLAIN):
        return row(f"refused from a peer: {what}", policy, [seen, (BACK, bytes(frame))], [], loss)
    yield refused("a stranger", "IGNORED", from_peer(good, source=STRANGER))
    yield refused("GRE", "IGNORED", Ether(dst=OWN[TUNNEL], src=HOP) / IP(src=PEER[TUNNEL, 4], dst=SOURCE[TUNNEL, 4], proto=47) / bytes(8))
    yield refused("the gate is closed", "IGNORED", from_peer(good), vpg(enabled=False))
    yield refused("UDP length", "OUTER_LENGTH", from_peer(good, udp=UDP(sport=1, len=7)))
    yield refused("checksum", "CHECKSUM", from_peer(good, udp=UDP(sport=1, chksum=0x1234)))
    yield refused("zero checksum over IPv6", "NO_CHECKSUM", from_peer(good, 6, udp=UDP(sport=1, chksum=0)), vpg(PEER[TUNNEL, 6], {}))
    yield row("zero checksum over IPv6, allowed", vpg(PEER[TUNNEL, 6], {}, udp_zero_checksum_ipv6=True),
              [seen, (BACK, from_peer(good, 6, udp=UDP(sport=1, chksum=0)))], [(ACCESS, restored(DOWN, good, 5))])
    yield refused("truncated", "TRUNCATED", from_peer(good, cut=14 + len(good) + 1))
    yield refused("flags", "FLAGS", from_peer(good, flags=0))
    yield refused("VNI", "VNI", from_peer(good, vni=11))
    yield refused("inner truncated", "INNER_TRUNCATED", from_peer(good, cut=len(good) + 1))
    yield refused("inner destination", "INNER_DESTINATION", from_peer(good, inner=Ether(dst="02:00:00:00:0f:09", src=GATEWAY)))
    yield refused("inner source our own", "INNER_OWN_SOURCE", from_peer(good, inner=Ether(dst=INNER, src=INNER)))
    yield refused("inner source a group", "INNER_SOURCE", from_peer(good, inner=Ether(dst=INNER, src="03:00:00:00:0f:02")))
    yield refused("inner tag", "INNER_TAGGED", from_peer(good, inner=Ether(dst=INNER, src=GATEWAY) / Dot1Q(vlan=1)))
    yield refused("inner type", "INNER_TYPE", from_peer(bytes(46), inner=Ether(dst=INNER, src=GATEWAY, type=0x88CC)))
    yield refused("inner IP", "INNER_IP", from_peer(good, cut=1))
    for family in (4, 6):
        yield refused(f"inner jumbogram over IPv{family}", "INNER_IP",
                      from_peer(IPv6(src=REMOTE6, dst=DEVICE6, plen=0, nh=0) / IPv6ExtHdrHopByHop(nh=17) / UDP_DOWN / filler(30), family),
                      vpg(PEER[TUNNEL, family], {}))
    yield refused("inner checksum", "INNER_CHECKSUM", from_peer(IP(src=REMOTE, dst=DEVICE, chksum=1) / UDP_DOWN))
    yield refused("inner group", "INNER_GROUP", from_peer(good, inner=Ether(dst="ff:ff:ff:ff:ff:ff", src=GATEWAY)))
    for source, to in (("127.0.0.1", DEVICE), ("224.0.0.1", DEVICE), ("255.255.255.255", DEVICE), ("0.0.0.0", DEVICE), (GATE, DEVICE), (REMOTE, "127.0.0.1"),
                       (REMOTE, "0.0.0.0")):
        yield refused(f"{source} to {to}", "INNER_ADDRESS", from_peer(IP(src=source, dst=to) / UDP_DOWN))
    for source, to in (("::", DEVICE6), ("::1", DEVICE6), ("ff02::1", DEVICE6), (GATE6, DEVICE6), (REMOTE6, "::1"), (REMOTE6, "fe80::1"), (REMOTE6, "::")):
        yield refused(f"{source} to {to}", "INNER_ADDRESS", from_peer(IPv6(src=source, dst=to) / UDP_DOWN))
    yield refused("a peer that is not the gateway", "NOT_GATEWAY", from_peer(good, source=THIRD))
    yield refused("a peer that is not the standby yet", "NOT_GATEWAY", from_peer(good, source=STANDBY))
    yield refused("redirection was switched off", "SPOOFED", from_peer(good), OPEN)
    whole = from_peer(good)
    behind = Ether(dst=OWN[TUNNEL], src=HOP) / IPv6(src=PEER[TUNNEL, 6], dst=SOURCE[TUNNEL, 6]) / IPv6ExtHdrDestOpt() / IPv6ExtHdrFragment(nh=17, m=1)
    yield refused("outer fragment header behind another one", "OUTER_HEADER", behind / Raw(from_peer(good, 6)[54:54 + 64]), vpg(PEER[TUNNEL, 6], {}))
    for family in (4, 6):
        other_port = bytearray(from_peer(good, family))
        at = (34 if family == 4 else 54) + 2
        other_port[at:at + 2] = struct.pack(">H", 4790)
        parts = pieces(bytes(other_port), 14, 64, family)
        yield row(f"in pieces over IPv{family}, to another port", vpg(PEER[TUNNEL, family], {}), [seen] + [(BACK, p) for p in parts], [], "IGNORED")
    yield refused("outer fragment of a stranger", "IGNORED",
                  Ether(dst=OWN[TUNNEL], src=HOP) / IP(src=STRANGER, dst=SOURCE[TUNNEL, 4], proto=17, flags="MF") / Raw(whole[34:34 + 16]))


def engine_rows():
    seen = (UP, wire(UP, PACKETS[0][2], 5))
    reply = Ether(dst=GATEWAY, src=INNER) / ARP(op=2, hwsrc=INNER, psrc=GATE, hwdst=GATEWAY, pdst=INSIDE)
    proxy = Ether(dst=GATEWAY, src=INNER) / ARP(op=2, hwsrc=INNER, psrc=DEVICE, hwdst=GATEWAY, pdst=INSIDE)
    for family in (4, 6):
        policy = vpg(PEER[TUNNEL, family], {})
        yield row(f"ARP for us over IPv{family}", policy, [(BACK, from_peer(asks(GATE), family))], [(TUNNEL, tunnelled(reply, family))])
        yield row(f"ARP for a device over IPv{family}", policy, [(BACK, from_peer(asks(DEVICE), family))], [(TUNNEL, tunnelled(proxy, family))])
    yield row("a device's address claimed", PLAIN, [seen, (BACK, from_peer(says(GATE, DEVICE)))], [], "NEIGHBOUR_SPOOFING")
    yield row("the gateway's address claimed", PLAIN, [(BACK, from_peer(says(INSIDE, INSIDE), source=THIRD))], [], "NEIGHBOUR_SPOOFING")
    yield row("malformed ARP", PLAIN, [(BACK, from_peer(asks(GATE), cut=1))], [], "NEIGHBOUR")
    yield row("no echo request to us", PLAIN, [(BACK, from_peer(IP(src=INSIDE, dst=GATE) / UDP_DOWN))], [], "NEIGHBOUR")


# -- outer fragments

def fragment_rows():
    up, up6 = PACKETS[0][2], PACKETS[3][2]
    for family in (4, 6):
        policy = vpg(PEER[TUNNEL, family], {})
        for name, seen, back in (("IPv4", up, V4D / UDP_DOWN / filler(300)), ("IPv6", up6, V6D / UDP_DOWN / filler(301))):
            parts = pieces(from_peer(back, family), 14, 136, family)
            for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1)):
                yield row(f"{name} in three pieces, which come as {', '.join(str(k + 1) for k in order)}, over IPv{family}", policy,
                          [(UP, wire(UP, seen, 5))] + [(BACK, parts[k]) for k in order], [(ACCESS, restored(DOWN, back, 5))])
            yield row(f"{name}, the second of three pieces missing, over IPv{family}", policy,
                      [(UP, wire(UP, seen, 5))] + [(BACK, parts[k]) for k in (0, 2)], [])
    # RFC 8200 section 4.5: destination options are part of what is fragmented, and later fragments name them, not UDP.
    back, ends = V4D / UDP_DOWN / filler(300), {"src": PEER[TUNNEL, 6], "dst": SOURCE[TUNNEL, 6]}
    parts = pieces(from_peer(back, 6, ip=IPv6(**ends) / IPv6ExtHdrDestOpt()), 14, 136, 6, 60)
    for order in ((0, 1, 2), (2, 1, 0)):
        yield row(f"destination options in pieces, which come as {', '.join(str(k + 1) for k in order)}", vpg(PEER[TUNNEL, 6], {}),
                  [(UP, wire(UP, up, 5))] + [(BACK, parts[k]) for k in order], [(ACCESS, restored(DOWN, back, 5))])
    large = V4D / UDP_DOWN / long(5000)
    yield row("jumbo in pieces", PLAIN, [(UP, wire(UP, up, 5))] + [(BACK, p) for p in pieces(from_peer(large), 14, 1480, 4)],
              [(ACCESS, restored(DOWN, large, 5))])
    whole = from_peer(V4D / UDP_DOWN / long(1000), vni=11)
    yield row("in pieces, of another VNI", PLAIN, [(UP, wire(UP, up, 5))] + [(BACK, p) for p in pieces(whole, 14, 496, 4)], [], "VNI")


tables = [common.table(f"redirect_vector {name}_vectors", rows)
          for name, rows in (("out", out_rows()), ("stay", stay_rows()), ("host", host_rows()), ("back", back_rows()),
                             ("fragment", fragment_rows()))]
common.main(common.header("redirect/redirect_vector.h", *(f"#define {name} {json.dumps(text)}" for text, name in policies.items()), *tables))
