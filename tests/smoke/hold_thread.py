#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds one thread of a process, as a driver that never returns would: hold_thread.py PID NAME.

The first thread whose name has NAME in it is stopped by ptrace, the others go on. Prints its number, and holds it until it
dies or this program does.
"""
import ctypes
import os
import pathlib
import sys

PTRACE_ATTACH = 16
WALL = 0x40000000  # __WALL: also threads that are no children


def main():
    pid, name = sys.argv[1:]
    threads = [task for task in pathlib.Path("/proc", pid, "task").iterdir() if name in (task / "comm").read_text()]
    if not threads:
        raise SystemExit(f"no thread of {pid} has a name with {name}")
    thread = int(threads[0].name)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(PTRACE_ATTACH, ctypes.c_long(thread), None, None) != 0:
        raise SystemExit(f"thread {thread}: {os.strerror(ctypes.get_errno())}")
    os.waitpid(thread, WALL)
    print(thread, flush=True)
    while os.WIFSTOPPED(os.waitpid(thread, WALL)[1]):
        pass


if __name__ == "__main__":
    main()
