#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Forwarding next to DPDK's own testpmd (macswap), on the same ports in the same run, and what else Junction is fast at.

bench.py BUILD [ROW...] [--before BUILD]. One worker core, a memory-backed port to a null port. testpmd and Junction stay
alive on that core and take turns (slices.py). --before: another build of Junction takes turns with them. BENCH=quick: fewer
turns. Prints a table, writes BUILD/bench.json.
"""
import argparse
import json
import os
import pathlib
import signal
import sys

import captures
import machine
import slices
import subjects
from rows import ROWS

TURNS = {"full": 12, "quick": 4}


def played(folder, row):
    """The captures that the ports of that row play."""
    paths = {}
    if row.source != "capture":
        return paths
    for port in ("wire", "tunnel") if row.work == "return" else ("wire",):
        paths[port] = folder / f"{port}-{row.kind}-{row.flows}-{len(row.sizes)}-{row.sizes[0]}.pcap"
        if not paths[port].exists():
            captures.write(paths[port], row.flows, row.sizes, subjects.TUNNEL if port == "tunnel" else None, row.kind)
    return paths


def check_copies(junction, row, copied, passed):
    if passed <= 0:
        raise subjects.Failed("nothing left by the port that is counted")
    share = (junction.copies() - copied) / passed
    if share < row.peers * 0.9:
        raise subjects.Failed(f"of {row.peers} copies a packet only {share:.2f} were made")


def measure(build, before, folder, row, turns):
    paths = played(folder, row)
    with subjects.Testpmd(build, folder, "testpmd", row, paths) as testpmd:
        testpmd.pause()
        with subjects.Junction(build, folder, "junction", row, paths) as junction:
            if before is None:
                return figures(junction, row, slices.alternate, [testpmd, junction], turns)
            junction.pause()
            with subjects.Junction(before, folder, "before", row, paths) as older:
                return figures(junction, row, slices.alternate, [testpmd, junction, older], turns)


def figures(junction, row, alternate, takers, turns):
    junction.resume()
    copied, sent = junction.copies(), junction.sent()
    rates = alternate(takers, turns)
    check_copies(junction, row, copied, junction.sent() - sent)
    found = slices.compare(rates[1], rates[0]) | {"bytes_a_flow": junction.bytes_a_flow()}
    if len(rates) > 2:
        older = slices.compare(rates[2], rates[0])
        found["before"] = {key: older[key] for key in ("mpps", "ratio", "halves", "settled")}
    return found


def attempt(build, before, folder, row, turns):
    """The row's figures, or why there are none."""
    result = {"key": row.key, "name": row.name, "target": row.target, "reason": None}
    try:
        return result | measure(build, before, folder, row, turns)
    except (subjects.Failed, ValueError, OSError) as why:
        return result | {"ratio": None, "reason": str(why)}


def line(row):
    target = f"{row['target']:>8.2f}" if row["target"] else "       -"
    if row["ratio"] is None:
        return f"{row['name']:<40}{'-':>8}{'-':>9}{'-':>7}{target}  {row['reason']}"
    text = f"{row['name']:<40}{row['mpps']:>8.2f}{row['testpmd_mpps']:>9.2f}{row['ratio']:>7.3f}{target}"
    text += "" if row["settled"] else f"  not settled: {' and '.join(f'{half:.3f}' for half in row['halves'])}"
    if "before" in row:
        text += f"  before: {row['before']['mpps']:.2f} Mpps, {row['before']['ratio']:.3f}"
    return text


def arguments():
    parser = argparse.ArgumentParser(description="Junction beside testpmd, in turns on the same core.")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(row.key for row in ROWS)}; all, unless told")
    parser.add_argument("--before", type=pathlib.Path, metavar="BUILD", help="another build, which takes turns with them")
    options = parser.parse_args()
    unknown = set(options.rows) - {row.key for row in ROWS}
    if unknown:
        parser.error(f"no row is named {', '.join(sorted(unknown))}")
    return options


def main():
    options = arguments()
    machine.check(subjects.CORES)
    os.sched_setaffinity(0, {subjects.CORES[0]})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whatever was started is stopped
    build = options.build.resolve()
    before = options.before.resolve() if options.before else None
    folder = build / "bench"
    folder.mkdir(exist_ok=True)
    rows = [row for row in ROWS if not options.rows or row.key in options.rows]
    turns = TURNS["quick" if os.environ.get("BENCH") == "quick" else "full"]
    results = {"machine": machine.describe(subjects.CORES, build), "rows": []}
    needed = max(row.huge_mb(3 if before else 2) for row in rows)
    with machine.Hugepages(needed):
        print(f"{'work':<40}{'Mpps':>8}{'testpmd':>9}{'ratio':>7}{'target':>8}")
        for row in rows:
            results["rows"].append(attempt(build, before, folder, row, turns))
            print(line(results["rows"][-1]), flush=True)
    (build / "bench.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
