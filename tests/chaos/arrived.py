# SPDX-License-Identifier: BSD-3-Clause
"""Reads what arrived: of each sink the documents in the order in which they lie there."""
import hashlib
import json
import pathlib
import subprocess
from collections import Counter
from dataclasses import dataclass, field

from programs import ask


@dataclass(slots=True)
class Document:
    """What the sums need of one. marks: why its sums may differ from those of the other kind."""
    identity: str
    kind: str
    boot: str
    worker: int
    sequence: int  # of a summary: the number of its interval
    device: str
    vpg: str
    packets: int
    bytes: int
    interval: int
    time: str
    marks: tuple
    content: bytes


_pool = {}  # one object for what lies in several sinks


@dataclass
class Arrived:
    """documents: by event.id, in the order of their first coming. copies: how often each came. changed: two texts of one id
    that differ. partitions: of a device, or a VPG for summaries."""
    name: str
    documents: dict = field(default_factory=dict)
    copies: Counter = field(default_factory=Counter)
    changed: list = field(default_factory=list)
    partitions: dict = field(default_factory=dict)
    bad: list = field(default_factory=list)

    def add(self, document, where=None):
        document = _pool.setdefault((document.identity, document.content), document)
        first = self.documents.setdefault(document.identity, document)
        self.copies[document.identity] += 1
        if first.content != document.content:
            self.changed.append(document.identity)
        if where is not None:
            self.partitions.setdefault((document.kind, document.vpg, document.device), set()).add(where)


def dotted(source, path):
    """A field by its dotted name, whether the document nests it or has the dots in its keys; None without it."""
    if path in source:
        return source[path]
    head, _, rest = path.partition(".")
    while rest:
        if isinstance(source.get(head), dict):
            return dotted(source[head], rest)
        part, _, rest = rest.partition(".")
        head += "." + part
    return None


def digest(source):
    return hashlib.blake2b(json.dumps(source, sort_keys=True).encode(), digest_size=12).digest()


def read(source):
    identity = dotted(source, "event.id")
    if dotted(source, "event.dataset") == "junction.flow":
        boot, worker, sequence = identity.rsplit("-", 3)[1:]
        return Document(identity, "flow", boot, int(worker), int(sequence), dotted(source, "source.ip"),
                        dotted(source, "junction.vpg.id") or "", dotted(source, "network.packets"),
                        dotted(source, "network.bytes"), dotted(source, "junction.interval.number"), source["@timestamp"],
                        (), digest(source))
    if dotted(source, "event.dataset") != "junction.summary":  # tells of Junction itself
        return Document(identity, "other", "", -1, -1, "", "", 0, 0, -1, source["@timestamp"], (), digest(source))
    vpg = dotted(source, "vpgId")
    number = int(identity.rpartition("-")[2])
    traffic = source["traffic.statistics"]
    marks = tuple(dotted(source, "junction.interval.irregular") or ())
    if dotted(source, "junction.records_lost"):
        marks += ("records_lost",)
    boot = identity.removesuffix(f"-{vpg}-{number}").rsplit("-", 1)[1]
    return Document(identity, "summary", boot, -1, number, "", vpg, traffic["ip.packets"], traffic["ip.bytes"], number,
                    source["@timestamp"], marks, digest(source))


def _add_text(arrived, text, where=None):
    try:
        arrived.add(read(json.loads(text)), where)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        arrived.bad.append(f"{type(error).__name__} {error}: {text[:300]!r}")


def from_kafka(name, port, topics):
    arrived = Arrived(name)
    for topic in topics:
        with subprocess.Popen(["kcat", "-C", "-q", "-e", "-o", "beginning", "-b", f"127.0.0.1:{port}", "-t", topic,
                               "-f", "%p %s\n"], stdout=subprocess.PIPE) as kcat:
            for line in kcat.stdout:
                partition, _, text = line.partition(b" ")
                _add_text(arrived, text, (topic, int(partition)))
        if kcat.returncode != 0:
            arrived.bad.append(f"kcat ended with status {kcat.returncode}")
    return arrived


def from_index(name, port, pattern):
    arrived = Arrived(name)
    ask(port, f"{pattern}/_refresh", {}, 300)
    page = ask(port, f"{pattern}/_search?scroll=5m", {"size": 2000, "sort": ["_doc"]}, 300)
    while page["hits"]["hits"]:
        for hit in page["hits"]["hits"]:
            document = read(hit["_source"])
            if hit["_id"] != document.identity:
                arrived.bad.append(f"_id {hit['_id']} of event.id {document.identity}")
            arrived.add(document)
        page = ask(port, "_search/scroll", {"scroll": "5m", "scroll_id": page["_scroll_id"]}, 300)
    return arrived


def from_files(name, path):
    arrived = Arrived(name)
    path = pathlib.Path(path)
    rotated = sorted(path.parent.glob(path.name + ".*"), key=lambda f: -int(f.suffix[1:]) if f.suffix[1:].isdigit() else 0)
    for file in [*rotated, path]:
        with file.open("rb") as opened:
            for line in opened:
                _add_text(arrived, line)
    return arrived
