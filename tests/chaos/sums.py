# SPDX-License-Identifier: BSD-3-Clause
"""Compares what arrived with what the ports counted. Every check returns sentences; none: all is well."""
from collections import defaultdict

BURST = 64
SHOWN = 5


def _some(things):
    things = list(things)
    return ", ".join(map(str, things[:SHOWN])) + (f" and {len(things) - SHOWN} more" if len(things) > SHOWN else "")


def total(documents, kind="flow"):
    chosen = [d for d in documents if d.kind == kind]
    return sum(d.packets for d in chosen), sum(d.bytes for d in chosen)


def whole(arrived):
    """Every line a document, and all copies of one alike."""
    if arrived.bad:
        yield f"{arrived.name}: {len(arrived.bad)} that are no documents: {_some(arrived.bad)}"
    if arrived.changed:
        yield f"{arrived.name}: copies of one event.id that differ: {_some(arrived.changed)}"


def once(arrived):
    double = [i for i, copies in arrived.copies.items() if copies > 1]
    if double:
        yield f"{arrived.name}: {len(double)} documents are there twice: {_some(double)}"


def partitioned(arrived):
    apart = [key for key, where in arrived.partitions.items() if len(where) > 1 and key[0] != "other"]
    if apart:
        yield f"{arrived.name}: {len(apart)} devices in more than one partition: {_some(apart)}"


def ordered(arrived):
    """By first comings, each device's sequences rise in each boot and worker, and a boot that was left does not come again."""
    last, boots, wrong, back = {}, {}, [], []
    for d in arrived.documents.values():
        if d.kind == "other":
            continue
        device = (d.kind, d.vpg, d.device)
        key = (*device, d.boot, d.worker)
        if last.get(key, -1) >= d.sequence:
            wrong.append(f"{d.identity} after {last[key]}")
        last[key] = d.sequence
        seen = boots.setdefault(device, [])
        if d.boot not in seen:
            seen.append(d.boot)
        elif seen[-1] != d.boot:
            back.append(d.identity)
    if wrong:
        yield f"{arrived.name}: {len(wrong)} out of their device's order: {_some(wrong)}"
    if back:
        yield f"{arrived.name}: {len(back)} come after a later life's of the same device: {_some(back)}"


def alike(one, other):
    """Both have the same documents, but for those that are missing in one: those are counted, not looked for here."""
    differing = [i for i, d in one.documents.items() if i in other.documents and other.documents[i].content != d.content]
    if differing:
        yield f"{one.name} and {other.name}: {len(differing)} documents differ: {_some(differing)}"


def union(all_arrived):
    documents = {}
    for arrived in all_arrived:
        for identity, document in arrived.documents.items():
            documents.setdefault(identity, document)
    return documents


def counted(name, documents, expected, lost, slack):
    """expected: (packets, bytes) of the ports; lost: the same, as counted under a reason; slack: packets that may be missing or
    over, with their bytes, for dataplanes were killed."""
    packets, size = total(documents)
    missing = expected[0] - lost[0] - packets
    missing_bytes = expected[1] - lost[1] - size
    if abs(missing) > slack or (slack == 0 and missing_bytes != 0) or abs(missing_bytes) > slack * 9000:
        yield (f"{name}: flow documents have {packets} packets and {size} bytes, {lost[0]} and {lost[1]} were counted as lost; "
               f"the ports counted {expected[0]} and {expected[1]}: {missing} packets and {missing_bytes} bytes are missing, "
               f"{slack} packets may be")


def lacking(arrived, everything):
    """What others have: (records, packets, bytes)."""
    missing = [d for i, d in everything.items() if i not in arrived.documents]
    return len(missing), sum(d.packets for d in missing if d.kind == "flow"), sum(d.bytes for d in missing if d.kind == "flow")


def lost_exactly(arrived, everything, lost, unsure):
    """What a sink lacks of all that others have is what it has counted. unsure: so many records may be counted beyond that."""
    found = lacking(arrived, everything)
    if not (found == lost or unsure and found[0] <= lost[0] <= found[0] + unsure):
        yield (f"{arrived.name}: lacks (records, packets, bytes) {found}, and has counted {lost} as lost: "
               f"{_some(i for i in everything if i not in arrived.documents)}")


def summaries(documents):
    """Of each boot, VPG and interval the summary's sums are those of its flow documents."""
    flows, found = defaultdict(lambda: [0, 0]), {}
    for d in documents.values():
        key = (d.boot, d.vpg, d.interval)
        if d.kind == "summary":
            found[key] = d
        elif d.kind == "flow":
            flows[key][0] += d.packets
            flows[key][1] += d.bytes
    wrong = []
    for key in sorted(set(found) | {k for k, sums in flows.items() if sums[0]}):
        summary, sums = found.get(key), flows.get(key, [0, 0])
        if summary is None:
            wrong.append(f"none for {key}")
        elif not {"records_lost", "cut", "salvaged"} & set(summary.marks) and [summary.packets, summary.bytes] != sums:
            wrong.append(f"{summary.identity} has {summary.packets} packets {summary.bytes} bytes, its flows {sums}")
    if wrong:
        yield f"summaries: {len(wrong)} differ from their flow documents: {_some(wrong)}"


def lives(documents, counts, killed):
    """The same of each life of the dataplane, by its boot."""
    sums = defaultdict(lambda: [0, 0])
    for d in documents.values():
        if d.kind == "flow":
            sums[d.boot][0] += d.packets
            sums[d.boot][1] += d.bytes
    known = {life["boot"] for life in counts}
    wrong = [f"boot {boot} was never seen, and has {sums[boot][0]} packets" for boot in set(sums) - known]
    for life in counts:
        slack = BURST * life["workers"] if life["pid"] in killed else 0
        missing = life["packets"] - sums[life["boot"]][0]
        if not life["lost"][0] and (abs(missing) > slack or slack == 0 and life["bytes"] != sums[life["boot"]][1]):
            wrong.append(f"boot {life['boot']} (process {life['pid']}): its ports counted {life['packets']} packets and "
                         f"{life['bytes']} bytes, its documents have {sums[life['boot']]}, {slack} packets may be missing")
        if abs(life["packets"] - life["vpg_packets"]) > slack:
            wrong.append(f"boot {life['boot']} (process {life['pid']}): its ports counted {life['packets']} packets, its VPGs "
                         f"{life['vpg_packets']}")
    if wrong:
        yield f"lives of the dataplane: {_some(wrong)}"
