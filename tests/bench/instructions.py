#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Instructions a packet, counted by callgrind: instructions.py BUILD [--json FILE] [--compare FILE].

The numbers are the same on every run, whatever else the machine does. For a change they are comparable when compiler and
C library are the same before and after.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys


class NotCounted(Exception):
    """Why there is no number."""


def count(program, kind, directory):
    """Instructions a packet of one kind; callgrind's profile stays in `directory` for callgrind_annotate."""
    profile = directory / f"instructions-{kind}.callgrind"
    command = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={profile}", "--toggle-collect=counted",
               "--toggle-collect=swallow", program, kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotCounted(f"{kind}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    total = re.search(r"^(?:summary|totals): (\d+)", profile.read_text(), re.MULTILINE)
    if total is None or int(total[1]) == 0:
        raise NotCounted(f"{kind}: callgrind counted nothing, see {profile}")
    return round(int(total[1]) / int(done.stdout), 2)


def line(row, before):
    text = f"{row['name']:<16}{row['instructions']:>10.2f}"
    if row["name"] in before:
        was = before[row["name"]]
        text += f"{was:>10.2f}{(row['instructions'] / was - 1) * 100:>+9.2f}%"
    return text


def main():
    parser = argparse.ArgumentParser(description="Instructions a packet, counted by callgrind.")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the rows there")
    parser.add_argument("--compare", type=pathlib.Path, metavar="FILE", help="show the change from that --json FILE")
    options = parser.parse_args()
    program = options.build / "tests" / "bench" / "instructions"
    directory = options.build / "bench"
    directory.mkdir(exist_ok=True)
    before = {}
    if options.compare:
        before = {row["name"]: row["instructions"] for row in json.loads(options.compare.read_text())}
    kinds = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    rows = []
    print(f"{'packets':<16}{'instr.':>10}" + (f"{'before':>10}{'change':>10}" if before else ""))
    for kind in kinds:
        rows.append({"name": kind, "instructions": count(program, kind, directory)})
        print(line(rows[-1], before), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main()
    except NotCounted as why:
        sys.exit(str(why))
