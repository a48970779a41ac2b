#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the panels of junction-7.ndjson show, as a table: asks an index what Kibana 7.10 would ask it for each panel, made of
the saved objects alone."""
import argparse
import datetime
import json
import pathlib
import re
import sys
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
BAR_TARGET, BAR_MOST = 50, 100  # Kibana's defaults: histogram:barTarget, histogram:maxBars
UNITS = {"ms": 1, "s": 1000, "m": 60000, "h": 3600000, "d": 86400000, "w": 604800000, "M": 2592000000, "y": 31536000000}
# From the largest on: an interval, and above which length of a bucket, in ms, it is taken.
STEPS = (("1y", 31536000000), ("1M", 3 * 604800000), ("1w", 604800000), ("1d", 86400000), ("12h", 6 * 3600000),
         ("3h", 2 * 3600000), ("1h", 45 * 60000), ("30m", 20 * 60000), ("10m", 9 * 60000), ("5m", 3 * 60000),
         ("1m", 45000), ("30s", 15000), ("10s", 7500), ("5s", 5000), ("1s", 500), ("100ms", 0))


def ms_of(interval):
    number, unit = re.fullmatch(r"(\d+)(\D+)", interval).groups()
    return int(number) * UNITS[unit]


def automatic(length_ms):
    """The interval that Kibana chooses for a date histogram over such a time: near its target, or below its most bars."""
    for interval, bound in STEPS:
        if length_ms / BAR_TARGET > bound:
            break
    if length_ms / ms_of(interval) > BAR_MOST:
        interval = next(step for step, _ in STEPS if ms_of(step) <= length_ms / BAR_MOST)
    return interval


def embedded(saved, *path):
    value = saved["attributes"]
    for key in path:
        value = value[key]
    return json.loads(value)


def aggregation(one, length_ms, metrics, time_zone):
    """A bucket's or metric's body; a count has none, for each bucket has it."""
    kind, params = one["type"], one["params"]
    if kind == "count":
        return None
    if kind == "date_histogram":
        interval = automatic(length_ms)
        calendar = interval in ("1m", "1h", "1d", "1w", "1M", "1y")
        return {kind: {"field": params["field"], "calendar_interval" if calendar else "fixed_interval": interval,
                       "time_zone": time_zone, "min_doc_count": params["min_doc_count"]}}
    if kind == "terms":
        order = "_count" if metrics[params["orderBy"]]["type"] == "count" else params["orderBy"]
        body = {"field": params["field"], "order": {order: params["order"]}, "size": params["size"]}
        return {kind: body | ({"missing": "__missing__"} if params["missingBucket"] else {})}
    if kind == "top_hits":
        field = params["field"]
        return {kind: {"docvalue_fields": [{"field": field}], "_source": field, "size": params["size"],
                       "sort": [{params["sortField"]: {"order": params["sortOrder"]}}]}}
    return {kind: {"field": params["field"]}}


def aggregations(state, length_ms, time_zone):
    """Buckets one within the other, metrics in the innermost; those that an order asks for in each."""
    metrics = {one["id"]: one for one in state["aggs"] if one["schema"] == "metric"}
    bodies = {number: aggregation(one, length_ms, metrics, time_zone) for number, one in metrics.items()}
    inner = {number: body for number, body in bodies.items() if body}
    for one in reversed([one for one in state["aggs"] if one["schema"] != "metric"]):
        body = aggregation(one, length_ms, metrics, time_zone)
        ordered = one["params"].get("orderBy") if one["type"] == "terms" else None
        if inner:
            body["aggs"] = inner
        if bodies.get(ordered):
            body["aggs"] = {ordered: bodies[ordered]} | body["aggs"]
        inner = {one["id"]: body}
    return inner


def query(source, span, time_field):
    """The query and filters of a searchSource, within the dashboard's time."""
    limits = [f"{time.astimezone(datetime.timezone.utc):%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z" for time in span]
    made = {"must": [], "filter": [{"match_all": {}}], "should": [], "must_not": []}
    if source["query"]["query"]:
        made["must"].append({"query_string": {"query": source["query"]["query"], "analyze_wildcard": True}})
    for one in source["filter"]:
        made["must_not" if one["meta"]["negate"] else "filter"].append(one["query"])
    made["filter"].append({"range": {time_field: {"gte": limits[0], "lte": limits[1], "format": "strict_date_optional_time"}}})
    return {"bool": made}


class Panels:
    """Saved objects, and the index that is asked."""

    def __init__(self, path, url, prefix="", time_zone="UTC"):
        self.url, self.prefix, self.time_zone = url.rstrip("/"), prefix, time_zone
        self.objects = {}
        for line in pathlib.Path(path).read_text().splitlines():
            saved = json.loads(line)
            self.objects[saved["type"], saved["id"]] = saved

    def all(self):
        """(dashboard, panel) of every panel that asks for something, from the top left on."""
        for (kind, _), dashboard in self.objects.items():
            if kind != "dashboard":
                continue
            references = {reference["name"]: reference for reference in dashboard["references"]}
            panels = embedded(dashboard, "panelsJSON")
            for panel in sorted(panels, key=lambda one: (one["gridData"]["y"], one["gridData"]["x"])):
                reference = references[panel["panelRefName"]]
                saved = self.objects[reference["type"], reference["id"]]
                if saved["type"] == "search" or embedded(saved, "visState")["type"] != "input_control_vis":
                    yield dashboard, saved

    def body(self, saved, span):
        """The index's name and what it is asked."""
        source = embedded(saved, "kibanaSavedObjectMeta", "searchSourceJSON")
        pattern = next(self.objects[r["type"], r["id"]] for r in saved["references"] if r["name"] == source["indexRefName"])
        asked = {"query": query(source, span, pattern["attributes"]["timeFieldName"]), "track_total_hits": True}
        if saved["type"] == "search":
            field, order = saved["attributes"]["sort"][0]
            asked |= {"size": 500, "sort": [{field: {"order": order, "unmapped_type": "boolean"}}]}
        else:
            length_ms = (span[1] - span[0]).total_seconds() * 1000
            asked |= {"size": 0, "aggs": aggregations(embedded(saved, "visState"), length_ms, self.time_zone)}
        return self.prefix + pattern["attributes"]["title"], asked

    def ask(self, saved, span):
        index, asked = self.body(saved, span)
        request = urllib.request.Request(f"{self.url}/{index}/_search?ignore_unavailable=true", json.dumps(asked).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


def number_of(answer, one, count):
    """A metric's value in a bucket, or in the whole answer."""
    if one["type"] == "count":
        return count
    found = answer.get(one["id"], {})
    if one["type"] != "top_hits":
        return found.get("value")
    for hit in found["hits"]["hits"]:
        for values in hit.get("fields", {}).values():
            return ", ".join(map(str, values))
    return None


def rows(state, answer):
    """[keys of the buckets, by label; values of the metrics, by label] of each innermost bucket."""
    metrics = [one for one in state["aggs"] if one["schema"] == "metric"]
    buckets = [one for one in state["aggs"] if one["schema"] != "metric"]

    def within(at, count, depth, keys):
        if depth == len(buckets):
            yield keys, {one["params"]["customLabel"]: number_of(at, one, count) for one in metrics}
            return
        one = buckets[depth]
        for bucket in at.get(one["id"], {}).get("buckets", []):
            key = bucket.get("key_as_string", bucket["key"])
            key = one["params"]["missingBucketLabel"] if key == "__missing__" else key
            yield from within(bucket, bucket["doc_count"], depth + 1, keys | {one["params"]["customLabel"]: key})

    yield from within(answer.get("aggregations", {}), answer["hits"]["total"]["value"], 0, {})


def shown(saved, answer):
    """The figures of a panel, in one line."""
    if saved["type"] == "search":
        return f"{answer['hits']['total']['value']} documents"
    said = []
    for keys, values in rows(embedded(saved, "visState"), answer):
        figures = ", ".join("-" if value is None else f"{value:g}" if isinstance(value, float) and value != int(value)
                            else str(int(value)) if isinstance(value, float) else str(value) for value in values.values())
        said.append(f"{' / '.join(map(str, keys.values()))}: {figures}" if keys else figures)
    return "; ".join(said) or "nothing"


def moment(text):
    """now, now-15m, or a time of RFC 3339."""
    match = re.fullmatch(r"now(?:-(\d+)([smhdw]))?", text)
    if match:
        now = datetime.datetime.now(datetime.timezone.utc)
        return now - datetime.timedelta(milliseconds=int(match[1]) * UNITS[match[2]]) if match[1] else now
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:9200", help="of the index")
    parser.add_argument("--from", dest="begin", type=moment, metavar="TIME", help="default: as each dashboard says")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", default="now")
    parser.add_argument("--index-prefix", default="", help="before the names of all indices")
    parser.add_argument("--time-zone", default="UTC", help="whose days and hours buckets are (%(default)s); a browser's, in Kibana")
    parser.add_argument("--width", type=int, default=100, help="of a panel's figures, in characters")
    return parser.parse_args()


def main():
    asked = options()
    panels, title = Panels(HERE / "junction-7.ndjson", asked.url, asked.index_prefix, asked.time_zone), None
    for dashboard, saved in panels.all():
        if dashboard["attributes"]["title"] != title:
            title = dashboard["attributes"]["title"]
            print(f"\n{title}")
        begin = asked.begin or moment(dashboard["attributes"]["timeFrom"])
        try:
            figures = shown(saved, panels.ask(saved, (begin, asked.end)))
        except urllib.error.HTTPError as error:
            print(f"  {saved['attributes']['title']}: {error.read().decode()[:400]}")
            return 1
        figures = figures if len(figures) <= asked.width else figures[:asked.width - 3] + "..."
        print(f"  {saved['attributes']['title']:<70} {figures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
