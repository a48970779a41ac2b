# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for events. Nothing sleeps for a time that is thought to be enough; every wait has a limit and says what was
waited for."""
import threading

LOOK_SECONDS = 0.05
_never = threading.Event()
watchers = []  # called at each look, whatever is waited for


class Vain(Exception):
    """What was waited for did not come."""


def look():
    for watcher in watchers:
        watcher()


def wait_for(what, condition, limit=180.0):
    """Until condition() is true, and returns what it returned. limit: seconds that the looks themselves have had, so that a
    machine that stood still was not waited for."""
    for _ in range(int(limit / LOOK_SECONDS)):
        look()
        result = condition()
        if result:
            return result
        _never.wait(LOOK_SECONDS)
    raise Vain(f"waited in vain, {limit:.0f} s, for: {what() if callable(what) else what}")
