# SPDX-License-Identifier: BSD-3-Clause
"""What Junction says of a capture that it replays: its flows, each with all its documents put together, and its summary."""
import json
import os
import socket
import subprocess
from dataclasses import dataclass, field

import reader

# One VPG for everything, flows that end as late as may be, and as many known flows as a summary may have.
CONFIG = {
    "dataplane": {"worker_cores": [0], "hugepages": False,
                  "ports": [{"name": "access0", "device": "net_null0"}, {"name": "network0", "device": "net_null1"}],
                  "wires": [{"name": "wire0", "access": "access0", "network": "network0"}]},
    "inspection": {"top_flows": 1000, "idle_timeout_seconds": 3600, "tcp_linger_seconds": 600},
    "vpgs": [{"id": "replay", "wire": "wire0"}],
}


@dataclass
class Flow:
    ends: tuple
    start: str
    packets: int = 0
    application: str = ""  # lower case, as ECS has it
    master: str = ""
    confidence: str = ""
    transport: str = ""
    names: dict = field(default_factory=dict)  # ECS field: what it says
    version: str = ""
    key: tuple = ()  # what tells it from others between the same ends that live with it: also the direction, if it has one alone


@dataclass
class Replay:
    flows: list
    summary: dict
    addresses: set  # as the documents have them


def get(document, path):
    for key in path.split("."):
        document = document.get(key, {}) if isinstance(document, dict) else {}
    return document or ""


def ends_of(document):
    number = int(get(document, "network.iana_number"))
    with_ports = number in (6, 17)
    found = []
    for side in ("source", "destination"):
        text = document[side]["ip"]
        packed = socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
        found.append((reader.as_printed(packed), document[side].get("port", 0) if with_ports else 0))
    return reader.ends(number, *found)


def ports_of(document):
    return tuple(sorted(document[side].get("port", -1) for side in ("source", "destination")))


NAMES = ("tls.client.server_name", "url.domain", "dns.question.name")


def add(flow, document):
    flow.packets += get(document, "network.packets") or 0
    flow.transport = get(document, "network.transport")
    flow.version = get(document, "network.type")
    protocol, application = get(document, "network.protocol"), get(document, "network.application")
    if protocol or application:
        flow.master, flow.application = (protocol, application) if application else ("", protocol)
    flow.confidence = get(document, "junction.application.confidence") or flow.confidence
    for name in NAMES:
        if get(document, name):
            flow.names[name] = get(document, name)


def put_together(documents):
    flows, summary, addresses = {}, {}, set()
    for document in documents:
        if document["event"]["dataset"] == "junction.summary":
            summary = document
            continue
        addresses |= {document["source"]["ip"], document["destination"]["ip"]}
        junction = document["junction"]
        key = ends_of(document), junction["flow"]["start"], get(document, "network.vlan.id"), str(junction.get("icmp"))
        identity = key[2:], ports_of(document), get(document, "network.community_id")
        flow = flows.setdefault(key, Flow(key[0], key[1], key=identity))
        add(flow, document)
    return Replay(sorted(flows.values(), key=lambda flow: flow.start), summary, addresses)


def end(process):
    try:
        process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()


def run(build, path, folder, timeout, classifier=True):
    config = os.path.join(folder, "config.json")
    with open(config, "w", encoding="utf-8") as file:
        json.dump(CONFIG | {"classifier": {"enabled": classifier}}, file)
    command = [os.path.join(build, "junction"), "replay", path, "--config", config]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            documents, said = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.terminate()  # it takes its shared memory with it
            end(process)
            raise
    said = said.decode("utf-8", "replace")
    # A file that ends in the middle of a record is played as far as it goes.
    if process.returncode != 0 and f"error dataplane: {path}: " not in said:
        raise RuntimeError(f"junction replay: exit status {process.returncode}: {said[-300:]}")
    return put_together(json.loads(line) for line in documents.decode("utf-8").splitlines())
