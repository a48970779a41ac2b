#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames for the underlay engine and what it must answer: the tables of test_underlay*.c, seeds of fuzz_underlay.c."""
from scapy.layers.inet import GRE, ICMP, IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS,
                                ICMPv6ND_RA, ICMPv6NDOptDstLLAddr, ICMPv6NDOptMTU, ICMPv6NDOptSrcLLAddr,
                                ICMPv6PacketTooBig, ICMPv6TimeExceeded, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment)
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Padding, Raw

import common

OWN, OTHER_PORT = "02:00:00:00:00:01", "02:00:00:00:00:02"
A, B, C = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "02:00:00:00:00:0c"
ALL, ZERO = "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"
ME4, ME6, ME_TAGGED4, ME_TAGGED6 = "198.18.0.1", "fd00:18::1", "198.18.1.1", "fd00:19::1"
PEER4, PEER6, PEER_TAGGED4, PEER_TAGGED6, ROUTER6 = ("198.18.0.10", "fd00:18::10", "198.18.1.10", "fd00:19::10",
                                                     "fe80::10")
FAR4, FAR6 = "10.200.0.5", "fd00:99::5"
NODE, NODE_MAC = "ff02::1:ff00:1", "33:33:ff:00:00:01"
# Numbers of the neighbours that the test opens in this order, and the words for its links.
N4, N6, N4_TAGGED, N6_TAGGED, N_ROUTER = range(5)
FREE, INCOMPLETE, REACHABLE, PROBE = range(4)
rows, requests = [], []


def link(state, mac=ZERO):
    return "0x%04x%s" % (state, mac.replace(":", ""))


NOTHING = link(INCOMPLETE)


def row(what, frame, outcome, counter=None, reply=None, neighbour=N4, before=NOTHING, after=None, port=0, needed=None,
        peer=None, mtu=0, too_big=False):
    frame = bytes(frame)
    rows.append((what, port, frame, len(frame) if needed is None else needed, outcome, counter,
                 bytes(reply) if reply is not None else b"", neighbour, before, before if after is None else after,
                 peer, mtu, too_big))


def same(what, frame, counter, outcome="CONSUMED", **more):
    """Ignored and counted: nothing learned."""
    row(what, frame, outcome, counter, before=link(REACHABLE, A), **more)


def arp(op, sha, spa, tha, tpa, dst=None, src=None, vlan=None, **more):
    ether = Ether(dst=dst or (ALL if op == 1 else OWN), src=src or sha)
    if vlan is not None:
        ether /= Dot1Q(vlan=vlan, prio=more.pop("prio", 0))
    return ether / ARP(op=op, hwsrc=sha, psrc=spa, hwdst=tha, pdst=tpa, **more)


def arp_rows():
    ask = arp(1, A, PEER4, ZERO, ME4)
    answer = arp(2, OWN, ME4, A, PEER4, dst=A)
    row("request for us, of a neighbour not resolved", ask, "REPLY", "arp_requests", answer, after=link(PROBE, A))
    row("request for us, by unicast", arp(1, A, PEER4, ZERO, ME4, dst=OWN), "REPLY", "arp_requests", answer,
        after=link(PROBE, A))
    row("request for us, of a known neighbour", ask, "REPLY", "arp_requests", answer, before=link(REACHABLE, A))
    row("request for us, the neighbour's MAC changed", arp(1, B, PEER4, ZERO, ME4), "REPLY", "arp_requests",
        arp(2, OWN, ME4, B, PEER4, dst=B), before=link(REACHABLE, A), after=link(PROBE, B))
    row("request for us, of a stranger", arp(1, C, "198.18.0.77", ZERO, ME4), "REPLY", "arp_requests",
        arp(2, OWN, ME4, C, "198.18.0.77", dst=C))
    row("request with Ethernet padding", ask / Padding(b"\xa5" * 18), "REPLY", "arp_requests", answer,
        after=link(PROBE, A), needed=42)
    row("request, tagged", arp(1, A, PEER_TAGGED4, ZERO, ME_TAGGED4, vlan=100, prio=5), "REPLY", "arp_requests",
        arp(2, OWN, ME_TAGGED4, A, PEER_TAGGED4, dst=A, vlan=100), N4_TAGGED, after=link(PROBE, A))
    row("request, priority-tagged", arp(1, A, PEER4, ZERO, ME4, vlan=0, prio=5), "REPLY", "arp_requests", answer,
        after=link(PROBE, A))
    row("request with the wrong tag", arp(1, A, PEER4, ZERO, ME4, vlan=101), "NOT_OURS")
    row("request for a tagged address, untagged", arp(1, A, PEER4, ZERO, ME_TAGGED4), "NOT_OURS")
    row("request for an untagged address, tagged", arp(1, A, PEER_TAGGED4, ZERO, ME4, vlan=100), "NOT_OURS")
    row("request on a port without addresses", ask, "NOT_OURS", port=2)
    row("request for an address of another port", arp(1, A, PEER4, ZERO, "198.18.2.1"), "NOT_OURS")
    row("request for another", arp(1, A, PEER4, ZERO, "198.18.0.9"), "NOT_OURS")
    same("request for another, to us alone", arp(1, B, PEER4, ZERO, "198.18.0.9", dst=OWN), "ignored_other")
    row("probe", arp(1, A, "0.0.0.0", ZERO, ME4), "REPLY", "arp_requests", arp(2, OWN, ME4, A, "0.0.0.0", dst=A))
    row("probe for another", arp(1, A, "0.0.0.0", ZERO, PEER4), "NOT_OURS")
    same("probe, sender's MAC is another", arp(1, B, "0.0.0.0", ZERO, ME4, src=A), "ignored_foreign", "NOT_OURS")

    row("reply", arp(2, A, PEER4, OWN, ME4), "CONSUMED", "arp_replies", after=link(REACHABLE, A))
    row("reply, tagged", arp(2, A, PEER_TAGGED4, OWN, ME_TAGGED4, vlan=100), "CONSUMED", "arp_replies",
        neighbour=N4_TAGGED, after=link(REACHABLE, A))
    row("reply to a probe", arp(2, A, PEER4, OWN, ME4), "CONSUMED", "arp_replies", before=link(PROBE, A),
        after=link(REACHABLE, A))
    row("reply with a changed MAC", arp(2, B, PEER4, OWN, ME4), "CONSUMED", "arp_replies", before=link(REACHABLE, A),
        after=link(REACHABLE, B))
    row("reply by broadcast", arp(2, A, PEER4, OWN, ME4, dst=ALL), "LEARNED", "arp_replies", after=link(PROBE, A))
    row("reply to another", arp(2, A, PEER4, B, "198.18.0.9", dst=B), "NOT_OURS")
    same("reply of one never asked", arp(2, C, "198.18.0.77", OWN, ME4), "ignored_other")

    row("gratuitous request", arp(1, A, PEER4, ZERO, PEER4), "LEARNED", "arp_requests", after=link(PROBE, A))
    row("gratuitous reply", arp(2, A, PEER4, ALL, PEER4, dst=ALL), "LEARNED", "arp_replies", after=link(PROBE, A))
    row("gratuitous, MAC changed", arp(1, B, PEER4, ZERO, PEER4), "LEARNED", "arp_requests",
        before=link(REACHABLE, A), after=link(PROBE, B))
    row("gratuitous, nothing new", arp(1, A, PEER4, ZERO, PEER4), "LEARNED", "arp_requests",
        before=link(REACHABLE, A))
    row("gratuitous, nothing new of one in doubt", arp(1, A, PEER4, ZERO, PEER4), "LEARNED", "arp_requests",
        before=link(PROBE, A))
    same("gratuitous, of a stranger", arp(1, C, "198.18.0.77", ZERO, "198.18.0.77"), "ignored_other", "NOT_OURS")
    same("gratuitous, for our own address", arp(1, C, ME4, ZERO, ME4), "ignored_foreign", "NOT_OURS")
    same("gratuitous, from outside the subnet", arp(1, C, FAR4, ZERO, FAR4), "ignored_foreign", "NOT_OURS")
    arp_hostile()


def arp_hostile():
    f = "ignored_foreign"
    same("request from outside the subnet", arp(1, C, FAR4, ZERO, ME4), f, "NOT_OURS")
    same("request from our own address", arp(1, C, ME4, ZERO, ME4, dst=OWN), f)
    same("reply from our own address", arp(2, C, ME4, OWN, ME4), f)
    same("reply from outside the subnet", arp(2, C, FAR4, OWN, ME4), f)
    same("reply from the subnet's broadcast address", arp(2, C, "198.18.0.255", OWN, ME4), f)
    same("reply from the subnet's number", arp(2, C, "198.18.0.0", OWN, ME4), f)
    same("reply, Ethernet source is another", arp(2, B, PEER4, OWN, ME4, src=A), f)
    same("reply with a multicast MAC", arp(2, "03:00:00:00:00:0b", PEER4, OWN, ME4), f)
    same("reply with the broadcast MAC", arp(2, ALL, PEER4, OWN, ME4), f)
    same("reply with a zero MAC", arp(2, ZERO, PEER4, OWN, ME4), f)
    same("reply with our own MAC", arp(2, OWN, PEER4, OWN, ME4), f)
    m = "ignored_malformed"
    for what, at, value in (("hardware type", 15, 6), ("protocol type", 16, 0x86), ("hardware length", 18, 8),
                            ("protocol length", 19, 16), ("operation", 21, 3)):
        frame = bytearray(bytes(arp(2, B, PEER4, OWN, ME4)))
        frame[at] = value
        same("wrong ARP " + what, frame, m)
    same("ARP cut", bytes(arp(2, B, PEER4, OWN, ME4))[:-1], m)
    same("ARP cut, by broadcast", bytes(arp(1, B, PEER4, ZERO, ME4))[:30], m, "NOT_OURS")


def nd(message, src, dst, ether_dst, ether_src=A, vlan=None, hop_limit=255, **more):
    ether = Ether(dst=ether_dst, src=ether_src)
    if vlan is not None:
        ether /= Dot1Q(vlan=vlan)
    return ether / IPv6(src=src, dst=dst, hlim=hop_limit, **more) / message


def ns(target=ME6, src=PEER6, mac=A, dst=NODE, ether_dst=NODE_MAC, ether_src=None, extra=None, code=0, **more):
    message = ICMPv6ND_NS(tgt=target, code=code)
    if mac is not None:
        message /= ICMPv6NDOptSrcLLAddr(lladdr=mac)
    if extra is not None:
        message /= extra
    return nd(message, src, dst, ether_dst, ether_src or mac or A, **more)


def na(target=PEER6, src=PEER6, mac=A, s=1, o=1, dst=ME6, ether_dst=OWN, ether_src=None, code=0, r=0, **more):
    message = ICMPv6ND_NA(tgt=target, R=r, S=s, O=o, code=code)
    if mac is not None:
        message /= ICMPv6NDOptDstLLAddr(lladdr=mac)
    return nd(message, src, dst, ether_dst, ether_src or mac or A, **more)


def our_na(to=PEER6, mac=A, s=1, target=ME6, vlan=None):
    return na(target, target, OWN, s, 1, to, mac, OWN, vlan=vlan)


def nd_rows():
    s = "nd_solicitations"
    row("solicitation for us, of a neighbour not resolved", ns(), "REPLY", s, our_na(), N6, after=link(PROBE, A))
    row("solicitation by unicast", ns(dst=ME6, ether_dst=OWN), "REPLY", s, our_na(), N6, after=link(PROBE, A))
    row("solicitation by unicast, without option", ns(mac=None, dst=ME6, ether_dst=OWN), "REPLY", s, our_na(), N6)
    row("solicitation of a known neighbour", ns(), "REPLY", s, our_na(), N6, link(REACHABLE, A))
    row("solicitation, MAC changed", ns(mac=B), "REPLY", s, our_na(mac=B), N6, link(REACHABLE, A), link(PROBE, B))
    row("solicitation of a stranger", ns(src="fd00:18::77", mac=C), "REPLY", s, our_na("fd00:18::77", C), N6)
    row("solicitation from link-local", ns(src=ROUTER6), "REPLY", s, our_na(ROUTER6), N_ROUTER, after=link(PROBE, A))
    row("solicitation with another option before", ns(mac=None, ether_src=A, extra=ICMPv6NDOptMTU() /
        ICMPv6NDOptSrcLLAddr(lladdr=A)), "REPLY", s, our_na(), N6, after=link(PROBE, A))
    row("solicitation, tagged", ns(ME_TAGGED6, PEER_TAGGED6, vlan=100), "REPLY", s,
        our_na(PEER_TAGGED6, target=ME_TAGGED6, vlan=100), N6_TAGGED, after=link(PROBE, A))
    row("duplicate address detection", ns(src="::", mac=None), "REPLY", s,
        our_na("ff02::1", "33:33:00:00:00:01", 0))
    row("solicitation for another", ns("fd00:18::5:1"), "NOT_OURS")
    row("solicitation with the wrong tag", ns(vlan=101), "NOT_OURS")
    row("router advertisement", nd(ICMPv6ND_RA(), ROUTER6, "ff02::1", "33:33:00:00:00:01"), "NOT_OURS")

    a = "nd_advertisements"
    row("advertisement", na(), "CONSUMED", a, neighbour=N6, after=link(REACHABLE, A))
    row("advertisement, tagged", na(PEER_TAGGED6, PEER_TAGGED6, dst=ME_TAGGED6, vlan=100), "CONSUMED", a,
        neighbour=N6_TAGGED, after=link(REACHABLE, A))
    row("advertisement of a router, link-local", na(ROUTER6, ROUTER6, r=1), "CONSUMED", a, neighbour=N_ROUTER,
        after=link(REACHABLE, A))
    row("advertisement without option confirms", na(mac=None), "CONSUMED", a, neighbour=N6, before=link(PROBE, A),
        after=link(REACHABLE, A))
    row("advertisement without option resolves nothing", na(mac=None), "CONSUMED", a, neighbour=N6)
    row("advertisement without override resolves", na(o=0), "CONSUMED", a, neighbour=N6, after=link(REACHABLE, A))
    row("without override, same MAC, confirms", na(o=0), "CONSUMED", a, neighbour=N6, before=link(PROBE, A),
        after=link(REACHABLE, A))
    row("without override, other MAC, casts doubt", na(o=0, mac=B), "CONSUMED", a, neighbour=N6,
        before=link(REACHABLE, A), after=link(PROBE, A))
    row("without override, other MAC, doubted before", na(o=0, mac=B), "CONSUMED", a, neighbour=N6,
        before=link(PROBE, A))
    row("advertisement with a changed MAC", na(mac=B), "CONSUMED", a, neighbour=N6, before=link(REACHABLE, A),
        after=link(REACHABLE, B))
    everyone = {"dst": "ff02::1", "ether_dst": "33:33:00:00:00:01", "s": 0}
    row("unsolicited, MAC changed", na(mac=B, **everyone), "LEARNED", a, neighbour=N6, before=link(REACHABLE, A),
        after=link(PROBE, B))
    row("unsolicited, nothing new", na(**everyone), "LEARNED", a, neighbour=N6, before=link(PROBE, A))
    row("unsolicited, of one not resolved", na(**everyone), "LEARNED", a, neighbour=N6, after=link(PROBE, A))
    row("unsolicited, of a stranger", na("fd00:18::77", "fd00:18::77", C, **everyone), "NOT_OURS")
    row("unsolicited, of a stranger, to us", na("fd00:18::77", "fd00:18::77", C, s=0), "CONSUMED", "ignored_other")
    nd_hostile(everyone)


def nd_hostile(everyone):
    def nothing(what, frame, counter, outcome="CONSUMED"):
        row(what, frame, outcome, counter, neighbour=N6, before=link(REACHABLE, A))
    f, m, h = "ignored_foreign", "ignored_malformed", "ignored_hop_limit"
    nothing("advertisement through a router", na(mac=B, hop_limit=254), h)
    nothing("unsolicited, through a router", na(mac=B, hop_limit=64, **everyone), h, "NOT_OURS")
    nothing("solicitation through a router", ns(mac=B, hop_limit=254), h, "NOT_OURS")
    nothing("solicitation by unicast through a router", ns(mac=B, hop_limit=254, dst=ME6, ether_dst=OWN), h)
    nothing("advertisement with a code", na(mac=B, code=1), m)
    nothing("solicitation with a code", ns(mac=B, code=1), m, "NOT_OURS")
    wrong = na(mac=B)
    wrong[ICMPv6ND_NA].cksum = 0x1234
    nothing("advertisement with a wrong checksum", wrong, m)
    wrong = ns(mac=B)
    wrong[ICMPv6ND_NS].cksum = 0x1234
    nothing("solicitation with a wrong checksum", wrong, m, "NOT_OURS")
    nothing("solicited, but to all", na(mac=B, s=1, dst="ff02::1", ether_dst="33:33:00:00:00:01"), m, "NOT_OURS")
    nothing("detection with an option", ns(src="::", mac=B), m, "NOT_OURS")
    nothing("detection by unicast", ns(src="::", mac=None, dst=ME6, ether_dst=OWN), m)
    nothing("solicitation to all nodes", ns(mac=B, dst="ff02::1", ether_dst="33:33:00:00:00:01"), m, "NOT_OURS")
    zero = b"\1\0" + b"\x02\0\0\0\0\x0b"
    nothing("option of length 0", ns(mac=None, ether_src=B, extra=Raw(zero)), m, "NOT_OURS")
    nothing("other option of length 0", ns(mac=B, extra=Raw(b"\5\0" + bytes(6))), m, "NOT_OURS")
    nothing("option beyond the message", ns(mac=None, ether_src=B, extra=Raw(b"\1\2" + zero[2:])), m, "NOT_OURS")
    nothing("one byte of an option", ns(mac=B, extra=Raw(b"\5")), m, "NOT_OURS")
    nothing("half an option", ns(mac=B, extra=Raw(b"\5\1\0\0")), m, "NOT_OURS")
    nothing("source option of two units", ns(mac=None, ether_src=B, extra=Raw(b"\1\2" + b"\x0b" * 14)), m, "NOT_OURS")
    nothing("message too short for a target", nd(Raw(b"\x88" + bytes(19)), PEER6, ME6, OWN, nh=58), m)
    nothing("behind a destination option", nd(IPv6ExtHdrDestOpt() / ICMPv6ND_NA(tgt=PEER6, S=1) /
            ICMPv6NDOptDstLLAddr(lladdr=B), PEER6, ME6, OWN), "ignored_other")
    nothing("solicitation from outside the subnet", ns(src=FAR6, mac=B), f, "NOT_OURS")
    nothing("solicitation from our own address", ns(src=ME6, mac=B), f, "NOT_OURS")
    nothing("solicitation from a multicast address", ns(src="ff02::77", mac=B), f, "NOT_OURS")
    nothing("advertisement from outside the subnet", na(src=FAR6, mac=B), f)
    nothing("advertisement of our own address", na(target=ME6, mac=B), f)
    for what, mac in (("multicast", "03:00:00:00:00:0b"), ("zero", ZERO), ("our own", OWN)):
        nothing("advertisement with MAC " + what, na(mac=mac, ether_src=B), f)
        nothing("solicitation with MAC " + what, ns(mac=mac, ether_src=B), f, "NOT_OURS")


def ip4(src=PEER4, dst=ME4, ether_src=A, ether_dst=OWN, vlan=None, **more):
    ether = Ether(dst=ether_dst, src=ether_src)
    if vlan is not None:
        ether /= Dot1Q(vlan=vlan)
    return ether / IP(src=src, dst=dst, **more)


def ip6(src=PEER6, dst=ME6, ether_src=A, ether_dst=OWN, vlan=None, **more):
    ether = Ether(dst=ether_dst, src=ether_src)
    if vlan is not None:
        ether /= Dot1Q(vlan=vlan)
    return ether / IPv6(src=src, dst=dst, **more)


def pong4(to=PEER4, me=ME4, **more):
    return ip4(me, to, OWN, A, id=0, flags="DF", ttl=64, **more)


def pong6(to=PEER6, me=ME6, **more):
    return ip6(me, to, OWN, A, hlim=64, **more)


def echo_rows():
    e = "echo_requests"
    ask4, say4 = ICMP(type=8, id=7, seq=9), ICMP(type=0, id=7, seq=9)
    ask6, say6 = (lambda data: ICMPv6EchoRequest(id=7, seq=9, data=data)), (lambda d: ICMPv6EchoReply(id=7, seq=9, data=d))
    for size in (0, 1, 56, 57, 1472):
        data = bytes(i & 0xff for i in range(size))
        row(f"echo, {size} bytes", ip4(id=77, ttl=3) / ask4 / Raw(data), "REPLY", e, pong4() / say4 / Raw(data))
    for size in (0, 1, 56, 1452):
        data = bytes(i & 0xff for i in range(size))
        row(f"IPv6 echo, {size} bytes", ip6(hlim=3) / ask6(data), "REPLY", e, pong6() / say6(data))
    row("echo, tagged", ip4(PEER_TAGGED4, ME_TAGGED4, vlan=100) / ask4, "REPLY", e,
        pong4(PEER_TAGGED4, ME_TAGGED4, vlan=100) / say4)
    row("IPv6 echo, tagged", ip6(PEER_TAGGED6, ME_TAGGED6, vlan=100) / ask6(b""), "REPLY", e,
        pong6(PEER_TAGGED6, ME_TAGGED6, vlan=100) / say6(b""))
    row("echo from afar, by the gateway", ip4(FAR4) / ask4, "REPLY", e, pong4(FAR4) / say4)
    row("IPv6 echo from afar", ip6(FAR6) / ask6(b"x"), "REPLY", e, pong6(FAR6) / say6(b"x"))
    row("echo keeps its DSCP and drops ECN and options", ip4(tos=0xb9, options=[IPOption_NOP()] * 4) / ask4, "REPLY", e,
        pong4(tos=0xb8) / say4)
    row("IPv6 echo keeps its DSCP", ip6(tc=0xb9, fl=77) / ask6(b""), "REPLY", e, pong6(tc=0xb8) / say6(b""))
    row("echo in a padded frame", ip4() / ask4 / Raw(b"hi") / Padding(b"\xa5" * 16), "REPLY", e,
        pong4() / say4 / Raw(b"hi"), needed=44)
    o, m, f = "ignored_other", "ignored_malformed", "ignored_foreign"
    row("echo longer than the MTU", ip4() / ask4 / Raw(bytes(1473)), "CONSUMED", o)
    row("IPv6 echo longer than the MTU", ip6() / ask6(bytes(1453)), "CONSUMED", o)
    row("echo, first fragment", ip4(flags="MF") / ask4 / Raw(bytes(56)), "CONSUMED", o)
    row("echo, later fragment", ip4(frag=8, proto=1) / Raw(bytes(56)), "CONSUMED", o)
    row("IPv6 echo, first fragment", ip6() / IPv6ExtHdrFragment(m=1, id=5, nh=58) / ask6(bytes(56)), "CONSUMED", o)
    row("echo with a code", ip4() / ICMP(type=8, code=1), "CONSUMED", m)
    row("echo with a wrong checksum", ip4() / ICMP(type=8, chksum=0x1234), "CONSUMED", m)
    row("echo with a wrong header checksum", ip4(chksum=0x1234) / ask4, "CONSUMED", m)
    row("IPv6 echo with a wrong checksum", ip6() / ICMPv6EchoRequest(cksum=0x1234), "CONSUMED", m)
    row("echo longer than its frame", ip4(len=200) / ask4, "CONSUMED", m)
    row("ICMP of four bytes", ip4(proto=1) / Raw(b"\x08\0\xf7\xff"), "CONSUMED", o)
    row("echo to another", ip4(dst="198.18.0.9") / ask4, "NOT_OURS")
    row("echo to another MAC", ip4(ether_dst=B) / ask4, "NOT_OURS")
    row("echo to the broadcast MAC", ip4(ether_dst=ALL) / ask4, "NOT_OURS")
    row("echo to the subnet's broadcast address", ip4(dst="198.18.0.255", ether_dst=ALL) / ask4, "NOT_OURS")
    row("IPv6 echo to all nodes", ip6(dst="ff02::1", ether_dst="33:33:00:00:00:01") / ask6(b""), "NOT_OURS")
    row("echo with the wrong tag", ip4(vlan=101) / ask4, "NOT_OURS")
    row("echo to an address of another port", ip4(dst="198.18.2.1") / ask4, "NOT_OURS")
    row("echo by the other port", ip4("198.18.2.9", "198.18.2.1", ether_dst=OTHER_PORT) / ask4, "REPLY", e,
        ip4("198.18.2.1", "198.18.2.9", OTHER_PORT, A, id=0, flags="DF") / say4, port=1)
    for source in ("198.18.0.255", "255.255.255.255", "224.0.0.1", "0.0.0.0", "127.0.0.1", ME4):
        row("echo from " + source, ip4(source) / ask4, "CONSUMED", f)
    for source in ("::", "::1", "ff02::1", ME6):
        row("IPv6 echo from " + source, ip6(source) / ask6(b""), "CONSUMED", f)
    row("echo from a multicast MAC", ip4(ether_src="03:00:00:00:00:0a") / ask4, "CONSUMED", f)
    row("echo reply", ip4() / say4, "CONSUMED", o)
    row("TCP to us", ip4() / TCP(dport=22), "CONSUMED", o)
    row("UDP to us", ip4() / UDP(dport=53), "CONSUMED", o)
    row("UDP to us, IPv6", ip6() / UDP(dport=53), "CONSUMED", o)


def tunnel_rows():
    inner = Raw(bytes(40))
    row("GRE to us", ip4() / GRE(proto=0x6558) / inner, "TUNNEL")
    row("GRE to us, IPv6", ip6() / GRE(proto=0x6558) / inner, "TUNNEL")
    row("GRE behind a destination option", ip6() / IPv6ExtHdrDestOpt() / GRE(proto=0x6558) / inner, "TUNNEL")
    row("GRE to us, later fragment", ip4(frag=8, proto=47) / inner, "TUNNEL")
    row("VXLAN to us", ip4() / UDP(dport=4789) / inner, "TUNNEL")
    row("VXLAN to us, IPv6, tagged", ip6(PEER_TAGGED6, ME_TAGGED6, vlan=100) / UDP(dport=4789) / inner, "TUNNEL")
    row("GRE to another", ip4(dst="198.18.0.9") / GRE() / inner, "NOT_OURS")
    row("GRE with a wrong header checksum", ip4(chksum=0x1234) / GRE() / inner, "CONSUMED", "ignored_malformed")


def sent4(src=ME4, dst=FAR4, payload=None, **more):
    return IP(src=src, dst=dst, **more) / (payload or GRE(proto=0x6558) / Raw(bytes(4)))


def sent6(src=ME6, dst=FAR6, payload=None, **more):
    return IPv6(src=src, dst=dst, **more) / (payload or GRE(proto=0x6558) / Raw(bytes(40)))


def error_rows():
    def error(what, frame, peer=FAR4, **more):
        row(what, frame, "ERROR", "icmp_errors", peer=peer, **more)
    for code in (0, 1, 2, 3, 13):
        error(f"unreachable, code {code}", ip4() / ICMP(type=3, code=code) / sent4())
    error("fragmentation needed", ip4() / ICMP(type=3, code=4, nexthopmtu=1400) / sent4(), mtu=1400, too_big=True)
    error("fragmentation needed, MTU not said", ip4() / ICMP(type=3, code=4) / sent4(), too_big=True)
    error("port unreachable, VXLAN", ip4() / ICMP(type=3, code=3) / sent4(payload=UDP(dport=4789)))
    error("from afar, with options quoted", ip4(FAR4) / ICMP(type=3, code=1) / sent4(options=[IPOption_NOP()] * 4))
    error("of a later fragment", ip4() / ICMP(type=3, code=1) / sent4(frag=90, payload=Raw(bytes(8)), proto=47))
    error("tagged", ip4(PEER_TAGGED4, ME_TAGGED4, vlan=100) / ICMP(type=3, code=1) / sent4(ME_TAGGED4))
    error("quote without a byte of GRE", ip4() / ICMP(type=3, code=1) / Raw(bytes(sent4())[:20]))
    error("IPv6 unreachable", ip6() / ICMPv6DestUnreach(code=3) / sent6(), FAR6)
    error("IPv6 too big", ip6() / ICMPv6PacketTooBig(mtu=1400) / sent6(), FAR6, mtu=1400, too_big=True)
    error("IPv6 too big, of a fragment", ip6() / ICMPv6PacketTooBig(mtu=1280) /
          sent6(payload=IPv6ExtHdrFragment(m=1, id=5, nh=47) / GRE(proto=0x6558) / Raw(bytes(40))), FAR6, mtu=1280,
          too_big=True)
    error("IPv6 port unreachable, VXLAN", ip6() / ICMPv6DestUnreach(code=4) / sent6(payload=UDP(dport=4789)), FAR6)
    f, o = "ignored_foreign", "ignored_other"

    def stray(what, frame, counter=f):
        row(what, frame, "CONSUMED", counter)
    stray("error about another's packet", ip4() / ICMP(type=3, code=1) / sent4(src="198.18.0.9"))
    stray("error about another protocol", ip4() / ICMP(type=3, code=1) / sent4(payload=TCP(dport=80)))
    stray("error about another port", ip4() / ICMP(type=3, code=3) / sent4(payload=UDP(dport=53)))
    stray("error about a later fragment of UDP",
          ip4() / ICMP(type=3, code=1) / sent4(frag=90, payload=Raw(bytes(UDP(dport=4789))), proto=17))
    stray("quote of 19 bytes", ip4() / ICMP(type=3, code=1) / Raw(bytes(sent4())[:19]))
    stray("quote of half a UDP header", ip4() / ICMP(type=3, code=3) / Raw(bytes(sent4(payload=UDP(dport=4789)))[:23]))
    stray("quote with a header of 16 bytes", ip4() / ICMP(type=3, code=1) / Raw(bytes(sent4(ihl=4))))
    stray("IPv6 quoted in an IPv4 error", ip4() / ICMP(type=3, code=1) / sent6())
    stray("IPv6 quote of 39 bytes", ip6() / ICMPv6DestUnreach() / Raw(bytes(sent6())[:39]))
    stray("IPv6 quote of half a fragment header", ip6() / ICMPv6DestUnreach() /
          Raw(bytes(sent6(payload=IPv6ExtHdrFragment(nh=47)))[:47]))
    stray("error about another's packet, IPv6", ip6() / ICMPv6DestUnreach() / sent6(src="fd00:18::9"))
    stray("unknown code", ip4() / ICMP(type=3, code=16) / sent4(), o)
    stray("time exceeded", ip4() / ICMP(type=11) / sent4(), o)
    stray("time exceeded, IPv6", ip6() / ICMPv6TimeExceeded() / sent6(), o)
    row("error with a wrong checksum", ip4() / ICMP(type=3, code=1, chksum=0x1234) / sent4(), "CONSUMED",
        "ignored_malformed")


def request_rows():
    for number, target, me, vlan in ((N4, PEER4, ME4, None), (N4_TAGGED, PEER_TAGGED4, ME_TAGGED4, 100)):
        for state, dst in ((INCOMPLETE, ALL), (PROBE, A)):
            requests.append((number, link(state, ZERO if dst == ALL else A),
                             bytes(arp(1, OWN, me, ZERO, target, dst=dst, vlan=vlan))))
    for number, target, me, vlan in ((N6, PEER6, ME6, None), (N6_TAGGED, PEER_TAGGED6, ME_TAGGED6, 100),
                                     (N_ROUTER, ROUTER6, ME6, None)):
        requests.append((number, NOTHING, bytes(ns(target, me, OWN, "ff02::1:ff00:10", "33:33:ff:00:00:10",
                                                   vlan=vlan))))
        requests.append((number, link(PROBE, A), bytes(ns(target, me, OWN, target, A, vlan=vlan))))


def address(peer):
    if peer is None:
        return 'NULL, 0'
    return '"%s", %d' % (bytes(IPv6(dst=peer))[24:40].hex(), 6) if ":" in peer else \
        '"%s", %d' % (bytes(IP(src=ME4, dst=peer))[16:20].hex(), 4)


def c_row(what, port, frame, needed, outcome, counter, reply, number, before, after, peer, mtu, too_big):
    return '    {"%s", %d, %s,\n     %d, JN_UNDERLAY_%s, %s,\n     %s, %d, %s, %s, %s, %d, %s},' % (
        what, port, common.digits(frame), needed, outcome, f"C({counter})" if counter else "-1", common.digits(reply),
        number, before, after, address(peer), mtu, common.boolean(too_big))


arp_rows()
nd_rows()
echo_rows()
tunnel_rows()
error_rows()
request_rows()
common.main(common.header("underlay/underlay_vector.h",
                          common.table("underlay_row underlay_rows", (c_row(*entry) for entry in rows)),
                          common.table("underlay_request underlay_requests",
                                       ("    {%d, %s, %s}," % (number, word, common.digits(frame)) for number, word, frame in requests))),
            ((entry[1] | 8, entry[2]) for entry in rows), at_once=16)
