# SPDX-License-Identifier: BSD-3-Clause
"""What is to be seen at the end."""
import re
import signal

import sums
from arrived import from_kafka
from sums import BURST

DEATH = re.compile(r"(junction-\w+) (was killed by signal (\d+)|exited with status (\d+)).*?: started again")


class Verdict:
    def __init__(self, chaos, report, sinks):
        self.chaos, self.report, self.sinks = chaos, report, sinks
        self.counts = chaos.lives.counts()
        port = chaos.settings.ports["broker"]
        self.arrived = [from_kafka("kafka", port, ("chaos.flow", "chaos.summary"))]

    def lines(self):
        packets = sum(life["rx_packets"] for life in self.counts)
        yield f"{len(self.counts)} lives of the dataplane, whose ports counted {packets} packets"
        for arrived in self.arrived:
            again = sum(arrived.copies.values()) - len(arrived.documents)
            yield f"{arrived.name}: {len(arrived.documents)} documents, {again} of them again"

    def failures(self):
        found = list(self._deaths()) + list(self._sanitizers())
        for arrived in self.arrived:
            for check in (sums.whole, sums.ordered, sums.partitioned):
                found += check(arrived)
        everything = sums.union(self.arrived)
        found += sums.summaries(everything)
        found += sums.lives(everything, self.counts, self.chaos.faults.killed)
        found += self._far_ends(everything)
        return found

    def _deaths(self):
        """Nothing ended but what was ended here."""
        text = self.chaos.junction.log.read_text(encoding="utf-8", errors="replace")
        found = {}
        for program, _, number, status in DEATH.findall(text):
            key = (program, int(number) if number else -int(status))
            found[key] = found.get(key, 0) + 1
        sent = self.chaos.faults.sent
        for (program, number), times in found.items():
            asked = sent.get((program, number), 0) if number == signal.SIGKILL else \
                sent.get((program, signal.SIGTERM), 0) if number in (0, signal.SIGTERM) else 0
            if times > asked:
                how = f"was killed by signal {number}" if number > 0 else f"exited with status {-number}"
                yield f"{program} {how} {times} times, and was asked to {asked} times"

    def _sanitizers(self):
        text = self.chaos.junction.log.read_text(encoding="utf-8", errors="replace")
        for line in re.findall(r".*(?:Sanitizer|runtime error:).*", text)[:3]:
            yield f"a sanitizer reported: {line}"

    def _far_ends(self, everything):
        """What came out at the other side was seen by Junction: an account that Junction has no part in."""
        through = sum(self.report[way]["received"] for way in ("uplink", "downlink"))
        packets, _ = sums.total(everything.values())
        slack = BURST * sum(life["workers"] for life in self.counts if life["pid"] in self.chaos.faults.killed)
        if through > packets + slack:
            yield f"{through} packets came through, and flow documents have {packets}"
