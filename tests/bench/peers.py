#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Junction beside what else does its work: Open vSwitch with DPDK, as Debian has it, and testpmd, which does none of it.

peers.py BUILD [ROW...]. All three are alive on the same core and ports and take turns, as in bench.py. BENCH=quick: fewer turns.
Prints a table, writes BUILD/bench-peers.json. Exit status 1 when something is missing, or a row has no figures.
"""
import argparse
import json
import os
import pathlib
import sys
import time

import bench
import ends
import machine
import ovs
import slices
import subjects
from rows import ROWS

# Our row, and what Open vSwitch does beside it.
WORK = {"2000": "one flow of OpenFlow, from port to port", "one-peer": "the same, and a mirror into GRE",
        "two-peers": "the same, and two mirrors into GRE", "redirected": "one flow of OpenFlow, into VXLAN"}


def figures(row, rates):
    """Of testpmd, Junction and Open vSwitch, in millions of packets a second; ratios of turns' first and second half."""
    testpmd, junction, peer = rates
    found = slices.compare(junction, peer)
    return {"mpps": found["mpps"], "ovs_mpps": found["testpmd_mpps"], "ratio": found["ratio"], "halves": found["halves"],
            "settled": found["settled"], "testpmd_mpps": round(slices.best_tenth(slices.flat(testpmd)), 2), "ovs_work": WORK[row.key]}


def measure(build, folder, row, turns):
    paths = bench.played(folder, row)
    with subjects.Testpmd(build, folder, "testpmd", row, paths) as testpmd:
        testpmd.pause()
        with subjects.Junction(build, folder, "peers", row, paths) as junction:
            junction.pause()
            with ovs.Ovs(build, folder, "ovs", row, paths) as peer:
                testpmd.resume()
                junction.resume()
                before = [(taker, taker.copies(), taker.sent()) for taker in (junction, peer)]
                rates = slices.alternate([testpmd, junction, peer], turns)
                for taker, copied, sent in before:
                    bench.check_copies(taker, row, copied, taker.sent() - sent)
                return figures(row, rates)


def attempt(build, folder, row, turns):
    result = {"key": row.key, "name": row.name}
    try:
        return result | measure(build, folder, row, turns) | {"reason": None}
    except (subjects.Failed, ValueError, OSError) as why:
        return result | {"ratio": None, "reason": str(why)}


def line(found):
    if found["ratio"] is None:
        return f"{found['name']:<38}{'-':>10}{'-':>10}{'-':>10}{'-':>8}  {found['reason']}"
    text = f"{found['name']:<38}{found['mpps']:>10.2f}{found['ovs_mpps']:>10.2f}{found['testpmd_mpps']:>10.2f}{found['ratio']:>8.2f}"
    if not found["settled"]:
        text += f"  not settled: {' and '.join(f'{half:.2f}' for half in found['halves'])}"
    return text if found["ratio"] > 1 else text + "  BEHIND"


def arguments():
    parser = argparse.ArgumentParser(description="Junction beside Open vSwitch with DPDK, in turns on the same core.")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(WORK)}; all, unless told")
    options = parser.parse_args()
    unknown = set(options.rows) - set(WORK)
    if unknown:
        parser.error(f"no row is named {', '.join(sorted(unknown))}")
    return options


def side_by_side(build, rows):
    """Into BUILD/bench-peers.json; the exit status."""
    folder = build / "bench"
    folder.mkdir(exist_ok=True)
    turns = bench.TURNS[os.environ.get("BENCH") == "quick"]
    results = {"format": 1, "turns": turns, "date": time.strftime("%Y-%m-%d", time.gmtime()), "ovs": ovs.version(),
               "machine": machine.describe(subjects.CORES, build), "rows": []}
    print(f"{'millions of packets a second':<38}{'Junction':>10}{'OVS-DPDK':>10}{'testpmd':>10}{'ratio':>8}")
    os.sched_setaffinity(0, {subjects.CORES[0]})
    for row in rows:
        results["rows"].append(attempt(build, folder, row, turns))
        print(line(results["rows"][-1]), flush=True)
    (build / "bench-peers.json").write_text(json.dumps(results, indent=1) + "\n")
    failed = [row["key"] for row in results["rows"] if row["ratio"] is None]
    return f"bench-peers: no figures of {', '.join(failed)}" if failed else 0


def main():
    options = arguments()
    machine.check(subjects.CORES)
    ovs.check()
    rows = [row for row in ROWS if row.key in (options.rows or WORK)]
    needed = max(row.huge_mb(2) for row in rows) + ovs.MEMORY_MB
    sys.exit(ends.run(machine.Hugepages(needed, needed), lambda _: side_by_side(options.build.resolve(), rows)))


if __name__ == "__main__":
    main()
