#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Adds up flow documents and summaries by boot, VPG and interval: as JSON on standard output, with what does not agree.
Arguments: the interval's length in seconds, then files of documents."""
import datetime
import json
import sys
from collections import Counter, defaultdict

from documents import get, load


def seconds(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.datetime.fromisoformat(whole + "+00:00").timestamp(), int(fraction)


def length_ns(start, end):
    (start_s, start_ns), (end_s, end_ns) = seconds(start), seconds(end)
    return int(end_s - start_s) * 1000000000 + end_ns - start_ns


def boot_of(document, node):
    return get(document, "event.id")[len(node) + 1:][:16]


def look(documents, length):
    """Flow documents' packets and bytes, and summaries, by (boot, VPG, number); and what is wrong with them."""
    flows, summaries, wrong, ends = defaultdict(lambda: [0, 0]), {}, [], {}
    node = next((get(d, "observer.name") for d in documents if "observer" in d), "")
    for d in documents:
        if get(d, "event.dataset") == "junction.flow":
            interval = d["junction"]["interval"]
            key = (boot_of(d, node), get(d, "junction.vpg.id"), interval["number"])
            flows[key][0] += get(d, "network.packets")
            flows[key][1] += get(d, "network.bytes")
            if not interval.get("irregular") and length_ns(interval["start"], interval["end"]) != length * 1000000000:
                wrong.append(f"{key}: {interval} is not marked")
            if "clock_step" not in interval.get("irregular", []):
                ends.setdefault(key, set()).add(interval["end"])
            if d["event"]["start"] < interval["start"] or d["event"]["end"] >= interval["end"]:
                wrong.append(f"{key}: {d['event']} is not within {interval}")
        else:
            key = (boot_of(d, node), d["vpgId"], int(get(d, "event.id").rsplit("-", 1)[1]))
            summaries[key] = d
    for key, found in ends.items():
        summary = summaries.get(key, {"@timestamp": None})
        if found != {summary["@timestamp"]} and "clock_step" not in summary.get("junction.interval.irregular", []):
            wrong.append(f"{key}: flow documents end at {found}, the summary is of {summary['@timestamp']}")
    return flows, summaries, wrong


def compare(flows, summaries):
    """Intervals whose sums differ. Where records were lost, the summary may have more."""
    wrong, lost = [], 0
    for key in sorted(flows.keys() | summaries.keys()):
        summary = summaries.get(key)
        if summary is None:
            wrong.append(f"{key}: {flows[key][0]} packets in flow documents, and no summary")
            continue
        counted = [summary["traffic.statistics"][name] for name in ("ip.packets", "ip.bytes")]
        lost += "junction.records_lost" in summary
        if counted != flows[key] and ("junction.records_lost" not in summary or counted < flows[key]):
            wrong.append(f"{key}: {flows[key]} in flow documents, {counted} in the summary")
    return wrong, lost


def gaps(summaries):
    """Numbers of a boot's intervals between its first and its last that no summary has: nothing came, or a worker slept."""
    numbers = defaultdict(set)
    for boot, _, number in summaries:
        numbers[boot].add(number)
    return sum(max(found) - len(found) for found in numbers.values())


if __name__ == "__main__":
    unique, _ = load(sys.argv[2:])
    by_flows, by_summaries, faults = look(unique, int(sys.argv[1]))
    unequal, with_loss = compare(by_flows, by_summaries)
    marks = Counter(word for d in by_summaries.values() for word in d.get("junction.interval.irregular", []))
    print(json.dumps({"boots": len({key[0] for key in by_summaries}), "intervals": len(by_summaries),
                      "packets": sum(packets for packets, _ in by_flows.values()), "irregular": marks,
                      "without_summary": gaps(by_summaries), "with_loss": with_loss, "wrong": (faults + unequal)[:20]}))
