#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""panels_right.py URL FILE...: sends documents (JSON lines) to an index, unless it has them, and asks it what Kibana would for
each panel of the dashboards. Is every figure the one that the documents themselves give? What differs it says, and exits with 1."""
import datetime
import json
import pathlib
import re
import sys
from collections import defaultdict

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "deploy/elastic/dashboards"
sys.dont_write_bytecode = True
sys.path.insert(0, str(FOLDER))

import panels  # noqa: E402
import taken  # noqa: E402

taken.NAMES["junction.status"] = "junction-summary"
# Panels that may have nothing to show: captures fill no ring and know no port, a replay's gateway does not go down, and
# without nDPI nobody looks into packets.
EMPTY = {"Records lost over time, by worker, for its ring was full (records)", "Ports (packets)",
         "Lost at the gate over time, by reason (packets)",
         "Applications that were seen, by bytes (bytes, packets, flows)",
         "Servers that TLS clients name, by bytes (bytes, packets, flows)"}


def time_of(document):
    return datetime.datetime.fromisoformat(document["@timestamp"][:26] + "+00:00")


def values(document, path):
    """What the index has at a path; some it makes itself, of what summaries have under other names."""
    if path == "observer.name" and "observer" not in document:
        return [re.match(r"(.+)-[0-9a-f]{16}-", document["event"]["id"])[1]]
    if path == "junction.vpg.id" and "vpgId" in document:
        return [document["vpgId"]]
    found = []
    for value in taken.values(document, path.split(".")):
        found += value if isinstance(value, list) else [value]
    return found


def passes(document, one):
    """A filter, as its editor shows it."""
    meta = one["meta"]
    found, params = values(document, meta["key"]), meta.get("params")
    answer = {"phrase": lambda: params["query"] in found, "phrases": lambda: any(value in found for value in params),
              "range": lambda: any(value > params["gt"] for value in found), "exists": lambda: found != []}[meta["type"]]()
    return answer != meta["negate"]


def metric(one, documents):
    """A metric over documents; of the latest, all values that it may be."""
    if one["type"] == "count":
        return len(documents)
    field = one["params"]["field"]
    found = [value for document in documents for value in values(document, field)]
    if one["type"] == "top_hits":
        newest = max(time_of(document) for document in documents)
        return [values(d, field)[0] if values(d, field) else None for d in documents if time_of(d) == newest]
    if one["type"] == "sum":
        return sum(found)
    if one["type"] == "cardinality":
        return len(set(found))
    return None if not found else {"avg": sum(found) / len(found), "max": max(found), "min": min(found)}[one["type"]]


def key_of(value):
    return str(value).lower() if isinstance(value, bool) else value


def buckets(one, documents, step_ms):
    """Key of each bucket, and its documents."""
    made = defaultdict(list)
    for document in documents:
        if one["type"] == "date_histogram":
            at = int(time_of(document).timestamp() * 1000) // step_ms * step_ms
            made[f"{datetime.datetime.utcfromtimestamp(at / 1000):%Y-%m-%dT%H:%M:%S}.{at % 1000:03}Z"].append(document)
            continue
        found = values(document, one["params"]["field"])
        if not found and one["params"]["missingBucket"]:
            found = [one["params"]["missingBucketLabel"]]
        for value in set(found):
            made[key_of(value)].append(document)
    return made


def expected(state, documents, step_ms):
    """Figures by the keys of their buckets. Those of an agg that has more buckets than it shows are all there."""
    metrics = [one for one in state["aggs"] if one["schema"] == "metric"]
    made = {(): documents}
    for one in state["aggs"]:
        if one["schema"] != "metric":
            made = {keys + (key,): inner for keys, outer in made.items() for key, inner in buckets(one, outer, step_ms).items()}
    return {keys: [metric(one, inner) for one in metrics] for keys, inner in made.items() if inner or not keys}


def same(found, wanted):
    if isinstance(wanted, list):
        return found in map(str, wanted) or found in wanted
    if wanted is None or found is None:
        return wanted == found
    return abs(found - wanted) <= 1e-9 * max(1, abs(wanted))


def spans(documents):
    """The minutes that documents are of, a year at a time: a replay's first interval is of 1970."""
    years = defaultdict(list)
    for time in map(time_of, documents):
        years[time.year].append(time.replace(second=0, microsecond=0))
    return [(min(times), max(times) + datetime.timedelta(minutes=1)) for times in years.values()]


class Compared:
    def __init__(self, url, documents):
        self.all = documents
        self.panels = panels.Panels(FOLDER / "junction-7.ndjson", url)
        self.figures = 0
        self.empty = set()

    def complaints(self):
        self.empty = {saved["attributes"]["title"] for _, saved in self.panels.all()} - EMPTY
        for self.span in spans(self.all):
            self.documents = [d for d in self.all if self.span[0] <= time_of(d) <= self.span[1]]
            for _, saved in self.panels.all():
                yield from (f"{saved['attributes']['title']}: {wrong}" for wrong in self.of_panel(saved))
        yield from (f"{title}: there is nothing to show" for title in sorted(self.empty))

    def of_panel(self, saved):
        wanted = self.documents_of(saved)
        answer = self.panels.ask(saved, self.span)
        if wanted:
            self.empty.discard(saved["attributes"]["title"])
        if saved["type"] == "visualization":
            yield from self.of_figures(panels.embedded(saved, "visState"), wanted, answer)
        elif answer["hits"]["total"]["value"] != len(wanted):
            yield f"{len(wanted)} documents, found {answer['hits']['total']['value']}"

    def documents_of(self, saved):
        source = panels.embedded(saved, "kibanaSavedObjectMeta", "searchSourceJSON")
        index, _ = self.panels.body(saved, self.span)
        return [d for d in self.documents if taken.NAMES[d["event"]["dataset"]] == index.rstrip("*")
                and all(passes(d, one) for one in source["filter"])]

    def of_figures(self, state, documents, answer):
        step_ms = panels.ms_of(panels.automatic((self.span[1] - self.span[0]).total_seconds() * 1000))
        wanted = expected(state, documents, step_ms)
        found = {tuple(map(key_of, keys.values())): list(figures.values()) for keys, figures in panels.rows(state, answer)}
        sizes = [one["params"].get("size", 1 << 30) for one in state["aggs"] if one["schema"] != "metric"]
        if len(found) != len(wanted) and not any(size <= len(found) for size in sizes):
            yield f"{len(wanted)} rows, found {len(found)}"
        for keys, figures in found.items():
            self.figures += len(figures)
            if keys not in wanted or not all(map(same, figures, wanted[keys])):
                yield f"{keys}: expected {wanted.get(keys)}, found {figures}"


def main(url, *paths):
    documents = taken.load(paths)
    taken.send(url, False, documents)
    taken.ask(url, "junction-*/_refresh", {})
    compared = Compared(url, list(documents.values()))
    found = list(compared.complaints())
    print("\n".join(found) or f"ok: {compared.figures} figures")
    return bool(found) or compared.figures < 100


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
