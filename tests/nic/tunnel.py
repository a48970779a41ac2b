# SPDX-License-Identifier: BSD-3-Clause
"""The tunnel port's far end: a host that takes copies, and one that is the VXLAN gateway."""
import collections
import struct
import time

import frames
from machine import Failed, expect, wait_for
from session import GATEWAY, documents

VXLAN = f"""ip address replace {GATEWAY}/24 dev eth0
ip link show vxlan0 >/dev/null 2>&1 && exit
ip link add vxlan0 address 02:00:00:00:03:10 type vxlan id 10 local {GATEWAY} remote 198.19.0.1 nolearning dstport 4789
for name in ip_forward=1 conf/all/rp_filter=0 conf/vxlan0/rp_filter=0 conf/all/send_redirects=0 conf/vxlan0/send_redirects=0; do
    echo "${{name#*=}}" >"/proc/sys/net/ipv4/${{name%=*}}"
done
ip address add 10.254.0.2/16 dev vxlan0
ip link set vxlan0 mtu 1500 up
ip route add 10.128.0.0/9 via 10.254.0.1 dev vxlan0
ip route add 198.18.0.0/16 via 10.254.0.1 dev vxlan0"""
# Which end spoke first is chance: both begin at once.
CHANGING = ("junction.worker", "junction.sequence", "junction.interval", "@timestamp", "event", "junction.flow", "network.direction",
            "observer")


def make_host(s):
    s.machine.inside("gateway", "bash", "-ec", VXLAN)


def inner(text):
    """The frame inside a copy (GRE, Ethernet), or None."""
    if text[12:14] != b"\x08\x00" or text[23] != 47:
        return None
    at = 14 + (text[14] & 15) * 4
    flags, kind = struct.unpack("!HH", text[at:at + 4])
    if kind != 0x6558:
        return None
    return text[at + 4 + 4 * sum(1 for bit in (0x8000, 0x2000, 0x1000) if flags & bit):]


def gather(wire, count, seconds=5):
    """The next copies, until there are so many or no more come in time."""
    found, end = [], time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        text = wire.receive(1)
        copy = inner(text) if text is not None else None
        if copy is not None:
            found.append(copy)
            end = time.monotonic() + seconds
    return found


def copies(s, count=640):
    """Each frame of both directions is copied, as it is, and forwarded, as it is."""
    make_host(s)
    peer = lambda: next(p for p in s.show("peers")["peers"] if p["address"] == GATEWAY)
    wait_for(20, lambda: peer()["state"] == "up", "the mirroring peer to be up")
    before = peer()
    wanted = collections.Counter()
    with frames.Wire(s.machine, "gateway") as wire:
        sent = s.lossless(flows=64, count=count)
        wait_for(10, lambda: peer()["frames"] - before["frames"] >= sent, "the copies of the stream")
        expect(sent, len(gather(wire, sent)), "copies of the stream")
        tried = [(what, text) for what, text in frames.ordinary() if text[12:14] == b"\x08\x00" and not text[0] & 1]
        frames.compare(s.machine, tried)
        for _, text in tried:
            wanted.update((text, frames.returned(text)))
        got = collections.Counter(gather(wire, 2 * len(tried)))
    now = peer()
    expect(before["drops_total"], now["drops_total"], "copies lost")
    wrong = (wanted - got) + (got - wanted)
    if wrong:
        raise Failed(f"copies byte for byte: {sum((wanted - got).values())} missing, {sum((got - wanted).values())} others; one of "
                     f"them: {next(iter(wrong)).hex()[:200]}")


def target(s):
    return s.show("gate")["gates"][0]["redirection"]["target"]


def wait_for_gateway(s):
    make_host(s)
    wait_for(30, lambda: target(s).get("outer") == GATEWAY, "redirection to the gateway")


def forwarded(s):
    """How many IPv4 packets the gateway's kernel has forwarded."""
    names, values = [line.split() for line in s.machine.inside("gateway", "cat", "/proc/net/snmp").splitlines() if line.startswith("Ip:")]
    return int(values[names.index("ForwDatagrams")])


def through(s):
    peers = s.show("gate")["gates"][0]["peers"]
    return [sum(p[name] for p in peers) for name in ("sent_packets", "returned_packets")]


def through_gateway(s):
    """Every packet of both directions by the gateway's kernel, once. What Junction asked before the link was up is none."""
    wait_for_gateway(s)
    before, kernel, dropped = through(s), forwarded(s), s.dropped()
    sent = s.lossless(flows=128, count=1280) + s.lossless("--size", 1400, flows=128, count=640)
    expect(sent, forwarded(s) - kernel, "packets that the gateway's kernel forwarded")
    expect([sent, sent], [b - a for a, b in zip(before, through(s))], "packets sent to the gateway, and returned")
    expect(dropped, s.dropped(), "dropped packets")


def without(value, path=""):
    if not isinstance(value, dict):
        return value
    names = ((f"{path}.{k}" if path else k, k, v) for k, v in value.items())
    return {k: without(v, name) for name, k, v in names if name not in CHANGING}


def plain(found):
    """Flow documents by their ends, without what differs from run to run; and what the summary says about applications."""
    flows, summary = collections.defaultdict(list), []
    for d in found:
        if documents.get(d, "event.dataset") == "junction.flow":
            key = (d["source"]["ip"], d["source"].get("port"), d["destination"]["ip"], d["destination"].get("port"))
            flows[key].append(without(d))
        else:
            traffic = d["traffic.statistics"]
            summary.append({"ip": [traffic["ip.packets"], traffic["ip.bytes"], traffic["unique.flows"]],
                            "protocols": d.get("detected.protos"),
                            "known": sorted(str(sorted(f.items())) for f in d.get("known.flows", []))})
    return {"flows": dict(flows), "summary": summary}


def first_difference(one, many):
    """Of the documents of one worker, and those of several."""
    keys = [k for k in one["flows"].keys() | many["flows"].keys() if one["flows"].get(k) != many["flows"].get(k)]
    if keys:
        key = sorted(keys, key=str)[0]
        return f"{len(keys)} of {len(one['flows'])} flows differ; {key}: one worker {one['flows'].get(key)}, four " \
               f"{many['flows'].get(key)}"
    return f"the summary differs: one worker {one['summary']}, four {many['summary']}"[:2000]
