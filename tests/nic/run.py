#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""run.py BUILD [--kind KIND]... [--check TEXT]... [--list]

Every check in a virtual machine of every kind that this host's QEMU has: a table, and a line for each failure. A check is
named by a part of its name. Exit status 0 when nothing failed. A machine whose kernel stalled, and that alone, is tried once
more.
"""
import argparse
import fcntl
import pathlib
import sys
import time
import traceback

import checks
import machine
import session

LOCK = "/run/junction-nic-test.lock"  # one machine at a time: each has four processors of its own


class Kind:
    """The virtual machine of one kind, booted when it is needed and again when it is of no more use."""

    def __init__(self, kind, build):
        self.kind, self.build, self.vm, self.session = kind, build, None, None

    def ready(self):
        if self.vm is None:
            self.vm = machine.Machine(self.kind)
            self.vm.__enter__()
            if self.vm.iommu:
                self.vm.bind()
            self.session = session.Session(self.vm, self.build)
        return self.session

    def end(self, failure=None):
        vm, self.vm, self.session = self.vm, None, None
        if vm is not None:
            vm.__exit__(type(failure), failure, None)

    def recover(self):
        """After a failure: Junction is ended, or else the machine."""
        try:
            self.session.stop_if_running()
            if self.vm.iommu:
                self.vm.bind()
        except (machine.Failed, OSError):
            self.end()

    def once(self, function):
        try:
            function(self.ready())
        except machine.Stalled:
            self.end()
            raise
        except Exception as failure:
            if self.vm is not None:
                if self.vm.said("rcu"):
                    self.end()
                    raise machine.Stalled(str(failure)) from failure
                self.recover()
            raise

    def check(self, name):
        """None, or what was wrong."""
        function = checks.CHECKS[name][0]
        try:
            try:
                self.once(function)
            except machine.Stalled as stall:
                print(f"{self.kind}, {name}: the guest's kernel stalled: once more ({stall})"[:300], flush=True)
                self.once(function)
        except (machine.Failed, machine.Stalled) as failure:
            return str(failure)
        except Exception:  # of the test itself: the others go on
            return traceback.format_exc(limit=-4)
        return None


def table(kinds, names, results):
    width = max(map(len, names))
    yield " ".join([" " * width, *(k.rjust(max(4, len(k))) for k in kinds)])
    for name in names:
        yield " ".join([name.ljust(width), *(results.get((k, name), "-").rjust(max(4, len(k))) for k in kinds)])


def run(kinds, names, build):
    results, failures = {}, []
    for kind in kinds:
        start, each = time.monotonic(), Kind(kind, build)
        try:
            for name in (n for n in names if n in checks.for_kind(kind)):
                begun = time.monotonic()
                wrong = each.check(name)
                results[kind, name] = "ok" if wrong is None else "FAIL"
                print(f"{results[kind, name]:4} {kind}: {name} ({time.monotonic() - begun:.1f} s)", flush=True)
                if wrong is not None:
                    failures.append(f"{kind}: {name}: {wrong}")
                    print(f"     {wrong}", flush=True)
        finally:
            each.end()
        print(f"     {kind}: {time.monotonic() - start:.0f} s", flush=True)
    return results, failures


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--kind", action="append", choices=machine.KINDS)
    parser.add_argument("--check", action="append")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    names = [n for n in checks.CHECKS if not options.check or any(c in n for c in options.check)]
    if options.list:
        print("\n".join(names))
        return 0
    kinds = [k for k in options.kind or machine.KINDS if machine.program(k)]
    missing = [k for k in options.kind or machine.KINDS if k not in kinds]
    if not names or (options.kind and missing):
        sys.exit(f"run.py: no QEMU for {missing[0]}" if missing else "run.py: no such check")
    with open(LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        results, failures = run(kinds, names, options.build.resolve())
    shown = [n for n in names if any((k, n) in results for k in kinds)]
    print("\n" + "\n".join(table(kinds, shown, results)))
    for kind in missing:
        print(f"{kind}: not tried: QEMU 8 has it, of which no package source is configured")
    print(f"{list(results.values()).count('ok')} ok, {len(failures)} failed")
    return 1 if failures or not results else 0


if __name__ == "__main__":
    sys.exit(main())
