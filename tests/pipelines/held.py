#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""held.py URL PREFIX FILE...: does an index hold each of the documents (JSON lines) once, with its fields, under its
event.id, in the index PREFIX-KIND-DATE of its own date, and nothing else? What is wrong is said, and exits with 1."""
import json
import sys
import urllib.request


def ask(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def hits(url, prefix):
    page = ask(f"{url}/{prefix}-*/_search?scroll=1m", {"size": 2000, "sort": ["_doc"]})
    while page["hits"]["hits"]:
        yield from page["hits"]["hits"]
        page = ask(f"{url}/_search/scroll", {"scroll": "1m", "scroll_id": page["_scroll_id"]})


def wanted(prefix, paths):
    """(index, document) by event.id."""
    found = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                document = json.loads(line)
                kind = document["event"]["dataset"].removeprefix("junction.").replace("status", "summary")
                found[document["event"]["id"]] = f"{prefix}-{kind}-{document['@timestamp'][:10].replace('-', '.')}", document
    return found


def within(document, held):
    """Is all of the document held? An ingest pipeline may have added to it."""
    if isinstance(document, dict) and isinstance(held, dict):
        return all(key in held and within(value, held[key]) for key, value in document.items())
    return document == held


def main(url, prefix, *paths):
    documents, seen, wrong = wanted(prefix, paths), set(), []
    for hit in hits(url, prefix):
        id_, index = hit["_id"], hit["_index"]
        if id_ not in documents:
            wrong.append(f"{index}/{id_}: nobody sent it")
        elif id_ in seen:
            wrong.append(f"{index}/{id_}: a second time")
        elif index != documents[id_][0]:
            wrong.append(f"{id_}: in {index}, not in {documents[id_][0]}")
        elif not within(documents[id_][1], hit["_source"]):
            wrong.append(f"{id_}: sent {documents[id_][1]}, held {hit['_source']}")
        seen.add(id_)
    wrong += [f"{id_}: not held" for id_ in sorted(documents.keys() - seen)]
    for line in wrong[:20]:
        print(line[:600])
    print(f"{len(documents)} documents, {len(wrong)} wrong")
    return 1 if wrong or not documents else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
