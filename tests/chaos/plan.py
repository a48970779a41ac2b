# SPDX-License-Identifier: BSD-3-Clause
"""Which fault comes when: ruled by a seed alone, so that a seed repeats it. Instants are told by the traffic's progress, in
packets sent, not by a clock."""
import random
from dataclasses import dataclass

FIRST = 3000           # packets before the first fault
GAP = (500, 6000)      # packets between two beginnings
REST = 2000            # packets that a target has between two faults
PROCESSES = ("exporter", "dataplane", "control")
SERVERS = ("broker", "index")


@dataclass(frozen=True)
class Kind:
    """targets: what it touches; no other fault touches them meanwhile. hold: packets from its beginning to its end."""
    name: str
    targets: tuple
    hold: tuple
    weight: int = 2


@dataclass
class Fault:
    """One of the plan. luck: a number from 0 to 1, for what the kind leaves open."""
    number: int
    kind: Kind
    begin: int
    end: int
    luck: float


def _kinds():
    for name, weight in zip(PROCESSES, (6, 3, 2)):
        yield Kind(f"kill-{name}", (name,), (0, 0), weight)
        yield Kind(f"term-{name}", (name,), (0, 0), (weight + 1) // 2)
        yield Kind(f"freeze-{name}", (name,), (200, 8000), (weight + 1) // 2)
    for name, weight in zip(SERVERS, (4, 3)):
        yield Kind(f"kill-{name}", (name,), (0, 20000), weight)
        yield Kind(f"term-{name}", (name,), (0, 20000), 1)
        yield Kind(f"freeze-{name}", (name,), (500, 15000), weight)
        for cut in ("cut", "mute", "reset", "slow"):
            yield Kind(f"{cut}-{name}", (f"net-{name}",), (500, 15000), 2)
    yield Kind("unplug", ("net-broker", "net-index"), (500, 8000), 2)
    yield Kind("fill-spool", ("spool",), (2000, 15000), 3)
    yield Kind("readonly-spool", ("spool", "exporter", "launcher"), (2000, 15000), 3)
    yield Kind("flip-spool", ("spool", "net-broker"), (8000, 20000), 3)
    yield Kind("tear-spool", ("spool", "net-broker", "exporter", "launcher"), (8000, 20000), 3)
    yield Kind("kill-junction", (*PROCESSES, "launcher"), (0, 4000), 2)
    yield Kind("term-junction", (*PROCESSES, "launcher"), (0, 4000), 2)


KINDS = tuple(_kinds())


def choose(wanted):
    """The kinds whose names are, or contain, one of the words; a word that begins with a minus takes kinds out."""
    words = [word for word in wanted.split(",") if word]
    plus, minus = [w for w in words if w[0] != "-"], [w[1:] for w in words if w[0] == "-"]
    for word in plus + minus:
        if not any(word in kind.name for kind in KINDS):
            raise SystemExit(f"--faults: no kind is called {word}; there are: {', '.join(k.name for k in KINDS)}")
    return [kind for kind in KINDS if (not plus or any(w in kind.name for w in plus)) and
            not any(w in kind.name for w in minus)]


def faults(seed, kinds):
    """Without end."""
    chance = random.Random(seed)
    free = {}  # of a target: from where on it may be touched
    at, number = FIRST, 0
    while True:
        at += chance.randint(*GAP)
        kind = chance.choices(kinds, [kind.weight for kind in kinds])[0]
        hold, luck = chance.randint(*kind.hold), chance.random()
        begin = max([at] + [free.get(target, 0) for target in kind.targets])
        for target in kind.targets:
            free[target] = begin + hold + REST
        number += 1
        yield Fault(number, kind, begin, begin + hold, luck)
