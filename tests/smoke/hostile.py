#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""hostile.py INNER_MAC: what a peer of the virtual network at 198.19.0.11 and fd00:0:0:9::11 should not send, a few times
each, in any order. Prints how many of it should be refused under each name. hostile.py INNER_MAC COUNT: a storm of
broadcasts instead, half of which claim the gateway's address."""
import collections
import json
import random
import socket
import sys

from scapy.all import (ARP, IP, UDP, Dot1Q, Ether, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr,
                       ICMPv6NDOptSrcLLAddr, IPv6, Raw, conf, fragment)
from scapy.layers.vxlan import VXLAN

OWN, PEER, GATEWAY, BROADCAST = sys.argv[1], "02:00:00:00:03:11", "02:00:00:00:03:10", "ff:ff:ff:ff:ff:ff"
LINK = Ether(src="02:00:00:00:02:11", dst="02:00:00:00:02:01")
OUTER = LINK/IP(src="198.19.0.11", dst="198.19.0.1")
OUTER6 = LINK/IPv6(src="fd00:0:0:9::11", dst="fd00:0:0:9::1")
FROM = Ether(src=PEER, dst=OWN)
GOOD = FROM/IP(src="10.254.0.3", dst="10.128.0.2")/UDP(sport=7, dport=7)/("x" * 40)


def udp(payload, outer=OUTER, **fields):
    return outer/UDP(**({"sport": 50000, "dport": 4789} | fields))/Raw(bytes(payload))


def vxlan(inner, vni=10, flags=8, **fields):
    return udp(bytes(VXLAN(flags=flags, vni=vni))[:8] + bytes(inner), **fields)


def ether(source=PEER, destination=OWN):
    return Ether(src=source, dst=destination)/GOOD[IP]


def ip(**fields):
    packet = GOOD.copy()
    for name, value in fields.items():
        setattr(packet[IP], name, value)
    return packet


def arp(address, hardware=PEER, destination=BROADCAST, op=2, target="10.254.0.1", **fields):
    return Ether(src=PEER, dst=destination)/ARP(op=op, hwsrc=hardware, psrc=address, hwdst=OWN, pdst=target, **fields)


def advertised(address):
    return (Ether(src=PEER, dst="33:33:00:00:00:01")/IPv6(src=address, dst="ff02::1", hlim=255)/
            ICMPv6ND_NA(tgt=address, R=0, S=0, O=1)/ICMPv6NDOptDstLLAddr(lladdr=PEER))


def asked(source, hops=255):
    return (Ether(src=PEER, dst=OWN)/IPv6(src=source, dst="fd00:254::1", hlim=hops)/ICMPv6ND_NS(tgt="fd00:254::1")/
            ICMPv6NDOptSrcLLAddr(lladdr=PEER))


REFUSED = {
    "vxlan_outer_length": [vxlan(GOOD, len=7), vxlan(GOOD, len=2000)],
    "vxlan_checksum": [vxlan(GOOD, chksum=0x1234), vxlan(GOOD, outer=OUTER6, chksum=0x1234)],
    "vxlan_no_checksum": [vxlan(GOOD, outer=OUTER6, chksum=0)],
    "vxlan_truncated": [udp(b""), udp(b"\x08"), udp(b"\x08\0\0\0\0\0\x0a")],
    "vxlan_flags": [vxlan(GOOD, flags=0), vxlan(GOOD, flags=0xf7)],
    "vxlan_vni": [vxlan(GOOD, vni=11), vxlan(GOOD, vni=0), vxlan(GOOD, vni=10 << 8 & 0xffffff)],
    "inner_truncated": [vxlan(b""), vxlan(bytes(GOOD)[:13])],
    "inner_destination": [vxlan(ether(destination="02:00:00:00:09:09")), vxlan(ether(destination=GATEWAY))],
    "inner_own_source": [vxlan(ether(source=OWN)), vxlan(ether(source=OWN, destination=BROADCAST))],
    "inner_source": [vxlan(ether(source=BROADCAST)), vxlan(ether(source="01:00:5e:00:00:01")), vxlan(ether(source="00:00:00:00:00:00"))],
    "inner_tagged": [vxlan(FROM/Dot1Q(vlan=100)/GOOD[IP]), vxlan(Ether(src=PEER, dst=OWN, type=0x88a8)/Raw(bytes(Dot1Q(vlan=1)/GOOD[IP])))],
    "inner_type": [vxlan(Ether(src=PEER, dst=OWN, type=0x88cc)/("x" * 50)), vxlan(Ether(src=PEER, dst=BROADCAST, type=46)/("x" * 46))],
    "inner_ip": [vxlan(ip(version=5)), vxlan(ip(ihl=4)), vxlan(ip(len=2000)), vxlan(ip(len=19)), vxlan(bytes(GOOD)[:30]), vxlan(ip(ihl=15, len=50)),
                 vxlan(bytes(FROM/IPv6(src="fd00:254::3", dst="fd00:0:0:1::2", plen=500)/UDP()))],
    "inner_checksum": [vxlan(ip(chksum=0x1234))],
    "inner_group": [vxlan(ether(destination=BROADCAST)), vxlan(ether(destination="01:00:5e:01:02:03")),
                    vxlan(Ether(src=PEER, dst="33:33:00:00:00:01")/IPv6(src="fd00:254::3", dst="ff02::1")/UDP())],
    "not_gateway": [vxlan(GOOD), vxlan(ip(dst="198.18.0.2")), vxlan(ip(src="10.128.0.2", dst="198.18.0.2"))],
    "neighbour_spoofing": [vxlan(arp(address, destination=destination)) for address in ("10.254.0.1", "10.254.0.2", "10.128.0.2", "10.191.255.254")
               for destination in (BROADCAST, OWN)] +
              [vxlan(arp(address, op=1)) for address in ("10.254.0.1", "10.254.0.2", "10.128.0.2")] +
              [vxlan(arp("10.254.0.2", target="10.254.0.2"))] +
              [vxlan(advertised(address)) for address in ("fd00:254::1", "fd00:254::2", "fd00:0:0:1::2")] +
              [vxlan(asked(address)) for address in ("fd00:254::2", "fd00:0:0:1::2")],
    "neighbour_ignored": [vxlan(arp("198.18.0.2")), vxlan(arp("10.254.0.3", op=7)), vxlan(arp("10.254.0.3", hwtype=6)), vxlan(arp("10.254.0.3", ptype=0x86dd)),
                          vxlan(bytes(arp("10.254.0.3"))[:40]), vxlan(arp("10.254.0.3", hardware=BROADCAST)), vxlan(asked("fd00:254::3", hops=64)),
                          vxlan(asked("fd00:0:0:2::2"))],
    "vxlan_outer_fragment": fragment(OUTER/UDP(sport=50000, dport=4789)/VXLAN(vni=10)/GOOD/("x" * 1000), 800)[:1],
}


def storm(count):
    """As many as a queue of the path holds at a time: Junction's answer to a request shows that it has seen them."""
    frames = [bytes(vxlan(arp("10.254.0.2"))), bytes(vxlan(arp("10.254.0.3", op=1, target="10.254.9.9")))]
    request = bytes(vxlan(arp("10.254.0.3", op=1)))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as link:
        link.bind(("eth0", 0x0800))
        link.settimeout(10)
        for number in range(0, count, 50):
            for frame in frames * 25 + [request]:
                link.send(frame)
            while not (heard := link.recv(2000)[:72])[62:64] == b"\x08\x06" or heard[70:72] != b"\0\2":
                pass


def main():
    if len(sys.argv) > 2:
        storm(int(sys.argv[2]))
        return
    repeated = [frame for listed in REFUSED.values() for frame in listed] * 3
    random.Random(1).shuffle(repeated)
    link = conf.L2socket(iface="eth0")
    for frame in repeated:
        link.send(frame)
    print(json.dumps({word: 3 * len(listed) for word, listed in REFUSED.items()}))


main()
