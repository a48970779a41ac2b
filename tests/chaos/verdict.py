# SPDX-License-Identifier: BSD-3-Clause
"""What is to be seen at the end: reads all sinks, and has everything compared."""
import re
import signal

import sums
from arrived import from_files, from_index, from_kafka
from settings import STREAMS

DEATH = re.compile(r"(junction-\w+) (?:was killed by signal (\d+)|exited with status (\d+)).*?: started again")
# Losses that faults may bring about, by the word in their names; no other loss may be.
REASONS = {"spool_full": ("fill-spool",), "memory_full": ("fill-spool", "readonly-spool"),
           "damaged": ("flip-spool", "tear-spool")}
BOUNDS = ("spool_full", "memory_full")  # what the narrow sink exceeds
EXPORTER_KILLED = ("kill-exporter", "kill-junction", "readonly-spool", "tear-spool")
UNSAID = 2048  # documents of the narrow spool that its sink may have without having said so


class Verdict:
    def __init__(self, chaos, sinks):
        self.chaos, self.sinks = chaos, sinks
        self.counts = chaos.lives.counts()
        self.killed = chaos.faults.killed
        broker, index = (chaos.settings.ports[name] for name in ("broker", "index"))
        names = [sink["name"] for sink in chaos.settings.sinks()]
        self.logs = [from_kafka(name, broker, (f"{name}.flow", f"{name}.summary")) for name in ("kafka", "narrow") if name in names]
        self.indices = [from_index(name, index, pattern) for name, pattern in
                        (("index", "chaos-index-*"), ("streams", ",".join(STREAMS))) if name in names]
        self.files = [from_files("file", chaos.settings.document_file)] if "file" in names else []
        self.arrived = self.logs + self.indices + self.files
        self.everything = sums.union(self.arrived)
        self.slack = sums.BURST * sum(life["workers"] for life in self.counts if life["pid"] in self.killed)

    def lines(self):
        packets, size = self._ports()
        yield (f"{len(self.counts)} lives of the dataplane, {len(self.killed)} of them ended by SIGKILL; the ports counted "
               f"{packets} packets, {size} bytes; {sum(life['uninspected'] for life in self.counts)} more passed before a policy")
        total = sums.total(self.everything.values())
        yield f"all sinks together: {len(self.everything)} documents, whose flows have {total[0]} packets, {total[1]} bytes"
        for arrived in self.arrived:
            again = sum(arrived.copies.values()) - len(arrived.documents)
            packets, size = sums.total(arrived.documents.values())
            lost = self.sinks[arrived.name].lost_in_all()
            yield (f"{arrived.name:8} {len(arrived.documents):8} documents, {again:6} copies; {packets:9} packets, {size:11} bytes; "
                   f"counted as lost: {lost[0]} records, {lost[1]} packets, {lost[2]} bytes")

    def failures(self):
        found = [*self._deaths(), *self._sanitizers(), *self._reasons(), *self._far_ends()]
        for arrived in self.arrived:
            found += sums.whole(arrived)
            lost = self.sinks[arrived.name].lost_in_all()
            unsure = self._unsure(arrived.name)
            found += sums.lost_exactly(arrived, self.everything, lost, unsure)
            lost = sums.lacking(arrived, self.everything) if unsure else lost
            found += sums.counted(arrived.name, arrived.documents.values(), self._ports(), lost[1:], self.slack)
        for arrived in self.logs + self.files:
            found += sums.ordered(arrived)
        for arrived in self.logs:
            found += sums.partitioned(arrived)
        for arrived in self.indices:
            found += sums.once(arrived)
        for other in self.arrived[1:]:
            found += sums.alike(self.arrived[0], other)
        return found + [*sums.summaries(self.everything), *sums.lives(self.everything, self.counts, self.killed)]

    def _unsure(self, name):
        """Documents that may be counted as lost and be there: torn frames may be made again, what was given up in flight may
        have been taken, and so may what a killed exporter had not noted before it went for want of room."""
        torn = self.chaos.spool.torn if name == "kafka" else 0
        lost = self.sinks[name].lost
        unsaid = UNSAID * sum(self.chaos.history.begun[kind] for kind in EXPORTER_KILLED) if lost.get("spool_full", (0,))[0] else 0
        return torn + unsaid + lost.get("memory_full", (0, 0, 0))[0]

    def details(self):
        """Of what is missing somewhere or is there twice in an index: where it is, and what happened when it was made."""
        for arrived in self.arrived:
            missing = [d for i, d in self.everything.items() if i not in arrived.documents]
            double = [d for d in arrived.documents.values() if arrived.copies[d.identity] > 1] if arrived in self.indices else []
            for what, documents in (("lacks", missing), ("has twice", double)):
                yield f"{arrived.name} {what} {len(documents)}"
                for d in documents[:1000]:
                    where = [other.name for other in self.arrived if d.identity in other.documents]
                    yield f"  {d.identity} {d.kind} {d.time} of {d.device or d.vpg}, {d.packets} packets; is in {', '.join(where)}"
                for line in self.chaos.history.around(documents[0].time) if documents else []:
                    yield f"    around the first: {line}"

    def _ports(self):
        """What they counted, less what found the ring full."""
        lost = [life["lost"] for life in self.counts]
        return tuple(sum(life[what] for life in self.counts) - sum(one[at] for one in lost)
                     for at, what in enumerate(("packets", "bytes"), 1))

    def _deaths(self):
        """Nothing ended but what was ended here."""
        found = {}
        for program, number, status in DEATH.findall(self._log()):
            key = (program, int(number) if number else -int(status))
            found[key] = found.get(key, 0) + 1
        refused = len(re.findall(r"junction-export: spool .*Read-only file system", self._log()))  # it cannot have its spool
        exits = ("junction-export", -1)
        found[exits] = max(0, found.get(exits, 0) - refused)
        sent = self.chaos.faults.sent
        for (program, number), times in found.items():
            asked = sent.get((program, number), 0) if number == signal.SIGKILL else \
                sent.get((program, signal.SIGTERM), 0) if number in (0, signal.SIGTERM) else 0
            if times > asked:
                how = f"was killed by signal {number}" if number > 0 else f"exited with status {-number}"
                yield f"{program} {how} {times} times, and was asked to {asked} times"

    def _log(self):
        return self.chaos.junction.log.read_text(encoding="utf-8", errors="replace")

    def _sanitizers(self):
        for line in re.findall(r".*(?:Sanitizer|runtime error:).*", self._log())[:3]:
            yield f"a sanitizer reported: {line}"

    def _reasons(self):
        """Nothing is lost while the bounds hold, and those of all but one sink do unless the spool is attacked."""
        begun = self.chaos.history.begun
        for name, sink in self.sinks.items():
            for reason, (records, packets, _) in sink.lost.items():
                may = any(begun[kind] for kind in REASONS.get(reason, ())) or name == "narrow" and reason in BOUNDS
                if records and not may:
                    yield f"{name}: {records} records of {packets} packets were lost for {reason}, which nothing here brings about"

    def _far_ends(self):
        """What came out at the other side was seen by Junction: an account that Junction has no part in."""
        through = sum(report[way]["received"] for report in self.chaos.reports for way in ("uplink", "downlink"))
        packets, _ = sums.total(self.everything.values())
        uninspected = sum(life["uninspected"] for life in self.counts)
        if through > packets + uninspected + self.slack:
            yield f"{through} packets came through, and flow documents have {packets}"
