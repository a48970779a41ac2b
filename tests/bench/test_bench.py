#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_bench.py BUILD: what bench.py makes of what it measures, how it says what it cannot, and that its ports receive what
they should. Nothing here is timed."""
import contextlib
import io
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock
import xml.etree.ElementTree

import bench
import captures
import inside
import latency
import machine
import report
import rows
import slices
import subjects
from test_subjects import script

BUILD = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
HERE = pathlib.Path(__file__).parent
STEADY, SLOWER = [[10.0] * 20] * 4, [[9.0] * 20] * 4
SETTLED = {"key": "2000", "name": "2,000 flows", "target": 0.55, "mpps": 20.0, "testpmd_mpps": 40.0, "ratio": 0.5, "halves": [0.5, 0.5],
           "settled": True, "median_of_best": [0.9, 0.9], "bytes_a_flow": 144.0, "tsc_mhz": 2100.0, "reason": None, "failed": False}
FAILED = {"key": "1000000", "name": "1,000,000 flows", "target": 0.65, "ratio": None, "loads": None, "reason": "7 MB are needed",
          "failed": False}
TIMES = {"p50_us": 1.0, "p99_us": 2.0, "p999_us": 3.0, "packets": 5, "lost": 0}


def results():
    figure = {"key": "parse", "name": "stage parse", "unit": "cycles", "target": None, "better": "less", "value": 10.0, "reason": None,
              "failed": False}
    parts = [figure | {"key": key, "name": key} for key in ("parse", "flow", "inspect", "forward")]
    return {"format": 1, "quick": True, "turns": 4, "date": "2026-01-01", "seconds": 9, "forwarding": [SETTLED, dict(FAILED)],
            "machine": {"cpu": "A <CPU> & more", "cores": 2, "kernel": "6.1", "dpdk": "22.11", "tsc_mhz": 2100.0},
            "latency": [{"name": "forwarded", "loads": {"at rest": {"junction": TIMES, "testpmd": TIMES}}, "reason": None, "failed": False},
                        dict(FAILED)],
            "figures": parts + [figure | {"key": "births", "name": "new flows", "value": None, "target": 4.0, "reason": "it failed"}],
            "gaps": {"flows": 7, "target_us": 100, "operations": inside.gaps_of(GAPS), "reason": None, "failed": False},
            "instructions": {"kinds": None, "reason": "valgrind is missing", "failed": False}}


GAPS = f"{'operation':<42}     p50   p99.9  longest   of all   rounds   taken\n{'an interval ends':<42}" \
    "     1.1    20.5     90.0    120.0    5000       3        -        -        0\n"


class Figures(unittest.TestCase):
    def test_ratio_is_of_the_best_tenth(self):
        held_up = [[10.0] * 2 + [1.0] * 18] * 4
        found = slices.compare(held_up, STEADY)
        self.assertEqual((found["ratio"], found["settled"]), (1.0, True))
        self.assertEqual(found["median_of_best"], [0.1, 1.0])

    def test_halves_that_differ_are_not_settled(self):
        found = slices.compare(SLOWER[:2] + STEADY[:2], STEADY)
        self.assertEqual((found["halves"], found["settled"]), ([0.9, 1.0], False))

    def test_nothing_counted_is_no_figure(self):
        for nothing in ([[], []], [[0.0] * 5] * 2):
            with self.assertRaises(ValueError):
                slices.compare(nothing, STEADY[:2])

    def test_a_half_without_windows_is_not_settled(self):
        for empty in ([], [0.0] * 5):
            found = slices.compare([empty, empty] + STEADY[:2], STEADY)
            self.assertEqual((found["ratio"], found["halves"], found["settled"]), (1.0, [], False))

    def test_windows_are_of_one_turn(self):
        notes = [(ns * 1_000_000, ns * 5_000) for ns in range(100)]
        self.assertEqual(slices.windows(notes, 10_000_000, 75_000_000), [5.0] * 3)

    def test_a_failed_row_has_its_reason(self):
        def fails():
            raise subjects.Failed("no port")
        found = bench.attempt(rows.ROWS[0], fails)
        self.assertEqual((found["ratio"], found["reason"], found["failed"]), (None, "no port", True))

    def test_percentiles(self):
        counts = [0] * slices.LATENCIES
        counts[5], counts[100] = 98, 2
        found = latency.percentiles(counts, 1_000_000)
        self.assertEqual((found["p50_us"], found["p99_us"]), (6, latency.bucket_end(100)))
        self.assertIsNone(latency.percentiles([0] * slices.LATENCIES, 1))

    def test_printed_figures(self):
        row = inside.FIGURES[0]
        text = "1000000 flows  birth and death, with a record   500.0 cycles, median   600.0\n"
        self.assertEqual(inside.figure(row, text, None, 2100.0)["value"], 4.2)
        self.assertIsNone(inside.figure(row, text, None, None)["value"])
        missing = inside.figure(row, "something else\n", None, 2100.0)
        self.assertEqual((missing["value"], missing["reason"][:12]), (None, "bench_births"))

    def test_programs_that_fail(self):
        self.assertIn("exit status 1", inside.run(["false"])[1])
        self.assertIn("nowhere", inside.run(["/nowhere"])[1])
        for says, why in (("exit 3", "exit status 3"), ("echo something else", "printed no"), ("", "printed no")):
            with self.subTest(says=says), programs(says) as build:
                figures = inside.figures(build / "tests/bench", 2100.0)
                gaps = inside.gaps(build / "tests/bench", 7, 1)
                for row in (*figures, gaps):
                    self.assertTrue(row["failed"] and row["reason"])
                    self.assertIn(why, row["reason"])
                wrong = {"forwarding": [], "figures": figures[:2], "gaps": gaps, "instructions": inside.instructions_of(build)}
                self.assertEqual(bench.verdict(wrong), "bench: no figures of births, birth, gaps, instructions")

    def test_what_failed_is_named(self):
        fine = results()
        self.assertEqual(bench.verdict(fine), 0)
        self.assertEqual(bench.verdict({"forwarding": [SETTLED]}), 0)
        for part, named in (("forwarding", "1000000"), ("latency", "1000000"), ("figures", "births"), ("gaps", "gaps"),
                            ("instructions", "instructions")):
            wrong = results()
            row = wrong[part] if isinstance(wrong[part], dict) else wrong[part][-1]
            row["failed"] = True
            self.assertEqual(bench.verdict(wrong), f"bench: no figures of {named}")

    def test_what_cannot_be_measured_is_no_failure(self):
        with programs("exit 3") as build, mock.patch("shutil.which", return_value=None), mock.patch("subjects.CORES", [0, 1]):
            found = {"forwarding": [bench.attempt(row, lambda row=row: bench.fits(build, row, 2, 7000))
                                    for row in rows.ROWS if row.key in ("1000000", "classified")],
                     "figures": [bench.two_workers(build, build, 1),
                                 inside.figure(inside.FIGURES[0], "1000000 flows birth and death, with a record 9 cycles", None, None)],
                     "instructions": inside.instructions_of(build)}
        for row in (*found["forwarding"], *found["figures"], found["instructions"]):
            self.assertIsInstance(row["reason"], str)
            self.assertEqual((row["failed"], row.get("ratio"), row.get("value"), row.get("kinds")), (False, None, None, None))
        self.assertEqual(bench.verdict(found), 0)

    def test_kafka(self):
        said = ("round 1: 9 a second by junction-export, 10 by librdkafka alone: 0.90\n"
                "flow documents into Kafka: 188968 a second by junction-export, 207220 by librdkafka alone (of 7 rounds of 100000 "
                "the middle): 0.92 (target: 0.8)\n")
        self.assertEqual([(row["value"], row["target"]) for row in inside.kafka_of(said, None)], [(0.189, None), (0.92, 0.8)])
        with programs("echo FAIL kafka: no port; echo '--- broker.log'; exit 1") as build:
            found = inside.kafka_of(*inside.run([build / "tests/bench/bench_rounds"]))
            self.assertEqual({(row["failed"], row["reason"][-20:]) for row in found}, {(True, " FAIL kafka: no port")})

    def test_no_kafka_broker_to_be_had(self):
        with tempfile.TemporaryDirectory() as folder:
            for tool in ("bash", "env"):
                pathlib.Path(folder, tool).symlink_to(shutil.which(tool))
            with mock.patch.dict(os.environ, PATH=folder):
                found = inside.kafka(pathlib.Path(folder), 1)
        self.assertEqual({(row["value"], row["failed"]) for row in found}, {(None, False)})
        self.assertIn("no Kafka broker can be had: jars.sh: exit status 1: java is missing", found[0]["reason"])

    def test_gaps(self):
        self.assertEqual([(row["operation"], row["longest_us"], row["in_force_ms"]) for row in inside.gaps_of(GAPS)],
                         [("an interval ends", 90.0, None)])


class Report(unittest.TestCase):
    def test_document_and_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            docs = pathlib.Path(folder)
            (docs / "performance.md").write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
            (docs / "bench.json").write_text("{}")
            inside.write(docs / "bench.json", results())
            subprocess.run([HERE / "report.py", docs / "bench.json", docs], check=True)
            text = (docs / "performance.md").read_text()
            root = xml.etree.ElementTree.parse(docs / "performance.svg").getroot()
        self.assertTrue(text.startswith("before\n") and text.endswith("after\n") and "old" not in text)
        self.assertIn("| 2,000 flows | 20.0 | 40.0 | 105 / 52 | **0.50** | 0.55 | 91% |", text)
        for reason in ("7 MB are needed", "it failed", "valgrind is missing"):
            self.assertIn(reason, text)
        self.assertIn("| an interval ends | 20.5 | 90.0 | yes | - | - |", text)
        said = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn("not measured", said)
        self.assertTrue(any("A <CPU> & more" in one for one in said))

    def test_a_document_without_a_place(self):
        with tempfile.TemporaryDirectory() as folder:
            docs = pathlib.Path(folder)
            (docs / "performance.md").write_text("nothing\n")
            inside.write(docs / "bench.json", results())
            done = subprocess.run([HERE / "report.py", docs / "bench.json", docs], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("has no place for figures", done.stderr)


class Missing(unittest.TestCase):
    def refused(self, what, function, *arguments):
        with self.assertRaises(SystemExit) as caught:
            function(*arguments)
        self.assertIn(what, str(caught.exception))

    def test_what_is_missing(self):
        self.refused("root is missing", machine.check, [0, 1], "/usr/bin/dpdk-testpmd", False)
        self.refused("dpdk-testpmd is missing", machine.check, [0, 1], None, True)
        self.refused("a core is missing", machine.check, [0], "/usr/bin/dpdk-testpmd", True)

    def test_huge_pages(self):
        with tempfile.TemporaryDirectory() as folder:
            kept, machine.HUGE = (machine.HUGE, machine.MEMORY, machine.MOUNTS), pathlib.Path(folder, "nr_hugepages")
            machine.MEMORY = pathlib.Path(folder, "meminfo")
            machine.MEMORY.write_text("HugePages_Total:       1\nHugePages_Free:        0\n")
            try:
                self.refused("huge pages are missing: this kernel gives none", machine.Hugepages(2, 4).__enter__)
                machine.HUGE = self.Stingy()
                self.refused("huge pages are missing: 8 MB are needed, the kernel has 4", machine.Hugepages(8, 8).__enter__)
                self.assertEqual(machine.HUGE.written, ["5", "1"])
                machine.HUGE, machine.MOUNTS = self.Stingy(), machine.MEMORY  # none of which is a hugetlbfs
                self.refused("a hugetlbfs for the flow table is missing",
                             machine.Hugepages(2, 4, pathlib.Path(folder, "not", "there")).__enter__)
                self.assertEqual(machine.HUGE.written, ["3", "1"])
            finally:
                machine.HUGE, machine.MEMORY, machine.MOUNTS = kept

    class Stingy:
        """A kernel with room for three pages, one of which was taken before."""

        def __init__(self):
            self.written = []

        def write_text(self, text):
            self.written.append(text)

        def read_text(self):
            return str(min(int(self.written[-1]), 3)) if self.written else "1"

    def test_rows_left_out_when_hurried(self):
        row = next(row for row in rows.ROWS if row.target is None)
        with contextlib.redirect_stdout(io.StringIO()):
            found = next(bench.forwarding(BUILD, None, HERE, [row], 1, 0, True))
        self.assertEqual((found["ratio"], found["failed"], found["reason"]), (None, False, "left out by BENCH=quick"))

    def test_rows_that_do_not_fit(self):
        found = bench.attempt(rows.ROWS[0], lambda: bench.fits(BUILD, rows.ROWS[0], 2, 100))
        self.assertEqual((found["ratio"], found["failed"], found["reason"][-12:]), (None, False, "there are 100"[-12:]))

    def test_the_program_ends_with_a_failure(self):
        command = [sys.executable, HERE / "bench.py", "/nowhere"]
        self.assertEqual(subprocess.run([*command, "no-such-row"], capture_output=True, check=False).returncode, 2)
        alone = subprocess.run(["taskset", "-c", str(subjects.CORES[0]), *command, "2000"], capture_output=True, text=True, check=False)
        self.assertEqual((alone.returncode, "missing" in alone.stderr), (1, True))
        bare = subprocess.run([*command, "2000"], capture_output=True, text=True, check=False, env={"PATH": "/nowhere"})
        self.assertEqual((bare.returncode, "dpdk-testpmd is missing" in bare.stderr), (1, True))


@contextlib.contextmanager
def programs(says):
    """A build whose programs all do the same."""
    with tempfile.TemporaryDirectory() as folder:
        build = pathlib.Path(folder)
        (build / "tests/bench").mkdir(parents=True)
        for name in ("instructions", "bench_rounds", *{row[5][0] for row in inside.FIGURES}):
            script(build / "tests/bench" / name, says)
        yield build


def frames(path):
    data = path.read_bytes()
    at, found = 24, []
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        if at + 16 + length > len(data):
            break
        found.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return found


@unittest.skipIf(BUILD is None, "no build was named")
class Programs(unittest.TestCase):
    """Those that do not take long print what is looked for. bench_mirror and bench_redirect count what they sent."""

    def test_rows(self):
        for program in (("bench_stages", "ipv4", "auto"), ("bench_redirect", "auto")):
            found = inside.run([BUILD / "tests/bench" / program[0], *program[1:]])
            for row in inside.FIGURES:
                if row[5] == program:
                    self.assertGreater(inside.figure(row, *found, None)["value"] or 0, 0, found)
        self.assertIsNone(inside.run([BUILD / "tests/bench/bench_mirror"])[1])


@unittest.skipIf(BUILD is None, "no build was named")
class Ports(unittest.TestCase):
    """testpmd with bench_port writes what the port receives, at a rate."""

    def play(self, kind, flows, sizes, wanted):
        with tempfile.TemporaryDirectory() as folder:
            out, notes = pathlib.Path(folder, "out.pcap"), pathlib.Path(folder, "notes")
            notes.write_bytes(struct.pack("<QQ", 0, 20_000) + bytes(slices.HEAD - 16 + slices.SAMPLES * 16 + slices.LATENCIES * 8))
            env = os.environ | {"LD_PRELOAD": str(BUILD / "tests/bench/bench_port.so"), "BENCH_NOTES": str(notes), "BENCH_COUNT": "net_pcap0",
                                "BENCH_PACED": "1", "BENCH_SWEEP": f"net_null9:{kind}:{flows}:{','.join(map(str, sizes))}"}
            command = ["dpdk-testpmd", "--no-huge", "-m", "256", "--no-pci", "--no-telemetry", "--no-shconf", "--lcores", "0,1@0", "--vdev",
                       "net_null9,copy=0", "--vdev", f"net_pcap0,tx_pcap={out}", "--", "--forward-mode=io", "--total-num-mbufs=4096",
                       "--no-flush-rx", "--no-mlockall"]
            with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
                deadline = time.monotonic() + 60
                while (not out.exists() or out.stat().st_size < 24 + wanted * (16 + max(sizes))) and time.monotonic() < deadline:
                    if program.poll() is not None:
                        self.fail(program.stdout.read().decode()[:1000])
                    time.sleep(0.05)
                program.send_signal(signal.SIGINT)
                program.communicate(timeout=30)
            return frames(out), slices.Notes(notes)

    def test_flows(self):
        for kind, sizes, at in (("ipv4", [60, 590], 14), ("vlan", [64], 18), ("ipv6", [80], 14)):
            with self.subTest(kind=kind):
                got, notes = self.play(kind, 301, sizes, 700)
                self.assertGreater(notes.count(), 0)
                self.assertGreater(sum(notes.latencies()), 0)
                notes.close()
                self.assertEqual({len(frame) for frame in got}, set(sizes))
                key = slice(at + 20, at + 24) if kind == "ipv6" else slice(at + 12, at + 16)
                ports = slice(at + 40, at + 42) if kind == "ipv6" else slice(at + 20, at + 22)
                for begin in (0, 301):  # each pass has every flow once, in another order
                    self.assertEqual(len({(frame[key], frame[ports]) for frame in got[begin:begin + 301]}), 301)
                self.assertNotEqual([frame[key] for frame in got[:301]], [frame[key] for frame in got[301:602]])
                if kind != "ipv6":
                    self.assertEqual({captures.checksum(frame[at:at + 20]) for frame in got}, {0})


if __name__ == "__main__":
    unittest.main()
