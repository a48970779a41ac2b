#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Junction beside what else does its work: Open vSwitch with DPDK, as Debian has it, and testpmd, which does none of it.

peers.py BUILD [ROW...]. All three are alive on the same core and ports and take turns, as in bench.py. BENCH=quick: fewer turns.
Prints a table, writes BUILD/bench-peers.json. Exit status 1 when something is missing, or a row has no figures.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import sys
import time

import bench
import ends
import machine
import ovs
import printed
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
    return bench.at_work(build, folder, row, paths, lambda *takers: figures(row, bench.rates(row, turns, takers)),
                         ovs.Ovs(build, folder, "ovs", row, paths))


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
    print(f"{'millions of packets a second':<40}{'Junction':>10}{'OVS-DPDK':>10}{'testpmd':>10}{'ratio':>8}")
    os.sched_setaffinity(0, {subjects.CORES[0]})
    for row in rows:
        results["rows"].append(bench.attempt(row, lambda row=row: measure(build, folder, row, turns)))
        print(printed.peers(results["rows"][-1]), flush=True)
    (build / "bench-peers.json").write_text(json.dumps(results, indent=1) + "\n")
    return bench.without("bench-peers", [row["key"] for row in results["rows"] if row["failed"]])


def main():
    options = arguments()
    machine.check(subjects.CORES)
    ovs.check()
    rows = [dataclasses.replace(row, target=None) for row in ROWS if row.key in (options.rows or WORK)]  # targets are beside testpmd
    needed = max(row.huge_mb(2) for row in rows) + ovs.MEMORY_MB
    sys.exit(ends.run(machine.Hugepages(needed, needed), lambda _: side_by_side(options.build.resolve(), rows)))


if __name__ == "__main__":
    main()
