# SPDX-License-Identifier: BSD-3-Clause
"""Which fault comes when: ruled by a seed alone, so that a seed repeats it. Instants are told by the traffic's progress, in
packets sent, not by a clock."""
import random
from dataclasses import dataclass

FIRST = 3000           # packets before the first fault
GAP = (500, 6000)      # packets between two beginnings
REST = 2000            # packets that a target has between two faults
PROCESSES = ("exporter", "dataplane", "control", "classifier")
SERVERS = ("broker", "index")


@dataclass(frozen=True)
class Kind:
    """targets: what it touches; no other fault touches them meanwhile. hold: packets from its beginning to its end, at least
    and at most."""
    name: str
    targets: tuple
    hold: tuple
    weight: int = 1  # how often it comes for each time of another


@dataclass
class Fault:
    """One of the plan. luck: a number from 0 to 1, for what the kind leaves open."""
    number: int
    kind: Kind
    begin: int
    end: int
    luck: float


def _kinds():
    for name, weight in zip(PROCESSES, (4, 2, 1, 1)):
        yield Kind(f"kill-{name}", (name,), (0, 0), weight)
        yield Kind(f"term-{name}", (name,), (0, 0))
        yield Kind(f"freeze-{name}", (name,), (200, 8000))
    for name in SERVERS:
        yield Kind(f"kill-{name}", (name,), (0, 20000))
        yield Kind(f"term-{name}", (name,), (0, 20000))
        yield Kind(f"freeze-{name}", (name,), (500, 15000))
        for cut in ("cut", "mute", "reset", "slow"):
            yield Kind(f"{cut}-{name}", (f"net-{name}",), (500, 15000))
    yield Kind("unplug", ("net-broker", "net-index"), (500, 8000))
    yield Kind("rollover", ("index", "net-index"), (0, 0), 2)
    yield Kind("fill-spool", ("spool",), (2000, 15000))
    yield Kind("readonly-spool", ("spool", "exporter", "launcher"), (2000, 15000))
    yield Kind("flip-spool", ("spool", "net-broker"), (8000, 20000))
    yield Kind("tear-spool", ("spool", "net-broker", "exporter", "launcher"), (8000, 20000))
    yield Kind("kill-junction", (*PROCESSES, "launcher"), (0, 4000))
    yield Kind("term-junction", (*PROCESSES, "launcher"), (0, 4000))


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


def _shuffled(chance, kinds):
    cards = [kind for kind in kinds for _ in range(kind.weight)]
    chance.shuffle(cards)
    return cards


def _deal(deck, free, at):
    """The first card whose targets are free."""
    for place, kind in enumerate(deck):
        if all(free.get(target, 0) <= at for target in kind.targets):
            return deck.pop(place)
    return None


def faults(seed, kinds):
    """Without end, by their beginnings. Kinds are dealt out like cards, each as often as its weight says before the deck is
    shuffled anew, so that every kind has its turn."""
    chance = random.Random(seed)
    free = {}  # of a target: from where on it may be touched
    deck, at, number = [], FIRST, 0
    while True:
        at += chance.randint(*GAP)
        deck = deck or _shuffled(chance, kinds)
        kind = _deal(deck, free, at)
        if kind is None:
            continue
        hold, luck = chance.randint(*kind.hold), chance.random()
        for target in kind.targets:
            free[target] = at + hold + REST
        number += 1
        yield Fault(number, kind, at, at + hold, luck)
