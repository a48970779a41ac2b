#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""check_status.py SCHEMA FILE "NAME COUNTER AT_LEAST"...: status documents in a file of JSON lines: do they match the schema,
is each said once and the same, and does each counter of each thing add up to its last total? NAME: a thing's name or reason."""
import json
import sys
from collections import defaultdict

import jsonschema


def load(path):
    """Documents by event.id, in order; what is wrong with them."""
    found, wrong = {}, []
    with open(path, encoding="utf-8") as file:
        for line in file:
            document = json.loads(line)
            if document["event"]["dataset"] == "junction.status":
                identity = document["event"]["id"]
                if found.setdefault(identity, document) != document:
                    wrong.append(f"two documents {identity}: {found[identity]} and {document}")
    return list(found.values()), wrong


def order(document):
    interval, number = document["event"]["id"].rsplit("-", 2)[1:]
    return int(interval), int(number)


def main(schema, path, *least):
    documents, wrong = load(path)
    with open(schema, encoding="utf-8") as file:
        validator = jsonschema.Draft202012Validator(json.load(file))
    for document in documents:
        wrong += [f"{document['event']['id']}: {error.message}" for error in validator.iter_errors(document)]
    sums, totals = defaultdict(int), {}
    for document in sorted(documents, key=order):
        status = document["junction"]["status"]
        thing = tuple(status.get(key) for key in ("about", "of", "name", "reason")) + (document.get("vpgId"),)
        for counter, value in status["total"].items():
            totals[thing, counter] = value
            sums[thing, counter] += status["counts"][counter]
    wrong += [f"{key}: counts add up to {sums[key]}, the last total is {total}" for key, total in totals.items() if sums[key] != total]
    for name, counter, value in (text.split() for text in least):
        found = sum(total for (thing, of), total in totals.items() if of == counter and name in thing[2:4])
        if found < int(value):
            wrong.append(f"{name} {counter}: expected at least {value}, found {found}")
    boots = {document["event"]["id"].rsplit("-", 4)[1] for document in documents}
    if len(boots) != 1 or len(documents) < 20:
        wrong.append(f"{len(documents)} documents of {len(boots)} boots")
    print("\n".join(wrong) or f"ok: {len(documents)} documents, {len(totals)} counters")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
