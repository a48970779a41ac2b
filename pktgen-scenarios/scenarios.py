# SPDX-License-Identifier: BSD-3-Clause
"""The scenarios: what Junction is configured to, what happens meanwhile, and what the answer has to be."""
import dataclasses
import re
import typing

import frames
import verdict
from junction import wait_for
from verdict import rate, row

GATE = {"vni": 10, "address": "10.254.0.1/16", "peers": [{"outer": "198.19.0.10", "inner": "10.254.0.2"}]}

# Packets are what is looked at: on a busy machine an answer of the gateway may be late for seconds.
REDIRECTION = {"gateway": "10.254.0.2", "probe": {"interval_ms": 500, "lost": 50, "answers": 1}}


def peers(count):
    return {"mirroring": {"peers": [{"address": f"198.19.0.{20 + number}"} for number in range(count)]}}


@dataclasses.dataclass
class Scenario:
    name: str
    question: str
    functional: bool  # its verdict is exact accounting: no rate is judged
    judge: typing.Callable = lambda run: []
    vpg: dict = dataclasses.field(default_factory=dict)
    during: typing.Callable = None
    rest: typing.Callable = lambda junction: None  # until all is counted
    flows: int = 262144  # entries of the flow table
    limit: int = 240  # seconds

    @property
    def tunnel(self):
        return bool(self.vpg)


def judge_throughput(run):
    return [rate(run, f"without loss, {size} bytes", run.extra[f"zero_loss_{size}"], run.extra[f"zero_loss_{size}"] > 0, "more than 0")
            for size in (64, 128, 256, 512, 1024, 1280, 1518)]


def judge_imix(run):
    step, shares = run.steps[0], {"64": 7, "570": 4, "1518": 1}
    rows = []
    for size, share in shares.items():
        wanted = step["sent"] * share // 12
        lost = step["sent"] - step["received"]
        found = run.extra[f"received_{size}"]
        rows.append(row(f"frames of {size} bytes that arrived", found, f"{wanted}, less {lost} lost", wanted - lost <= found <= wanted))
    return rows


def judge_flows(run):
    few, many, most = run.extra["pps_100"], run.extra[f"pps_{frames.MANY}"], 10000 + frames.MANY
    return [rate(run, f"{count} flows", run.extra[f"pps_{count}"]) for count in (100, 1000, 10000)] + \
        [rate(run, f"{frames.MANY} flows", many, many >= few / 2, "half of 100 flows'"), row("flows created", run.created(), most, run.created() == most)]


def judge_churn(run):
    sent = run.extra["first_packets"]
    return [row("first packets sent", run.sent(0), sent, run.sent(0) == sent),
            row("flows created", run.created(), run.port("access")["rx_packets"], run.created() == run.port("access")["rx_packets"])]


def judge_asymmetric(run):
    rows = []
    for step, busy in zip(run.steps, (1, 0)):
        ports, quiet = step["ports"], 1 - busy
        sent = 4 * ports[quiet]["sent"]
        rows.append(row(f"{step['name']}: sent by the busy direction", ports[busy]["sent"], f"{sent}, four times the other", ports[busy]["sent"] == sent))
        lost = ports[quiet]["sent"] - ports[busy]["received"]
        rows.append(rate(run, f"{step['name']}: lost of the quiet direction", lost, lost == 0, "0"))
    return rows


def judge_latency(run):
    rows = []
    for load in ("idle", "half load", "80% load"):
        samples = run.extra[f"{load}, samples"]
        rows.append(row(f"{load}: packets timed", samples, "some", samples > 0))
        for word in ("p50", "p99", "p999"):
            rows.append(rate(run, f"{load}: {word}, microseconds", run.extra.get(f"{load}, {word}_us", "none")))
    return rows


def judge_mirror(run):
    rows, passed = [], run.port("access")["rx_packets"] + run.port("network")["rx_packets"]
    for peer in run.junction["peers"]:
        lost = {reason: count for reason, count in peer["drops"].items() if count}
        made = peer["frames"] + sum(lost.values())
        rows.append(row(f"copies for {peer['address']}, sent or lost by name", f"{peer['frames']}{verdict.named(lost)}", passed, made == passed))
        arrived = run.peers["copies"].get(peer["address"], 0)
        rows.append(row(f"copies that arrived at {peer['address']}", arrived, peer["frames"], arrived == peer["frames"]))
    return rows


def judge_redirect(run):
    gate, passed = run.junction["gates"][0], run.port("access")["rx_packets"] + run.port("network")["rx_packets"]
    peer, drops = gate["peers"][0], {reason: count for reason, count in gate["drops"].items() if count}
    bypassed, full = gate["counters"]["bypassed_packets"], run.port("tunnel")["tx_dropped"]
    went, back = peer["sent_packets"], run.peers["returned"] - run.peers["tx_full"]
    return [row("sent to the gateway", f"{went}{verdict.named(drops)}", passed, went + sum(drops.values()) == passed),
            row("forwarded directly", bypassed, 0, bypassed == 0),
            row("seen by the gateway", f"{run.peers['returned']}{verdict.named({'tx_full': full})}", went, run.peers["returned"] + full == went),
            row("given back", peer["returned_packets"], back, peer["returned_packets"] == back)]


def judge_syn_flood(run):
    flood, ordinary = run.steps
    created, syns = run.created(), run.extra["syns"]
    lost = ordinary["sent"] - ordinary["received"]
    return [row("SYNs sent", flood["ports"][0]["sent"], syns, flood["ports"][0]["sent"] == syns),
            row("flows created", created, syns + 1000, created == syns + 1000),
            row("lost of ordinary traffic after the flood", lost, "0, or named below", lost <= sum(run.junction["drops"].values()))]


def until_given_up(junction):
    """Fragments wait for their first one until the interval has ended, which is made short for that."""
    junction.write(lambda configuration: configuration["inspection"].update(interval_seconds=1))
    junction.ctl("reload")
    wait_for("fragments to be given up", 60, lambda: junction.counted()["exceptions"].get("frag_orphan", 0) > 0)


def judge_malformed(run):
    rows, wanted = [], {}
    for _, name, _ in frames.MALFORMED:
        wanted[name] = wanted.get(name, 0) + run.extra["rounds"]
    for name, count in wanted.items():
        if name is not None:
            found = run.junction["exceptions"].get(name, 0)
            rows.append(row(f"counted as {name}", found, count, found == count))
    strangers = set(run.junction["exceptions"]) - set(wanted)
    return rows + [row("counted under other names", ", ".join(sorted(strangers)) or "none", "none", not strangers)]


CHANGES = 8


def change_policy(junction, number):
    """Drop, let pass, drop, ...; how long each took."""
    rules = [{"match": {"protocol": "udp", "remote_ports": [4000]}, "drop": True}] if number % 2 == 0 else []
    return junction.reload(lambda vpg: vpg.update(rules=rules)), number + 1 >= CHANGES


def judge_policy_change(run):
    took = sorted(run.during)
    dropped = run.junction["drops"].get("policy", 0)
    step = run.steps[0]
    others = sum(run.junction["drops"].values()) - dropped
    return [row("changes in force", len(took), f"{CHANGES} or more", len(took) >= CHANGES),
            row("dropped by the rule", dropped, "more than 0", dropped > 0),
            row("lost by anything else than the rule", step["sent"] - step["received"] - dropped, f"{others}, named below", step["sent"] - step["received"] - dropped == others),
            rate(run, "in force after, microseconds, in the middle", took[len(took) // 2] if took else "none"),
            rate(run, "in force after, microseconds, at most", took[-1] if took else "none", bool(took) and took[-1] <= 10000, "10000")]


def judge_overload(run):
    most = max(run.extra["pps_1.0"], run.extra["pps_0.5"])
    rows = [rate(run, f"{share} of saturation", run.extra[f"pps_{share}"]) for share in ("0.5", "1.0", "1.5")]
    last = run.steps[-1]
    offered = sum(port["sent"] + port["failed"] for port in last["ports"]) / last["seconds"]
    rows.append(rate(run, "offered at 2.0 of saturation", offered))
    return rows + [rate(run, "2.0 of saturation", run.extra["pps_2.0"], run.extra["pps_2.0"] >= 0.9 * most, f"{0.9 * most:.0f} or more")]


SCENARIOS = {s.name: s for s in (
    Scenario("throughput", "How many frames of each size pass without the loss of one?", False, judge_throughput, limit=900),
    Scenario("imix", "What passes of a mixture of sizes, as networks have it?", True, judge_imix),
    Scenario("flows", "Does throughput hold when there are many flows?", False, judge_flows, flows=1048576),
    Scenario("churn", "Does Junction keep up when every packet begins a flow?", True, judge_churn),
    Scenario("asymmetric", "Does a busy direction starve the quiet one?", True, judge_asymmetric),
    Scenario("latency", "How long does a packet take through Junction, and does load change that?", False, judge_latency),
    Scenario("mirror-one", "Does a mirroring peer get a copy of every packet?", True, judge_mirror, peers(1)),
    Scenario("mirror-two", "Does each of two mirroring peers get a copy of every packet?", True, judge_mirror, peers(2)),
    Scenario("redirect", "Does all traffic pass the gateway and come back?", True, judge_redirect, {"gate": GATE, "redirection": REDIRECTION}),
    Scenario("syn-flood", "Do others get through while somebody floods the network with SYNs?", True, judge_syn_flood),
    Scenario("malformed", "What does Junction do with fragments, and with headers that cannot be right?", True, judge_malformed, rest=until_given_up),
    Scenario("policy-change", "What does a change of the policy do to traffic that runs?", True, judge_policy_change, during=change_policy),
    Scenario("overload", "What happens when more comes than Junction can take?", False, judge_overload),
)}


def header(scenario, folder):
    """The comment that the script begins with."""
    text = (folder / f"{scenario.name}.lua").read_text().split("\nlocal ")[0]
    return re.sub(r"^-- ?", "", text, flags=re.M).split("\n", 1)[1]
