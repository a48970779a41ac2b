#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How what is measured begins, takes turns and ends, and that nothing of it stays."""
import contextlib
import io
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import bench
import inside
import ovs
import peers
import printed
import rows
import subjects

HERE = pathlib.Path(__file__).parent


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


class Fake(subjects.Subject):
    """A program that does nothing, and notes as if it sent `rate` packets a microsecond, of which copies are made."""
    rate, copied = 10.0, 1

    def begin(self):
        self.process = self.start("sleep", ["600"])
        if self.name != "testpmd":
            self.open_notes()

    def open_notes(self):
        self.state()  # what stands still opens nothing
        self.notes = self

    def state(self):
        state = pathlib.Path("/proc", str(self.process.pid), "stat").read_text().rpartition(")")[2].split()[0]
        if state == "T":
            raise AssertionError(f"{self.name} stands still")

    def new(self):
        self.state()
        now = time.monotonic_ns()
        return [(ns, int(ns * self.rate / 1000)) for ns in range(now - 10**9, now, 10**6)]

    def sent(self):
        return int(time.monotonic_ns() * self.rate / 1000)

    def copies(self):
        return self.sent() * self.copied

    def hz(self):
        return 2_100_000_000

    def close(self):
        pass

    def bytes_a_flow(self):
        return 144.0

    def show(self, _):
        return {"isa": "avx2"}


class Broken(Fake):
    def begin(self):
        super().begin()
        raise subjects.Failed("it does not begin")


@mock.patch("slices.TURN_S", 0.09)
class Together(unittest.TestCase):
    """What is measured side by side begins, takes turns, and ends."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "wire-ipv4-2000-1-60.pcap").touch()
        self.fakes = []
        self.row = next(row for row in rows.ROWS if row.key == "one-peer")

        def kind(name, **attributes):
            return type(name, (Fake,), attributes | {"__enter__": lambda fake: self.fakes.append(fake) or Fake.__enter__(fake)})
        self.enterContext(mock.patch.multiple(subjects, Testpmd=kind("T", rate=20.0), Junction=kind("J")))
        self.enterContext(mock.patch.object(ovs, "Ovs", kind("O", rate=5.0)))

    def tearDown(self):
        self.assertEqual([part.poll() is None for fake in self.fakes for part in fake.parts], [False] * len(self.fakes))

    def test_two_and_an_older_one(self):
        for before in (None, self.folder):
            found = next(bench.forwarding(self.folder, before, self.folder, [self.row], 2, 10_000))
            self.assertEqual((found["failed"], round(found["ratio"], 1), round(found["mpps"])), (False, 0.5, 10), found)
            self.assertEqual("before" in found, before is not None)
        self.assertEqual(len(self.fakes), 5)

    def test_beside_open_vswitch(self):
        with contextlib.redirect_stdout(io.StringIO()):
            found = peers.measure(self.folder, self.folder, self.row, 2)
        self.assertEqual((round(found["ratio"]), round(found["ovs_mpps"]), round(found["testpmd_mpps"])), (2, 5, 20))
        self.assertIn("10.00      5.00     20.00    2.00", printed.peers(found | {"name": "one"}))
        self.assertIn("BEHIND", printed.peers(found | {"name": "one", "ratio": 0.9}))
        self.assertEqual(len(self.fakes), 3)

    def test_one_that_does_not_begin(self):
        with mock.patch.object(ovs, "Ovs", Broken):
            found = bench.attempt(self.row, lambda: peers.measure(self.folder, self.folder, self.row, 2))
        self.assertEqual((found["failed"], found["reason"]), (True, "it does not begin"))
        self.assertIn("it does not begin", printed.peers(found))

    def test_copies_that_are_not_made(self):
        with mock.patch.object(ovs.Ovs, "copied", 0):
            found = bench.attempt(self.row, lambda: peers.measure(self.folder, self.folder, self.row, 2))
        self.assertEqual((found["failed"], found["reason"]), (True, "of 1 copies a packet only 0.00 were made"))

    def test_a_capture_that_is_not_whole(self):
        with mock.patch("captures.write", lambda path, *_: path.touch() or sys.exit(1)), self.assertRaises(SystemExit):
            bench.played(self.folder, rows.Row("new", "new", flows=7))
        self.assertFalse((self.folder / "wire-ipv4-7-1-60.pcap").exists())


class Ends(unittest.TestCase):
    """However a row ends, nothing that was started for it stays."""

    def test_a_program_that_is_not_there(self):
        with tempfile.TemporaryDirectory() as folder:
            build = pathlib.Path(folder)
            script(build / "junction-control", "exec sleep 600")
            junction = subjects.Junction(build, build, "ends", rows.ROWS[0], {"wire": "none"})
            self.addCleanup(junction.__exit__)
            with self.assertRaises(FileNotFoundError):
                junction.__enter__()
            self.assertEqual([part.poll() is None for part in junction.parts], [False])

    def test_a_program_that_puts_something_away(self):
        """bench.py is told to end while the program runs."""
        kept = signal.signal(signal.SIGUSR1, lambda *_: sys.exit(1))
        self.addCleanup(signal.signal, signal.SIGUSR1, kept)
        with tempfile.TemporaryDirectory() as folder:
            program, left = pathlib.Path(folder, "program"), pathlib.Path(folder, "left")
            script(program, f"sleep 600 & touch {left}; trap 'rm {left}' EXIT; trap 'exit 143' TERM; kill -USR1 $PPID; wait")
            with self.assertRaises(SystemExit):
                inside.run([program])
            self.assertFalse(left.exists())


    def test_nothing_stays(self):
        """Whenever it is told to end, and when it ends by itself: it has a process that lost its parent, and one that stands still."""
        for number, when in ((0, "never"), (signal.SIGTERM, "taking"), (signal.SIGINT, "beginning"), (signal.SIGHUP, "working"),
                             (signal.SIGTERM, "deaf")):
            with self.subTest(when=when), tempfile.TemporaryDirectory() as name:
                folder = pathlib.Path(name)
                done = subprocess.run([sys.executable, "-B", "-c", WORK, name, when, str(int(number))], cwd=HERE, timeout=60, check=False)
                self.assertEqual(done.returncode, 128 + number if number else 7)
                for pid in folder.glob("process-*"):
                    self.assertFalse(pathlib.Path("/proc", pid.name.rpartition("-")[2]).exists())
                for scratch in folder.glob("scratch"):
                    self.assertFalse(pathlib.Path(scratch.read_text()).exists())
                self.assertFalse((folder / "taken").exists())
                self.assertEqual({path.name for path in (folder / "instances").iterdir()}, {"bench-1", "jt7"})


# What works under ends.py, and has it told to end at some moment.
WORK = """
import contextlib, os, pathlib, signal, subprocess, sys, tempfile, time
import ends
folder, when, number, waits = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), os.getpid()
ends.INSTANCES = [folder / "instances"]
for name in ("bench-1", "jt7"):  # of a process that is there, and of somebody else
    (folder / "instances" / name).mkdir(parents=True)
def at(moment):
    if when == moment:
        os.kill(waits, number)
@contextlib.contextmanager
def taken():
    (folder / "taken").touch()
    at("taking")
    yield
    (folder / "taken").unlink()
def work(_):
    (folder / "scratch").write_text(tempfile.mkdtemp())
    at("beginning")
    (folder / "instances" / f"bench-one-{os.getpid()}").mkdir()
    lost = subprocess.Popen(["setsid", "sh", "-c", f"sleep 600 & touch {folder}/process-$! {folder}/process-$$"])
    still = subprocess.Popen(["sleep", "600"])
    (folder / f"process-{still.pid}").touch()
    still.send_signal(signal.SIGSTOP)
    lost.wait()
    if when == "deaf":
        signal.pthread_sigmask(signal.SIG_BLOCK, ends.ENDING)
        at("deaf")
    at("working")
    while when != "never":
        time.sleep(0.01)
    return 7
if when == "deaf":
    ends.PATIENCE_S = 0.2
sys.exit(ends.run(taken(), work))
"""


if __name__ == "__main__":
    unittest.main()
