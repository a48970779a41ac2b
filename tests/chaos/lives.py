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
        """Of each life in its order: boot, packets, bytes, exceptions by name, (records, packets, bytes) that found the ring full.
        Packets that came before a first policy belong to no VPG and are in no document; they are counted, without their bytes:
        then the VPGs' bytes stand for the ports'."""
        result = []
        for fd in self.files.values():
            done = subprocess.run([self.program, f"/dev/fd/{fd}"], pass_fds=[fd], capture_output=True, check=False)
            if done.returncode != 0:  # it died before its region was laid out, and so before its first packet
                continue
            region = json.loads(done.stdout)
            life = {"boot": region["boot"], "pid": region["pid"], "workers": len(region["workers"]), "exceptions": {}}
            for what in ("rx_packets", "rx_bytes", "vpg_packets", "vpg_bytes"):
                life[what] = sum(worker[what] for worker in region["workers"])
            life["lost"] = tuple(sum(worker["lost"][at] for worker in region["workers"]) for at in range(3))
            for worker in region["workers"]:
                for name, count in worker["exceptions"].items():
                    life["exceptions"][name] = life["exceptions"].get(name, 0) + count
            life["uninspected"] = life["exceptions"].get("no_vpg", 0)
            life["packets"] = life["rx_packets"] - life["uninspected"]
            life["bytes"] = life["rx_bytes"] if life["uninspected"] == 0 else life["vpg_bytes"]
            result.append(life)
        return result
