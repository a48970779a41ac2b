# SPDX-License-Identifier: BSD-3-Clause
"""What the ports counted in each life of the dataplane. Each life makes its counters region anew, so every one that is seen
is kept open; what it held at the end is read at the end."""
import json
import os
import subprocess


class Lives:
    def __init__(self, build, instance):
        self.program = build / "tests/tools/port_counts"
        self.path = f"/run/junction/{instance}/dataplane/counters"
        self.files = {}  # by inode

    def look(self):
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        inode = os.fstat(fd).st_ino
        if inode in self.files:  # an inode that is open here cannot come again
            os.close(fd)
        else:
            self.files[inode] = fd

    def counts(self):
        """Of each life in its order: boot, packets, bytes, drops by name, (records, packets, bytes) that found the ring full."""
        result = []
        for fd in self.files.values():
            done = subprocess.run([self.program, f"/dev/fd/{fd}"], pass_fds=[fd], capture_output=True, check=False)
            if done.returncode != 0:  # it died before its region was laid out, and so before its first packet
                continue
            region = json.loads(done.stdout)
            life = {"boot": region["boot"], "pid": region["pid"], "workers": len(region["workers"]), "drops": {}}
            for what in ("rx_packets", "rx_bytes", "records_written"):
                life[what] = sum(worker[what] for worker in region["workers"])
            life["lost"] = tuple(sum(worker["lost"][at] for worker in region["workers"]) for at in range(3))
            for worker in region["workers"]:
                for name, count in worker["drops"].items():
                    life["drops"][name] = life["drops"].get(name, 0) + count
            result.append(life)
        return result
