#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Takes mirrored copies out of their outer headers, strictly, by a reading of the RFCs of its own. As a program, with a
peer's capture, the peer's address and captures of what arrived at the hosts: the copies are those frames, byte for byte
and in order within each conversation. Prints what it found as JSON."""
import argparse
import collections
import ipaddress
import json
import struct
import sys

from captures import conversation, difference, frames

Copy = collections.namedtuple("Copy", "kind source destination ttl dscp key sequence session truncated downlink inner")
Outer = collections.namedtuple("Outer", "source destination ttl dscp protocol payload identification offset more whole")
GRE, FRAGMENT = 47, 44
KINDS = {0x6558: "gretap", 0x0800: "gre", 0x86dd: "gre", 0x88be: "erspan2", 0x22eb: "erspan3"}


class Malformed(Exception):
    """What no receiver should have to take."""


def need(condition, what):
    if not condition:
        raise Malformed(what)


def ones_complement(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def read_ipv4(packet):
    if packet[9] != GRE:
        return None
    need(len(packet) >= 20 and packet[0] == 0x45, "IPv4 header")
    _, tos, length, identification, flags, ttl, protocol, _ = struct.unpack_from("!BBHHHBBH", packet)
    need(ones_complement(packet[:20]) == 0xffff, "IPv4 checksum")
    need(20 <= length <= len(packet) and (length == len(packet) or length < 46), f"IPv4 length {length} of {len(packet)}")
    offset, more = (flags & 0x1fff) * 8, bool(flags & 0x2000)
    whole = offset == 0 and not more
    need(bool(flags & 0x4000) == whole, "DF is for what is no fragment")
    return Outer(ipaddress.ip_address(packet[12:16]), ipaddress.ip_address(packet[16:20]), ttl, tos >> 2, protocol,
                 packet[20:length], identification, offset, more, whole)


def read_ipv6(packet):
    if packet[6] not in (GRE, FRAGMENT):
        return None
    need(len(packet) >= 40 and packet[0] >> 4 == 6, "IPv6 header")
    word, length, protocol, ttl = struct.unpack_from("!IHBB", packet)
    need(length + 40 == len(packet) or length < 6, f"IPv6 length {length} of {len(packet) - 40}")
    payload, identification, offset, more, whole = packet[40:40 + length], 0, 0, False, True
    if protocol == FRAGMENT:
        protocol, _, where, identification = struct.unpack_from("!BBHI", payload)
        payload, offset, more, whole = payload[8:], where & 0xfff8, bool(where & 1), False
    return Outer(ipaddress.ip_address(packet[8:24]), ipaddress.ip_address(packet[24:40]), ttl, word >> 22 & 0x3f, protocol,
                 payload, identification, offset, more, whole)


def read_outer(frame):
    """The outer packet of an Ethernet frame, None when it is none that may hold a copy."""
    at = 16 if frame[12:14] == b"\x81\0" else 12
    kind = struct.unpack_from("!H", frame, at)[0]
    return {0x0800: read_ipv4, 0x86dd: read_ipv6}.get(kind, lambda packet: None)(frame[at + 2:])


class Reassembly:
    """Fragments into packets; what is left over is an error at the end."""

    def __init__(self):
        self.parts = {}
        self.count = 0

    def add(self, outer):
        """The whole packet, or None while parts are missing."""
        if outer.whole:
            return outer
        self.count += 1
        key = (outer.source, outer.destination, outer.identification)
        parts = self.parts.setdefault(key, {})
        need(outer.offset not in parts, "fragment sent twice")
        need(not outer.more or len(outer.payload) % 8 == 0, "length of a fragment that is not the last")
        parts[outer.offset] = outer
        at = 0
        while at in parts and parts[at].more:
            at += len(parts[at].payload)
        if at not in parts:
            return None
        self.parts.pop(key)
        need(sum(len(part.payload) for part in parts.values()) == at + len(parts[at].payload), "fragments overlap")
        return parts[0]._replace(payload=b"".join(parts[offset].payload for offset in sorted(parts)), whole=True)


def read_gre(outer):
    """The copy in a whole outer packet."""
    flags, protocol = struct.unpack_from("!HH", outer.payload)
    need(flags & ~0x3000 == 0, f"GRE flags {flags:04x}")
    need(protocol in KINDS, f"GRE protocol {protocol:04x}")
    kind, at = KINDS[protocol], 4
    key = sequence = session = truncated = downlink = None
    if flags & 0x2000:
        key, at = struct.unpack_from("!I", outer.payload, at)[0], at + 4
    if flags & 0x1000:
        sequence, at = struct.unpack_from("!I", outer.payload, at)[0], at + 4
    if kind.startswith("erspan"):
        need(key is None and sequence is not None, "GRE options of ERSPAN")
        first, second = struct.unpack_from("!HH", outer.payload, at)
        need(first >> 12 == {"erspan2": 1, "erspan3": 2}[kind], "ERSPAN version")
        session, truncated = second & 0x3ff, bool(second & 0x400)
        if kind == "erspan3":
            last = struct.unpack_from("!H", outer.payload, at + 10)[0]
            need(not last & 1, "ERSPAN has a subheader")
            downlink = bool(last & 8)
        at += 8 if kind == "erspan2" else 12
    need(len(outer.payload) > at, "nothing in the copy")
    return Copy(kind, outer.source, outer.destination, outer.ttl, outer.dscp, key, sequence, session, truncated, downlink,
                outer.payload[at:])


def copies(listed, address=None):
    """The copies among frames, for one address or all, and how many fragments carried some."""
    wanted = address and ipaddress.ip_address(address)
    reassembly, found = Reassembly(), []
    for number, (data, wire) in enumerate(listed, 1):
        try:
            outer = read_outer(data)
        except Malformed as error:
            raise Malformed(f"frame {number}: {error}: {data.hex()}") from error
        if outer is None or outer.protocol != GRE or wanted not in (None, outer.destination):
            continue
        need(len(data) == wire, "cut by the capture")
        outer = reassembly.add(outer)
        if outer is not None:
            found.append(read_gre(outer))
    need(not reassembly.parts, f"{len(reassembly.parts)} packets lack fragments")
    return found, reassembly.count


def ip_packet(frame):
    """The IP packet of an untagged frame without padding; None when there is none."""
    kind, packet = frame[12:14], frame[14:]
    if kind == b"\x08\0":
        return packet[:struct.unpack_from("!H", packet, 2)[0]]
    return packet[:40 + struct.unpack_from("!H", packet, 4)[0]] if kind == b"\x86\xdd" else None


def grouped(listed, of_gre):
    groups = collections.defaultdict(list)
    for data in listed:
        key = conversation(bytes(12) + (b"\x08\0" if data[0] >> 4 == 4 else b"\x86\xdd") + data) if of_gre else (
            data[6:12] + conversation(data))
        groups[key].append((data, len(data)))
    return groups


def gaps(sequences):
    return sum((b - a) & 0xffffffff != 1 for a, b in zip(sequences, sequences[1:]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("capture")
    parser.add_argument("address")
    parser.add_argument("hosts", nargs="*")
    parser.add_argument("--some", type=int, metavar="SNAP", help="some of the frames, whole or their first SNAP bytes")
    options = parser.parse_args()
    found, fragments = copies(frames(options.capture), options.address)
    sent = [data for path in options.hosts for data, _ in frames(path)]
    of_gre = bool(found) and found[0].kind == "gre"
    if options.some is not None:
        known = set(sent) | {data[:options.some] for data in sent}
        known |= set(filter(None, map(ip_packet, sent))) | {(ip_packet(data) or b"")[:options.some] for data in sent}
        for copy in found:
            need(copy.inner in known, f"a copy of no frame: {copy}")
    elif options.hosts:
        wanted = grouped(filter(None, map(ip_packet, sent)) if of_gre else sent, of_gre)
        arrived = grouped([copy.inner for copy in found], of_gre)
        for key in wanted.keys() | arrived.keys():
            wrong = difference(wanted.get(key, []), arrived.get(key, []))
            need(wrong is None, f"conversation {key.hex()}: {wrong}")
    sequences = [copy.sequence for copy in found if copy.sequence is not None]
    of_ip = sum(copy.kind == "gre" or ip_packet(copy.inner) is not None for copy in found)
    print(json.dumps({"copies": len(found), "ip": of_ip, "fragments": fragments, "gaps": gaps(sequences),
                      "kinds": collections.Counter(copy.kind for copy in found),
                      "truncated": sum(bool(copy.truncated) for copy in found)}))


if __name__ == "__main__":
    try:
        main()
    except (Malformed, struct.error) as error:
        sys.exit(f"{sys.argv[1:]}: {error}")
