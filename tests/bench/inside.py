# SPDX-License-Identifier: BSD-3-Clause
"""Figures of programs that run Junction's code by itself: what they print, as rows. A program that fails, or prints something
else, gives rows without a figure and with the reason."""
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess

import instructions

NUMBER = r"([\d.]+)"
TIMEOUT_S = 300
# Key, name, unit, target, better, program with arguments, pattern of the figure. Cycles become packets a second by the clock.
FIGURES = [
    ("births", "new flows a second, each ends with a record (1,000,000)", "million/s", 4.0, "more",
     ("bench_births", "1000000"), rf"1000000 flows +birth and death, with a record +{NUMBER} cycles"),
    ("birth", "a first packet, no flow ends", "cycles", None, "less",
     ("bench_births", "1000000"), rf"1000000 flows +birth +{NUMBER} cycles"),
    ("hit", "a packet of a known flow, all stages (1,000,000)", "cycles", None, "less",
     ("bench_births", "1000000"), rf"1000000 flows +hit +{NUMBER} cycles"),
    ("expiry", "a silent flow ends, with its record", "cycles", None, "less",
     ("bench_births", "1000000"), rf"1000000 flows +death by silence, with a record +{NUMBER} cycles"),
    ("documents", "flow documents a second, writer alone, all fields", "million/s", 2.5, "more",
     ("bench_documents",), rf"all fields, no names: {NUMBER} million"),
    ("documents-lean", "the same, lean fields", "million/s", None, "more",
     ("bench_documents",), rf"lean fields, no names: {NUMBER} million"),
    ("parse", "stage parse", "cycles", None, "less", ("bench_stages", "ipv4", "auto"), rf"stage parse +{NUMBER} cycles"),
    ("flow", "stage flow", "cycles", None, "less", ("bench_stages", "ipv4", "auto"), rf"stage flow +{NUMBER} cycles"),
    ("inspect", "stage inspect", "cycles", None, "less", ("bench_stages", "ipv4", "auto"), rf"stage inspect +{NUMBER} cycles"),
    ("forward", "stage forward", "cycles", None, "less", ("bench_stages", "ipv4", "auto"), rf"stage forward +{NUMBER} cycles"),
    ("redirect", "stage redirect", "cycles", None, "less", ("bench_redirect", "auto"), rf"^redirect +{NUMBER} cycles"),
    ("return-check", "return: check", "cycles", None, "less", ("bench_redirect", "auto"), rf"return: check +{NUMBER} cycles"),
    ("return-send", "return: send", "cycles", None, "less", ("bench_redirect", "auto"), rf"return: send +{NUMBER} cycles"),
]
KAFKA = [
    ("kafka", "flow documents a second into a real Kafka broker", "million/s", None, "more",
     rf"into Kafka: {NUMBER} a second by junction-export"),
    ("kafka-share", "the same, as a share of librdkafka alone with the same bytes", "share", 0.8, "more",
     rf"the middle\): {NUMBER} "),
]
GAP_TARGET_US, FORCE_TARGET_MS = 100, (5, 10)
GAP = re.compile(r"^(?P<operation>\S.*?)" + "".join(rf"\s+(?P<{name}>[\d.]+|-)" for name in (
    "p50_us", "p999_us", "longest_us", "longest_of_all_us", "rounds", "taken", "in_force_ms", "in_force_longest_ms", "lost")) + "$")


def end(program):
    """Its own programs with it; what it has to put away, it has time for."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.killpg(program.pid, number)
        try:
            program.communicate(timeout=60)
            return
        except subprocess.TimeoutExpired:
            pass


def run(command):
    """What it printed, or why not: as (text, None) or (None, reason)."""
    name = pathlib.Path(command[0]).name
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True) as program:
            try:
                said, wrong = program.communicate(timeout=TIMEOUT_S)
            except BaseException:
                end(program)
                raise
    except (OSError, subprocess.TimeoutExpired) as why:
        return None, f"{name}: {why}"
    if program.returncode != 0:
        last = wrong.strip().splitlines()[-1:] or ["it said nothing"]
        return None, f"{name}: exit status {program.returncode}: {last[0]}"
    return said, None


def figure(row, text, reason, tsc_mhz):
    """A row of FIGURES, of its program's text."""
    key, name, unit, target, better, program, pattern = row
    result = {"key": key, "name": name, "unit": unit, "target": target, "better": better, "value": None, "reason": reason}
    if text is None:
        return result
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        return result | {"reason": f"{program[0]} printed no line like \"{pattern}\""}
    value = float(found[1])
    if key == "births":
        if not tsc_mhz:
            return result | {"reason": "the rate of the time stamp counter is not known"}
        value = round(tsc_mhz / value, 2)
    if key == "kafka":
        value = round(value / 1e6, 3)
    return result | {"value": value}


def figures(folder, tsc_mhz):
    """All of FIGURES: each program is run once."""
    said = {program: run([folder / program[0], *program[1:]]) for program in dict.fromkeys(row[5] for row in FIGURES)}
    return [figure(row, *said[row[5]], tsc_mhz) for row in FIGURES]


def number(text):
    return None if text == "-" else float(text)


def gaps_of(text):
    """Rows of bench_rounds' table."""
    rows = []
    for line in text.splitlines():
        found = GAP.match(line)
        if found:
            rows.append({name: value if name == "operation" else number(value) for name, value in found.groupdict().items()})
    return rows


def gaps(folder, flows, runs):
    text, reason = run([folder / "bench_rounds", str(flows), "", str(runs)])
    rows = gaps_of(text) if text else []
    if text and not rows:
        reason = "bench_rounds printed no operation"
    return {"flows": flows, "target_us": GAP_TARGET_US, "in_force_target_ms": FORCE_TARGET_MS, "operations": rows or None, "reason": reason}


def instructions_of(build):
    """Instructions a packet of each kind, two kinds at a time: they are counted, not timed."""
    program, folder = build / "tests" / "bench" / "instructions", build / "bench"
    text, reason = run([program])
    if text is None:
        return {"kinds": None, "reason": reason}
    try:
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            counted = list(pool.map(lambda kind: instructions.count(program, kind, folder), text.split()))
    except (SystemExit, OSError) as why:
        return {"kinds": None, "reason": str(why)}
    return {"kinds": [{"name": name, "instructions": count} for name, count in zip(text.split(), counted)], "reason": None}


def kafka(build, quick):
    """Where a broker has been brought already, and there is time."""
    script = pathlib.Path(__file__).with_name("kafka.sh")
    reason = None
    if quick:
        reason = "left out by BENCH=quick: make bench-kafka"
    elif not (build / "kafka-jars" / ".complete").exists():
        reason = "no broker was brought yet: make bench-kafka"
    text, reason = (None, reason) if reason else run([script, build])
    return [figure((*row[:5], ("kafka.sh",), row[5]), text, reason, None) for row in KAFKA]


def write(path, results):
    path.write_text(json.dumps(results, indent=2) + "\n")
