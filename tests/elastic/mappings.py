#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""mappings.py FOLDER: is every field of docs/*.schema.json in the component template of deploy/elastic that is for it, with a
type that takes it, and nothing in a template that no document has? Prints a document of each kind with all of its fields, a
line each, made from the schema."""
import json
import os
import re
import sys

# What the ingest pipeline and copy_to add.
ADDED = {"flow": {"event.ingested"}, "summary": {"event.ingested", "observer.name", "junction.vpg.id"}}
STORED = ("known.flows", "junction.status.total")  # and not indexed
SCHEMAS = {"flow": ["flow"], "summary": ["summary", "status"]}  # of each index: what Junction says of itself is with summaries
TAKES = {"date": {"time"}, "date_nanos": {"time"}, "ip": {"ip"}, "keyword": {"text"}, "long": {"number"}, "boolean": {"boolean"}}
EXAMPLES = {"time": "2026-01-02T03:04:05.678901234Z", "ip": "2001:db8::1", "number": 7, "boolean": True}


class Schema:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.root = json.load(file)

    def resolved(self, node):
        while "$ref" in node:
            node = self.root["$defs"][node["$ref"].rsplit("/", 1)[1]]
        return node

    def fields(self, node=None, path=""):
        """(dotted path, its schema) of everything that is a value, or stored alone."""
        node = self.resolved(node or self.root)
        if path in STORED or not ("properties" in node or "items" in node):
            yield path, node
            return
        if "items" in node:
            yield from self.fields(node["items"], path)
        for name, inner in node.get("properties", {}).items():
            yield from self.fields(inner, f"{path}.{name}" if path else name)

    def whole(self, node=None, path=""):
        """A value with all that the schema allows."""
        node = self.resolved(node or self.root)
        if "properties" in node:
            return {name: self.whole(inner, f"{path}.{name}") for name, inner in node["properties"].items()}
        if isinstance(node.get("const"), list):
            return node["const"]
        if "items" in node:
            first = self.whole(node["items"], path)
            again = dict(first, name="DNS", bytes=8) if isinstance(first, dict) and "breed" in first else first
            return [first, again]
        return example(path, node)


def kind_of(path, node):
    """What a value is: time, ip, text, number or boolean."""
    values = [node["const"]] if "const" in node else node.get("enum", [])
    values = values[0] if values and isinstance(values[0], list) else values
    if node.get("type") == "integer" or values and all(type(value) is int for value in values):
        return "number"
    if values:
        return "boolean" if isinstance(values[0], bool) else "text"
    if "T[0-9]{2}:" in node.get("pattern", ""):
        return "time"
    return "ip" if re.fullmatch(r"\.?((source|destination)\.ip|dns\.resolved_ip)", path) else "text"


def example(path, node):
    if "const" in node:
        return node["const"]
    if "enum" in node:
        return node["enum"][0]
    text = {"id": "node-0123456789abcdef-1-2", "iana_number": "6", "mac": "02-00-00-00-00-01"}.get(path.rsplit(".", 1)[-1], "text")
    return EXAMPLES.get(kind_of(path, node), text)


def mapped(node, path=""):
    """(dotted path, its mapping) of every leaf of a mapping."""
    if "properties" not in node:
        yield path, node
    for name, inner in node.get("properties", {}).items():
        yield from mapped(inner, f"{path}.{name}" if path else name)


def complaints(kind, schemas, mapping):
    leaves = dict(mapped(mapping))
    fields = {path: node for schema in schemas for path, node in schema.fields()}
    for path, node in fields.items():
        found = leaves.get(path, {}).get("type")
        if path in STORED:
            if leaves.get(path) != {"type": "object", "enabled": False}:
                yield f"{kind}: {path}: expected to be stored alone, found {leaves.get(path)}"
        elif kind_of(path, node) not in TAKES.get(found, ()):
            yield f"{kind}: {path}: a {kind_of(path, node)}, mapped as {found}"
    for path in sorted(set(leaves) - set(fields) - ADDED[kind]):
        yield f"{kind}: {path}: mapped, but no document has it"


def main(root):
    wrong = []
    for kind, names in SCHEMAS.items():
        schemas = [Schema(os.path.join(root, "docs", f"{name}.schema.json")) for name in names]
        with open(os.path.join(root, "deploy", "elastic", "components", f"junction-{kind}-fields.json"), encoding="utf-8") as file:
            mapping = json.load(file)["template"]["mappings"]
        wrong += complaints(kind, schemas, mapping)
        if mapping["dynamic"] is not False:
            wrong.append(f"{kind}: a field that is not known would be refused, or guessed at")
        for name, schema in zip(names, schemas):
            document = schema.whole()
            document["event"]["id"] = f"node-0123456789abcdef-{name}-2"
            print(json.dumps(document))
    return "\n".join(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) or None)
