#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""forged_errors.py gre|vxlan PEER: ICMP errors to Junction at 198.19.0.1 about its tunnel to the peer (GRE with key 7, or VNI 10)
that must change nothing: they quote nothing that Junction sent, say too little, or too much. Prints how many."""
import sys

from scapy.all import GRE, ICMP, IP, UDP, Ether, Raw, sendp
from scapy.layers.vxlan import VXLAN

KIND, PEER = sys.argv[1:]
OWN, ROUTER = "198.19.0.1", "198.19.0.10"


def tunnel(key=7, vni=10, **fields):
    """What a router has at hand of a packet of 1400 bytes or more."""
    inner = Raw(b"x" * 1400)
    ip = {"src": OWN, "dst": PEER, "flags": "DF", "id": 0} | fields
    if KIND == "gre":
        return bytes(IP(**ip) / GRE(proto=0x6558, key_present=1, key=key) / inner)
    return bytes(IP(**ip) / UDP(sport=50000, dport=4789, chksum=0) / VXLAN(vni=vni, flags=8) / inner)


def error(quote, mtu=1280):
    return Ether(dst="02:00:00:00:02:01") / IP(src=ROUTER, dst=OWN) / ICMP(type=3, code=4, nexthopmtu=mtu) / Raw(quote)


foreign = [error(tunnel(dst="198.19.1.77")[:60]), error(tunnel()[:27]), error(tunnel(flags=0)[:60]),
           error(tunnel(key=8, vni=11)[:60]), error(tunnel(chksum=1)[:60])]
small = [error(tunnel()[:60], mtu) for mtu in (1, 68, 296, 575)]
higher = [error(tunnel()[:60], mtu) for mtu in (1600, 9000, 65535)]
sendp(foreign + small + higher, iface="eth0", verbose=0)
print(len(foreign + small + higher))
