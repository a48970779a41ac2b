# SPDX-License-Identifier: BSD-3-Clause
"""Figures of programs that run Junction's code by itself: what they print, as rows. A program that fails, or prints something
else, gives rows without a figure and with the reason, which have failed; those that this machine cannot measure have not."""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import instructions

HERE = pathlib.Path(__file__).parent
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
    ("lines-1000000", "memory alone, a packet of 1,000,000 flows: the two lines of its flow", "cycles", None, "less",
     ("bench_lines", "1000000"), rf"1000000 flows +a bucket's line and an entry's, as a packet does +{NUMBER} cycles"),
    ("lines-10000000", "memory alone, a packet of 10,000,000 flows: the two lines of its flow", "cycles", None, "less",
     ("bench_lines", "10000000"), rf"10000000 flows +a bucket's line and an entry's, as a packet does +{NUMBER} cycles"),
    ("latency-10000000", "one line of 10,000,000 flows' entries, one after the other", "cycles", None, "less",
     ("bench_lines", "10000000"), rf"10000000 flows +an entry's line, one after the other +{NUMBER} cycles"),
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
        last = re.findall("^FAIL .*", said, re.MULTILINE) or wrong.strip().splitlines()[-1:] or ["it said nothing"]
        return None, f"{name}: exit status {program.returncode}: {last[0]}"
    return said, None


def entry(row, value=None, reason=None, failed=False):
    """A row and its figure, or why it has none: something failed, or this machine cannot measure it."""
    return dict(zip(("key", "name", "unit", "target", "better"), row)) | {"value": value, "reason": reason, "failed": failed}


def figure(row, text, reason, tsc_mhz):
    """A row of FIGURES, of its program's text."""
    key, program, pattern = row[0], row[5], row[6]
    if text is None:
        return entry(row, reason=reason, failed=True)
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        return entry(row, reason=f"{program[0]} printed no line like \"{pattern}\"", failed=True)
    value = float(found[1])
    if key == "births":
        if not tsc_mhz:
            return entry(row, reason="the rate of the time stamp counter is not known")
        value = round(tsc_mhz / value, 2)
    if key == "kafka":
        value = round(value / 1e6, 3)
    return entry(row, value)


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
    rows = gaps_of(text or "")
    if not reason and not rows:
        reason = "bench_rounds printed no operation"
    return {"flows": flows, "target_us": GAP_TARGET_US, "in_force_target_ms": FORCE_TARGET_MS, "operations": rows or None,
            "reason": reason, "failed": reason is not None}


def instructions_of(build):
    """Instructions a packet of each kind, two kinds at a time: they are counted, not timed."""
    program, folder = build / "tests" / "bench" / "instructions", build / "bench"
    if shutil.which("valgrind") is None:
        return {"kinds": None, "reason": "valgrind is missing, whose callgrind counts", "failed": False}
    text, reason = run([program])
    names = (text or "").split()
    try:
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            counted = list(pool.map(lambda kind: instructions.count(program, kind, folder), names))
    except (instructions.NotCounted, OSError) as why:
        reason = str(why)
    if reason or not names:
        return {"kinds": None, "reason": reason or f"{program.name} has no kinds of packets", "failed": True}
    return {"kinds": [{"name": name, "instructions": count} for name, count in zip(names, counted)], "reason": None, "failed": False}


def kafka_of(text, reason):
    """What bench_kafka printed."""
    return [figure((*row[:5], ("bench_kafka",), row[5]), text, reason, None) for row in KAFKA]


def kafka(build, documents):
    """So many documents a round, into a broker that is brought and started for it, where one can be had."""
    _, reason = run([HERE.parent / "kafka" / "jars.sh", build])
    if reason:
        return [entry(row, reason=f"no Kafka broker can be had: {reason}") for row in KAFKA]
    return kafka_of(*run([HERE / "kafka.sh", build, str(documents)]))


def write(path, results):
    path.write_text(json.dumps(results, indent=2) + "\n")
