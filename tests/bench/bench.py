#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Forwarding next to DPDK's own testpmd (macswap), on the same ports in the same run: bench.py BUILD.

One worker core, 60-byte frames, a memory-backed port (net_pcap, infinite_rx) to a null port. Machines are noisy: both
take turns for several rounds, and the best of each counts. Prints a table, writes BUILD/bench.json.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import captures

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "4"))
SECONDS = 2
ROWS = [  # flows, share of testpmd that is asked for
    (2_000, 0.50),
    (60_000, 0.40),
    (1_000_000, 0.33),
]
HUGE = pathlib.Path("/proc/sys/vm/nr_hugepages")
CORE = max(os.sched_getaffinity(0))


def memory_mb(flows):
    return 512 + flows * 3 // 1024


def mbufs(flows):
    return 65536 + flows + flows // 16


class Hugepages:
    """As many as the largest row needs, and a hugetlbfs for the flow table; given back at the end."""

    def __enter__(self):
        self.before = int(HUGE.read_text())
        self.directory = None
        HUGE.write_text(str(max(self.before, memory_mb(ROWS[-1][0]) // 2 + 512)))
        if "hugetlbfs" not in pathlib.Path("/proc/mounts").read_text():
            self.directory = pathlib.Path("/dev/hugepages")
            self.directory.mkdir(exist_ok=True)
            subprocess.run(["mount", "-t", "hugetlbfs", "none", self.directory], check=True)
        return self

    def __exit__(self, *_):
        if self.directory:
            subprocess.run(["umount", self.directory], check=True)
        HUGE.write_text(str(self.before))


def stop(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def testpmd(capture, flows):
    command = ["dpdk-testpmd", "--lcores", f"(0)@(0-{os.cpu_count() - 1}),1@{CORE}", "--main-lcore", "0", "--in-memory", "--no-pci",
               "--no-telemetry", "-m", str(memory_mb(flows)), "--vdev", f"net_pcap0,rx_pcap={capture},infinite_rx=1",
               "--vdev", "net_null0,no-rx=1", "--", "--forward-mode=macswap", f"--total-num-mbufs={mbufs(flows)}", "--burst=64",
               "--nb-cores=1", "--no-flush-rx", "--stats-period=1"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    rates = []
    try:
        for line in process.stdout:
            found = re.search(r"Tx-pps:\s+(\d+)", line)
            if found and int(found[1]) > 0:
                rates.append(int(found[1]) / 1e6)
            if len(rates) > SECONDS:
                break
    finally:
        stop(process)
    if len(rates) < 2:
        raise SystemExit("testpmd forwarded nothing")
    return max(rates[1:])


class Junction:
    """junction-control and junction-dataplane of this build, as an instance of their own."""

    def __init__(self, build, capture, flows):
        self.build, self.flows, self.parts = build, flows, []
        self.entries = max(65536, flows * 2)
        devices = [f"net_pcap0,rx_pcap={capture},infinite_rx=1", "net_null0,no-rx=1"]
        self.arguments = ["--port", f"access0={devices[0]}", "--port", f"network0={devices[1]}", "--wire", "wire0=access0:network0",
                          "--worker-cores", str(CORE), "--memory-mb", str(memory_mb(flows)), "--mbufs", str(mbufs(flows)),
                          "--flow-entries", str(self.entries)]
        self.configuration = build / "bench" / "junction.json"
        self.configuration.write_text(json.dumps({
            "dataplane": {"ports": [{"name": "access0", "device": devices[0]}, {"name": "network0", "device": devices[1]}],
                          "wires": [{"name": "wire0", "access": "access0", "network": "network0"}]},
            "inspection": {"interval_seconds": 3600, "idle_timeout_seconds": 600},
            "vpgs": [{"id": "bench", "device_subnets": ["10.128.0.0/9"]}]}))

    def start(self, program, *arguments):
        log = open(self.build / "bench" / f"{program}.log", "w")
        self.parts.append(subprocess.Popen([self.build / program, "--instance", "bench", *arguments], stderr=log))

    def __enter__(self):
        self.start("junction-control", "-c", self.configuration, "--socket", self.build / "bench" / "control.sock")
        self.start("junction-dataplane", *self.arguments)
        return self

    def __exit__(self, *_):
        for part in reversed(self.parts):
            stop(part)
        for directory in ("/dev/shm", "/dev/hugepages"):  # records that no exporter took
            pathlib.Path(directory, "junction-bench-records").unlink(missing_ok=True)

    def show(self, what):
        done = subprocess.run([self.build / "junctionctl", "--instance", "bench", "--json", "show", what], capture_output=True, text=True)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def sent(self):
        ports = self.show("ports")
        for port in ports["ports"] if ports else []:
            if port["name"] == "network0":
                return port["tx_packets"], time.monotonic()
        return 0, time.monotonic()

    def bytes_a_flow(self):
        """Of the flow table's shared memory: entry and its share of the buckets."""
        for directory in ("/dev/hugepages", "/dev/shm"):
            path = pathlib.Path(directory, "junction-bench-flows")
            if path.exists():
                return path.stat().st_size / self.entries
        return 0

    def rate(self):
        deadline = time.monotonic() + 60
        while self.sent()[0] < 3 * self.flows:  # every flow is known
            if time.monotonic() > deadline or any(part.poll() is not None for part in self.parts):
                raise SystemExit("Junction forwarded nothing: see " + str(self.build / "bench"))
        rates = []
        for _ in range(SECONDS):
            packets, start = self.sent()
            time.sleep(1)
            later, end = self.sent()
            rates.append((later - packets) / (end - start) / 1e6)
        return max(rates)


def forwarding(build, flows, target):
    capture = build / "bench" / f"flows-{flows}.pcap"
    if not capture.exists():
        captures.write(capture, flows)
    ours, theirs = 0, 0
    for _ in range(ROUNDS):
        theirs = max(theirs, testpmd(capture, flows))
        with Junction(build, capture, flows) as junction:
            ours = max(ours, junction.rate())
            memory = junction.bytes_a_flow()
    return {"name": f"inspect and forward, {flows:,} flows", "mpps": round(ours, 2), "testpmd_mpps": round(theirs, 2),
            "ratio": round(ours / theirs, 3), "target": target,
            "bytes_a_flow": round(memory)}


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    (build / "bench").mkdir(exist_ok=True)
    wanted = [int(w) for w in sys.argv[2:]]
    rows = []
    print(f"{'work':<36}{'Mpps':>8}{'testpmd':>9}{'ratio':>7}{'target':>8}")
    with Hugepages():
        for flows, target in ROWS:
            if wanted and flows not in wanted:
                continue
            row = forwarding(build, flows, target)
            rows.append(row)
            print(f"{row['name']:<36}{row['mpps']:>8.2f}{row['testpmd_mpps']:>9.2f}{row['ratio']:>7.3f}{row['target']:>8.2f}"
                  f"   {row['bytes_a_flow']} bytes a flow", flush=True)
    for program in ("bench_documents", "bench_stages"):
        print(subprocess.run([build / "tests" / "bench" / program], capture_output=True, text=True, check=True).stdout, end="")
    (build / "bench.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
