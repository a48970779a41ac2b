#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""report.py BENCH.json DOCS: writes DOCS/performance.svg, and the figures in DOCS/performance.md between its two marks."""
import json
import pathlib
import re
import sys

import picture
import published

BEGIN, END = "<!-- figures: tests/bench/report.py -->", "<!-- end of figures -->"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]) + "\n"


def number(value, form=".2f"):
    return "-" if value is None else format(value, form)


def reached(value, target, less=False):
    """Of a figure whether it is where it should be."""
    if value is None or target is None:
        return ""
    return "yes" if (value <= target if less else value >= target) else f"{value / target:.0%}"


def machine(results):
    m = results["machine"]
    isa = "AVX-512" if m.get("avx512") else "AVX2" if m.get("avx2") else "SSE4.2"
    parts = [m.get("cpu") or "unknown CPU", f"family/model/stepping {m['family_model_stepping']}" if m.get("family_model_stepping") else None,
             f"time stamp counter {m['tsc_mhz']:.0f} MHz" if m.get("tsc_mhz") else None, f"{m.get('cores')} cores",
             f"L2 {m['l2_kb']} kB, L3 {m['l3_kb'] // 1024} MB" if m.get("l2_kb") and m.get("l3_kb") else None,
             f"{m['memory_gb']} GB" if m.get("memory_gb") else None, "virtual machine" if m.get("virtual") else "no virtual machine",
             f"governor {m.get('governor') or 'unknown'}", f"{isa} at hand", f"Linux {m.get('kernel')}", f"DPDK {m.get('dpdk')}",
             m.get("junction")]
    text = ", ".join(part for part in parts if part) + "."
    return text + f" {results['date']}; {results['turns']} turns each, {results['seconds']} seconds in all.\n"


def forwarding(results):
    mhz, rows = results["machine"].get("tsc_mhz"), []
    for row in results["forwarding"]:
        if row["ratio"] is None:
            rows.append([row["name"], "-", "-", "-", "-", number(row["target"]), row["reason"]])
            continue
        note = [reached(row["ratio"], row["target"])] if row["target"] else []
        if not row["settled"]:
            note.append("not settled" + (f": {' and '.join(f'{half:.2f}' for half in row['halves'])}" if row["halves"] else ""))
        cycles = f"{mhz / row['mpps']:.0f} / {mhz / row['testpmd_mpps']:.0f}" if mhz else "-"
        rows.append([row["name"], f"{row['mpps']:.1f}", f"{row['testpmd_mpps']:.1f}", cycles, f"**{row['ratio']:.2f}**",
                     number(row["target"]), "; ".join(note)])
    return table(["work, one core", "Junction, Mpps", "testpmd, Mpps", "cycles a packet", "share", "target", "reached"], rows)


def figures(results):
    rows = []
    for row in results.get("figures", []):
        rows.append([row["name"], number(row["value"], "g"), row["unit"], number(row["target"], "g"),
                     row["reason"] or reached(row["value"], row["target"], row["better"] == "less")])
    memory = [row["bytes_a_flow"] for row in results["forwarding"] if row.get("bytes_a_flow")]
    if memory:
        rows.append(["memory a flow: its entry, and its share of the buckets", number(min(memory), "g"), "bytes", 144, reached(min(memory), 144, True)])
    return table(["work", "figure", "unit", "target", "reached"], rows)


def latency(results):
    rows = []
    for row in results.get("latency", []):
        for load, of in (row["loads"] or {}).items():
            rows.append([f"{row['name']}, {load}"] + [f"{of[who]['p50_us']:.1f} / {of[who]['p99_us']:.1f} / {of[who]['p999_us']:.1f}"
                                                     for who in ("junction", "testpmd")])
        if row["loads"] is None:
            rows.append([row["name"], "-", row["reason"]])
    return table(["microseconds at 50%, 99% and 99.9%", "Junction", "testpmd"], rows)


def gaps(results):
    found = results.get("gaps")
    if not found or found["operations"] is None:
        return (found["reason"] if found else "Not measured.") + "\n"
    rows = [[row["operation"], number(row["p999_us"], ".1f"), number(row["longest_us"], ".1f"),
             reached(row["longest_us"], found["target_us"], True), number(row["in_force_ms"]), number(row["in_force_longest_ms"])]
            for row in found["operations"]]
    return table([f"with {found['flows']:,} flows", "99.9% of rounds, us", "longest, us", f"within {found['target_us']} us",
                  "in force, ms", "at most, ms"], rows)


def instructions(results):
    found = results.get("instructions")
    if not found or found["kinds"] is None:
        return (found["reason"] if found else "Not counted.") + "\n"
    return table(["packets", "instructions"], [[row["name"], f"{row['instructions']:.1f}"] for row in found["kinds"]])


def others():
    shares = [[name, key, f"{share:.2f}"] for key, (name, share) in published.SHARES.items()]
    return (f"Share of testpmd, {published.SOURCE_SHARES}:\n\n" + table(["program", "Junction's row", "share"], shares)
            + f"\n{published.FIGURES[0][1]} and SPAN, {published.SOURCE_FIGURES}:\n\n"
            + table(["what", "of whom", "figure"], published.FIGURES))


def document(results):
    return "\n".join([BEGIN, "", "![Packets a second as a share of testpmd](performance.svg)", "", "### The machine", "",
                      machine(results), "### Forwarding", "", forwarding(results), "### Parts by themselves", "", figures(results),
                      "### On the way", "", latency(results), "### Away from the ports", "", gaps(results),
                      "### Instructions a packet", "", instructions(results), "### Others", "", others(), END])


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: report.py BENCH.json DOCS")
    results = json.loads(pathlib.Path(sys.argv[1]).read_text())
    docs = pathlib.Path(sys.argv[2])
    text = (docs / "performance.md").read_text()
    found = re.search(re.escape(BEGIN) + ".*?" + re.escape(END), text, re.DOTALL)
    if found is None:
        sys.exit(f"report.py: {docs / 'performance.md'} has no place for figures: {BEGIN} and {END}")
    (docs / "performance.svg").write_text(picture.draw(results))
    (docs / "performance.md").write_text(text[:found.start()] + document(results) + text[found.end():])


if __name__ == "__main__":
    main()
