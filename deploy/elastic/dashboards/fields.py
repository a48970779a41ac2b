# SPDX-License-Identifier: BSD-3-Clause
"""Fields of an index, as its component template maps them."""
import json
import pathlib

COMPONENTS = pathlib.Path(__file__).resolve().parent.parent / "components"
# What Kibana calls the types of a mapping.
KIBANA_TYPES = {"keyword": "string", "text": "string", "long": "number", "double": "number", "date": "date",
                "date_nanos": "date", "ip": "ip", "boolean": "boolean"}
# Fields that every document has: name, type to the index, type to Kibana, whether it can be searched and aggregated.
META = (("_id", "_id", "string", True), ("_index", "_index", "string", True), ("_score", None, "number", False),
        ("_source", "_source", "_source", False))


def leaves(node, path="", nested=None):
    """(dotted path, its type, the nested object that it is in) of everything that is mapped and indexed."""
    if "properties" in node:
        inside = path if node.get("type") == "nested" else nested
        for name, inner in sorted(node["properties"].items()):
            yield from leaves(inner, f"{path}.{name}" if path else name, inside)
    elif node.get("enabled", True):
        yield path, node["type"], nested


def mapped(template):
    """Type of each field of a component template; fields of nested objects are left out."""
    mapping = json.loads((COMPONENTS / template).read_text())["template"]["mappings"]
    return {path: kind for path, kind, nested in leaves(mapping) if nested is None}


def specifications(template):
    """The fields as an index pattern of Kibana 7.10 keeps them. Without them each panel of a dashboard that is opened first
    looks them up, and saves them over the others'."""
    mapping = json.loads((COMPONENTS / template).read_text())["template"]["mappings"]
    made = []
    for name, kind, shown, usable in META:
        made.append({"name": name, "type": shown, "esTypes": [kind] if kind else [], "searchable": usable,
                     "aggregatable": usable, "readFromDocValues": False})
    for path, kind, nested in leaves(mapping):
        made.append({"name": path, "type": KIBANA_TYPES[kind], "esTypes": [kind], "searchable": True,
                     "aggregatable": nested is None, "readFromDocValues": nested is None}
                    | ({"subType": {"nested": {"path": nested}}} if nested else {}))
    return [{"count": 0, "scripted": False} | field for field in sorted(made, key=lambda field: field["name"])]
