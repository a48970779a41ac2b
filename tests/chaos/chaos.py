# SPDX-License-Identifier: BSD-3-Clause
"""Chaos: traffic passes, documents reach Kafka, Elasticsearch and a file, while processes are killed, stopped and frozen, the
network is cut, and the spool is filled and damaged, all at random; then sums are compared exactly. tests/chaos/run.sh starts
it, in the namespace of Junction. A seed repeats the faults; it is printed."""
import argparse
import heapq
import json
import pathlib
import random
import shutil
import sys
import time
import traceback

import waiting
from faults import Faults
from history import History
from lives import Lives
from network import Network
from plan import choose, faults
from programs import Junction, Server, Traffic
from settings import Settings
from spool import Spool
from verdict import Verdict
from waiting import wait_for

STREAM = ("--rate", "1000", "--flows", "20000", "--devices", "100", "--in-a-row", "8", "--vary", "90")
FLOOD = ("--rate", "1500", "--flows", "20000", "--devices", "100", "--vary", "90")  # a document for each packet


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=120, help="how long faults begin; then all is healed and compared")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--faults", default="", help="kinds, or parts of their names, with commas; -WORD takes some out")
    parser.add_argument("--sinks", default="", help="some of kafka, index, streams, narrow and file, with commas; else all")
    parser.add_argument("--no-starve", dest="starve", action="store_false", help="leave out the phase in which bounds do not hold")
    parser.add_argument("--log", type=pathlib.Path, help="the faults as they came, and the verdict (BUILD/chaos-SEED.log)")
    parser.add_argument("--list", action="store_true", help="print the kinds of faults, and end")
    for name in ("build", "directory", "written"):
        parser.add_argument(f"--{name}", type=pathlib.Path, help=argparse.SUPPRESS)
    for name in ("instance", "servers"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    return parser.parse_args()


class Chaos:
    def __init__(self, chosen):
        self.chosen = chosen
        log = chosen.log or chosen.build / f"chaos-{chosen.seed}.log"
        self.history = History(log, chosen.seed)
        self.settings = Settings(chosen.directory, chosen.written, chosen.sinks)
        self.spool = Spool(chosen.directory / "spool", self.settings.spool_mb)
        self.servers = {}
        for pair in chosen.servers.split(","):
            name, pid = pair.split("=")
            self.servers[name] = Server(name, int(pid), chosen.directory, self.settings.ports[name])
        self.network = Network()
        self.lives = Lives(chosen.build, chosen.instance)
        waiting.watchers.append(self.lives.look)
        self.junction = Junction(chosen.build, chosen.instance, self.settings.write(), chosen.directory)
        self.faults = Faults(self.junction, self.servers, self.network, self.spool, self.lives)
        self.traffic, self.reports = None, []
        self.skipped = 0

    def start(self):
        self.settings.prepare_index()
        self.junction.start()
        self.junction.wait_until_up()
        self._send(STREAM)

    def _send(self, shape):
        self.traffic = Traffic(self.chosen.build, self.chosen.instance, self.chosen.directory, shape)

    def _stop_sending(self):
        report = self.traffic.stop()
        self.history.say(f"the traffic ends: {json.dumps({k: report[k] for k in ('sent', 'lost')})}")
        self.reports.append(report)

    def _reach(self, packets, until):
        """Until the traffic has come so far, by the plan's count: what passed while faults were at work is not in it, so that
        they keep their order and their length on a slow machine."""
        wait_for(lambda: f"the traffic's packet {packets + self.skipped}, it has sent {self.traffic.sent()}",
                 lambda: self.traffic.sent() - self.skipped >= packets or time.monotonic() > until, 600)

    def _act(self, fault, begins):
        before = self.traffic.sent()
        note = self.faults.act(fault, begins)
        after = self.traffic.sent()
        self.skipped += after - before
        self.history.add(fault, begins, self.traffic.numbers(), note)

    def play(self):
        """Begins and ends what the plan says, until the time is over; then ends what still holds."""
        plan, active = faults(self.chosen.seed, choose(self.chosen.faults)), []
        until = time.monotonic() + self.chosen.seconds
        coming = next(plan)
        while time.monotonic() < until:
            ends = bool(active) and active[0][0] <= coming.begin
            self._reach(active[0][0] if ends else coming.begin, until)
            if time.monotonic() > until:
                break
            if ends:
                self._act(heapq.heappop(active)[2], False)
                continue
            self._act(coming, True)
            heapq.heappush(active, (coming.end, coming.number, coming))
            coming = next(plan)
        while active:
            self._act(heapq.heappop(active)[2], False)

    def heal(self):
        self.history.say("all is healed")
        for server in self.servers.values():
            server.wait_until_it_answers()
        self.junction.wait_until_up()

    def starve(self):
        """The broker is away for longer than the narrow sink's bounds hold."""
        self._stop_sending()
        port = self.settings.ports["broker"]
        self.network.cut("cut", port)
        self.history.say("the broker is cut off until the narrow sink has lost documents")
        self._send(FLOOD)
        wait_for(self._waiting, lambda: self._lost("narrow"), 600)
        self.network.heal("cut", port)
        self.history.say(f"it has lost {self._lost('narrow')}, and the broker is back")

    def _lost(self, name):
        shown = self.junction.sinks()
        return shown[name].lost_in_all()[0] if shown else 0

    def drain(self):
        """Until what was open is closed, and no sink has anything in memory, in flight or spooled, also once more after a stop,
        which writes the last interval. Returns the sinks."""
        self._stop_sending()
        closed = self.junction.closed()
        wait_for("three intervals to close", lambda: self.junction.closed() >= closed + 3)
        wait_for(self._waiting, self.junction.drained, 600)
        self.faults.term_junction()
        self.junction.start()
        self.junction.wait_until_up()
        sinks = wait_for(self._waiting, self.junction.drained, 600)
        self.faults.term_junction()
        return sinks

    def _waiting(self):
        shown = self.junction.sinks() or {}
        return f"the sinks to be empty; {'; '.join(sink.text for sink in shown.values())}"


def main():
    chosen = options()
    if chosen.list:
        print("\n".join(kind.name for kind in choose(chosen.faults)))
        return 0
    chaos = Chaos(chosen)
    print(f"chaos: seed {chosen.seed}; the log is {chaos.history.path}", flush=True)
    try:
        chaos.start()
        chaos.play()
        chaos.heal()
        if chosen.starve:
            chaos.starve()
        verdict = Verdict(chaos, chaos.drain())
        failures = verdict.failures()
        chaos.history.end(failures, verdict.lines(), verdict.details() if failures else ())
    except (waiting.Vain, SystemExit) as error:
        failures = [str(error)]
        chaos.history.end(failures)
    except Exception as error:  # of this program: its log is kept all the same
        failures = [repr(error)]
        chaos.history.end(failures)
        traceback.print_exc()
    if failures:
        shutil.copy(chaos.junction.log, chaos.history.path.with_suffix(".junction.log"))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
