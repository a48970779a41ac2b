#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""importer.py FILE...: reads saved objects as an importer does, and further: every line and every string within is JSON,
references resolve and are all used, types are known, each field is in the index's mapping with a type that its aggregation
takes, no panels overlap, and each title says a unit. What is wrong it says, and exits with 1.
importer.py --self-test FILE: plants each fault in the file's objects, and sees it found."""
import copy
import json
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "deploy/elastic/dashboards"
sys.dont_write_bytecode = True
sys.path.insert(0, str(FOLDER))

import fields  # noqa: E402
import generate  # noqa: E402

# Of Kibana 7.10, its OSS distribution, and OpenSearch Dashboards.
TYPES = {"index-pattern", "visualization", "search", "dashboard"}
VISUALISATIONS = {"area", "gauge", "goal", "heatmap", "histogram", "horizontal_bar", "input_control_vis", "line", "markdown",
                  "metric", "metrics", "pie", "table", "tagcloud", "timelion", "vega"}
VERSIONS = {"7": {"index-pattern": "7.6.0", "visualization": "7.10.0", "search": "7.9.3", "dashboard": "7.9.3"}}
NUMBERS = {"long", "double"}
WORDS = {"keyword", "ip", "boolean"} | NUMBERS
TAKES = {"sum": NUMBERS, "avg": NUMBERS, "max": NUMBERS, "min": NUMBERS, "cardinality": WORDS, "terms": WORDS,
         "top_hits": WORDS, "date_histogram": {"date", "date_nanos"}}
UNIT = re.compile(r"\((?:[\w %]+)(?:, [\w %]+)*\)$")
COLUMNS = 48  # of a dashboard's grid


def text(saved, *path):
    """The JSON within a string of an object."""
    value = saved["attributes"]
    for key in path:
        value = value[key]
    return json.loads(value)


class Importer:
    def __init__(self, lines, name):
        self.form = re.search(r"\d+", name).group()
        self.objects = [json.loads(line) for line in lines]
        self.known = {(saved["type"], saved["id"]) for saved in self.objects}
        data, _ = generate.read()
        self.mapping = {f"junction-{name}": fields.mapped(data[name]["template"]) for name in data}

    def complaints(self):
        if len(self.known) != len(self.objects):
            yield "two objects of one type have one id"
        for saved in self.objects:
            where = f"{saved['type']} {saved['id']}"
            try:
                for wrong in self.of_object(saved):
                    yield f"{where}: {wrong}"
            except (LookupError, ValueError, TypeError) as error:
                yield f"{where}: cannot be read: {type(error).__name__} {error}"

    def of_object(self, saved):
        if saved["type"] not in TYPES:
            yield "not a type that Kibana has"
            return
        if self.form in VERSIONS and saved["migrationVersion"] != {saved["type"]: VERSIONS[self.form][saved["type"]]}:
            yield f"its version is {saved['migrationVersion']}"
        yield from self.of_references(saved)
        yield from {"index-pattern": self.of_pattern, "visualization": self.of_visualisation, "search": self.of_search,
                    "dashboard": self.of_dashboard}[saved["type"]](saved)

    def of_references(self, saved):
        """Each leads to an object, and is named within; each name within is a reference."""
        for reference in saved["references"]:
            if (reference["type"], reference["id"]) not in self.known:
                yield f"{reference['name']} leads to {reference['type']} {reference['id']}, which is not there"
        names = [reference["name"] for reference in saved["references"]]
        used = re.findall(r'\\*"(?:indexRefName|indexPatternRefName|panelRefName)\\*":\\*"([^"\\]+)', json.dumps(saved))
        if self.form != "7":
            used = [name for name in used if not name.startswith("panel_")]
            if saved["type"] == "dashboard":
                used += [f"{panel['panelIndex']}:{panel['panelRefName']}" for panel in text(saved, "panelsJSON")]
                used += [f"controlGroup_{identity}:optionsListDataView"
                         for identity in text(saved, "controlGroupInput", "panelsJSON")]
        if sorted(names) != sorted(used):
            yield f"its references are {sorted(set(names) ^ set(used)) or 'doubled'}: named or used, not both"

    def of_pattern(self, saved):
        if saved["attributes"]["timeFieldName"] != "@timestamp":
            yield "another time field than @timestamp"
        mapping = self.mapping[saved["id"]]
        for field in text(saved, "fieldFormatMap"):
            if mapping.get(field) not in NUMBERS:
                yield f"the format of {field}, which is no number"
        if self.form == "7":
            named = {field["name"]: field for field in text(saved, "fields")}
            for field in set(mapping) - set(named):
                yield f"lacks the field {field}"

    def mapping_of(self, saved):
        names = [r["id"] for r in saved["references"] if r["name"].endswith("searchSourceJSON.index")]
        return self.mapping[names[0]]

    def of_source(self, saved, mapping):
        source = text(saved, "kibanaSavedObjectMeta", "searchSourceJSON")
        if source["query"]["language"] not in ("lucene", "kuery"):
            yield f"a query in {source['query']['language']}"
        for one in source["filter"]:
            key, query = one["meta"]["key"], json.dumps(one["query"])
            if key not in mapping:
                yield f"a filter of {key}, which is not in the mapping"
            if f'"{key}"' not in query:
                yield f"the filter of {key} asks for something else: {query}"
            if "range" in one["query"] and mapping.get(key) not in NUMBERS:
                yield f"a range of {key}, which is no number"

    def of_visualisation(self, saved):
        state = text(saved, "visState")
        text(saved, "uiStateJSON")
        if state["type"] not in VISUALISATIONS:
            yield f"{state['type']} is no visualisation of Kibana 7.10"
        if state["title"] != saved["attributes"]["title"]:
            yield "two titles"
        if state["type"] == "input_control_vis":
            yield from self.of_controls(saved, state)
            return
        if not UNIT.search(state["title"]):
            yield f"its title says no unit: {state['title']}"
        if re.search(r"time_?zone|locale", saved["attributes"]["visState"], re.I):
            yield "a time zone or locale of its own"
        mapping = self.mapping_of(saved)
        yield from self.of_source(saved, mapping)
        yield from self.of_aggregations(state, mapping)

    def of_aggregations(self, state, mapping):
        numbers = [one["id"] for one in state["aggs"]]
        if len(set(numbers)) != len(numbers):
            yield "two aggregations of one id"
        metrics = {one["id"] for one in state["aggs"] if one["schema"] == "metric"}
        if not metrics:
            yield "no metric"
        for one in state["aggs"]:
            kind, field = one["type"], one["params"].get("field")
            if kind != "count" and mapping.get(field) not in TAKES[kind]:
                yield f"{kind} of {field}, which is {mapping.get(field, 'not in the mapping')}"
            if kind == "terms" and one["params"]["orderBy"] not in metrics:
                yield f"terms of {field} ordered by {one['params']['orderBy']}, which is no metric"
        for series in state["params"].get("seriesParams", []):
            if series["data"]["id"] not in metrics:
                yield f"a series of {series['data']['id']}, which is no metric"

    def of_controls(self, saved, state):
        patterns = {reference["name"]: reference["id"] for reference in saved["references"]}
        for control in state["params"]["controls"]:
            if self.mapping[patterns[control["indexPatternRefName"]]].get(control["fieldName"]) not in WORDS:
                yield f"a filter of {control['fieldName']}, which is no word"

    def of_search(self, saved):
        mapping = self.mapping_of(saved)
        yield from self.of_source(saved, mapping)
        if not UNIT.search(saved["attributes"]["title"]):
            yield "its title says no unit"
        for column in saved["attributes"]["columns"]:
            if column not in mapping:
                yield f"a column of {column}, which is not in the mapping"

    def of_dashboard(self, saved):
        text(saved, "optionsJSON")
        text(saved, "kibanaSavedObjectMeta", "searchSourceJSON")
        taken = {}
        for panel in text(saved, "panelsJSON"):
            place = panel["gridData"]
            if panel["panelIndex"] != place["i"] or place["x"] < 0 or place["x"] + place["w"] > COLUMNS:
                yield f"panel {panel['panelIndex']} lies outside: {place}"
            for cell in ((x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])):
                other = taken.setdefault(cell, panel["panelIndex"])
                if other != panel["panelIndex"]:
                    yield f"panels {other} and {panel['panelIndex']} overlap"
                    break


def plant(saved, path, value):
    """A copy of an object, with another value there; "JSON" in the path: within a string."""
    made = copy.deepcopy(saved)
    at, strings = made, []
    for key in path[:-1]:
        if key == "JSON":
            holder, name, _ = strings[-1]
            holder[name] = json.loads(holder[name])
            at = holder[name]
            strings[-1] = (holder, name, True)
        else:
            strings.append((at, key, False))
            at = at[key]
    at[path[-1]] = value
    for holder, name, opened in reversed(strings):
        if opened:
            holder[name] = json.dumps(holder[name])
    return made


STATE = ("attributes", "visState", "JSON")
SOURCE = ("attributes", "kibanaSavedObjectMeta", "searchSourceJSON", "JSON")
PANELS = ("attributes", "panelsJSON", "JSON")
FAULTS = (  # of the first object whose id ends so: what is planted, what is said
    ("realtime-ip-bytes", ("attributes", "visState"), "{", "cannot be read"),
    ("realtime-ip-bytes", ("type",), "lens", "not a type"),
    ("realtime-ip-bytes", ("migrationVersion", "visualization"), "8.0.0", "its version"),
    ("realtime-ip-bytes", STATE + ("type",), "speedometer", "is no visualisation"),
    ("realtime-ip-bytes", STATE + ("title",), "IP bytes", "two titles"),
    ("realtime-ip-bytes", STATE + ("aggs", 0, "params", "field"), "vpgId", "sum of vpgId, which is keyword"),
    ("realtime-ip-bytes", STATE + ("aggs", 0, "params", "field"), "ip.bytes", "not in the mapping"),
    ("realtime-ip-bytes", STATE + ("aggs", 0, "params", "time_zone"), "Asia/Tokyo", "a time zone"),
    ("realtime-ip-bytes", STATE + ("aggs",), [], "no metric"),
    ("realtime-ip-bytes", ("references",), [], "named or used"),
    ("realtime-ip-bytes", ("references", 0, "id"), "junction-other", "which is not there"),
    ("realtime-ip-bytes", SOURCE + ("filter", 0, "meta", "key"), "event.id", "asks for something else"),
    ("realtime-protocols", STATE + ("aggs", 1, "params", "orderBy"), "7", "which is no metric"),
    ("realtime-protocols", STATE + ("aggs", 1, "id"), "1", "two aggregations"),
    ("realtime-bytes-over-time", STATE + ("params", "seriesParams", 0, "data", "id"), "9", "a series of 9"),
    ("realtime-filters", STATE + ("params", "controls", 0, "fieldName"), "node", "a filter of node"),
    ("flows-search", ("attributes", "columns"), ["bytes"], "a column of bytes"),
    ("junction-realtime", PANELS + (1, "gridData", "y"), 0, "overlap"),
    ("junction-realtime", PANELS + (1, "gridData", "x"), 47, "lies outside"),
    ("junction-flow", ("attributes", "fields"), "[]", "lacks the field"),
    ("junction-flow", ("attributes", "timeFieldName"), "event.end", "another time field"),
)


def self_test(path):
    lines = pathlib.Path(path).read_text().splitlines()
    for name, where, value, expected in FAULTS:
        importer = Importer(lines, path)
        at = next(i for i, saved in enumerate(importer.objects) if saved["id"].endswith(name))
        importer.objects[at] = plant(importer.objects[at], where, value)
        said = "\n".join(importer.complaints())
        if expected not in said:
            yield f"{name}, {where[-1]} {value!r}: expected \"{expected}\" to be said, found: {said}"


def main(arguments):
    if arguments[0] == "--self-test":
        return list(self_test(arguments[1]))
    return [f"{pathlib.Path(path).name}: {wrong}" for path in arguments
            for wrong in Importer(pathlib.Path(path).read_text().splitlines(), pathlib.Path(path).name).complaints()]


if __name__ == "__main__":
    found = main(sys.argv[1:])
    print("\n".join(found) if found else f"ok: {' '.join(sys.argv[1:])}")
    sys.exit(bool(found))
