# SPDX-License-Identifier: BSD-3-Clause
"""Captures of one UDP packet a flow, in shuffled order: what a memory-backed port plays without end."""
import ipaddress
import random
import struct

ETHERNET = bytes.fromhex("02000000000b02000000000a0800")
IMIX = [60] * 7 + [590] * 4 + [1514]  # the simple Internet mix: 7 small, 4 middle, 1 large


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def ipv4(length, identification, source, destination):
    header = struct.pack("!BBHHHBBHII", 0x45, 0, length, identification & 0xffff, 0, 64, 17, 0, source, destination)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:]


def through_tunnel(packet, tunnel):
    """The packet in the frame that the gateway sends to Junction: MAC addresses of both ends, outer and inner."""
    outer, inner, gateway, own = (ipaddress.ip_address(tunnel["gateway"]), tunnel["inner_mac"], b"\2\0\0\0\0\3",
                                  ipaddress.ip_address(tunnel["address"]))
    vxlan = struct.pack("!II", 0x08000000, tunnel["vni"] << 8) + inner + gateway + ETHERNET[12:] + packet
    udp = struct.pack("!HHHH", 49152, 4789, 8 + len(vxlan), 0)
    return (tunnel["mac"] + gateway + ETHERNET[12:] + ipv4(20 + len(udp) + len(vxlan), 0, int(outer), int(own)) + udp + vxlan)


def ipv6(length, source, destination):
    return struct.pack("!IHBB", 0x60000000, length - 40, 17, 64) + source.to_bytes(16, "big") + destination.to_bytes(16, "big")


def packet_of(flow, kind, length):
    """One UDP packet of a flow: four flows an address."""
    source, port = 0x0a800000 + flow // 4, 10000 + flow % 4 * 1000
    destination = 0xc6120000 + flow * 7 % 65536
    if kind == "ipv6":
        header = ipv6(length, (0xfd000080 << 96) + source, (0x20010db8 << 96) + destination)
    else:
        header = ipv4(length, flow, source, destination)
    return header + struct.pack("!HHHH", port, 53, length - len(header), 0) + bytes(length - len(header) - 8)


def write(path, flows, sizes, tunnel=None, kind="ipv4"):
    """Frames of `sizes`, one after the other over the flows; lengths without FCS. tunnel: as they come back by it."""
    order = list(range(flows))
    random.Random(1).shuffle(order)
    addresses, ethernet_type = ETHERNET[:12], {"ipv4": "0800", "ipv6": "86dd", "vlan": "810000050800"}[kind]
    ethernet = addresses + bytes.fromhex(ethernet_type)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, flow in enumerate(order):
            packet = packet_of(flow, kind, sizes[number % len(sizes)] - len(ethernet))
            frame = through_tunnel(packet, tunnel) if tunnel else ethernet + packet
            out.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
