# SPDX-License-Identifier: BSD-3-Clause
"""The schema of lean flow documents, made from that of full ones."""
import copy

LEFT_OUT = ["ecs", "event.kind", "event.category", "event.start", "event.end", "source.mac",
            "destination.mac", "network.type", "observer.type", "observer.vendor", "observer.product",
            "observer.version", "observer.ingress", "junction.end_reason.id", "junction.flow", "junction.worker",
            "junction.sequence", "junction.generation", "junction.interval.start", "junction.interval.end"]
# Missing where they say nothing: of a flow that goes on, of an end that sent nothing, of a protocol with a keyword.
OPTIONAL = ["event.type", "source.bytes", "source.packets", "destination.bytes", "destination.packets",
            "network.iana_number", "junction.redirect.packets", "junction.redirect.returned_packets",
            "junction.redirect.returned_bytes"]


def part_of(schema, path):
    """The object that holds the last of the path's names, and that name."""
    *above, name = path.split(".")
    for key in above:
        schema = schema["properties"][key]
    if name not in schema["properties"]:
        raise KeyError(path)
    return schema, name


def lean_schema(full):
    schema = copy.deepcopy(full)
    host = schema["$defs"].pop("host")
    schema["properties"].update(source=copy.deepcopy(host), destination=copy.deepcopy(host))
    schema["$id"] = full["$id"].replace("flow.", "flow-lean.")
    schema["title"] = "Junction flow document, lean"
    schema["description"] = "One flow record, without what never changes or follows from the rest. See documents.md."
    for path in LEFT_OUT + OPTIONAL:
        part, name = part_of(schema, path)
        if path in LEFT_OUT:
            del part["properties"][name]
        part["required"] = [word for word in part.get("required", []) if word != name]
    types = schema["properties"]["event"]["properties"]["type"]
    types.pop("contains")
    types["items"]["enum"].remove("connection")
    own = schema["properties"]["junction"]
    own.pop("dependentRequired")
    own["properties"]["redirect"]["minProperties"] = 1
    return schema
