# SPDX-License-Identifier: BSD-3-Clause
"""The spool's directory, a small file system of its own: filled, made read-only, damaged."""
import errno
import os
import pathlib
import pwd
import subprocess

from waiting import wait_for

STEP = 64 << 10
HEADER = 256  # of a segment
FRAME = b"JRAM"  # begins each document


class Spool:
    def __init__(self, directory, megabytes):
        self.directory = pathlib.Path(directory)
        self.filler = self.directory / "filler"
        self.torn = 0  # documents that were cut off, or into
        self.directory.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0711", "chaos", self.directory], check=True)
        try:
            user = pwd.getpwnam("junction-export")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        except KeyError:
            pass  # then it is root who writes there

    def fill(self):
        """Returns how many bytes that took."""
        fd = os.open(self.filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = STEP
            while size >= 4096:
                try:
                    os.write(fd, bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 2
            return os.fstat(fd).st_size
        finally:
            os.close(fd)

    def empty(self):
        self.filler.unlink(missing_ok=True)

    def remount(self, how):
        """ro needs that nobody has a file open to write: threads of a killed process end after its first one."""
        wait_for(f"the spool's file system to be {how}", lambda: subprocess.run(
            ["mount", "-o", f"remount,{how}", self.directory], check=False, stderr=subprocess.DEVNULL).returncode == 0)

    def segments(self, sink):
        """The files that hold documents, oldest first."""
        files = [f for f in self.directory.glob(f"*/{sink}/*.spool") if f.stat().st_size > HEADER]
        return sorted(files, key=lambda f: f.name)

    def flip(self, sink, luck):
        """Turns bits around in the middle of a segment. What it did, or None: there is none."""
        segments = self.segments(sink)
        if not segments:
            return None
        file = segments[int(luck * len(segments))]
        at = int(file.stat().st_size * (0.25 + 0.5 * (luck * 7919 % 1)))
        with file.open("r+b") as opened:
            opened.seek(at)
            byte = opened.read(1)
            opened.seek(at)
            opened.write(bytes([byte[0] ^ 0x5a]))
        return f"byte {at} of {file.relative_to(self.directory)}"

    def tear(self, sink, luck):
        """Cuts the last segment short, as a write that never reached the disk."""
        segments = self.segments(sink)
        if not segments:
            return None
        file = segments[-1]
        data = file.read_bytes()
        size = len(data) - 1 - int(luck * min(len(data) - HEADER - 1, 8192))
        self.torn += data.count(FRAME, size) + 1
        os.truncate(file, size)
        return f"{len(data) - size} of {len(data)} bytes off {file.relative_to(self.directory)}"
