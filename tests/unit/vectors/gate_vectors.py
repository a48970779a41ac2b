#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames on a virtual network and what its engine must make of them: the table of test_gate_engine.c, seeds of fuzz_gate.c."""
import ipaddress

import common
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import (ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr,
                                ICMPv6NDOptSrcLLAddr, IPv6)
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Padding, Raw

OWN, A, B, C, D = ("02:00:00:00:00:01", "02:00:00:00:00:0a", "02:00:00:00:00:0b", "02:00:00:00:00:0c",
                   "02:00:00:00:00:0d")
ALL, ZERO, NODES_MAC = "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "33:33:00:00:00:01"
ME, ME6 = "10.254.0.1", "fd00:254::1"
GATEWAY, STANDBY, HOST, HOST6 = "10.254.0.2", "10.254.0.3", "10.254.0.4", "fd00:254::5"
GATEWAY6, STANDBY6 = "fd00:254::2", "fd00:254::3"
GUEST, GUEST6 = "10.254.7.7", "fd00:254::7:7"
DEVICE, DEVICE6 = "10.128.10.5", "fd00:10::5"
OUTSIDE, OUTSIDE6 = "198.18.0.9", "fd00:99::9"
INCOMPLETE, REACHABLE, PROBE = 1, 2, 3
NOWHERE, KEEP, GONE = 0xff, "keep", "0"
FINE, SPOOFING, NEIGHBOUR = "DROP_COUNT", "DROP_NEIGHBOUR_SPOOFING", "DROP_NEIGHBOUR"
rows = []


def link(state, mac=ZERO):
    return "0x%04x%s" % (state, mac.replace(":", ""))


def row(what, peer_idx, frame, drop=FINE, counter=None, reply=None, host=None, before=None, after=KEEP, own=False):
    """before, after: of the host: (link, peer_idx) and of before the seconds since it was heard; None: not known at all."""
    rows.append((what, peer_idx, bytes(frame), drop, counter, bytes(reply) if reply is not None else b"", host, before,
                 after, own))


def arp(op, sha, spa, tpa, dst=None, src=None, tha=ZERO):
    return Ether(dst=dst or ALL, src=src or sha) / ARP(op=op, hwsrc=sha, psrc=spa, hwdst=tha, pdst=tpa)


def answered(sha, spa, tpa=ME):
    return arp(2, OWN, tpa, spa, dst=sha, tha=sha)


def group(target):
    last = ipaddress.ip_address(target).packed[13:]
    return str(ipaddress.ip_address(bytes.fromhex("ff0200000000000000000001ff") + last)), \
        "33:33:ff:%02x:%02x:%02x" % tuple(last)


def ns(source, target, mac, ether_src=None, unicast=False, option=True, hlim=255, **more):
    to, to_mac = (target, OWN) if unicast else group(target)
    out = Ether(dst=to_mac, src=ether_src or mac) / IPv6(src=source, dst=to, hlim=hlim) / \
        ICMPv6ND_NS(tgt=target, **more)
    return out / ICMPv6NDOptSrcLLAddr(lladdr=mac) if option else out


def na(target, mac, to=ME6, to_mac=OWN, source=None, option=True, ether_src=None, **flags):
    out = Ether(dst=to_mac, src=ether_src or mac) / IPv6(src=source or target, dst=to, hlim=255) / \
        ICMPv6ND_NA(tgt=target, **{"R": 0, "S": 0, "O": 0, **flags})
    return out / ICMPv6NDOptDstLLAddr(lladdr=mac) if option else out


def announced(target, mac, **more):
    return na(target, mac, to="ff02::1", to_mac=NODES_MAC, O=1, **more)


def advertised(mac, to, target=ME6):
    return na(target, OWN, to=to, to_mac=mac, S=1, O=1)


def arp_rows():
    unknown, q, r = (link(INCOMPLETE), NOWHERE, 0), "arp_requests", "arp_replies"

    def says(what, peer_idx, frame, host, after, before=unknown, counter=r, **more):
        row(what, peer_idx, frame, host=host, before=before, after=after, counter=counter, **more)
    says("answer of the gateway", 0, arp(2, A, GATEWAY, ME, dst=OWN), GATEWAY, (link(REACHABLE, A), 0))
    says("answer of a named host", 2, arp(2, C, HOST, ME, dst=OWN), HOST, (link(REACHABLE, C), 2))
    says("answer of a host that nobody named", 2, arp(2, D, GUEST, ME, dst=OWN), GUEST, (link(REACHABLE, D), 2), None)
    says("answer with Ethernet padding", 0, arp(2, A, GATEWAY, ME, dst=OWN) / Padding(b"\xa5" * 18), GATEWAY,
         (link(REACHABLE, A), 0))
    says("request for us by the gateway", 0, arp(1, A, GATEWAY, ME), GATEWAY, (link(PROBE, A), 0), counter=q,
         reply=answered(A, GATEWAY))
    says("request for us by unicast", 2, arp(1, C, HOST, ME, dst=OWN), HOST, (link(PROBE, C), 2), counter=q,
         reply=answered(C, HOST))
    says("request for us by a guest", 3, arp(1, D, GUEST, ME), GUEST, (link(PROBE, D), 3), None, counter=q,
         reply=answered(D, GUEST))
    says("request for a device", 0, arp(1, A, GATEWAY, DEVICE), GATEWAY, (link(PROBE, A), 0), counter="proxy_answers",
         reply=answered(A, GATEWAY, DEVICE))
    says("request for a device by unicast", 0, arp(1, A, GATEWAY, DEVICE, dst=OWN), GATEWAY, (link(PROBE, A), 0),
         counter="proxy_answers", reply=answered(A, GATEWAY, DEVICE))
    row("a request for a device teaches nothing of it", 0, arp(1, A, GATEWAY, DEVICE), counter="proxy_answers",
        reply=answered(A, GATEWAY, DEVICE), host=DEVICE, after=GONE)
    row("is our address in use?", 3, arp(1, D, "0.0.0.0", ME), counter=q, reply=answered(D, "0.0.0.0"))
    row("is a device's address in use?", 3, arp(1, D, "0.0.0.0", DEVICE), counter="proxy_answers",
        reply=answered(D, "0.0.0.0", DEVICE))
    row("is a guest's address in use?", 3, arp(1, D, "0.0.0.0", GUEST))
    known = (link(REACHABLE, A), 0, 5)
    says("announcement of the gateway, known so", 0, arp(1, A, GATEWAY, GATEWAY), GATEWAY, known[:2], known, q)
    says("announcement of the gateway with another MAC", 0, arp(1, D, GATEWAY, GATEWAY), GATEWAY, (link(PROBE, D), 0),
         known, q)
    says("announcement by the standby", 1, arp(1, B, GATEWAY, GATEWAY), GATEWAY, (link(PROBE, B), 1), known, q)
    says("announcement by the standby, as a reply", 1, arp(2, B, GATEWAY, GATEWAY), GATEWAY, (link(PROBE, B), 1), known)
    says("announcement by the standby with the same MAC (VRRP)", 1, arp(1, A, GATEWAY, GATEWAY), GATEWAY,
         (link(REACHABLE, A), 1), known, q)
    row("the standby asks as the gateway for anyone, which is no announcement", 1, arp(1, B, GATEWAY, HOST), host=GATEWAY,
        before=known, after=known[:2])
    says("the standby asks as the gateway for us", 1, arp(1, B, GATEWAY, ME), GATEWAY, known[:2], known, q,
         reply=answered(B, GATEWAY))
    says("the gateway takes its address back", 0, arp(1, A, GATEWAY, GATEWAY), GATEWAY, (link(PROBE, A), 0),
         (link(REACHABLE, B), 1, 5), q)
    row("answer of the standby while the gateway is known", 1, arp(2, B, GATEWAY, ME, dst=OWN), NEIGHBOUR, r,
        host=GATEWAY, before=known)
    row("request among peers", 2, arp(1, C, HOST, GUEST), host=HOST, before=unknown)
    row("request among peers by unicast to us", 2, arp(1, C, HOST, GUEST, dst=OWN), NEIGHBOUR, host=HOST,
        before=unknown)

    def spoofing(what, peer_idx, frame, host=None, before=None, after=KEEP):
        row(what, peer_idx, frame, SPOOFING, host=host, before=before, after=after)
    spoofing("answer that claims a device", 0, arp(2, A, DEVICE, ME, dst=OWN), DEVICE, after=GONE)
    spoofing("announcement of a device", 2, arp(1, C, DEVICE, DEVICE), DEVICE, after=GONE)
    spoofing("request as a device among peers", 2, arp(1, C, DEVICE, HOST), DEVICE, after=GONE)
    spoofing("announcement of our address", 0, arp(1, A, ME, ME), ME, after=GONE)
    spoofing("the gateway's address announced by a third", 2, arp(1, C, GATEWAY, GATEWAY), GATEWAY, known)
    spoofing("the gateway's address announced by a third, not known yet", 2, arp(1, C, GATEWAY, GATEWAY), GATEWAY,
           unknown)
    spoofing("the gateway's address answered by a third", 2, arp(2, C, GATEWAY, ME, dst=OWN), GATEWAY, known)
    spoofing("the standby's address announced by the gateway", 0, arp(1, A, STANDBY, STANDBY), STANDBY,
           (link(REACHABLE, B), 1, 5))
    spoofing("a named host's address announced by the standby", 1, arp(1, B, HOST, HOST), HOST,
           (link(REACHABLE, C), 2, 5))
    spoofing("a fresh guest's address announced by another peer", 2, arp(1, C, GUEST, GUEST), GUEST,
           (link(REACHABLE, D), 3, 29))
    says("an old guest's address announced by another peer", 2, arp(1, C, GUEST, GUEST), GUEST, (link(PROBE, C), 2),
         (link(REACHABLE, D), 3, 31), q)
    says("a fresh guest has another MAC", 3, arp(1, C, GUEST, GUEST), GUEST, (link(PROBE, C), 3),
         (link(REACHABLE, D), 3, 1), q)

    def ignored(what, peer_idx, frame, host=HOST, before=unknown):
        row(what, peer_idx, frame, NEIGHBOUR, host=host, before=before)
    ignored("sender outside the subnet", 2, arp(1, C, OUTSIDE, ME), OUTSIDE, None)
    ignored("sender that is the subnet's broadcast address", 2, arp(1, C, "10.254.255.255", ME), "10.254.255.255", None)
    ignored("sender of the subnet's own number", 2, arp(1, C, "10.254.0.0", ME), "10.254.0.0", None)
    ignored("sender's MAC is not the frame's", 2, arp(1, C, HOST, ME, src=D))
    ignored("sender's MAC is ours", 2, arp(1, OWN, HOST, ME, src=C))
    ignored("sender's MAC is a group", 2, arp(1, "03:00:00:00:00:0c", HOST, ME, src=C))
    ignored("sender's MAC is zero", 2, arp(1, ZERO, HOST, ME, src=C))
    ignored("operation of RARP", 2, arp(3, C, HOST, ME))
    ignored("of another hardware", 2, Ether(dst=ALL, src=C) / ARP(hwtype=6, op=1, hwsrc=C, psrc=HOST, pdst=ME))
    ignored("cut short", 2, bytes(arp(1, C, HOST, ME))[:41])


def nd_rows():
    unknown, q, r = (link(INCOMPLETE), NOWHERE, 0), "nd_solicitations", "nd_advertisements"
    known = (link(REACHABLE, A), 0, 5)

    def says(what, peer_idx, frame, host, after, before=unknown, counter=r, **more):
        row(what, peer_idx, frame, host=host, before=before, after=after, counter=counter, **more)
    says("advertisement of the gateway", 0, na(GATEWAY6, A, S=1), GATEWAY6, (link(REACHABLE, A), 0))
    says("advertisement of a host without IPv4", 3, na(HOST6, D, S=1, O=1), HOST6, (link(REACHABLE, D), 3))
    says("advertisement of a guest", 2, na(GUEST6, C, S=1), GUEST6, (link(REACHABLE, C), 2), None)
    says("advertisement by its link-local address", 0, na(GATEWAY6, A, source="fe80::a", S=1), GATEWAY6,
         (link(REACHABLE, A), 0))
    says("advertisement without its option, of a known one", 0, na(GATEWAY6, A, S=1, option=False), GATEWAY6, known[:2],
         known)
    says("advertisement without its option, of an unknown one", 0, na(GATEWAY6, A, S=1, option=False), GATEWAY6,
         unknown[:2])
    says("unsolicited advertisement by the standby", 1, announced(GATEWAY6, B), GATEWAY6, (link(PROBE, B), 1), known)
    says("solicitation for us", 0, ns(GATEWAY6, ME6, A), GATEWAY6, (link(PROBE, A), 0), counter=q,
         reply=advertised(A, GATEWAY6))
    says("solicitation for us by unicast", 0, ns(GATEWAY6, ME6, A, unicast=True), GATEWAY6, (link(PROBE, A), 0),
         counter=q, reply=advertised(A, GATEWAY6))
    says("solicitation for a device", 0, ns(GATEWAY6, DEVICE6, A), GATEWAY6, (link(PROBE, A), 0),
         counter="proxy_answers", reply=advertised(A, GATEWAY6, DEVICE6))
    says("solicitation for a device by unicast", 0, ns(GATEWAY6, DEVICE6, A, unicast=True), GATEWAY6,
         (link(PROBE, A), 0), counter="proxy_answers", reply=advertised(A, GATEWAY6, DEVICE6))
    row("a solicitation for a device teaches nothing of it", 0, ns(GATEWAY6, DEVICE6, A), counter="proxy_answers",
        reply=advertised(A, GATEWAY6, DEVICE6), host=DEVICE6, after=GONE)
    row("solicitation by a link-local address", 2, ns("fe80::c", ME6, C), counter=q, reply=advertised(C, "fe80::c"),
        host="fe80::c", after=GONE)
    row("is our address in use, IPv6", 3, ns("::", ME6, D, option=False), counter=q,
        reply=na(ME6, OWN, to="ff02::1", to_mac=NODES_MAC, O=1))
    row("is a device's address in use, IPv6", 3, ns("::", DEVICE6, D, option=False), counter="proxy_answers",
        reply=na(DEVICE6, OWN, to="ff02::1", to_mac=NODES_MAC, O=1))
    row("is a guest's address in use, IPv6", 3, ns("::", GUEST6, D, option=False))
    row("solicitation among peers", 3, ns(HOST6, GUEST6, D), host=HOST6, before=unknown)

    def spoofing(what, peer_idx, frame, host, before=None, after=KEEP):
        row(what, peer_idx, frame, SPOOFING, host=host, before=before, after=after)
    spoofing("advertisement of a device", 0, na(DEVICE6, A, S=1), DEVICE6, after=GONE)
    spoofing("advertisement of a device by a link-local address", 0, na(DEVICE6, A, source="fe80::a", O=1), DEVICE6,
           after=GONE)
    spoofing("solicitation as a device", 2, ns(DEVICE6, ME6, C), DEVICE6, after=GONE)
    spoofing("advertisement of our address", 0, announced(ME6, A), ME6, after=GONE)
    spoofing("the gateway's address advertised by a third", 2, announced(GATEWAY6, C), GATEWAY6, known)
    spoofing("the gateway's address advertised by a third's link-local one", 3,
           na(GATEWAY6, D, source="fe80::d", S=1, O=1), GATEWAY6, known)
    spoofing("own address advertised from a device's", 2, na(GUEST6, C, source=DEVICE6, S=1), GUEST6, after=GONE)
    spoofing("the standby's address advertised by the gateway", 0, announced(STANDBY6, A), STANDBY6, unknown)
    spoofing("a fresh guest's address advertised by another peer", 2, announced(GUEST6, C), GUEST6,
           (link(REACHABLE, D), 3, 29))

    def ignored(what, peer_idx, frame, host=GATEWAY6, before=known, counter=None):
        row(what, peer_idx, frame, NEIGHBOUR, counter, host=host, before=before)
    ignored("advertisement that does not override", 0, na(GATEWAY6, D), counter=r)
    ignored("option is not the frame's MAC", 0, na(GATEWAY6, D, S=1, O=1, ether_src=A), counter=r)
    ignored("solicitation with an option that is not the frame's MAC", 0, ns(GATEWAY6, ME6, D, ether_src=A), counter=q)
    ignored("advertisement with our MAC", 0, na(GATEWAY6, OWN, ether_src=A, S=1, O=1))
    ignored("solicitation through a router", 0, ns(GATEWAY6, ME6, D, hlim=254))
    ignored("solicitation with a wrong checksum", 0, ns(GATEWAY6, ME6, D, cksum=0x1234))
    ignored("solicitation with a code", 0, ns(GATEWAY6, ME6, D, code=1))
    ignored("solicitation from outside the subnet", 2, ns(OUTSIDE6, ME6, C), OUTSIDE6, None)
    ignored("advertisement without its option, with another's MAC", 0, na(GATEWAY6, D, S=1, option=False), counter=r)
    ignored("cut short, IPv6", 0, bytes(ns(GATEWAY6, ME6, D))[:77])


def echo_rows():
    def ip(source=GATEWAY, to=ME, mac=A, mac_to=OWN, **more):
        return Ether(dst=mac_to, src=mac) / IP(src=source, dst=to, **more)

    def ip6(source=GATEWAY6, to=ME6, mac=A, mac_to=OWN, **more):
        return Ether(dst=mac_to, src=mac) / IPv6(src=source, dst=to, **more)
    e, data = "echo_requests", Raw(bytes(range(56)))
    ask, say = ICMP(type=8, id=7, seq=9), ICMP(type=0, id=7, seq=9)
    for what, source, peer_idx in (("the gateway", GATEWAY, 0), ("a device, through the gateway", DEVICE, 0),
                                ("a guest", GUEST, 2)):
        row("echo of " + what, peer_idx, ip(source) / ask / data, counter=e, own=True,
            reply=ip(ME, source, OWN, A, id=0, flags="DF") / say / data)
    row("echo, IPv6", 0, ip6(hlim=9) / ICMPv6EchoRequest(id=7, seq=9, data=bytes(5)), counter=e, own=True,
        reply=ip6(ME6, GATEWAY6, OWN, A, hlim=64) / ICMPv6EchoReply(id=7, seq=9, data=bytes(5)))
    row("echo as long as the path takes", 0, ip() / ask / Raw(bytes(1422)), counter=e, own=True,
        reply=ip(ME, GATEWAY, OWN, A, id=0, flags="DF") / say / Raw(bytes(1422)))
    for what, frame in (("echo longer than the path takes", ip() / ask / Raw(bytes(1423))),
                        ("echo with a wrong checksum", ip() / ICMP(type=8, chksum=0x1234)),
                        ("echo from our own address", ip(ME) / ask), ("echo reply", ip() / say),
                        ("echo from a group", ip("224.0.0.1") / ask), ("TCP", ip() / TCP(dport=22)),
                        ("UDP to VXLAN's port", ip(proto=17) / Raw(bytes.fromhex("c00012b500080000"))),
                        ("GRE", ip(proto=47) / Raw(bytes(8))),
                        ("unreachable", ip() / ICMP(type=3, code=1) / IP(src=ME, dst=HOST, proto=47) / Raw(bytes(8)))):
        row(what + " to us", 0, frame, NEIGHBOUR, own=True)


def address(host):
    packed = ipaddress.ip_address(host).packed if host else b""
    return '%s, %d' % (common.digits(packed), {0: 0, 4: 4, 16: 6}[len(packed)])


def c_row(what, peer_idx, frame, drop, counter, reply, host, before, after, own):
    before = before or ("0", NOWHERE, 0)
    after = before[:2] if after == KEEP else ("0", NOWHERE) if after == GONE else after
    return '    {"%s", %d, %s, %s,\n     JN_GATE_%s, %s,\n     %s,\n     %s, %s, %d, %d, %s, %d},' % (
        what, peer_idx, common.boolean(own), common.digits(frame), drop, f"C({counter})" if counter else "-1",
        common.digits(reply), address(host), *before, *after)


arp_rows()
nd_rows()
echo_rows()
# As fuzz_gate.c reads them: peer_idx, and a little time.
common.main(common.header("gate/gate_vector.h", common.table("gate_row gate_rows", (c_row(*entry) for entry in rows))),
            ((entry[1] | 1 << 2 | 1 << 4, entry[2]) for entry in rows), at_once=8)
