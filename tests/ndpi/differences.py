# SPDX-License-Identifier: BSD-3-Clause
"""Where Junction and ndpiReader differ and both are right, or ndpiReader cannot know better: as narrow as can be."""
import dataclasses
import re
import socket
import struct
from dataclasses import dataclass, field

import reader
import unread

# IP protocols that are an application of nDPI's by themselves; a document need not say so again.
BY_TRANSPORT = {1: "icmp", 2: "igmp", 4: "ip_in_ip", 8: "egp", 47: "gre", 50: "ipsec", 51: "ipsec", 58: "icmpv6", 89: "ospf",
                112: "vrrp", 132: "sctp"}
TUNNELS = (4, 41)
FOUND = {"protocol", "confidence"}
HEADERS = (51, 135, 139, 140)  # of IPv6, that ndpiReader does not step over


def packed(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def printed(text):
    return reader.as_printed(packed(text))


def addresses(group):
    return tuple(sorted(host for host, _ in group.ends[1:]))


@dataclass
class World:
    """What surrounds a group of flows."""
    capture: object
    replay: object
    groups: list
    again: object  # asks ndpiReader once more, with its own limit for TCP
    longer: dict = None
    bytes_of: dict = field(default_factory=dict)  # address as printed: as in a packet
    chosen: dict = field(default_factory=dict)

    def __post_init__(self):
        for document_address in self.replay.addresses:
            self.bytes_of[printed(document_address)] = packed(document_address)

    def frames(self, kind, group):
        """How many frames of that kind have both addresses side by side."""
        if kind not in self.chosen:
            self.chosen[kind] = [data for link, data in self.capture.frames if kind(link, data)]
        one, other = (self.bytes_of.get(host) or unprinted(host) for host in (group.ends[1][0], group.ends[2][0]))
        return sum(one + other in data or other + one in data for data in self.chosen[kind])

    def frames_of(self, group):
        one, other = (self.bytes_of.get(host) or unprinted(host) for host in (group.ends[1][0], group.ends[2][0]))
        return [data for _, data in self.capture.frames if one + other in data or other + one in data]

    def others(self, group, missing):
        """Groups between the same addresses that one side alone has: "ours" or "theirs" is missing there."""
        return [other for other in self.groups
                if other.ends != group.ends and addresses(other) == addresses(group) and not getattr(other, missing)]


def unprinted(text):
    """Of an address that only ndpiReader has: its bytes, if it can be told. It may have "::" for several groups."""
    parts = text.split("::")
    wholes = [":0:".join(parts[:cut]) + "::" + ":0:".join(parts[cut:]) for cut in range(1, len(parts))] or [text]
    for whole in wholes:
        try:
            if printed(whole) == text:
                return packed(whole)
        except OSError:
            pass
    return b"\0no such address"


def kinds(group):
    return {kind for kind, _ in group.wrong}


def stand_in_refused(group, world):
    """Our names: they stand in frames that ndpiReader does not count."""
    frames = [data.lower() for link, data in world.capture.frames if unread.refused(link, data)]
    names = [name for flow in group.ours for name in flow.names.values()]
    return bool(names) and all(stands_in(name.lower(), frames) for name in names)


def uncounted(group, world):
    ours, theirs = group.packets()
    unknown = all(seen.confidence in ("Unknown", "Match by port", "Match by IP") for seen in group.theirs)
    nameless = not any(seen.name for seen in group.theirs)
    found = FOUND | ({"name"} if nameless and "name" in kinds(group) and stand_in_refused(group, world) else set())
    if not kinds(group) <= {"packets", "missing"} | (found if unknown else set()) or ours == theirs:
        return False
    return -world.frames(unread.misread, group) <= ours - theirs <= world.frames(unread.refused, group)


def too_long(group, world):
    return bool(group.ours and group.theirs) and kinds(group) <= FOUND | {"name"} and world.frames(unread.longer, group) > 0


def tunnel(group, world):
    if not kinds(group) <= {"missing"}:
        return False
    return world.frames(unread.in_tunnel, group) > 0 and (not group.ours or group.ends[0] in TUNNELS)


def impossible(group, world):
    return not group.ours and world.frames(unread.impossible, group) > 0


def no_ports(group):
    return all(port == 0 for _, port in group.ends[1:])


def whole_header(group, world):
    """Of a TCP or UDP header that is not whole ndpiReader knows no ports."""
    if "missing" not in kinds(group) or group.ends[0] not in (6, 17):
        return False
    if not group.ours:
        return no_ports(group) and any(other.ends[0] == group.ends[0] for other in world.others(group, "theirs"))
    return any(other.ends[0] == group.ends[0] and no_ports(other) for other in world.others(group, "ours"))


def extension(group, world):
    if "missing" not in kinds(group) or ":" not in group.ends[1][0]:
        return False
    if not group.ours:
        return group.ends[0] in HEADERS and bool(world.others(group, "theirs"))
    return any(other.ends[0] in HEADERS for other in world.others(group, "ours"))


def sums(group, world):
    """How ndpiReader knows an IPv6 flow: by the sum of the last two words of each address."""
    ends = []
    for host, port in group.ends[1:]:
        content = world.bytes_of.get(host) or unprinted(host)
        if len(content) != 16 or ":" not in host:
            return None
        ends.append((sum(struct.unpack_from("<II", content, 8)) & 0xffffffff, port))
    return group.ends[0], *sorted(ends)


def same_sum(group, world):
    if sums(group, world) is None:
        return False
    alike = [other for other in world.groups if sums(other, world) == sums(group, world)]
    more = sum(ours - theirs for ours, theirs in (other.packets() for other in alike))
    least, most = (sum(world.frames(kind, other) for other in alike) for kind in (unread.misread, unread.refused))
    return len(alike) > 1 and -least <= more <= most


def stands_in(name, frames):
    """In one frame, maybe as DNS has it, or over the border of two. Bytes that no text has may be any."""
    parts = [re.escape(part.encode()) for part in re.split("[\ufffd_]", name)]
    dots = b"(?s:.{1,3})".join(parts).replace(rb"\.", b"(?s:.)")
    if any(re.search(dots, frame) for frame in frames):
        return True
    whole = name.encode()
    return any(any(frame.endswith(whole[:cut]) for frame in frames) and any(whole[cut:] in frame for frame in frames)
               for cut in range(1, len(whole)))


def own_reader(group, world):
    """Of a request in pieces, or of a damaged one, nDPI has no name, or a damaged one."""
    if kinds(group) != {"name"} or any(re.fullmatch("[a-z0-9.-]+", seen.name) for seen in group.theirs):
        return False
    frames = [data.lower() for data in world.frames_of(group)]
    names = [name.lower() for flow in group.ours for name in flow.names.values()]
    return bool(names) and all(stands_in(name, frames) for name in names)


def nothing_counted(group, world):
    """A message over UDP whose header says that nothing is in it, and in which ndpiReader reads a name all the same."""
    if kinds(group) != {"name"} or group.ends[0] != 17 or any(flow.names for flow in group.ours):
        return False
    ports = [struct.pack(">H", port) for _, port in group.ends[1:]]
    heads = [re.escape(one + other) + b"(?s:.{8})" + bytes(8) for one, other in (ports, ports[::-1])]
    frames = world.frames_of(group)
    return (any(re.search(head, data) for head in heads for data in frames)
            and all(stands_in(seen.name, [data.lower() for data in frames]) for seen in group.theirs))


def no_header(group, world):
    """Of a TCP header whose length cannot be nDPI sees nothing; Junction asks it what the ports are used for."""
    return (group.ends[0] == 6 and kinds(group) <= FOUND and all(seen.confidence == "Unknown" for seen in group.theirs)
            and all(flow.confidence == "Match by port" for flow in group.ours) and world.frames(unread.no_tcp, group) > 0)


def two_names(group, world):
    """Both names are in the flow: each side keeps another one."""
    if kinds(group) != {"name"} or not all(seen.name for seen in group.theirs):
        return False
    frames = [data.lower() for data in world.frames_of(group)]
    names = [name.lower() for flow in group.ours for name in flow.names.values()]
    return bool(names) and all(stands_in(name, frames) for name in names + [seen.name for seen in group.theirs])


def own_name(group, world):
    """A server's own name, in what it sends, is not whom the client asks for. Who sends first is the client."""
    if kinds(group) != {"name"} or any(any(flow.names.values()) for flow in group.ours):
        return False
    one, other = (world.bytes_of.get(host) or unprinted(host) for host in (group.ends[1][0], group.ends[2][0]))
    frames = world.frames_of(group)
    by_one = {True: [], False: []}
    for data in frames:
        by_one[one + other in data].append(data.lower())
    first = bool(frames) and one + other in frames[0]
    return all(stands_in(seen.name, by_one[not first]) and not stands_in(seen.name, by_one[first])
               for seen in group.theirs if seen.name)


def guess(group, world):
    both = list(group.ours) + list(group.theirs)
    return (kinds(group) == {"protocol"} and all(flow.confidence == "Match by port" for flow in both)
            and world.frames(unread.extended, group) > 0)


def taught(group, _):
    """nDPI remembers hosts that spoke some protocols: which flow taught it depends on when each ends."""
    sure = {flow.confidence for flow in group.ours + group.theirs}
    return kinds(group) == {"confidence"} and sure <= {"DPI", "DPI (cache)"}


def never_ends(group, _, our_label, label):
    if len(group.ours) == len(group.theirs) or not group.ours or not group.theirs or "packets" in kinds(group):
        return False
    return bool({our_label(flow) for flow in group.ours} & {label(seen) for seen in group.theirs})


def longer(group, world, our_label, label):
    if group.ends[0] != 6 or not kinds(group) <= FOUND or len(group.ours) != 1:
        return False
    if world.longer is None:
        world.longer = {seen.ends: seen for seen in world.again().flows}
    return group.ends in world.longer and label(world.longer[group.ends]) == our_label(group.ours[0])


REASONS = (
    (uncounted, "frames that ndpiReader does not count: later fragments, cut ones, lengths that cannot be, tags that it does not "
                "know; and others that it takes for IP, for it does not ask the EtherType"),
    (too_long, "of a packet longer than 1,500 bytes Junction's classifier has the first 1,500"),
    (tunnel, "ndpiReader looks into IP in IP, Junction does not"),
    (impossible, "ndpiReader believes IPv4 headers of less than 20 bytes"),
    (whole_header, "of a TCP or UDP header that is not whole ndpiReader knows no ports"),
    (extension, "ndpiReader does not step over every extension header of IPv6"),
    (guess, "what is behind extension headers of IPv6 ndpiReader guesses by ports of another transport"),
    (own_reader, "Junction's own readers know the name of a request in pieces, or of a damaged one"),
    (nothing_counted, "ndpiReader reads a name behind a header of DNS that says there is nothing"),
    (own_name, "a name that a server gives to itself is not whom the client asks for"),
    (two_names, "a flow with several names, of which each side keeps another one"),
    (no_header, "of a TCP header whose length cannot be nDPI sees nothing, and Junction guesses by port"),
    (taught, "nDPI knew the protocol from the flow, or from another flow of the same host"),
    (same_sum, "ndpiReader knows IPv6 flows by a sum of their addresses' last words, and takes some for one"),
)
WITH_LABELS = (
    (never_ends, "ndpiReader never ends a flow, and has VLANs apart: ends and packets are the same, and one of the protocols"),
    (longer, "ndpiReader counts packets without payload: with its own limit of 80 it says the same"),
)


def reason(group, world, our_label, label):
    """Sentences, or None: nothing explains it. How many packets there are may have another reason than what they are."""
    said = one_reason(group, world, our_label, label)
    parts = [[one for one in group.wrong if (one[0] in ("packets", "missing")) == counts] for counts in (True, False)]
    if said is not None or not all(parts):
        return said
    both = [one_reason(dataclasses.replace(group, wrong=part), world, our_label, label) for part in parts]
    return None if None in both else " / ".join(both)


def one_reason(group, world, our_label, label):
    for test, sentence in REASONS:
        if test(group, world):
            return sentence
    return next((sentence for test, sentence in WITH_LABELS if test(group, world, our_label, label)), None)
