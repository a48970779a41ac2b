#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Adds up documents (JSON lines, in the files given): as JSON on standard output. A document written twice counts once,
by its event.id; two different documents under one event.id are an error."""
import json
import sys
from collections import defaultdict


def get(document, path):
    """A field by its dotted name, whether the document nests it or has the dots in its keys."""
    if path in document:
        return document[path]
    head, _, rest = path.partition(".")
    while True:
        inner = document.get(head)
        if isinstance(inner, dict) and rest:
            try:
                return get(inner, rest)
            except KeyError:
                pass
        if "." not in rest:
            raise KeyError(path)
        part, _, rest = rest.partition(".")
        head += "." + part


def load(paths):
    """Unique documents and the number of repeated ones; status documents, too, say the same when they are repeated."""
    seen, repeated = {}, 0
    for path in paths:
        with sys.stdin if path == "-" else open(path, encoding="utf-8") as file:
            for line in file:
                document = json.loads(line)
                key = (get(document, "event.dataset"), get(document, "event.id"))
                if key in seen:
                    repeated += 1
                    if seen[key] != document:
                        sys.exit(f"two documents with event.id {key[1]}: {seen[key]} and {document}")
                seen[key] = document
    return [document for (dataset, _), document in seen.items() if dataset != "junction.status"], repeated


def totals(documents):
    result = defaultdict(int)
    vpgs = defaultdict(lambda: defaultdict(int))
    for d in documents:
        if get(d, "event.dataset") == "junction.flow":
            vpg = vpgs[get(d, "junction.vpg.id")]
            counted = {"flow_documents": 1, "flow_packets": get(d, "network.packets"),
                       "flow_bytes": get(d, "network.bytes")}
        elif get(d, "event.dataset") == "junction.summary":
            vpg = vpgs[get(d, "vpgId")]
            traffic = d["traffic.statistics"]
            counted = {"summary_documents": 1, "summary_total_packets": traffic["total.packets"],
                       "summary_ip_packets": traffic["ip.packets"], "summary_ip_bytes": traffic["ip.bytes"],
                       "summary_vlan_packets": traffic["vlan.pkts"]}
        else:  # of no sum
            continue
        for name, value in counted.items():
            result[name] += value
            vpg[name] += value
    return dict(result, vpgs=vpgs)


if __name__ == "__main__":
    unique, again = load(sys.argv[1:])
    print(json.dumps(totals(unique) | {"documents": len(unique), "repeated": again}))
