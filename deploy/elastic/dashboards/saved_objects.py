# SPDX-License-Identifier: BSD-3-Clause
"""Saved objects of Kibana: index patterns, visualisations, searches and dashboards, from what a description says.

Two forms. 7: as Kibana 7.10 exports them, which Kibana 7.10 to 8 and OpenSearch Dashboards take. 9: as Kibana 8.19 exports
them, for Kibana 9. Ids are made of the description's own, so that a new import replaces what an earlier one brought."""
import json
from dataclasses import dataclass

import fields
import visualisations


@dataclass(frozen=True)
class Form:
    number: int
    input_controls: bool  # filters on top are a visualisation; else the dashboard's own controls
    panel_version: str
    versions: dict  # of each type of object: up to where it need not be migrated
    core: str  # "" in a form that has no such version


FORMS = (
    Form(7, True, "7.10.2", {"index-pattern": "7.6.0", "visualization": "7.10.0", "search": "7.9.3",
                             "dashboard": "7.9.3"}, ""),
    Form(9, False, "8.19.0", {"index-pattern": "8.0.0", "visualization": "8.5.0", "search": "8.0.0",
                              "dashboard": "8.9.0"}, "8.8.0"),
)
SOURCE = "kibanaSavedObjectMeta.searchSourceJSON"


def text(value):
    """As a string within an object: the same value, the same string."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def saved(form, kind, identity, attributes, references):
    made = {"id": identity, "type": kind, "attributes": attributes, "references": references}
    if form.core:
        return made | {"coreMigrationVersion": form.core, "typeMigrationVersion": form.versions[kind]}
    return made | {"migrationVersion": {kind: form.versions[kind]}}


def pattern_id(name):
    return f"junction-{name}"


def panel_id(dashboard, panel):
    return f"junction-{dashboard['id']}-{panel['id']}"


def panel_type(panel):
    return "search" if panel["show"] == "search" else "visualization"


def index_pattern(form, name, data):
    formats = {field: {"id": "bytes"} for field in data["bytes"]}
    formats |= {field: {"id": "number", "params": {"pattern": "0.[0]a"}} for field in data.get("short", [])}
    formats |= {field: {"id": "number", "params": {"pattern": "0"}} for field in data.get("plain", [])}
    attributes = {"title": data["title"], "timeFieldName": "@timestamp", "fieldFormatMap": text(formats)}
    if form.number == 7:
        attributes["fields"] = text(fields.specifications(data["template"]))
    return saved(form, "index-pattern", pattern_id(name), attributes, [])


def source(panel):
    """The searchSource of a panel, and its references."""
    references = [{"name": f"{SOURCE}.index", "type": "index-pattern", "id": pattern_id(panel["of"])}]
    filters = []
    for field, value in panel.get("where", {}).items():
        made = visualisations.filter_of(field, value)
        name = f"{SOURCE}.filter[{len(filters)}].meta.index"
        made["meta"]["indexRefName"] = name
        references.append({"name": name, "type": "index-pattern", "id": pattern_id(panel["of"])})
        filters.append(made)
    query = {"query": panel.get("query", ""), "language": "lucene"}
    return {"query": query, "filter": filters, "indexRefName": f"{SOURCE}.index"}, references


def panel_object(form, data, dashboard, panel):
    made, references = source(panel)
    if panel["show"] == "search":
        made |= {"highlightAll": True, "version": True}
        attributes = {"columns": panel["columns"], "sort": [["@timestamp", "desc"]]}
        attributes |= {"hits": 0} if form.number == 7 else {"grid": {}, "hideChart": False, "isTextBasedQuery": False}
    else:
        state = visualisations.state(panel, data[panel["of"]])
        attributes = {"visState": text(state), "uiStateJSON": text(visualisations.ui_state(panel))}
    attributes |= {"title": panel["title"], "description": panel.get("says", ""), "version": 1,
                   "kibanaSavedObjectMeta": {"searchSourceJSON": text(made)}}
    return saved(form, panel_type(panel), panel_id(dashboard, panel), attributes, references)


def controls_object(form, data, dashboard):
    """The filters on top, as a visualisation of their own."""
    controls, references = [], []
    for number, control in enumerate(dashboard["controls"]):
        name = f"control_{number}_index_pattern"
        references.append({"name": name, "type": "index-pattern", "id": pattern_id(control["of"])})
        controls.append({"id": str(number + 1), "fieldName": control["field"], "label": control["label"], "parent": "",
                         "type": "list", "indexPatternRefName": name,
                         "options": {"type": "terms", "multiselect": True, "dynamicOptions": True, "size": 100,
                                     "order": "desc"}})
    title = f"{dashboard['title']}: filters"
    state = {"title": title, "type": "input_control_vis", "aggs": [],
             "params": {"controls": controls, "updateFiltersOnChange": True, "useTimeFilter": True,
                        "pinFilters": False}}
    attributes = {"title": title, "visState": text(state), "uiStateJSON": "{}", "description": "", "version": 1,
                  "kibanaSavedObjectMeta": {"searchSourceJSON": text({"query": {"query": "", "language": "lucene"},
                                                                      "filter": []})}}
    return saved(form, "visualization", f"junction-{dashboard['id']}-filters", attributes, references)


def control_group(form, dashboard):
    """The filters on top, as the dashboard's own controls; and their references."""
    panels, references = {}, []
    for number, control in enumerate(dashboard.get("controls", [])):
        identity = str(number + 1)
        panels[identity] = {"order": number, "width": "medium", "grow": False, "type": "optionsListControl",
                            "explicitInput": {"id": identity, "fieldName": control["field"],
                                              "title": control["label"], "enhancements": {}}}
        references.append({"name": f"controlGroup_{identity}:optionsListDataView", "type": "index-pattern",
                           "id": pattern_id(control["of"])})
    ignore = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
    group = {"controlStyle": "oneLine", "chainingSystem": "HIERARCHICAL", "showApplySelections": False,
             "ignoreParentSettingsJSON": text(ignore), "panelsJSON": text(panels)}
    return group, references


def grid(place, identity):
    return dict(zip("xywh", place), i=identity)


def dashboard(form, data, described):
    """Filters on top, and below them the panels where they are placed."""
    rows, references = [], []
    if form.input_controls and described.get("controls"):
        rows.append(("visualization", f"junction-{described['id']}-filters", [0, 0, 48, 4]))
    for panel in described["panels"]:
        x, y, w, h = panel["place"]
        rows.append((panel_type(panel), panel_id(described, panel), [x, y + (4 if form.input_controls else 0), w, h]))
    panels = []
    for number, (kind, identity, place) in enumerate(rows):
        index = str(number + 1)
        name = f"panel_{number}" if form.number == 7 else f"panel_{index}"
        references.append({"name": name if form.number == 7 else f"{index}:{name}", "type": kind, "id": identity})
        panels.append({"version": form.panel_version, "gridData": grid(place, index), "panelIndex": index,
                       "embeddableConfig": {"enhancements": {}}, "panelRefName": name}
                      | ({} if form.number == 7 else {"type": kind}))
    time = described["time"]
    attributes = {"title": described["title"], "description": described["says"], "version": 1, "timeRestore": True,
                  "timeFrom": time["from"], "timeTo": "now",
                  "refreshInterval": {"pause": False, "value": time["refresh_seconds"] * 1000},
                  "panelsJSON": text(panels),
                  "optionsJSON": text({"hidePanelTitles": False, "useMargins": True}),
                  "kibanaSavedObjectMeta": {"searchSourceJSON": text({"query": {"query": "", "language": "kuery"},
                                                                      "filter": []})}}
    if form.number == 7:
        attributes["hits"] = 0
    else:
        attributes["controlGroupInput"], more = control_group(form, described)
        references += more
    return saved(form, "dashboard", f"junction-{described['id']}", attributes, references)
