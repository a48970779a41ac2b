#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Replays every capture of the folders given and holds documents, and the frames that left, against expected.json."""
import argparse
import json
import os
import socket
import struct
import subprocess
import sys

import communityid
import jsonschema

from captures import difference, frames
from documents import get

TRAFFIC = {"total.packets": "packets", "ip.packets": "ip", "tcp.pkts": "tcp", "udp.pkts": "udp",
           "fragmented.pkts": "fragments"}


class Checker:
    """Collects what is wrong with one capture's replay."""

    def __init__(self, name):
        self.name = name
        self.wrong = []

    def equal(self, wanted, found, what):
        if wanted != found:
            self.wrong.append(f"{self.name}: {what}: expected {wanted}, found {found}")

    def true(self, condition, what):
        if not condition:
            self.wrong.append(f"{self.name}: {what}")


def link_type(path):
    with open(path, "rb") as file:
        head = file.read(48)
    if head[:4] == b"\n\r\r\n":
        size = struct.unpack("<I", head[4:8])[0]
        return struct.unpack_from("<H", head, size + 8)[0]
    order = "<" if head[:1] in (b"\xd4", b"\x4d") else ">"
    return struct.unpack_from(order + "I", head, 20)[0] & 0xffff


def destinations(path):
    """The outermost destination address of each frame, as tshark sees it; None without one."""
    fields = ["frame.protocols", "ip.dst", "ipv6.dst"]
    command = ["tshark", "-n", "-r", path, "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-T", "fields",
               "-E", "occurrence=f", "-E", "separator=|"]
    for field in fields:
        command += ["-e", field]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = []
    for line in output.splitlines():
        layers, v4, v6 = line.split("|")
        outer = [layer for layer in layers.split(":") if layer in ("ip", "ipv6")]
        found.append((v4 if outer[0] == "ip" else v6) or None if outer else None)
    return found


def replay(options, path, *arguments):
    """Documents of one replay, after its exit status was seen to be 0."""
    command = [options.junction, "replay", path, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_summary(check, summary, flows, expected):
    traffic = summary["traffic.statistics"]
    for key, name in TRAFFIC.items():
        check.equal(expected[name], traffic[key], key)
    check.equal(expected["bytes"] + 24 * expected["packets"], traffic["ethernet.bytes"], "ethernet.bytes")
    for quantity in ("packets", "bytes"):
        of_flows = sum(get(flow, "network." + quantity) for flow in flows)
        check.equal(traffic["ip." + quantity], of_flows, f"sum of the flows' {quantity}")
        check.equal(traffic["ip." + quantity], sum(p[quantity] for p in summary["detected.protos"]),
                    f"sum of the protocols' {quantity}")
    lengths = ("min64", "64_128", "128_256", "256_1024", "1024_1500", "grt1500")
    check.equal(traffic["ip.packets"], sum(traffic["pkt.len_" + name] for name in lengths), "sum of the sizes")
    check.equal(len(set(map(identity, flows))), traffic["unique.flows"], "unique.flows")


def identity(flow):
    """What tells one flow from another, whichever end is the source."""
    ends = frozenset((flow[end]["ip"], flow[end].get("port")) for end in ("source", "destination"))
    return get(flow, "network.iana_number"), get(flow, "network.community_id"), ends


def check_intervals(check, documents, expected):
    """Interval by interval, a summary's sums are those of the flow documents; all together they are the capture's."""
    summaries, flows = {}, {}
    for document in documents:
        if get(document, "event.dataset") == "junction.summary":
            end = document["@timestamp"]
            check.true(end not in summaries, f"two summaries of the interval to {end}")
            traffic = document["traffic.statistics"]
            summaries[end] = (traffic["total.packets"], traffic["ip.packets"], traffic["ip.bytes"])
        else:
            end = get(document, "junction.interval.end")
            packets, octets = flows.get(end, (0, 0))
            flows[end] = (packets + get(document, "network.packets"), octets + get(document, "network.bytes"))
    check.equal(expected["packets"], sum(total for total, _, _ in summaries.values()), "packets of all intervals")
    for end in sorted(summaries.keys() | flows.keys()):
        of_flows = flows.get(end, (0, 0))
        check.equal(summaries.get(end, (0, 0, 0))[1:], of_flows, f"packets and bytes of the interval to {end}")


def community_ids(flow):
    """What the flow's Community ID may be by its own fields; two when its ICMP type may be of either end."""
    source, destination = get(flow, "source.ip"), get(flow, "destination.ip")
    number = int(get(flow, "network.iana_number"))
    ports = (flow["source"].get("port"), flow["destination"].get("port"))
    icmp = flow["junction"].get("icmp")
    ends = [(source, destination)]
    if icmp is not None:
        ports = (icmp["type"], icmp.get("code", 0))
        ends.append((destination, source))
    elif number in (1, 6, 17, 58, 132) and ports[0] is None:
        return None  # cut before the ports, or no first fragment: the package has no ID for that
    elif number == 136:
        ports = (None, None)
    calculator = communityid.CommunityID()
    return {calculator.calc(communityid.FlowTuple(number, a, b, *ports)) for a, b in ends}


def canonical(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.inet_ntop(family, socket.inet_pton(family, address))


def check_flows(check, flows, expected):
    for transport in ("tcp", "udp"):
        of_transport = {get(f, "network.community_id") for f in flows if f["network"].get("transport") == transport}
        check.equal(expected[transport + "_flows"], len(of_transport), f"{transport} flows")
    for flow in flows:
        ids = community_ids(flow)
        found = get(flow, "network.community_id")
        check.true(ids is None or found in ids, f"community_id {found} is not {ids} of {flow}")
        for end in ("source.ip", "destination.ip"):
            check.equal(canonical(get(flow, end)), get(flow, end), end)
        for quantity in ("packets", "bytes"):
            both = get(flow, "source." + quantity) + get(flow, "destination." + quantity)
            check.equal(get(flow, "network." + quantity), both, f"both ends' {quantity} of {flow}")


def check_documents(check, documents, expected, schemas):
    ids = [get(d, "event.id") for d in documents]
    check.equal(len(ids), len(set(ids)), "distinct event.id")
    by_kind = {kind: [d for d in documents if get(d, "event.dataset") == "junction." + kind] for kind in schemas}
    check.equal(len(documents), sum(map(len, by_kind.values())), "documents of a known kind")
    for kind, validator in schemas.items():
        for document in by_kind[kind]:
            for error in validator.iter_errors(document):
                check.true(False, f"{kind} document: {error.json_path}: {error.message}")
    check.equal(1, len(by_kind["summary"]), "summaries")
    if len(by_kind["summary"]) == 1:
        check_summary(check, by_kind["summary"][0], by_kind["flow"], expected)
    check_flows(check, by_kind["flow"], expected)


def check_lean(check, documents, expected, validator, lengths):
    """Lean flow documents: their schema, the same sums, and how long they are."""
    flows = [d for d in documents if get(d, "event.dataset") == "junction.flow"]
    for flow in flows:
        for error in validator.iter_errors(flow):
            check.true(False, f"lean document: {error.json_path}: {error.message}")
    check.equal(expected["ip"], sum(get(flow, "network.packets") for flow in flows), "packets of lean documents")
    lengths += [len(json.dumps(flow, separators=(",", ":"))) for flow in flows]


def check_written(check, path, sent, written):
    """The frames that should have left by a port against the capture written of it."""
    check.equal(link_type(path), link_type(written), f"link type of {os.path.basename(written)}")
    found = difference([(data, wire) for data, wire in sent], frames(written))
    check.true(found is None, f"{os.path.basename(written)}: {found}")


def check_capture(options, path, expected, schemas, lean, lengths):
    check = Checker(os.path.basename(path))
    files = {port: os.path.join(options.temporary, port + ".pcap") for port in ("network", "access")}
    write = ["--write-network", files["network"], "--write-access", files["access"]]
    sent, towards = frames(path), destinations(path)
    check.equal(expected["packets"], len(sent), "frames of the capture")
    try:
        check_documents(check, replay(options, path, *write), expected, schemas)
        check_written(check, path, sent, files["network"])
        check_written(check, path, [], files["access"])
        # The same with a device: what goes to it leaves by the access port.
        device = next((address for address in reversed(towards) if address), "198.18.0.1")
        prefix = device + ("/128" if ":" in device else "/32")
        check_documents(check, replay(options, path, "--device-subnet", prefix, *write), expected, schemas)
        for port, to_device in (("access", True), ("network", False)):
            check_written(check, path, [f for f, to in zip(sent, towards) if (to == device) == to_device], files[port])
        check_intervals(check, replay(options, path, "--interval", "1"), expected)
        check_lean(check, replay(options, path, "--config", options.lean), expected, lean, lengths)
    except (RuntimeError, ValueError, KeyError, OSError, TypeError) as error:
        check.true(False, f"{type(error).__name__}: {error}")
    return check.wrong


def validator_of(folder, kind):
    with open(os.path.join(folder, kind + ".schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("junction", "temporary", "schemas", "lean"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--only", help="the one capture to replay")
    parser.add_argument("folders", nargs="+")
    options = parser.parse_args()
    schemas = {kind: validator_of(options.schemas, kind) for kind in ("summary", "flow")}
    lean, lengths = validator_of(options.schemas, "flow-lean"), []
    wrong, count = [], 0
    for folder in options.folders:
        with open(os.path.join(folder, "expected.json"), encoding="utf-8") as file:
            expected = json.load(file)
        for name in sorted(expected):
            if options.only in (None, name):
                wrong += check_capture(options, os.path.join(folder, name), expected[name], schemas, lean, lengths)
                count += 1
    middle = sorted(lengths)[len(lengths) // 2] if lengths else 0
    print(f"lean documents: {len(lengths)}, {middle} bytes in the middle")
    if not 0 < middle <= 700:
        wrong.append("lean documents are not short")
    for line in wrong[:50]:
        print(line[:1500])
    print(f"replay: {count} captures, {len(wrong)} differences")
    return int(bool(wrong) or count == 0)


if __name__ == "__main__":
    sys.exit(main())
