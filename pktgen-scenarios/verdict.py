# SPDX-License-Identifier: BSD-3-Clause
"""Both sides' counters become rows: what was looked at, what was found, what was expected, and whether that is so."""
import json

PORTS = ("access", "network")


def row(check, found, expected, right):
    return {"check": check, "found": found, "expected": expected, "verdict": "ok" if right else "FAIL"}


def rate(run, check, found, right=True, expected="-"):
    """A rate or a time, which means something only where generator and worker have cores of their own."""
    found = round(found) if isinstance(found, float) and found > 1000 else found
    if run.shared or expected == "-":
        return {"check": check, "found": found, "expected": expected, "verdict": "-" if expected == "-" else "not judged"}
    return row(check, found, expected, right)


def named(drops):
    """What was dropped, behind a number: " (+ 12 tx_full)"."""
    lost = [f"{count} {reason}" for reason, count in sorted(drops.items()) if count]
    return f" (+ {', '.join(lost)})" if lost else ""


class Run:
    """What is known of a run once it is over: `answer` of the script, `junction` of junctionctl, `peers` of those behind the
    tunnel port, `during` of what was done meanwhile. shared: rates are not judged."""

    def __init__(self, answer, junction, peers, during, shared):
        self.steps, self.extra, self.generator, self.totals = (answer[key] for key in ("steps", "extra", "generator", "totals"))
        self.junction, self.peers, self.during, self.shared = junction, peers, during, shared

    def sent(self, port):
        return self.totals[port]["sent"]

    def received(self, port):
        return self.totals[port]["received"]

    def port(self, name):
        return self.junction["ports"][name]

    def created(self):
        return sum(worker["flows_created"] for worker in self.junction["workers"])


def missed(port):
    return port["rx_missed"] + port["rx_errors"] + port["rx_nombuf"]


def account(run):
    """Every packet: from the generator into Junction, through it, and back out of it."""
    rows, drops, ports = [], run.junction["drops"], run.junction["ports"]
    for number, name in enumerate(PORTS):
        came, lost = ports[name]["rx_packets"], missed(ports[name])
        rows.append(row(f"sent to {name}, received there", f"{came}{named({'missed': lost})}", run.sent(number), came + lost == run.sent(number)))
    through = sum(ports[name]["rx_packets"] for name in PORTS)
    left, gone = sum(ports[name]["tx_packets"] for name in PORTS), sum(drops.values())
    # A gate's drops are of what came back, or did not go; all of them are of packets that the wire brought.
    away = 0 if run.peers is None else run.peers["tx_full"]
    rows.append(row("received = forwarded + drops by name", f"{left}{named(dict(drops, gateway=away))}", through, left + gone + away == through))
    for number, name in enumerate(PORTS):
        lost = run.totals[number]["missed"]
        rows.append(row(f"forwarded to {name}, received by the generator", f"{run.received(number)}{named({'missed': lost})}",
                        ports[name]["tx_packets"], run.received(number) + lost == ports[name]["tx_packets"]))
    return rows


def is_accounted(answer, junction):
    """Has every packet arrived somewhere? A gateway's own loss is known only in the end."""
    through = Run(answer, junction, None, [], False)
    return all(r["verdict"] == "ok" for r in account(through) if not (junction["gates"] and r["check"].startswith("received =")))


def conclude(scenario, run, machine):
    rows = scenario.judge(run) + account(run)
    return {"scenario": scenario.name, "question": scenario.question, "generator": run.generator, "machine": machine,
            "cores_shared": run.shared, "verdict": "FAIL" if any(r["verdict"] == "FAIL" for r in rows) else "ok", "rows": rows,
            "steps": run.steps, "exceptions": run.junction["exceptions"], "drops": run.junction["drops"]}


def table(result):
    cells = [[str(r[key]) for key in ("check", "found", "expected", "verdict")] for r in result["rows"]]
    cells.insert(0, ["what was looked at", "found", "expected", "verdict"])
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def write(path, results):
    with open(path, "w") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
