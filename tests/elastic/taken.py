#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""taken.py URL plain|streams SCHEMAS FILE...: sends documents (JSON lines) to an index as a sink does, twice, and asks it whether it
has each of them once, and each of their fields. What it finds wrong it says, and exits with 1."""
import json
import re
import sys
import urllib.error
import urllib.request
from collections import Counter

from mappings import SCHEMAS, STORED, Schema, kind_of

NAMES = {"junction.flow": "junction-flow", "junction.summary": "junction-summary", "junction.status": "junction-summary"}


def ask(url, path, body=None, method=None):
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/{path}", data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def load(paths):
    """Documents by their event.id and dataset."""
    documents = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                document = json.loads(line)
                documents[document["event"]["dataset"], document["event"]["id"]] = document
    return documents


def send(url, streams, documents):
    """How many of each status. Anything but 201 and 409 is said."""
    lines = []
    for (dataset, key), document in documents.items():
        index = NAMES[dataset] + ("" if streams else "-" + document["@timestamp"][:10].replace("-", "."))
        lines += [json.dumps({"create": {"_index": index, "_id": key}}), json.dumps(document)]
    found = Counter()
    for at in range(0, len(lines), 2000):
        answer = ask(url, "_bulk", ("\n".join(lines[at:at + 2000]) + "\n").encode())
        for item in answer["items"]:
            found[item["create"]["status"]] += 1
            if item["create"]["status"] not in (201, 409):
                sys.exit(f"refused: {json.dumps(item)}")
    return found


def values(document, parts):
    """What a document has at a path, whether it nests or has the dots in its keys."""
    if not parts:
        yield document
    elif isinstance(document, list):
        for inner in document:
            yield from values(inner, parts)
    elif isinstance(document, dict):
        for count in range(1, len(parts) + 1):
            if ".".join(parts[:count]) in document:
                yield from values(document[".".join(parts[:count])], parts[count:])


def present(document, path):
    """Whether the index has something at that path: an empty list is nothing."""
    return any(value != [] and value is not None for value in values(document, path.split(".")))


def question(path, node):
    """All that have a field, by the index's own order of its values: a field that was ignored is not found."""
    inner = {"exists": {"field": path}}
    if path.startswith("detected.protos."):
        return {"nested": {"path": "detected.protos", "query": inner}}
    if kind_of(path, node) == "number":
        return {"range": {path: {"gte": 0}}}
    return inner


def fields(url, name, schemas, documents):
    """Every field of the schemas: as many documents in the index have it as were sent with it."""
    asked = {path: node for schema in schemas for path, node in schema.fields() if path not in STORED}
    if name == "junction-summary":
        asked.pop("junction.vpg.id", None)  # a copy of vpgId, too: see added()
        asked.pop("observer.name", None)
    filters = {path: question(path, node) for path, node in asked.items()}
    filters["ignored"] = {"exists": {"field": "_ignored"}}
    answer = ask(url, f"{name}*/_search", {"size": 0, "track_total_hits": True, "aggs": {"of": {"filters": {"filters": filters}}}})
    found = {path: bucket["doc_count"] for path, bucket in answer["aggregations"]["of"]["buckets"].items()}
    sent = {path: sum(present(document, path) for document in documents) for path in asked}
    wrong = [f"{path}: in {count} documents, in the index {found[path]}" for path, count in sent.items() if found[path] != count]
    wrong += [f"{path}: in no document: nothing is tried" for path, count in sent.items() if not count]
    if answer["hits"]["total"]["value"] != len(documents):
        wrong.append(f"{name}: {len(documents)} documents sent, {answer['hits']['total']['value']} in the index")
    if found["ignored"]:
        wrong.append(f"{name}: fields ignored in {found['ignored']} documents")
    return wrong


def added(url, documents):
    """What the ingest pipeline and the mapping add: node, VPG and time of arrival."""
    answer = ask(url, "junction-summary*/_search", {"size": 0, "query": {"term": {"event.dataset": "junction.summary"}}, "aggs": {
        "node": {"terms": {"field": "observer.name", "size": 1000}}, "vpg": {"terms": {"field": "junction.vpg.id", "size": 1000}},
        "came": {"value_count": {"field": "event.ingested"}}}})["aggregations"]
    nodes = Counter(re.match("(.+)-[0-9a-f]{16}-", d["event"]["id"]).group(1) for d in documents)
    vpgs = Counter(d["vpgId"] for d in documents)
    wrong = []
    for name, sent in (("node", nodes), ("vpg", vpgs)):
        found = {bucket["key"]: bucket["doc_count"] for bucket in answer[name]["buckets"]}
        if found != dict(sent):
            wrong.append(f"{name} of summaries: sent {dict(sent)}, in the index {found}")
    if answer["came"]["value"] != len(documents):
        wrong.append(f"event.ingested: in {answer['came']['value']} of {len(documents)} summaries")
    return wrong


def protocols(url, documents):
    """Bytes of each protocol, also where a summary has several."""
    answer = ask(url, "junction-summary*/_search", {"size": 0, "aggs": {"in": {"nested": {"path": "detected.protos"}, "aggs": {
        "name": {"terms": {"field": "detected.protos.name", "size": 1000},
                 "aggs": {"bytes": {"sum": {"field": "detected.protos.bytes"}}}}}}}})
    found = {b["key"]: int(b["bytes"]["value"]) for b in answer["aggregations"]["in"]["name"]["buckets"]}
    sent = Counter()
    for document in documents:
        for proto in document["detected.protos"]:
            sent[proto["name"]] += proto["bytes"]
    if not any(len(document["detected.protos"]) > 1 for document in documents):
        return ["no summary has two protocols"]
    return [] if found == dict(sent) else [f"bytes of protocols: sent {dict(sent)}, in the index {found}"]


def main(url, how, folder, *paths):
    documents = load(paths)
    first = send(url, how == "streams", documents)
    if first != {201: len(documents)}:
        return f"{len(documents)} documents, statuses {dict(first)}"
    again = send(url, how == "streams", documents)
    if again != {409: len(documents)}:
        return f"{len(documents)} documents again, statuses {dict(again)}"
    ask(url, "junction-*/_refresh" if how == "plain" else "_refresh", method="POST")
    wrong = []
    for kind, names in SCHEMAS.items():
        schemas = [Schema(f"{folder}/{name}.schema.json") for name in names]
        wrong += fields(url, f"junction-{kind}", schemas, [d for (of, _), d in documents.items() if of[9:] in names])
    summaries = [d for (of, _), d in documents.items() if of == "junction.summary"]
    wrong += added(url, summaries) + protocols(url, summaries)
    print(f"{len(documents)} documents taken, {len(summaries)} of them summaries")
    return "\n".join(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) or None)
