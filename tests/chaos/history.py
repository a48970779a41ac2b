# SPDX-License-Identifier: BSD-3-Clause
"""The log of faults: a line each, written when it happens; at the end a table."""
import datetime
import time
from collections import Counter


class History:
    def __init__(self, path, seed):
        self.path, self.seed = path, seed
        self.started = time.monotonic()
        self.file = path.open("w", encoding="utf-8")
        self.begun = Counter()
        self.moments = []  # (wall clock, text)
        self.say(f"seed {seed}")

    def say(self, text):
        now = datetime.datetime.now(datetime.timezone.utc)
        line = f"{time.monotonic() - self.started:9.2f} s  {now:%H:%M:%S.%f}  {text}"
        self.file.write(line + "\n")
        self.file.flush()
        self.moments.append((now, line))

    def add(self, fault, begins, packets, note):
        self.begun[fault.kind.name] += begins
        self.say(f"sent {packets[0]:8}, through {packets[1]:8}  {fault.number:4} {fault.kind.name:16} {'begins' if begins else 'ends  '}  {note}")

    def around(self, timestamp, seconds=5):
        """What happened near a document's @timestamp."""
        moment = datetime.datetime.fromisoformat(timestamp[:26] + "+00:00")
        return [line for when, line in self.moments if abs((when - moment).total_seconds()) <= seconds]

    def end(self, failures, lines=(), details=()):
        """The verdict; details go into the file alone."""
        for text in lines:
            self.say(text)
            print(f"chaos: {text}")
        width = max((len(name) for name in self.begun), default=0)
        table = "\n".join(f"  {name:{width}} {count:5}" for name, count in sorted(self.begun.items()))
        print(f"chaos: {sum(self.begun.values())} faults\n{table}")
        self.file.write(table + "\n")
        for text in failures:
            self.say(f"FAIL {text}")
            print(f"chaos: FAIL {text}")
        for text in details:
            self.file.write(text + "\n")
        if failures:
            print(f"chaos: repeat it with --seed {self.seed}; the log: {self.path}; its end:")
            print("\n".join(line for _, line in self.moments[-40:]), flush=True)
