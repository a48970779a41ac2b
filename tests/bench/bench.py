#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Forwarding next to DPDK's own testpmd (macswap), on the same ports in the same run, and what else Junction is fast at.

bench.py BUILD [ROW...] [--before BUILD]. One worker core, a memory-backed port to a null port. testpmd and Junction stay
alive on that core and take turns (slices.py). --before: another build of Junction takes turns with them. BENCH=quick: rows
with a target, fewer turns. BENCH_HUGE_MB: huge pages that it may take; rows that need more have no figures. Prints a table,
writes BUILD/bench.json.
"""
import argparse
import functools
import os
import pathlib
import sys
import time

import captures
import ends
import inside
import latency
import machine
import printed
import slices
import subjects
from rows import LATENCIES, ROWS, TWO_WORKERS

TURNS = {False: 12, True: 3}  # quick or not


def played(folder, row):
    """The captures that the ports of that row play."""
    paths = {}
    if row.source != "capture":
        return paths
    for port in ("wire", "tunnel") if row.work == "return" else ("wire",):
        paths[port] = folder / f"{port}-{row.kind}-{row.flows}-{len(row.sizes)}-{row.sizes[0]}.pcap"
        if not paths[port].exists():
            part = folder / "part.pcap"  # of a run that is ended meanwhile
            captures.write(part, row.flows, row.sizes, subjects.TUNNEL if port == "tunnel" else None, row.kind)
            part.rename(paths[port])
    return paths


def check_copies(junction, row, copied, passed):
    if passed <= 0:
        raise subjects.Failed("nothing left by the port that is counted")
    share = (junction.copies() - copied) / passed
    if share < row.peers * 0.9:
        raise subjects.Failed(f"of {row.peers} copies a packet only {share:.2f} were made")


def at_work(build, folder, row, paths, measured, third=None):
    """What `measured` finds with testpmd, Junction and a third at the row's work, which starts while the others stand still."""
    with (subjects.Testpmd(build, folder, "testpmd", row, paths) as testpmd,
          subjects.Junction(build, folder, "junction", row, paths) as junction):
        testpmd.open_notes()
        if third is None:
            return measured(testpmd, junction)
        for subject in (testpmd, junction):
            subject.pause()
        with third:
            for subject in (testpmd, junction):
                subject.resume()
            return measured(testpmd, junction, third)


def rates(row, turns, takers):
    """Of all in turns. The work was done: but testpmd's, which has none."""
    before = [(taker, taker.copies(), taker.sent()) for taker in takers[1:]]
    found = slices.alternate(takers, turns)
    for taker, copied, sent in before:
        check_copies(taker, row, copied, taker.sent() - sent)
    return found


def figures(row, turns, *takers):
    junction, found = takers[1], rates(row, turns, takers)
    result = slices.compare(found[1], found[0]) | {"bytes_a_flow": junction.bytes_a_flow(), "tsc_mhz": junction.notes.hz() / 1e6,
                                                    "isa": (junction.show("status") or {}).get("isa")}
    if len(takers) > 2:
        older = slices.compare(found[2], found[0])
        result["before"] = {key: older[key] for key in ("mpps", "ratio", "halves", "settled")}
    return result


def attempt(row, measured):
    """The row's figures, or why there are none."""
    result = {"key": row.key, "name": row.name, "target": row.target, "failed": False}
    try:
        return result | measured() | {"reason": None}
    except (subjects.Failed, ValueError, OSError) as why:
        return result | {"ratio": None, "loads": None, "reason": str(why), "failed": not isinstance(why, subjects.Unmeasurable)}


def fits(build, row, programs, megabytes):
    if row.work == "classify" and not (build / "junction-classify").exists():
        raise subjects.Unmeasurable("there is no junction-classify: this build is without nDPI")
    if row.huge_mb(programs) > megabytes:
        raise subjects.Unmeasurable(f"{row.huge_mb(programs)} MB of huge pages are needed, there are {megabytes}")


def forwarding(build, before, folder, rows, turns, megabytes, hurried=False):
    """hurried: rows without a target are left out."""
    print(f"{'work':<40}{'Mpps':>8}{'testpmd':>9}{'ratio':>7}{'target':>8}")
    for row in rows:
        def measured(row=row):
            if hurried and row.target is None:
                raise subjects.Unmeasurable("left out by BENCH=quick")
            fits(build, row, 3 if before else 2, megabytes)
            paths = played(folder, row)
            older = subjects.Junction(before, folder, "before", row, paths) if before else None
            return at_work(build, folder, row, paths, functools.partial(figures, row, turns), older)
        found = attempt(row, measured)
        print(printed.forwarding(found), flush=True)
        yield found


def latencies(build, folder, turns):
    print(f"\n{'microseconds on the way':<40}{'Junction p50, p99, p99.9':>30}{'testpmd':>24}")
    for row in LATENCIES:
        found = attempt(row, lambda row=row: {"loads": at_work(build, folder, row, {}, lambda *two: latency.measure(*two, turns))})
        print(printed.latency(found), flush=True)
        yield found


def two_workers(build, folder, turns):
    """A row of figures: throughput of two workers as a multiple of one's. Both and what counts need a core each."""
    one, two = TWO_WORKERS
    row = (two.key, two.name, "times", two.target, "more")
    if len(subjects.CORES) <= two.workers:
        return inside.entry(row, reason=f"needs {two.workers + 1} cores, there are {len(subjects.CORES)}")
    try:
        with subjects.Junction(build, folder, "one", one, {}) as single:
            single.pause()
            with subjects.Junction(build, folder, "two", two, {}) as double:
                rates = slices.alternate([single, double], turns)
        return inside.entry(row, slices.compare(rates[1], rates[0])["ratio"])
    except (subjects.Failed, ValueError, OSError) as why:
        return inside.entry(row, reason=str(why), failed=True)


def arguments():
    parser = argparse.ArgumentParser(description="Junction beside testpmd, in turns on the same core.")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(row.key for row in ROWS)}; all and more, unless told")
    parser.add_argument("--before", type=pathlib.Path, metavar="BUILD", help="another build, which takes turns with them")
    options = parser.parse_args()
    unknown = set(options.rows) - {row.key for row in ROWS}
    if unknown:
        parser.error(f"no row is named {', '.join(sorted(unknown))}")
    return options


def everything(build, folder, quick, results):
    """What is measured besides forwarding."""
    results["latency"] = list(latencies(build, folder, 1 if quick else 8))
    mhz = results["machine"]["tsc_mhz"]
    results["figures"] = inside.figures(build / "tests" / "bench", mhz) + inside.kafka(build, 20_000 if quick else 400_000)
    results["figures"].append(two_workers(build, folder, TURNS[quick]))
    printed.figures(results["figures"])
    results["gaps"] = inside.gaps(build / "tests" / "bench", 100_000 if quick else 1_000_000, 1 if quick else 6)
    printed.gaps(results["gaps"])
    results["instructions"] = inside.instructions_of(build)
    printed.instructions(results["instructions"])


def without(program, keys):
    """Exit status, when these have failed."""
    return f"{program}: no figures of {', '.join(keys)}" if keys else 0


def verdict(results):
    """Exit status: what failed; a row that this machine cannot measure did not."""
    rows = results["forwarding"] + results.get("latency", []) + results.get("figures", [])
    failed = [row["key"] for row in rows if row["failed"]]
    failed += [part for part in ("gaps", "instructions") if part in results and results[part]["failed"]]
    return without("bench", failed)


def measure(build, before, rows, all_rows, huge):
    """Into BUILD/bench.json; the exit status."""
    quick, folder = os.environ.get("BENCH") == "quick", build / "bench"
    folder.mkdir(exist_ok=True)
    began = time.monotonic()
    results = {"format": 1, "quick": quick, "turns": TURNS[quick], "date": time.strftime("%Y-%m-%d", time.gmtime()),
               "machine": machine.describe(subjects.CORES, build)}
    os.sched_setaffinity(0, {subjects.CORES[0]})
    results["forwarding"] = list(forwarding(build, before, folder, rows, TURNS[quick], huge.megabytes, quick and all_rows))
    for known in ("tsc_mhz", "isa"):
        results["machine"][known] = next((row[known] for row in results["forwarding"] if known in row), None)
    os.sched_setaffinity(0, subjects.CORES)
    if all_rows:
        everything(build, folder, quick, results)
    results["seconds"] = round(time.monotonic() - began)
    inside.write(build / "bench.json", results)
    return verdict(results)


def main():
    options = arguments()
    machine.check(subjects.CORES)
    build = options.build.resolve()
    before = options.before.resolve() if options.before else None
    rows = [row for row in ROWS if not options.rows or row.key in options.rows]
    needed = [row.huge_mb(3 if before else 2) for row in rows]
    most = int(os.environ.get("BENCH_HUGE_MB", max(needed)))
    sys.exit(ends.run(machine.Hugepages(min(needed), min(most, max(needed))),
                      functools.partial(measure, build, before, rows, not options.rows)))


if __name__ == "__main__":
    main()
