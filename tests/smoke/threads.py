#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""threads.py PID USER CAPABILITY,...: read what every thread of a process may do from /proc, and fail unless it runs as USER,
the main thread holds exactly those capabilities, the others none, and all are behind a filter of system calls. USER - is
whoever it is."""
import pathlib
import pwd
import sys

BITS = {"cap_net_admin": 12, "cap_net_raw": 13, "cap_ipc_lock": 14, "cap_bpf": 39}


def fields(status):
    return dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)


def main():
    pid, user, kept = sys.argv[1], sys.argv[2], [c for c in sys.argv[3].split(",") if c]
    wanted = sum(1 << BITS[c] for c in kept)
    wrong = []
    threads = sorted(pathlib.Path("/proc", pid, "task").iterdir(), key=lambda t: int(t.name))
    for thread in threads:
        found = fields(thread / "status")
        expected = {
            "Uid": None if user == "-" else "\t".join([str(pwd.getpwnam(user).pw_uid)] * 4),
            "Gid": None if user == "-" else "\t".join([str(pwd.getpwnam(user).pw_gid)] * 4),
            "CapPrm": f"{wanted if thread.name == pid else 0:016x}",
            "CapEff": f"{wanted if thread.name == pid else 0:016x}",
            "CapInh": f"{0:016x}",
            "CapAmb": f"{0:016x}",
            "CapBnd": f"{0:016x}",
            "NoNewPrivs": "1",
            "Seccomp": "2",
        }
        wrong += [f"thread {thread.name} ({found['Name']}): {key}: expected {value}, found {found[key]}"
                  for key, value in expected.items() if value is not None and found[key] != value]
    print(f"{len(threads)} threads" if not wrong else "\n".join(wrong))
    return 1 if wrong else 0


sys.exit(main())
