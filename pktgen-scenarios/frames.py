# SPDX-License-Identifier: BSD-3-Clause
"""The frames that Pktgen cannot make by itself, and captures of them: a flood of SYNs, fragments, headers that cannot be right.

Pktgen pads frames to 60 bytes, so none is shorter."""
import ipaddress
import struct

DEVICE, SERVER = "10.128.0.1", "198.18.0.2"
MACS = (bytes.fromhex("020000000002" "020000000001"), bytes.fromhex("020000000001" "020000000002"))
IPV4, IPV6, VLAN, MPLS, EXPERIMENT = 0x0800, 0x86dd, 0x8100, 0x8847, 0x88b5
UDP, TCP, HOP_BY_HOP = 17, 6, 0


def ethernet(kind, payload, side=0):
    """Side 0: from the devices; 1: to them."""
    frame = MACS[side] + struct.pack("!H", kind) + payload
    return frame + bytes(60 - len(frame)) if len(frame) < 60 else frame


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return 0xffff ^ ((total & 0xffff) + (total >> 16))


def ipv4(payload, protocol=UDP, first=0x45, length=None, number=0, fragment=0, source=DEVICE, destination=SERVER):
    header = struct.pack("!BBHHHBBH4s4s", first, 0, 20 + len(payload) if length is None else length, number, fragment, 64, protocol,
                         0, ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(next_header, payload, version=6):
    return struct.pack("!IHBB", version << 28, len(payload), next_header, 64) + ipaddress.ip_address("fd00:0:0:1::2").packed + \
        ipaddress.ip_address("fd00:0:0:2::2").packed + payload


def udp(payload, ports=(20000, 4000)):
    return struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload


def tcp(port=20000, flags=2):
    return struct.pack("!HHIIBBHHH", port, 4000, 1, 0, 5 << 4, flags, 65535, 0, 0)


DATA = bytes(range(32))
FIRST, LATER = 0x2000, 5  # more fragments follow; at 40 bytes, which are the header and DATA of the first
MALFORMED = [  # what, the name under which it is counted (None: it is in order), the frame
    ("UDP in order", None, ethernet(IPV4, ipv4(udp(DATA)))),
    ("first fragment", None, ethernet(IPV4, ipv4(udp(DATA), number=7, fragment=FIRST))),
    ("fragment without payload", "frag_zero", ethernet(IPV4, ipv4(b"", number=7, fragment=FIRST | LATER))),
    ("its last fragment", None, ethernet(IPV4, ipv4(DATA, number=7, fragment=LATER))),
    ("fragment without a first one", "frag_orphan", ethernet(IPV4, ipv4(DATA, number=8, fragment=LATER))),
    ("IPv4 that says version 6", "ip_bad_version", ethernet(IPV4, ipv4(udp(DATA), first=0x65))),
    ("IPv6 that says version 4", "ip_bad_version", ethernet(IPV6, ipv6(UDP, udp(DATA), version=4))),
    ("header of 16 bytes", "ip_bad_ihl", ethernet(IPV4, ipv4(udp(DATA), first=0x44))),
    ("header longer than the packet", "ip_bad_length", ethernet(IPV4, ipv4(b"", first=0x4f))),
    ("longer than its frame", "ip_bad_length", ethernet(IPV4, ipv4(udp(DATA), length=1400))),
    ("TCP header of 4 bytes", "l4_truncated", ethernet(IPV4, ipv4(tcp()[:4], protocol=TCP))),
    ("IPv6 options beyond the frame", "ext_truncated", ethernet(IPV6, ipv6(HOP_BY_HOP, struct.pack("!BB", UDP, 200) + bytes(6)))),
    ("nine VLAN tags", "tags_too_deep", ethernet(VLAN, struct.pack("!HH", 1, VLAN) * 8 + struct.pack("!HH", 1, IPV4) + ipv4(udp(DATA)))),
    ("MPLS with neither IPv4 nor IPv6", "mpls_not_ip", ethernet(MPLS, struct.pack("!I", 16 << 12 | 1 << 8 | 64) + b"\xf0" + DATA)),
    ("another protocol than IP", "non_ip", ethernet(EXPERIMENT, DATA)),
    ("source is destination", None, ethernet(IPV4, ipv4(tcp(), protocol=TCP, source=SERVER))),
    ("TCP with all flags", None, ethernet(IPV4, ipv4(tcp(flags=0xff), protocol=TCP))),
]


def syns():
    """65,536 SYNs: 256 ports of each of 256 devices."""
    for number in range(65536):
        device = f"10.128.{4 + number % 256 // 64}.{1 + number % 64}"
        yield ethernet(IPV4, ipv4(tcp(1024 + number // 256), protocol=TCP, source=device))


IMIX = (64, 570, 64, 64, 570, 64, 64, 570, 64, 1518, 64, 570)  # bytes, with the frame's checksum


def imix(side):
    """Of twelve flows one frame each: seven of 64 bytes, four of 570, one of 1,518."""
    for number, size in enumerate(IMIX):
        ends, ports = (f"10.128.1.{1 + number}", SERVER), (20000, 4000)
        if side == 1:
            ends, ports = ends[::-1], ports[::-1]
        yield ethernet(IPV4, ipv4(udp(bytes(size - 4 - 14 - 20 - 8), ports), source=ends[0], destination=ends[1]), side)


def write(path, frames):
    """A capture with Ethernet headers (pcap, microseconds)."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(frames):
            file.write(struct.pack("<IIII", number // 1000000, number % 1000000, len(frame), len(frame)) + frame)


MANY = 262144


def many(side):
    """As many flows, a frame each: four ports of 65,536 devices."""
    for number in range(MANY):
        ends, ports = (f"10.{144 + number % 65536 // 32768}.{number // 128 % 256}.{1 + number % 128}", SERVER), (20000 + number // 65536, 4000)
        if side == 1:
            ends, ports = ends[::-1], ports[::-1]
        yield ethernet(IPV4, ipv4(udp(bytes(18), ports), source=ends[0], destination=ends[1]), side)


# Of a scenario: what each port plays.
CAPTURES = {"syn-flood": {0: syns}, "malformed": {0: lambda: [frame for _, _, frame in MALFORMED]},
            "flows": {0: lambda: many(0), 1: lambda: many(1)}, "imix": {0: lambda: imix(0), 1: lambda: imix(1)}}


def captures_of(scenario, directory):
    """The captures that a scenario plays, by port."""
    found = {}
    for port, made in CAPTURES.get(scenario, {}).items():
        found[port] = directory / f"{scenario}-{port}.pcap"
        write(found[port], made())
    return found
