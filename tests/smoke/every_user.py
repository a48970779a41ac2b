#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""every_user.py INSTANCE CONFIG: as each user, try to read and write every file of an instance, its directories and its
socket, and compare with who may. Without an argument more, as root."""
import os
import pathlib
import pwd
import socket
import sys

WRITERS = {"dataplane": "junction-dataplane", "control": "junction-control", "export": "junction-export",
           "classify": "junction-classify"}
USERS = ["nobody", *WRITERS.values()]


def may(call):
    try:
        call()
        return True
    except OSError:
        return False


def opens(path, flags):
    os.close(os.open(path, flags | os.O_NOFOLLOW))


def connects(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def creates(directory):
    path = directory / "made-by-a-test"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    path.unlink()


def try_file(path, owner, user):
    """What is wrong with what this user can do to the file; owner: whose directory it is in."""
    reader = user in WRITERS.values()
    if path.is_socket:
        found, wanted = {"connects": may(lambda: connects(path.path))}, {"connects": reader}
    elif path.is_directory:
        found, wanted = {"creates": may(lambda: creates(path.path))}, {"creates": user == owner}
    else:
        found = {"reads": may(lambda: opens(path.path, os.O_RDONLY)), "writes": may(lambda: opens(path.path, os.O_WRONLY))}
        wanted = {"reads": reader and path.for_group or user == owner, "writes": user == owner}
    return [f"{user} {verb if found[verb] else 'not ' + verb} {path.path}: expected otherwise"
            for verb in found if found[verb] != wanted[verb]]


class Path:
    def __init__(self, path):
        mode = path.lstat().st_mode
        self.path = path
        self.is_socket = path.is_socket()
        self.is_directory = path.is_dir()
        self.for_group = bool(mode & 0o040)


def as_user(name, work):
    """What work returns, done by a process of that user and its groups."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        entry = pwd.getpwnam(name)
        os.initgroups(name, entry.pw_gid)
        os.setresgid(*[entry.pw_gid] * 3)
        os.setresuid(*[entry.pw_uid] * 3)
        os.write(writer, "\n".join(work()).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        lines = said.read().splitlines()
    os.waitpid(pid, 0)
    return lines


def main():
    instance, config = sys.argv[1], pathlib.Path(sys.argv[2])
    top = pathlib.Path("/run/junction", instance)
    files = [(Path(top), "root"), (Path(config), "root")]
    for directory, owner in WRITERS.items():
        files += [(Path(p), owner) for p in [top / directory, *(top / directory).rglob("*")]]
    wrong = []
    for user in USERS:
        wrong += as_user(user, lambda: [line for path, owner in files for line in
                                        (try_config(path, user) if path.path == config else try_file(path, owner, user))])
    print("\n".join(wrong) if wrong else f"{len(files)} files, {len(USERS)} users")
    return 1 if wrong else 0


def try_config(path, user):
    return [f"{user} writes {path.path}"] if may(lambda: opens(path.path, os.O_WRONLY)) else []


sys.exit(main())
