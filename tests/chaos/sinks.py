# SPDX-License-Identifier: BSD-3-Clause
"""What `junctionctl show sinks --json` says."""
from dataclasses import dataclass


@dataclass
class Sink:
    """lost: (records, packets, bytes) by reason. waiting: documents that the sink does not have yet, wherever they are."""
    name: str
    waiting: int
    lost: dict
    text: str

    def lost_in_all(self):
        return tuple(sum(amount[at] for amount in self.lost.values()) for at in range(3))


def read(shown):
    """By their names; None when junctionctl has nothing to say."""
    if not shown:
        return None
    sinks = {}
    for sink in shown["sinks"]:
        lost = {reason: (amount["records"], amount["packets"], amount["bytes"]) for reason, amount in sink["lost"].items()}
        waiting = sink["in_memory"] + sink["in_flight"] + sink["spool_documents"]
        text = f"{sink['sink']} ({sink['state']}): {sink['in_memory']} in memory, {sink['in_flight']} in flight, " \
               f"{sink['spool_documents']} spooled; {sink['trouble'] if sink['in_trouble'] else 'well'}"
        sinks[sink["sink"]] = Sink(sink["sink"], waiting, lost, text)
    return sinks
