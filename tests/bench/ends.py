# SPDX-License-Identifier: BSD-3-Clause
"""However a benchmark ends, nothing of it stays: it works in a process of its own, and the one that waits for it, which signals
do not interrupt, ends what is left and gives back what was taken."""
import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

import subjects

ENDING = {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM}
PATIENCE_S = 150  # what puts something away has time for it
INSTANCES = [pathlib.Path(directory) for directory in subjects.MEMORY]
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def set_process(option, value):
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")


def end_once(number, _):
    """What was begun is put away, whatever comes meanwhile."""
    for each in ENDING:
        signal.signal(each, lambda *_: None)
    sys.exit(128 + number)


def worked(work, *arguments):
    """In the process that works: the exit status, as the interpreter has it."""
    try:
        os.setsid()  # not the terminal's: what comes from there comes to the one that waits
        set_process(PR_SET_PDEATHSIG, signal.SIGTERM)
        for each in ENDING:
            signal.signal(each, end_once)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING | {signal.SIGCHLD})
        why = work(*arguments)
    except SystemExit as end:
        why = end.code
    except BaseException:
        why = traceback.format_exc().rstrip()
    if isinstance(why, str):
        print(why, file=sys.stderr)
    return why if isinstance(why, int) else int(why is not None)


def tell(child):
    try:
        os.killpg(child, signal.SIGTERM)
    except ProcessLookupError:
        os.kill(child, signal.SIGTERM)  # it has just begun


def wait_for(child):
    """Its exit status, or 128 and the number of the signal that ended it."""
    told, deadline = None, None
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            ended = os.waitstatus_to_exitcode(status)
            return 128 + told if told else ended if ended >= 0 else 128 - ended
        got = signal.sigtimedwait(ENDING | {signal.SIGCHLD}, 3600 if deadline is None else max(0, deadline - time.monotonic()))
        if deadline and time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
        elif got and got.si_signo in ENDING and not told:
            told, deadline = got.si_signo, time.monotonic() + PATIENCE_S
            tell(child)


def children():
    mine = os.getpid()
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == mine:
                yield int(path.parent.name)
        except OSError:
            pass  # it is gone


def end_children():
    """Whatever lost its parent is a child of this process."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        told, deadline = set(), time.monotonic() + PATIENCE_S
        while left := list(children()):
            for pid in left:
                if pid not in told:
                    told.add(pid)
                    os.kill(pid, number)
                    os.kill(pid, signal.SIGCONT)
                os.waitpid(pid, os.WNOHANG)
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)


def remove_instances(before):
    """Of Junction, which are named after the process that made them, as far as that is gone and did not do it."""
    for folder in INSTANCES:
        for left in folder.glob("bench-*"):
            pid = left.name.rpartition("-")[2]
            if pid.isdigit() and not pathlib.Path("/proc", pid).exists():
                shutil.rmtree(left, ignore_errors=True)
        if folder not in before:
            with contextlib.suppress(OSError):  # somebody else is there by now
                folder.rmdir()


def run(taken, work):
    """Exit status of work(what `taken` holds), when all is given back."""
    before = [folder for folder in INSTANCES if folder.exists()]
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING | {signal.SIGCHLD})
    set_process(PR_SET_CHILD_SUBREAPER, 1)
    with taken as held, tempfile.TemporaryDirectory(prefix="junction-bench-") as scratch:
        os.environ["TMPDIR"] = os.environ["RUNTIME_DIRECTORY"] = tempfile.tempdir = scratch  # RUNTIME_DIRECTORY: DPDK's
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = worked(work, held)
                sys.stdout.flush()
            finally:
                os._exit(status)
        status = wait_for(child)
        end_children()
        remove_instances(before)
        return status
