# SPDX-License-Identifier: BSD-3-Clause
"""Which frames ndpiReader does not count, or reads in a way of its own: its steps to the IP header and what it asks of that."""
import struct

RAW = (101, 228, 229)
LINKS = {0, 1, 9, 50, 104, 113, *RAW}  # others it refuses altogether, or Junction does (127, radiotap)
FAMILIES = {2, 10, 24, 28, 30}  # of IPv4 and IPv6, of the systems that write link type 0
HEADERS = {0, 43, 44, 60, 135}  # of IPv6, that it steps over


def u16(data, at):
    return struct.unpack_from(">H", data, at)[0]


def behind_ethernet(data):
    kind, at = u16(data, 12), 14
    if kind <= 1500:
        return None  # LLC, whose EtherType it takes in the host's order
    while kind == 0x8100 and at + 4 < len(data):
        kind, at = u16(data, at + 2), at + 4
    if kind in (0x8847, 0x8848):
        while at + 4 < len(data) and not data[at + 2] & 1:
            at += 4
        return at + 4
    return at + 8 if kind == 0x8864 else at


def ip_at(link, data):
    """Where it looks for the IP header; None: nowhere."""
    if len(data) < 28:
        return None
    if link == 1:
        return behind_ethernet(data)
    if link in (9, 104):
        return 4 if data[0] in (0x0f, 0x8f) else 2
    return {0: 4, 50: 4, 113: 16, **dict.fromkeys(RAW, 0)}.get(link)


def beyond_v4(data):
    head, total = (data[0] & 15) * 4, u16(data, 2)
    segment = (total - head) & 0xffff
    return head > len(data) or total > len(data) or head + segment > len(data)


def refused_v4(data):
    return beyond_v4(data) or bool(u16(data, 6) & 0x1fff)


def transport_v6(data):
    """The transport's number and place; None: it does not get there, as in a later fragment."""
    kind, at = data[6], 40
    while kind in HEADERS:
        if at + 8 > len(data) or (kind == 44 and u16(data, at + 2) >> 3):
            return None
        kind, at = data[at], at + (8 if kind == 44 else 8 + 8 * data[at + 1])
    return None if kind == 59 or at > len(data) else (kind, at)


def refused_v6(data):
    return len(data) < 40 or 40 + u16(data, 4) > len(data) or transport_v6(data) is None


def packet_of(link, data):
    """From the IP header on, where it finds one."""
    at = ip_at(link, data)
    return b"" if at is None or len(data) < at + 20 else data[at:]


def refused(link, data, v4=refused_v4):
    """It does not count the frame."""
    packet = packet_of(link, data)
    return not packet or {4: v4, 6: refused_v6}.get(packet[0] >> 4, lambda _: True)(packet)


def in_tunnel(link, data):
    """IPv4 or IPv6 in IP, which it looks into."""
    packet = packet_of(link, data)
    if packet and packet[0] >> 4 == 4:
        return packet[9] in (4, 41)
    found = transport_v6(packet) if len(packet) >= 40 and packet[0] >> 4 == 6 else None
    return found is not None and found[0] in (4, 41)


def impossible(link, data):
    """An IPv4 header of less than 20 bytes, which it believes."""
    packet = packet_of(link, data)
    return bool(packet) and packet[0] >> 4 == 4 and packet[0] & 15 < 5


def longer(link, data):
    """Than what Junction's classifier is given of a packet."""
    return len(packet_of(link, data)) > 1500


def misread(link, data):
    """A frame that by its EtherType, or BSD's family, is not IP, or another IP, and is IP to ndpiReader: then it also takes a
    later fragment for a whole packet."""
    if link not in (0, 1) or len(data) < 15 or refused(link, data, beyond_v4):
        return False
    if link == 0:
        return not set(struct.unpack("<I", data[:4]) + struct.unpack(">I", data[:4])) & FAMILIES
    kind = u16(data, 12)
    if kind in (0x0800, 0x86dd):
        return data[14] >> 4 != (4 if kind == 0x0800 else 6)
    return kind not in (0x8100, 0x8847, 0x8848, 0x8864)


def extended(link, data):
    """IPv6 with extension headers."""
    packet = packet_of(link, data)
    return len(packet) >= 40 and packet[0] >> 4 == 6 and packet[6] in HEADERS


def no_tcp(link, data):
    """A TCP header that says it is shorter than it must be, or longer than the packet."""
    packet = packet_of(link, data)
    if len(packet) >= 40 and packet[0] >> 4 == 6:
        kind, at = transport_v6(packet) or (0, 0)
    else:
        kind, at = (packet[9], (packet[0] & 15) * 4) if packet else (0, 0)
    if kind != 6 or at + 13 > len(packet):
        return False
    size = (packet[at + 12] >> 4) * 4
    return size < 20 or at + size > len(packet)
