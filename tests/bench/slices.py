# SPDX-License-Identifier: BSD-3-Clause
"""Two programs in turns on the same core, a quarter of a second each, and what is made of that.

Machines change their pace from second to second: a neighbour takes half a core, a clock goes up. So the programs stay alive,
all but one stopped, and each has many short turns. Of a turn's windows of 20 ms the best tenth counts: what the program does
while it is left alone.
"""
import mmap
import statistics
import struct
import time

WINDOW_NS = 20_000_000
WARM_NS = 60_000_000  # of a turn, not counted: caches, and the thread that counts, come back
TURN_S = 0.3
SETTLED = 0.03  # halves of a run may differ by so much
SAMPLES, LATENCIES, HEAD = 1 << 15, 1024, 64  # bench_notes.h


class Notes:
    """What bench_port has noted: pairs of time and packets sent."""

    def __init__(self, path):
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), HEAD + SAMPLES * 16 + LATENCIES * 8)
        self.taken = 0

    def count(self):
        return struct.unpack_from("<Q", self.map, 0)[0]

    def at(self, number):
        return struct.unpack_from("<QQ", self.map, HEAD + number % SAMPLES * 16)

    def last(self):
        return self.at(self.count() - 1) if self.count() else (0, 0)

    def new(self):
        first, self.taken = max(self.taken, self.count() - SAMPLES + 1), self.count()
        return [self.at(n) for n in range(first, self.taken)]

    def pace(self, rate):
        """So many packets a second arrive from now on; 0: as many as are asked for."""
        struct.pack_into("<Q", self.map, 8, int(rate))

    def lost(self):
        return struct.unpack_from("<Q", self.map, 16)[0]

    def hz(self):
        return struct.unpack_from("<Q", self.map, 24)[0]

    def latencies(self):
        """Packets by bucket."""
        return struct.unpack_from(f"<{LATENCIES}Q", self.map, HEAD + SAMPLES * 16)

    def close(self):
        self.map.close()


def windows(notes, begin, end):
    """Millions of packets a second, of each window of these notes between two times."""
    rates, start = [], None
    for ns, packets in notes:
        if not begin <= ns <= end:
            continue
        if start is None:
            start = ns, packets
        elif ns - start[0] >= WINDOW_NS:
            rates.append((packets - start[1]) * 1000 / (ns - start[0]))
            start = ns, packets
    return rates


def best_tenth(rates):
    best = sorted(rates, reverse=True)
    return statistics.fmean(best[:max(1, len(best) // 10)])


def take_turns(subjects, turns, measure):
    """What `measure` finds of each subject, a list for each. A subject has pause(), resume(), alone() and notes."""
    found = [[] for _ in subjects]
    for subject in subjects:
        subject.alone(True)
        subject.pause()
    for _ in range(turns):
        for subject, mine in zip(subjects, found):
            subject.resume()
            mine.append(measure(subject))
            subject.pause()
    for subject in subjects:
        subject.alone(False)
        subject.resume()
    return found


def turn(subject):
    begin = time.monotonic_ns()
    time.sleep(TURN_S)
    return windows(subject.notes.new(), begin + WARM_NS, time.monotonic_ns())


def alternate(subjects, turns):
    """Each subject's rates, a list for each of its turns."""
    return take_turns(subjects, turns, turn)


def flat(turns):
    return [rate for turn in turns for rate in turn]


def ratio(ours, theirs):
    """None where one of them was given nothing of the core."""
    ours, theirs = flat(ours), flat(theirs)
    if not ours or not theirs or best_tenth(ours) <= 0 or best_tenth(theirs) <= 0:
        return None
    return best_tenth(ours) / best_tenth(theirs)


def compare(ours, theirs):
    """The figures of a row, of rates by turn."""
    whole, half = ratio(ours, theirs), len(ours) // 2
    if whole is None:
        raise ValueError("nothing was counted")
    halves = [ratio(ours[:half], theirs[:half]), ratio(ours[half:], theirs[half:])]
    if None in halves:
        halves = []
    spread = [statistics.median(flat(rates)) / best_tenth(flat(rates)) for rates in (ours, theirs)]
    return {"mpps": round(best_tenth(flat(ours)), 2), "testpmd_mpps": round(best_tenth(flat(theirs)), 2),
            "ratio": round(whole, 3), "halves": [round(half, 3) for half in halves],
            "settled": bool(halves) and abs(halves[0] - halves[1]) <= SETTLED * min(halves),
            # How far below the best the median window is: how much was taken away meanwhile.
            "median_of_best": [round(share, 2) for share in spread]}
