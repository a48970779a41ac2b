#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Replays captures through Junction and gives them to ndpiReader, and compares flow by flow: application, master protocol,
SNI, host and DNS question; and the lists: names, breeds, packets and flows of each protocol, numbers and names of the largest
flows. What differs, and why that is right, stands in differences.py; anything else fails."""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

sys.dont_write_bytecode = True

import capture  # noqa: E402
import differences  # noqa: E402
import reader  # noqa: E402
import replayed  # noqa: E402
import unread  # noqa: E402

PROTOCOLS = {}


@dataclass
class Group:
    """All flows of the same ends, on both sides. Usually one each."""
    ends: tuple
    ours: list = field(default_factory=list)
    theirs: list = field(default_factory=list)
    wrong: list = field(default_factory=list)

    def packets(self):
        return sum(flow.packets for flow in self.ours), sum(flow.packets for flow in self.theirs)


def label(seen):
    """Master and application in lower case; no master, and "unknown", where there is none."""
    names = [PROTOCOLS[number][0].lower() for number in seen.numbers]
    return (names[0], names[1]) if len(names) == 2 else ("", names[0])


def our_label(flow):
    return flow.master, flow.application or differences.BY_TRANSPORT.get(flow.ends[0], "unknown")


def field_of(seen):
    """The ECS field that has what ndpiReader calls Hostname/SNI."""
    names = set(label(seen))
    if names & {"tls", "quic", "dtls", "doh_dot", "smtps", "imaps", "pops"}:
        return "tls.client.server_name"
    if names & {"dns", "mdns", "llmnr"}:
        return "dns.question.name"
    return "url.domain" if "http" in names else None


def plain(name):
    """Bytes that no name has each side shows in its own way: "?", "_", U+FFFD. So with a port that is no number."""
    host = name if name.startswith("[") else name.partition(":")[0]
    return re.sub(r"[^a-z0-9.-]+", "?", host)


def wrong_name(ours, theirs):
    key = field_of(theirs)
    if key is None:
        return
    said = ours.names.get(key, "")
    # nDPI keeps the last 79 bytes of a name.
    cut = len(theirs.name) >= 79 and plain(said).endswith(plain(theirs.name))
    if said != theirs.name and plain(said) != plain(theirs.name) and not cut:
        yield f"{key}: ndpiReader says {theirs.name!r}, Junction {said!r}"


def compare_group(group):
    ours, theirs = group.ours, group.theirs
    if not ours or not theirs:
        group.wrong.append(("missing", "ndpiReader has no such flow" if ours else "Junction has no such flow"))
        return
    if group.packets()[0] != group.packets()[1]:
        group.wrong.append(("packets", f"ndpiReader says {group.packets()[1]}, Junction {group.packets()[0]}"))
    for one, other in zip(ours, theirs):
        if our_label(one) != label(other):
            group.wrong.append(("protocol", f"ndpiReader says {other.protocol} ({other.confidence}), "
                                            f"Junction {'.'.join(filter(None, our_label(one)))} ({one.confidence})"))
            continue
        group.wrong += [("name", sentence) for sentence in wrong_name(one, other)]
        if (one.confidence or "Unknown") != other.confidence:
            group.wrong.append(("confidence", f"ndpiReader says {other.confidence}, Junction {one.confidence}"))
    if len(ours) != len(theirs):
        group.wrong.append(("flows", f"ndpiReader has {len(theirs)}, Junction {len(ours)}"))


def groups_of(replay, report):
    groups = {}
    for flow in replay.flows:
        groups.setdefault(flow.ends, Group(flow.ends)).ours.append(flow)
    for seen in report.flows:
        groups.setdefault(seen.ends, Group(seen.ends)).theirs.append(seen)
    return groups


def last_names(group):
    """Labels of our flows as a summary counts them: it knows flows by their ends alone, and one that ended and came again is what
    it was seen to be last."""
    found = {}
    for flow in group.ours:
        guessed = flow.confidence in ("", "Unknown", "Match by port", "Match by IP")
        if flow.key not in found or not guessed:
            found[flow.key] = our_label(flow)[1]
    return found.values()


def totals(group, count):
    """Adds packets and flows of a group to our and their counts by protocol."""
    for flow in group.ours:
        count[0][our_label(flow)[1]] += flow.packets
    for name in last_names(group):
        count[1][name] += 1
    for seen in group.theirs:
        count[2][label(seen)[1]] += seen.packets
        count[3][label(seen)[1]] += 1


def wrong_lists(replay, report, groups):
    """The lists differ by what flows were explained, and by nothing else."""
    explained = [Counter() for _ in range(4)]
    for group in groups:
        if group.wrong:
            totals(group, explained)
    ours = {entry["name"].lower(): entry for entry in replay.summary.get("detected.protos", [])}
    theirs = {name.lower(): counts for name, counts in report.protocols.items()}
    breeds = {name: breed for name, breed in PROTOCOLS.values()}
    for entry in ours.values():
        if breeds.get(entry["name"]) != entry["breed"]:
            yield f"detected.protos: {entry['name']}: breed {entry['breed']}: nDPI's is {breeds.get(entry['name'])}"
    for name in sorted(set(ours) | set(theirs)):
        mine = ours.get(name, {"packets": 0, "flows": 0})
        found = mine["packets"] - explained[0][name], mine["flows"] - explained[1][name]
        packets, _, flows = theirs.get(name, (0, 0, 0))
        wanted = packets - explained[2][name], flows - explained[3][name]
        if found != wanted:
            yield f"detected.protos: {name}: packets and flows: ndpiReader says {wanted}, Junction {found}"


def wrong_known_flows(replay, groups):
    numbers = {"TCP": 6, "UDP": 17, "ICMP": 1, "ICMPv6": 58}
    by_text = {}
    for group in groups:
        if len(group.ours) == len(group.theirs) == 1 and not group.wrong:
            by_text[group.ends] = group.theirs[0]
    for entry in replay.summary.get("known.flows", []):
        number = numbers.get(entry["protocol"])
        hosts = [(differences.printed(entry[side + ".name"]), entry[side + ".port"]) for side in ("host_a", "host_b")]
        seen = by_text.get(reader.ends(number, *hosts)) if number else None
        if seen is None:
            continue
        name = PROTOCOLS[seen.numbers[-1]][0]
        if entry["detected.protocol"] not in seen.numbers or entry["detected.protocol.name"] not in (name, seen.protocol):
            yield (f"known.flows: {hosts}: ndpiReader says {seen.numbers}/{seen.protocol}, Junction "
                   f"{entry['detected.protocol']}/{entry['detected.protocol.name']}")


def in_order(path, content, folder):
    """The capture as Junction plays it: in the order of its times."""
    if content.ordered:
        return path
    ordered = os.path.join(folder, "ordered")
    subprocess.run(["reordercap", path, ordered], check=True, capture_output=True)
    return ordered


class Tally:
    def __init__(self):
        self.captures = self.flows = self.refused = 0
        self.protocols, self.reasons, self.failed = set(), Counter(), []


def compare(options, path, tally):
    content, timeout = capture.read(path), options.timeout
    with tempfile.TemporaryDirectory() as folder:
        replay = replayed.run(options.build, path, folder, timeout, not options.guess)
        ordered = in_order(path, content, folder)
        if not content.links <= unread.LINKS or len(content.links) > 1:
            tally.refused += 1
            return []
        report = reader.run(ordered, timeout=timeout)
        groups = list(groups_of(replay, report).values())
        for group in groups:
            compare_group(group)
        world = differences.World(content, replay, groups, lambda: reader.run(ordered, reader.MORE, timeout))
        wrong = []
        for group in groups:
            reason = differences.reason(group, world, our_label, label) if group.wrong else None
            if reason:
                tally.reasons[reason] += 1
            elif group.wrong:
                wrong += [f"{group.ends}: {kind}: {sentence}" for kind, sentence in group.wrong]
    tally.flows += len(replay.flows)
    tally.protocols |= {".".join(label(seen)).strip(".") for group in groups for seen in group.theirs if group.ours}
    return wrong + list(wrong_lists(replay, report, groups)) + list(wrong_known_flows(replay, groups))


def try_one(options, path, tally):
    try:
        return compare(options, path, tally)
    except Exception as error:  # whatever a capture holds, the next one has its turn
        return [f"{type(error).__name__}: {error}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", help="build directory")
    parser.add_argument("captures", nargs="+")
    parser.add_argument("--timeout", type=int, default=60, help="seconds a capture and program")
    parser.add_argument("--jobs", type=int, default=2 * os.cpu_count(),
                        help="captures at once: a replay waits more than it works")
    parser.add_argument("--quiet", action="store_true", help="only captures that differ, and the sums")
    parser.add_argument("--guess", action="store_true", help="without the classifier: then most captures differ")
    options = parser.parse_args()
    PROTOCOLS.update(reader.known_protocols())
    tally = Tally()
    with ThreadPoolExecutor(options.jobs) as pool:
        for path, wrong in zip(options.captures, pool.map(lambda path: try_one(options, path, tally), options.captures)):
            tally.captures += 1
            tally.failed += [path] if wrong else []
            if wrong or not options.quiet:
                print(f"{'DIFFERS' if wrong else 'equal'} {path}", *wrong, sep="\n    ", flush=True)
    for reason, count in sorted(tally.reasons.items()):
        print(f"explained, {count} times: {reason}")
    print(f"{tally.captures} captures, {len(tally.failed)} differ, {tally.refused} of a link type that one of the two does not read, or of several, "
          f"{tally.flows} flows, {len(tally.protocols)} protocols")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
