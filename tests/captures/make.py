#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the captures of this folder and expected.json, what must be found in them. Every packet is tallied as it is
built, from what it was meant to be, so that nothing of Junction judges itself.
Arguments: the folder to write to; `large` for the captures that are too large to be kept here."""
import json
import os
import sys

sys.dont_write_bytecode = True  # nothing but captures is written here

import container  # noqa: E402
from packets import LISTS  # noqa: E402


class Tally:
    def __init__(self):
        self.counts = dict.fromkeys(("packets", "bytes", "ip", "non_ip", "tcp", "udp", "other", "fragments"), 0)
        self.flows = {"tcp": set(), "udp": set()}

    def add(self, packet):
        self.counts["packets"] += 1
        self.counts["bytes"] += packet.wire
        self.counts["non_ip" if packet.kind == "non_ip" else "ip"] += 1
        if packet.kind != "non_ip":
            self.counts[packet.kind] += 1
        self.counts["fragments"] += packet.fragment
        if packet.flow is not None:
            self.flows[packet.flow[0]].add(packet.flow)

    def result(self):
        return self.counts | {name + "_flows": len(flows) for name, flows in self.flows.items()}


# name: (list of packets, container)
CAPTURES = {
    "vlan.pcap": ("vlan", container.pcap, {}),
    "mpls.pcap": ("mpls", container.pcap, {}),
    "pppoe.pcap": ("pppoe", container.pcap, {}),
    "ipv4_options.pcap": ("ipv4_options", container.pcap, {}),
    "ipv6_extensions.pcap": ("ipv6_extensions", container.pcap, {}),
    "fragments_ipv4.pcap": ("fragments_ipv4", container.pcap, {}),
    "fragments_ipv6.pcap": ("fragments_ipv6", container.pcap, {}),
    "sctp.pcap": ("sctp", container.pcap, {}),
    "icmp.pcap": ("icmp", container.pcap, {}),
    "cooked_v1.pcap": ("cooked_v1", container.pcap, {"link": 113}),
    "cooked_v2.pcap": ("cooked_v2", container.pcap, {"link": 276}),
    "raw_ip.pcap": ("raw_ip", container.pcap, {"link": 101}),
    "raw_ipv4.pcap": ("raw_ipv4", container.pcap, {"link": 228}),
    "raw_ipv6.pcap": ("raw_ipv6", container.pcap, {"link": 229}),
    "loopback.pcap": ("loopback", container.pcap, {"link": 0}),
    "loopback_big.pcap": ("loopback_big", container.pcap, {"link": 0, "order": ">"}),
    "loopback_openbsd.pcap": ("loopback_big", container.pcap, {"link": 108}),
    "ppp.pcap": ("ppp_short", container.pcap, {"link": 9}),
    "ppp_hdlc.pcap": ("ppp", container.pcap, {"link": 50}),
    "cisco_hdlc.pcap": ("cisco_hdlc", container.pcap, {"link": 104}),
    "several_links.pcapng": ("several_links", container.several, {}),
    "conversations.pcap": ("conversations", container.pcap, {}),
    "nanoseconds.pcap": ("tcp_session", container.pcap, {"nanoseconds": True}),
    "big_endian.pcap": ("tcp_session", container.pcap, {"order": ">"}),
    "session.pcapng": ("tcp_session", container.pcapng, {}),
    "jumbo.pcap": ("jumbo", container.pcap, {}),
    "cut.pcap": ("cut", container.pcap, {"snap": 64}),
    "malformed.pcap": ("malformed", container.pcap, {}),
}

LARGE = {"offload.pcap": ("offload", container.pcap, {})}


def main(folder, captures):
    expected = {}
    for name, (packets, write, options) in sorted(captures.items()):
        tally = Tally()
        built = LISTS[packets]()
        for packet in built:
            tally.add(packet)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(write([(packet.data, packet.wire) if packet.link is None else (packet.data, packet.wire, packet.link)
                              for packet in built], **options))
        expected[name] = tally.result()
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)),
         LARGE if "large" in sys.argv[2:] else CAPTURES)
