# SPDX-License-Identifier: BSD-3-Clause
"""What a benchmark needs of the machine, what it is, and huge pages for as long as it runs."""
import os
import pathlib
import re
import shutil
import subprocess

HUGE = pathlib.Path("/proc/sys/vm/nr_hugepages")
MEMORY = pathlib.Path("/proc/meminfo")
MOUNTS = pathlib.Path("/proc/mounts")
PAGE_MB = 2


class Missing(SystemExit):
    """What cannot be measured here, and why: on standard error, exit status 1."""


def text(path, otherwise=None):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return otherwise


def check(cores, testpmd=shutil.which("dpdk-testpmd"), root=os.geteuid() == 0):
    if not root:
        raise Missing("bench: root is missing: huge pages, and a core for the worker alone, are root's to give")
    if testpmd is None:
        raise Missing("bench: dpdk-testpmd is missing, beside which all is measured: it comes with Debian's package dpdk")
    if len(cores) < 2:
        raise Missing(f"bench: a core is missing: a worker has one to itself, and another counts; this process may run on {len(cores)}")


def free_pages():
    return int(re.search(r"HugePages_Free:\s+(\d+)", MEMORY.read_text())[1])


class Hugepages:
    """Of `most` MB as many as there are, at least `least`; and a hugetlbfs for the flow table. Given back at the end."""

    def __init__(self, least, most, directory=pathlib.Path("/dev/hugepages")):
        self.least, self.most, self.directory, self.mounted = least, most, directory, False

    def __enter__(self):
        try:
            self.before = int(HUGE.read_text())
            taken = self.before - free_pages()  # others' work goes on
            HUGE.write_text(str(max(self.before, taken + -(-self.most // PAGE_MB))))
            self.megabytes = (int(HUGE.read_text()) - taken) * PAGE_MB
        except (OSError, ValueError) as why:
            raise Missing(f"bench: huge pages are missing: this kernel gives none ({why})") from why
        if self.megabytes < self.least:
            HUGE.write_text(str(self.before))
            raise Missing(f"bench: huge pages are missing: {self.least} MB are needed, the kernel has {self.megabytes}")
        try:
            self.mount()
        except (OSError, subprocess.CalledProcessError) as why:
            HUGE.write_text(str(self.before))
            raise Missing(f"bench: a hugetlbfs for the flow table is missing: {why}") from why
        return self

    def mount(self):
        if "hugetlbfs" not in MOUNTS.read_text():
            self.directory.mkdir(exist_ok=True)
            subprocess.run(["mount", "-t", "hugetlbfs", "none", self.directory], check=True)
            self.mounted = True

    def __exit__(self, *_):
        try:
            if self.mounted:
                subprocess.run(["umount", self.directory], check=True)
        finally:
            HUGE.write_text(str(self.before))


def describe(cores, build):
    """What figures depend on."""
    processors = text("/proc/cpuinfo", "")
    model = re.search(r"^model name\s*:\s*(.*)$", processors, re.MULTILINE)
    mhz = re.search(r"^cpu MHz\s*:\s*(.*)$", processors, re.MULTILINE)
    flags = set(re.search(r"^flags\s*:\s*(.*)$", processors, re.MULTILINE)[1].split()) if "flags" in processors else set()
    dpdk = subprocess.run(["pkg-config", "--modversion", "libdpdk"], capture_output=True, text=True, check=False).stdout.strip()
    memory = re.search(r"MemTotal:\s+(\d+)", text("/proc/meminfo", ""))
    return {"cpu": model[1] if model else None, "family_model_stepping": family(processors), "mhz": float(mhz[1]) if mhz else None,
            "cores": os.cpu_count(), "usable_cores": len(cores), "worker_core": cores[-1],
            "l2_kb": cache(cores[-1], 2), "l3_kb": cache(cores[-1], 3), "memory_gb": round(int(memory[1]) / 2**20) if memory else None,
            "governor": text(f"/sys/devices/system/cpu/cpu{cores[-1]}/cpufreq/scaling_governor"),
            "virtual": "hypervisor" in flags, "avx2": "avx2" in flags, "avx512": {"avx512bw", "avx512vl"} <= flags,
            "kernel": os.uname().release, "dpdk": dpdk or None, "junction": version(build)}


def family(processors):
    found = [re.search(rf"^{name}\s*:\s*(\d+)$", processors, re.MULTILINE) for name in ("cpu family", "model", "stepping")]
    return "/".join(number[1] for number in found) if all(found) else None


def cache(core, level):
    for index in pathlib.Path(f"/sys/devices/system/cpu/cpu{core}/cache").glob("index*"):
        if text(index / "level") == str(level) and text(index / "type") != "Instruction":
            return int(text(index / "size", "0K").rstrip("K"))
    return None


def version(build):
    done = subprocess.run([build / "junction-dataplane", "--version"], capture_output=True, text=True, check=False)
    commit = subprocess.run(["git", "-C", pathlib.Path(__file__).parent, "describe", "--always", "--dirty"], capture_output=True,
                            text=True, check=False).stdout.strip()
    return f"{done.stdout.strip()} ({commit})" if commit else done.stdout.strip()
