#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""hostile_user.py [--may-read] [--hold]: as whoever runs it, try to change, and without --may-read to read, each path of
standard input, one a line. What succeeded is printed; nothing should. --hold: take a read lock on everything that can be
opened, say so, and hold them all until standard input ends (an empty line ends the paths then)."""
import argparse
import fcntl
import os
import socket
import stat
import sys


def attempt(tries, what, path, action):
    try:
        result = action()
    except OSError:
        return None
    tries.append(f"{what} {path}")
    return result


def connect(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(path)


def write(path, flags):
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | flags)
    os.close(descriptor)


def lock(path, flags, kind):
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    try:
        fcntl.lockf(descriptor, kind | fcntl.LOCK_NB)
        return descriptor
    except OSError:
        os.close(descriptor)
        raise


def hostile_name(directory):
    return os.path.join(directory, f"hostile-{os.getpid()}")


def try_directory(done, path):
    for name in (hostile_name(path), os.path.join(path, "control"), os.path.join(path, "lock"), os.path.join(path, "alive.new")):
        attempt(done, "made", name, lambda: os.mkdir(name))
        attempt(done, "created", name, lambda: write(name, os.O_CREAT | os.O_EXCL))
        attempt(done, "linked", name, lambda: os.symlink("/etc/passwd", name))
        attempt(done, "made the FIFO", name, lambda: os.mkfifo(name))
    attempt(done, "removed", path, lambda: os.rmdir(path))


def try_file(done, path):
    attempt(done, "opened for writing", path, lambda: write(path, 0))
    attempt(done, "opened for appending", path, lambda: write(path, os.O_APPEND))
    attempt(done, "cut", path, lambda: os.truncate(path, 0))
    attempt(done, "write-locked", path, lambda: lock(path, os.O_RDWR, fcntl.LOCK_EX))
    attempt(done, "removed", path, lambda: os.unlink(path))
    attempt(done, "linked", path, lambda: os.link(path, f"/tmp/hostile-{os.getpid()}"))


def try_path(done, path, may_read):
    if not may_read:
        attempt(done, "listed", path, lambda: os.listdir(path))
        attempt(done, "read", path, lambda: os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK)))
        attempt(done, "connected to", path, lambda: connect(path))
    attempt(done, "moved", path, lambda: os.rename(path, path + "-moved"))
    attempt(done, "changed the mode of", path, lambda: os.chmod(path, 0o777))
    attempt(done, "changed the owner of", path, lambda: os.chown(path, os.getuid(), os.getgid()))
    try:
        directory = stat.S_ISDIR(os.stat(path).st_mode)
    except OSError:
        directory = False
    if directory:
        try_directory(done, path)
    else:
        try_file(done, path)
        try_directory(done, os.path.dirname(path))


def hold(paths):
    held = []
    for path in paths:
        try:
            held.append(lock(path, os.O_RDONLY, fcntl.LOCK_SH))
        except OSError:
            pass
    print(f"holding {len(held)}", flush=True)
    sys.stdin.read()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--may-read", action="store_true")
    parser.add_argument("--hold", action="store_true")
    arguments = parser.parse_args()
    paths = []
    for line in sys.stdin:
        if not line.strip():
            break
        paths.append(line.rstrip("\n"))
    if arguments.hold:
        hold(paths)
        return
    done = []
    for path in paths:
        try_path(done, path, arguments.may_read)
    print("\n".join(done), end="\n" if done else "")


if __name__ == "__main__":
    main()
