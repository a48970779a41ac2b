# SPDX-License-Identifier: BSD-3-Clause
"""What a panel of a description is to Kibana: filters, aggregations and the parameters of its type of visualisation.

where: FIELD: value, or [one, of, these], or {exists: true}, {not: value}, {above: number}.
metrics: [{sum|avg|max|min|cardinality|latest: FIELD, label: ...} or {count: true, label: ...}]
by: [{time: true} or {terms: FIELD, top: 10, label: ..., missing: WORD, order: number of the metric}]"""

METRICS = ("sum", "avg", "max", "min", "cardinality", "latest")
# The part of a visualisation that a bucket makes, by its place in `by`.
SCHEMAS = {
    "gauge": ("group",),
    "metric": ("group",),
    "tagcloud": ("segment",),
    "pie": ("segment", "segment"),
    "table": ("bucket", "bucket", "bucket"),
    "histogram": ("segment", "group"),
    "line": ("segment", "group"),
    "area": ("segment", "group"),
    "heatmap": ("segment", "group"),
}


def filter_of(field, value):
    """A filter as Kibana keeps it: a query, and beside it what its editor shows."""
    meta = {"alias": None, "disabled": False, "negate": False, "key": field}
    if isinstance(value, list):
        meta |= {"type": "phrases", "params": value, "value": ", ".join(map(str, value))}
        query = {"bool": {"should": [{"match_phrase": {field: one}} for one in value], "minimum_should_match": 1}}
    elif not isinstance(value, dict):
        meta |= {"type": "phrase", "params": {"query": value}}
        query = {"match_phrase": {field: value}}
    elif "not" in value:
        meta |= {"type": "phrase", "params": {"query": value["not"]}, "negate": True}
        query = {"match_phrase": {field: value["not"]}}
    elif "above" in value:
        meta |= {"type": "range", "params": {"gt": value["above"]}, "value": f"> {value['above']}"}
        query = {"range": {field: {"gt": value["above"]}}}
    elif value.get("exists") is True:
        meta |= {"type": "exists", "value": "exists"}
        query = {"exists": {"field": field}}
    else:
        raise ValueError(f"where: {field}: expected a value, a list, not, above or exists, found {value}")
    return {"meta": meta, "query": query, "$state": {"store": "appState"}}


def metric_field(metric):
    """(what is asked, field); of a count the field is None."""
    if metric.get("count") is True:
        return "count", None
    for name in METRICS:
        if name in metric:
            return name, metric[name]
    raise ValueError(f"metrics: expected count or one of {', '.join(METRICS)}, found {metric}")


def metric(identity, described):
    kind, field = metric_field(described)
    params = {"customLabel": described["label"]} | ({"field": field} if field else {})
    if kind == "latest":
        kind = "top_hits"
        params |= {"aggregate": "concat", "size": 1, "sortField": "@timestamp", "sortOrder": "desc"}
    return {"id": identity, "enabled": True, "type": kind, "schema": "metric", "params": params}


def bucket(identity, described, schema):
    made = {"id": identity, "enabled": True, "schema": schema}
    if described.get("time") is True:
        return made | {"type": "date_histogram",
                       "params": {"field": "@timestamp", "interval": "auto", "useNormalizedEsInterval": True,
                                  "scaleMetricValues": False, "drop_partials": False, "min_doc_count": 1,
                                  "extended_bounds": {}, "customLabel": described.get("label", "Time")}}
    missing = described.get("missing")
    return made | {"type": "terms",
                   "params": {"field": described["terms"], "size": described["top"], "order": "desc",
                              "orderBy": str(described.get("order", 1)), "otherBucket": False,
                              "otherBucketLabel": "Other", "missingBucket": missing is not None,
                              "missingBucketLabel": missing or "Missing", "customLabel": described["label"]}}


def aggregations(panel):
    """Metrics are numbered from 1 on, buckets behind them."""
    made = [metric(str(i + 1), m) for i, m in enumerate(panel["metrics"])]
    schemas = SCHEMAS[panel["show"]]
    if len(panel.get("by", [])) > len(schemas):
        raise ValueError(f"{panel['id']}: at most {len(schemas)} in by of a {panel['show']}")
    for number, described in enumerate(panel.get("by", [])):
        made.append(bucket(str(len(made) + 1), described, schemas[number]))
    return made


def asked(panel):
    """(field, what is asked of it): by aggregations, filters, and columns."""
    for described in panel.get("metrics", []):
        kind, field = metric_field(described)
        if field:
            yield field, kind
    for described in panel.get("by", []):
        yield ("@timestamp", "date_histogram") if described.get("time") else (described["terms"], "terms")
    for field, value in panel.get("where", {}).items():
        yield field, "range" if isinstance(value, dict) and "above" in value else "filter"
    for field in panel.get("columns", []):
        yield field, "column"


def ranges(end):
    return [{"from": 0, "to": end * 0.5}, {"from": end * 0.5, "to": end * 0.8}, {"from": end * 0.8, "to": end}]


def gauge(panel, data):
    style = {"bgFill": "#eee", "bgColor": False, "labelColor": False, "subText": "", "fontSize": 16}
    return {"type": "gauge", "addTooltip": True, "addLegend": False, "isDisplayWarning": False,
            "gauge": {"type": "meter", "gaugeType": "Arc", "gaugeStyle": "Full", "backStyle": "Full",
                      "orientation": "vertical", "verticalSplit": False, "extendRange": True, "alignment": "automatic",
                      "percentageMode": False, "invertColors": False, "colorSchema": "Blues", "gaugeColorMode": "None",
                      "colorsRange": ranges(panel["full_at"]), "labels": {"show": False, "color": "black"},
                      "scale": {"show": True, "labels": False, "color": "rgba(105,112,125,0.2)"}, "style": style}}


def figure(panel, data):
    style = {"bgFill": "#000", "bgColor": False, "labelColor": False, "subText": "", "fontSize": 28}
    return {"type": "metric", "addTooltip": True, "addLegend": False,
            "metric": {"percentageMode": False, "useRanges": False, "colorSchema": "Green to Red",
                       "metricColorMode": "None", "colorsRange": [{"from": 0, "to": 10000}],
                       "labels": {"show": True}, "invertColors": False, "style": style}}


def pie(panel, data):
    return {"type": "pie", "addTooltip": True, "addLegend": True, "legendPosition": "right", "isDonut": True,
            "labels": {"show": True, "values": True, "last_level": True, "truncate": 100}}


def table(panel, data):
    return {"perPage": 10, "showPartialRows": False, "showMetricsAtAllLevels": False, "showTotal": False,
            "totalFunc": "sum", "percentageCol": "", "sort": {"columnIndex": None, "direction": None}}


def tag_cloud(panel, data):
    return {"scale": "linear", "orientation": "single", "minFontSize": 18, "maxFontSize": 60, "showLabel": False}


def heat_map(panel, data):
    axis = {"id": "ValueAxis-1", "type": "value", "show": False,
            "labels": {"show": False, "rotate": 0, "overwriteColor": False, "color": "black"},
            "scale": {"type": "linear", "defaultYExtents": False}}
    return {"type": "heatmap", "addTooltip": True, "addLegend": True, "enableHover": False, "legendPosition": "right",
            "times": [], "colorsNumber": 6, "colorSchema": "Blues", "setColorRange": False, "colorsRange": [],
            "invertColors": False, "percentageMode": False, "valueAxes": [axis]}


def axes(panel, data):
    """Of bars, lines and areas: time below, one scale on the left, which starts at 0."""
    show = panel["show"]
    grid_line = {"categoryLines": False, "valueAxis": "ValueAxis-1"}
    mode = "normal" if show == "line" else "stacked"
    series = [{"show": True, "type": show, "mode": mode, "data": {"id": str(i + 1), "label": m["label"]},
               "valueAxis": "ValueAxis-1", "drawLinesBetweenPoints": True, "lineWidth": 2, "showCircles": True,
               "interpolate": "linear"} for i, m in enumerate(panel["metrics"])]
    return {"type": show, "grid": grid_line, "seriesParams": series, "addTooltip": True, "addLegend": True,
            "legendPosition": "right", "times": [], "addTimeMarker": False, "labels": {"show": False},
            "thresholdLine": {"show": False, "value": 10, "width": 1, "style": "full", "color": "#E7664C"},
            "categoryAxes": [{"id": "CategoryAxis-1", "type": "category", "position": "bottom", "show": True,
                              "style": {}, "scale": {"type": "linear"}, "title": {},
                              "labels": {"show": True, "filter": True, "truncate": 100}}],
            "valueAxes": [{"id": "ValueAxis-1", "name": "LeftAxis-1", "type": "value", "position": "left", "show": True,
                           "style": {}, "scale": {"type": "linear", "mode": "normal"},
                           "labels": {"show": True, "rotate": 0, "filter": False, "truncate": 100},
                           "title": {"text": panel["unit"]}}]}


PARAMS = {"gauge": gauge, "metric": figure, "pie": pie, "table": table, "tagcloud": tag_cloud, "heatmap": heat_map,
          "histogram": axes, "line": axes, "area": axes}


def state(panel, data):
    """The visState of a panel."""
    return {"title": panel["title"], "type": panel["show"], "params": PARAMS[panel["show"]](panel, data),
            "aggs": aggregations(panel)}


def ui_state(panel):
    if panel["show"] == "table":
        return {"vis": {"params": {"sort": {"columnIndex": None, "direction": None}}}}
    return {}
