#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Outer frames of mirrored copies: the tables of test_encap.c.

Nothing here knows the dataplane. A row gives the peer's settings, the frame, and the outer header and the bytes of
the frame that must stand behind it.
"""
from scapy.contrib.erspan import ERSPAN_II, ERSPAN_III
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, fragment6
from scapy.layers.l2 import ARP, GRE, Dot1Q, Ether
from scapy.packet import Raw

import common
from common import digits, filler

HOP, OWN = "02:00:00:00:01:0a", "02:00:00:00:01:01"
SOURCE = {4: "198.18.0.1", 6: "fd00::1"}
PEER = {4: "198.18.0.10", 6: "fd00:1::a"}
TYPES = {"gretap": 0x6558, "gre": None, "erspan2": 0x88BE, "erspan3": 0x22EB}
MTU = 1500
PORT = 49153  # of no protocol, so that a dissector takes what is behind it for plain data
FRAGMENT_MTU = {4: 20 + 80 * 8, 6: 1280}  # the payload of full fragments is a multiple of 8
ETHER = Ether(dst="02:00:00:00:00:0b", src="02:00:00:00:00:0a")


class Frame:
    def __init__(self, name, packet, padding=0, downlink=False, time_ns=1_700_000_000_123_456_789, lost=0):
        whole = bytes(packet) + bytes(padding)
        self.name, self.downlink, self.time_ns = name, downlink, time_ns
        self.data, self.wire_length = whole[:len(whole) - lost], len(whole)
        layer = packet.getlayer(IP) or packet.getlayer(IPv6)
        self.ip = layer.version if layer else 0
        self.l3_offset = len(whole) - padding - len(bytes(layer)) if layer else 0
        self.ip_length = len(bytes(layer)) if layer else 0
        outer = packet.getlayer(Dot1Q)
        self.tci = (outer.prio << 13 | outer.id << 12 | outer.vlan) if outer else None


V4 = IP(src="10.128.0.5", dst="198.19.0.1")
V6 = IPv6(src="fd00:2::5", dst="fd00:3::1")
FRAMES = [  # TCP where a copy may be cut: a UDP length beyond the packet counts as malformed
    Frame("TCP", ETHER / V4 / TCP(sport=49152, dport=PORT) / filler(40)),
    Frame("padded", ETHER / V4 / UDP(sport=49152, dport=PORT), padding=18, downlink=True),
    Frame("tagged", ETHER / Dot1Q(vlan=100, prio=5) / V4 / UDP(sport=49152, dport=PORT) / filler(30)),
    Frame("two tags", ETHER / Dot1Q(vlan=4094, prio=7, id=1) / Dot1Q(vlan=7) / V6 / UDP(sport=49152, dport=PORT) / filler(33),
          downlink=True),
    Frame("IPv6", ETHER / V6 / TCP(sport=49152, dport=PORT) / filler(21), time_ns=99),
    Frame("ARP", ETHER / ARP(psrc="10.128.0.5", pdst="10.128.0.1"), padding=18),
    Frame("captured in part", ETHER / V4 / TCP(sport=49152, dport=PORT) / filler(100), lost=50),
    Frame("long", ETHER / V4 / TCP(sport=49152, dport=PORT) / filler(1358)),
]
LONG = len(FRAMES) - 1


def headers(row, truncated, identification=0, do_not_fragment=True):
    """The outer packet from its Ethernet header on, without payload."""
    frame, encapsulation = FRAMES[row["frame"]], row["encapsulation"]
    erspan = encapsulation.startswith("erspan")
    protocol = TYPES[encapsulation] or {4: 0x0800, 6: 0x86DD}[frame.ip]
    gre = GRE(proto=protocol, seqnum_present=int(erspan or row["sequence"] is not None))
    gre.sequence_number = row["sequence"] or 0
    if row["key"] is not None and not erspan:
        gre.key_present, gre.key = 1, row["key"]
    tci = frame.tci or 0
    common = {"vlan": tci & 0xFFF, "cos": tci >> 13, "t": int(truncated), "session_id": row["session"]}
    if encapsulation == "erspan2":
        gre /= ERSPAN_II(ver=1, en=3 if frame.tci is not None else 0, index=int(frame.downlink), **common)
    elif encapsulation == "erspan3":
        gre /= ERSPAN_III(ver=2, timestamp=frame.time_ns // 100 % 2**32, p=1, d=int(frame.downlink), gra=1, **common)
    if row["family"] == 4:
        ip = IP(src=SOURCE[4], dst=PEER[4], ttl=row["ttl"], tos=row["dscp"] << 2, proto=47, id=identification,
                flags="DF" if do_not_fragment else 0)
    else:
        ip = IPv6(src=SOURCE[6], dst=PEER[6], hlim=row["ttl"], tc=row["dscp"] << 2, fl=0, nh=47)
    link = Ether(dst=HOP, src=OWN)
    if row["vlan"] is not None:
        link.type = 0x8100
        link /= Dot1Q(vlan=row["vlan"])
    return link / ip / gre


def fragments(row, packet, mtu, identification):
    """(header, offset and length in the outer packet's payload) of each fragment."""
    if row["family"] == 4:
        parts, network, header = fragment(packet, fragsize=(mtu - 20) // 8 * 8), IP, 20
        places = [p[IP].frag * 8 for p in parts]
    else:
        link, ip = packet.copy(), packet[IPv6].copy()
        gre = ip.payload
        ip.remove_payload()
        ip.nh = 44
        whole = ip / IPv6ExtHdrFragment(id=identification, nh=47) / gre
        link[IPv6].underlayer.remove_payload()  # fragment6 would count the link header as part of the MTU
        parts, network, header = [link / p for p in fragment6(whole, mtu)], IPv6, 48
        places = [p[IPv6ExtHdrFragment].offset * 8 for p in parts]
    for part, place in zip(parts, places):
        data, layer = bytes(part), bytes(part[network])
        at = len(data) - len(layer) + header
        assert len(layer) <= mtu
        yield data[:at], place, len(data) - at


def solve(row):
    """What must come of the row: outcome, outer header, offset and length in the frame, fragments."""
    frame = FRAMES[row["frame"]]
    start, data = 0, frame.data
    if row["encapsulation"] == "gre":
        if frame.ip == 0:
            return "NOT_IP", b"", 0, 0, []
        start, data = frame.l3_offset, frame.data[frame.l3_offset:frame.l3_offset + frame.ip_length]
    if row["snap"]:
        data = data[:row["snap"]]
    empty = headers(row, False)
    overhead = len(bytes(empty)) - (18 if row["vlan"] is not None else 14)
    outcome = "SEND"
    if overhead + len(data) > row["mtu"]:
        outcome = {"cut": "TRUNCATED", "fragment": "FRAGMENT", "drop": "TOO_LONG"}[row["too_long"]]
        if outcome == "TOO_LONG":
            return outcome, b"", 0, 0, []
        if outcome == "TRUNCATED":
            data = data[:row["mtu"] - overhead]
    truncated = len(data) < frame.wire_length
    whole = bytes(headers(row, truncated) / Raw(data))
    assert frame.data[start:start + len(data)] == data and whole.endswith(data)
    parts = []
    if outcome == "FRAGMENT":
        packet = headers(row, truncated, row["identification"] & 0xFFFF, False) / Raw(data)
        parts = list(fragments(row, packet, row["mtu"], row["identification"]))
    return outcome, whole[:len(whole) - len(data)], start, len(data), parts


def options(encapsulation, family):
    """(what, settings) for one encapsulation over one family."""
    yield "plain", {}
    yield "key", {"key": 0xDEADBEEF}
    yield "sequence", {"sequence": 0xFFFFFFFE}
    yield "key and sequence", {"key": 7, "sequence": 1}
    yield "underlay tag", {"vlan": 42}
    yield "TTL 1, DSCP 46", {"ttl": 1, "dscp": 46}
    yield "TTL 255, DSCP 63, session 1023", {"ttl": 255, "dscp": 63, "session": 1023}
    yield "all at once", {"key": 1, "sequence": 2, "vlan": 4094, "ttl": 9, "dscp": 1, "session": 5, "snap": 60}
    for number, frame in enumerate(FRAMES[1:], 1):
        yield frame.name, {"frame": number, "session": 77}
    yield "snap 64", {"snap": 64, "frame": 0}
    yield "snap longer than the frame", {"snap": 5000}
    base = {"encapsulation": encapsulation, "family": family, **DEFAULTS, "frame": LONG}
    carried = FRAMES[LONG].ip_length if encapsulation == "gre" else len(FRAMES[LONG].data)
    fits = len(bytes(headers(base, False))) - 14 + carried
    for too_long in ("cut", "fragment", "drop"):
        common = {"frame": LONG, "too_long": too_long}
        yield f"{too_long}: exactly fits", {**common, "mtu": fits}
        yield f"{too_long}: exactly fits with an underlay tag", {**common, "mtu": fits, "vlan": 42}
        yield f"{too_long}: one byte too long", {**common, "mtu": fits - 1}
        yield f"{too_long}: snap first", {**common, "mtu": fits - 1, "snap": carried - 1}
    common = {"frame": LONG, "too_long": "fragment", "mtu": FRAGMENT_MTU[family], "dscp": 10}
    yield "fragments", common
    yield "fragments with an underlay tag", {**common, "vlan": 42, "identification": 0xFFFFFFFF}
    yield "fragments of a frame with key and sequence", {**common, "key": 1, "sequence": 5, "identification": 0}


DEFAULTS = {"frame": 0, "key": None, "sequence": None, "vlan": None, "ttl": 64, "dscp": 0, "session": 0, "snap": 0,
            "mtu": MTU, "too_long": "cut"}


def c_row(row, what, place, count, solved):
    outcome, header, offset, length, _ = solved
    flags = [name for name, value in (("KEY", row["key"]), ("SEQUENCE", row["sequence"])) if value is not None]
    address = IP(dst=PEER[4]) if row["family"] == 4 else IPv6(dst=PEER[6])
    raw = bytes(address)[16:20] if row["family"] == 4 else bytes(address)[24:40]
    return (f'    {{"{row["encapsulation"]} over IPv{row["family"]}: {what}",\n'
            f'     {{.address = {{{", ".join(hex(b) for b in raw)}}}, .family = {row["family"]}, '
            f'.encapsulation = JN_ENCAP_{row["encapsulation"].upper()},\n'
            f'      .flags = {" | ".join("JN_PEER_" + f for f in flags) or "0"}, '
            f'.too_long = JN_TOO_LONG_{row["too_long"].upper()}, .ttl = {row["ttl"]}, .dscp = {row["dscp"]}, '
            f'.session = {row["session"]}, .key = {row["key"] or 0}u, .snap_length = {row["snap"]}}},\n'
            f'     {row["vlan"] if row["vlan"] is not None else "JN_VLAN_TCI_NONE"}, {row["mtu"]}, {row["sequence"] or 0}u, '
            f'{row["identification"]}u, {row["frame"]}, JN_ENCAP_{outcome}, {offset}, {length}, {place}, {count},\n'
            f'        {digits(header)}}},')


def main():
    rows, pieces = [], []
    for encapsulation in TYPES:
        for family in (4, 6):
            for what, settings in options(encapsulation, family):
                row = {"encapsulation": encapsulation, "family": family, **DEFAULTS,
                       "identification": 0x12345678 + len(rows), **settings}
                solved = solve(row)
                rows.append(c_row(row, what, len(pieces), len(solved[4]), solved))
                pieces += solved[4]
    frames = [f'    {{"{f.name}", {{{f.time_ns}u, {len(f.data)}, {f.wire_length}, {f.ip_length}, {f.l3_offset}, '
              f'{"JN_VLAN_TCI_NONE" if f.tci is None else hex(f.tci)}, {f.ip}, {common.boolean(f.downlink)}}},\n        {digits(f.data)}}},'
              for f in FRAMES]
    pieces = [f"    {{{offset}, {length},\n        {digits(header)}}}," for header, offset, length in pieces]
    common.main(common.header("tunnel/encap_vector.h", common.table("frame_vector frame_vectors", frames),
                              common.table("fragment_vector fragment_vectors", pieces),
                              common.table("encap_vector encap_vectors", rows)))


main()
