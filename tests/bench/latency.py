# SPDX-License-Identifier: BSD-3-Clause
"""How long packets are on their way through Junction, beside testpmd: from when they arrive in a receive queue that is
imagined (bench_pace.h) until they are handed to the transmitting port. Both programs take turns, at rest and at 80% of what
each can do by itself. Of the turns the one with the least at 99.9% counts: the others were held up by something else."""
import statistics
import time

import slices
import subjects

AT_REST = 10_000  # packets a second
LOADS = [("at rest", None), ("at 80%", 0.8)]
SHARES = {"p50_us": 0.5, "p99_us": 0.99, "p999_us": 0.999}


def bucket_end(bucket):
    """Cycles below which everything in a bucket is: bench_latency_bucket, the other way."""
    if bucket < 16:
        return bucket + 1
    power = bucket // 16 + 3
    return (16 + bucket % 16 + 1) << (power - 4)


def percentiles(counts, hz):
    """Microseconds; None of nothing."""
    total = sum(counts)
    if total == 0:
        return None
    found = {}
    for name, share in SHARES.items():
        seen = 0
        for bucket, packets in enumerate(counts):
            seen += packets
            if seen >= share * total:
                found[name] = round(bucket_end(bucket) * 1e6 / hz, 2)
                break
    return found | {"packets": total}


def turn(subject):
    time.sleep(slices.WARM_NS / 1e9)
    before, lost = subject.notes.latencies(), subject.notes.lost()
    time.sleep(slices.TURN_S)
    after, lost = subject.notes.latencies(), subject.notes.lost() - lost
    found = percentiles([b - a for a, b in zip(before, after)], subject.notes.hz())
    return found | {"lost": lost} if found else None


def least_disturbed(takers, turns):
    """Each one's least disturbed turn."""
    found = slices.take_turns(takers, turns, turn)
    if not all(all(mine) for mine in found):
        raise subjects.Failed("nothing passed at this rate")
    return [min(mine, key=lambda one: (one["lost"] > 0, one["p999_us"])) for mine in found]


def measure(testpmd, junction, turns):
    """Of both programs, for each load."""
    takers = [testpmd, junction]
    capacities = [statistics.median(slices.flat(rates)) * 1e6 for rates in slices.alternate(takers, max(2, turns // 2))]
    found = {}
    for load, share in LOADS:
        for subject, capacity in zip(takers, capacities):
            subject.notes.pace(AT_REST if share is None else share * capacity)
        of_testpmd, of_junction = least_disturbed(takers, turns)
        found[load] = {"junction": of_junction, "testpmd": of_testpmd}
    return found
