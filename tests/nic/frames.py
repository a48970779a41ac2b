# SPDX-License-Identifier: BSD-3-Clause
"""Frames that a wire must deliver as they are, and packet sockets to send and compare them."""
import socket
import struct
import time

from machine import Failed, network_of

DEVICE_MAC, SERVER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA = 263, 8
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6
VLAN, QINQ, IPV4, IPV6, ARP, MPLS = 0x8100, 0x88A8, 0x0800, 0x86DD, 0x0806, 0x8847


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo(source, destination, protocol, length):
    return source + destination + struct.pack("!BBH", 0, protocol, length)


def transport(protocol, source, destination, size, port, wrong, unfinished):
    """A TCP or UDP header and its payload, with the checksum right, wrong, or left to the card."""
    head = 20 if protocol == 6 else 8
    payload = bytes(i * 7 & 0xFF for i in range(size - head))
    if protocol == 6:
        text = struct.pack("!HHIIBBHHH", 20000, port, 1, 0, 0x50, 0x02, 1000, 0, 0) + payload
        at = 16
    else:
        text = struct.pack("!HHHH", 20000, port, size, 0) + payload
        at = 6
    front = pseudo(source, destination, protocol, size)
    value = checksum(front) ^ 0xFFFF if unfinished else checksum(front + text)
    value = (value + 0x1234) & 0xFFFF if wrong else value
    return text[:at] + struct.pack("!H", value) + text[at + 2:]


def ipv4(size, protocol=17, port=4000, wrong="", unfinished=False):
    """A packet of so many bytes from a device to the server; `wrong` names the checksum that is: ip or transport."""
    source, destination = socket.inet_aton("10.128.0.2"), socket.inet_aton("198.18.0.2")
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size, 7, 0, 64, protocol, 0, source, destination)
    value = checksum(head) ^ (0x5555 if wrong == "ip" else 0)
    return head[:10] + struct.pack("!H", value) + head[12:] + \
        transport(protocol, source, destination, size - 20, port, wrong == "transport", unfinished)


def ipv6(size):
    source, destination = (socket.inet_pton(socket.AF_INET6, a) for a in ("fd00:0:0:1::2", "fd00:0:0:2::2"))
    text = bytes(size - 48)
    front = source + destination + struct.pack("!II", len(text) + 8, 17)
    udp = struct.pack("!HHHH", 5, 6, len(text) + 8, 0) + text
    udp = udp[:6] + struct.pack("!H", checksum(front + udp) or 0xFFFF) + udp[8:]
    return struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + source + destination + udp


def frame(*types, payload, to=SERVER_MAC, source=DEVICE_MAC):
    """Types: EtherTypes, and pairs of EtherType and tag."""
    text = to + source
    for kind in types:
        text += struct.pack("!HH", *kind) if isinstance(kind, tuple) else struct.pack("!H", kind)
    text += payload
    return text + bytes(max(0, 60 - len(text)))


def group(text):
    return bytes.fromhex(text)


def ordinary():
    """(what, frame) that every card takes at the MTU of 1500."""
    yield from ((f"UDP of {n} bytes", frame(IPV4, payload=ipv4(n))) for n in (28, 46, 47, 64, 577, 1499, 1500))
    yield "TCP", frame(IPV4, payload=ipv4(1500, 6))
    for protocol, name in ((6, "TCP"), (17, "UDP")):
        yield f"{name}, wrong checksum", frame(IPV4, payload=ipv4(300, protocol, wrong="transport"))
        yield f"{name}, unfinished checksum", frame(IPV4, payload=ipv4(300, protocol, unfinished=True))
        yield f"{name}, wrong checksum, tagged", frame((VLAN, 100), IPV4, payload=ipv4(300, protocol, wrong="transport"))
    yield "IPv4, wrong checksum", frame(IPV4, payload=ipv4(300, wrong="ip"))
    yield "IPv6", frame(IPV6, payload=ipv6(1280))
    yield from ((f"tag {tag:#06x}", frame((VLAN, tag), IPV4, payload=ipv4(100))) for tag in (0, 1, 100, 0x0FFF, 0xE064, 0x1064))
    yield "tagged, full length", frame((VLAN, 100), IPV4, payload=ipv4(1500))
    yield "service and customer tag", frame((QINQ, 200), (VLAN, 100), IPV4, payload=ipv4(400))
    yield "two customer tags", frame((VLAN, 200), (VLAN, 100), IPV4, payload=ipv4(400))
    yield "service tag alone", frame((QINQ, 200), IPV4, payload=ipv4(400))
    yield "tag of unknown type", frame((0x9100, 200), IPV4, payload=ipv4(400))
    yield "MPLS", frame((MPLS, 0x0001), 0x0140, payload=ipv4(200))
    yield "PPPoE", frame((0x8864, 0x1100), payload=struct.pack("!HHH", 1, 102, 0x0021) + ipv4(100))
    yield "ARP", frame(ARP, to=b"\xff" * 6, payload=bytes.fromhex("0001080006040001") + DEVICE_MAC + bytes(14))
    yield "LLDP", frame(0x88CC, to=group("0180c200000e"), payload=bytes.fromhex("0207040200000000010404056554683006020078 0000"))
    yield "spanning tree", frame(38, to=group("0180c2000000"), payload=bytes.fromhex("424203") + bytes(35))
    yield "LACP", frame(0x8809, to=group("0180c2000002"), payload=bytes([1, 1]) + bytes(108))
    yield "802.1X", frame(0x888E, to=group("0180c2000003"), payload=bytes([2, 1, 0, 0]))
    yield "PTP", frame(0x88F7, to=group("011b19000000"), payload=bytes(44))
    yield "multicast", frame(IPV4, to=group("01005e000001"), payload=ipv4(60))
    yield "unknown type", frame(0x88B5, payload=bytes(range(200)))
    yield "no type, but a length", frame(46, payload=bytes(46))


def tagged_twice():
    """Full packets of the MTU 1500 behind two tags or labels."""
    for n in (1499, 1500):
        yield f"two tags, {n} bytes", frame((QINQ, 200), (VLAN, 100), IPV4, payload=ipv4(n))
        yield f"two customer tags, {n} bytes", frame((VLAN, 200), (VLAN, 100), IPV4, payload=ipv4(n))
    yield "two labels", frame(MPLS, payload=bytes.fromhex("0006404000064140") + ipv4(1500))


def jumbo(mtu):
    for n in (1501, 2034, 2035, 4000, mtu - 1, mtu):
        yield f"{n} bytes", frame(IPV4, payload=ipv4(n))
        yield f"{n} bytes, tagged", frame((VLAN, 100), IPV4, payload=ipv4(n))
        yield f"{n} bytes, wrong checksum", frame(IPV4, payload=ipv4(n, 6, wrong="transport"))


def returned(text):
    """The same frame from the server's side."""
    return (text[:6] if text[0] & 1 else DEVICE_MAC) + SERVER_MAC + text[12:]


class Wire:
    """A packet socket on a host's eth0: what it receives has its tag where it was on the wire."""

    def __init__(self, machine, host):
        with network_of(f"{machine.id}-{host}"):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
            self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            self.socket.bind(("eth0", ETH_P_ALL))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, text):
        self.socket.send(text)

    def receive(self, seconds):
        """The next frame that came in, or None."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                text, extra, _, address = self.socket.recvmsg(65536, 256)
            except TimeoutError:
                return None
            if address[2] != socket.PACKET_OUTGOING:
                return self.whole(text, extra)
        return None

    @staticmethod
    def whole(text, extra):
        for level, kind, data in extra:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tag, tpid = struct.unpack("=IIIHHHH", data[:20])
                if status & TP_STATUS_VLAN_VALID:
                    tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else VLAN
                    return text[:12] + struct.pack("!HH", tpid, tag) + text[12:]
        return text

    def drain(self):
        while self.receive(0.01):
            pass


def compare(machine, frames):
    """Each frame both ways, one after another."""
    with Wire(machine, "device") as device, Wire(machine, "server") as server:
        bad = []
        for what, text in frames:
            for source, target, sent, way in ((device, server, text, "uplink"), (server, device, returned(text), "downlink")):
                target.drain()
                source.send(sent)
                found = target.receive(3)
                if found != sent:
                    bad.append(f"{what}, {way} ({len(sent)} bytes): " + ("nothing came" if found is None else difference(sent, found)))
                if len(bad) > 8:
                    raise Failed("; ".join(bad) + " ...")
        if bad:
            raise Failed("; ".join(bad))


def difference(sent, found):
    at = next((i for i, (a, b) in enumerate(zip(sent, found)) if a != b), min(len(sent), len(found)))
    return f"{len(found)} bytes came, other from byte {at} on: sent {sent[at:at + 8].hex()}, found {found[at:at + 8].hex()}"
