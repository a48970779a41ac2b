#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Of a capture and what a replay of it sent by each port, a gateway giving all back: every frame has left again, as it was
and in order, by one of the wire's ports; what the tunnel carried are those packets, and tshark finds nothing malformed in
them but what is so in the original. Prints what was found."""
import argparse
import re
import sys

from captures import frames
from check_mirror import Malformed, need
from check_mirror_captures import ip_length, marks

VXLAN = b"\x12\xb5"  # UDP port 4789


def ip_end(data):
    """Where an IP packet in plain Ethernet with one tag at most ends: the rest is padding."""
    at = 18 if data[12:14] == b"\x81\0" else 14
    if data[at - 2:at] not in (b"\x08\0", b"\x86\xdd") or len(data) < at + 20:
        return len(data)
    return min(at + ip_length(data[at:]), len(data))


def before_options(packet):
    """Of an IP packet what does not change when a SYN's MSS is clamped."""
    tcp = (packet[0] & 15) * 4 if packet[0] >> 4 == 4 else 40
    is_syn = packet[9 if tcp != 40 or packet[0] >> 4 == 4 else 6] == 6 and len(packet) > tcp + 13 and packet[tcp + 13] & 2
    return packet[:tcp + 14] if is_syn else packet


def comparable(data):
    """An Ethernet frame without its MAC addresses, its padding, and what clamping may change."""
    end = ip_end(data)
    at = 18 if data[12:14] == b"\x81\0" else 14
    return data[12:at] + before_options(data[at:end]) if end > at + 20 else data[12:end]


def leave(listed, outs):
    """Frames that left by each port, and of each original whether its addresses are what they were; None: it is lost."""
    at, fates = [0] * len(outs), []
    for data, _ in listed:
        fates.append(None)
        for port, out in enumerate(outs):
            if at[port] < len(out) and comparable(out[at[port]][0]) == comparable(data):
                fates[-1] = out[at[port]][0][:12] == data[:12]
                at[port] += 1
                break
    for port, out in enumerate(outs):
        need(at[port] == len(out), f"frame {at[port] + 1} of port {port} is none that came: {out[at[port]][0][:60].hex()}"
             if at[port] < len(out) else "")
    return fates


def inner_packets(listed):
    """The inner IP packets of what went by the tunnel whole."""
    found = []
    for data, _ in listed:
        udp = 14 + (20 if data[12:14] == b"\x08\0" else 40)
        need(data[udp + 2:udp + 4] == VXLAN, f"not VXLAN: {data[:60].hex()}")
        found.append(data[udp + 16 + 14:])
    return found


def numbers_of(packets, listed):
    """The original of each packet, in order."""
    numbers, at = [], 0
    for packet in packets:
        while at < len(listed) and listed[at][0].find(before_options(packet)) < 0:
            at += 1
        need(at < len(listed), f"in the tunnel, and in no frame: {packet[:60].hex()}")
        numbers.append(at)
        at += 1
    return numbers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("original", "access", "network", "tunnel", "log"):
        parser.add_argument(name)
    parser.add_argument("--fragments", action="store_true", help="outer packets may be in fragments: they are not looked into")
    options = parser.parse_args()
    listed = frames(options.original)
    fates = leave(listed, [frames(options.access), frames(options.network)])
    with open(options.log) as log:
        said = sum(int(n) for n in re.findall(r"^dropped at a gate, \S+: (\d+)$", log.read(), re.M))
    need(fates.count(None) == said, f"{fates.count(None)} frames did not leave, and {said} are said to be dropped")
    sent = frames(options.tunnel)
    if not options.fragments:
        numbers, in_tunnel = numbers_of(inner_packets(sent), listed), marks(options.tunnel)
        in_original = marks(options.original) if any(in_tunnel) else []
        bad = [n + 1 for n, malformed in zip(numbers, in_tunnel) if malformed and not in_original[n]]
        need(not bad, f"malformed in the tunnel alone: frames {bad}")
    print(f"{len(listed)} frames, {len(sent)} in the tunnel, {fates.count(False)} with other addresses, {said} dropped")


if __name__ == "__main__":
    try:
        main()
    except Malformed as error:
        sys.exit(f"{' '.join(sys.argv[1:])}: {str(error)[:1000]}")
