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
ROWS = [  # key, what, kind of work, flows, frame sizes, share of testpmd that is asked for (none: shown beside)
    ("2000", "inspect and forward, 2,000 flows", "forward", 2_000, [60], 0.50),
    ("60000", "inspect and forward, 60,000 flows", "forward", 60_000, [60], 0.40),
    ("classified", "the same, with junction-classify", "classify", 60_000, [60], 0.40),
    ("1000000", "inspect and forward, 1,000,000 flows", "forward", 1_000_000, [60], 0.33),
    ("one-peer", "one GRE peer, 2,000 flows", "mirror 1", 2_000, [60], 0.27),
    ("two-peers", "two GRE peers, 2,000 flows", "mirror 2", 2_000, [60], 0.19),
    ("1500", "one GRE peer, 1,500-byte frames", "mirror 1", 2_000, [1500], None),
    ("imix", "one GRE peer, IMIX", "mirror 1", 2_000, captures.IMIX, None),
    ("redirected", "all redirected, 2,000 flows", "redirect", 2_000, [60], 0.32),
    ("returned", "all that the gateway returns", "return", 2_000, [60], None),
    ("redirected-imix", "all redirected, IMIX", "redirect", 2_000, captures.IMIX, None),
]
LARGEST = max(row[3] for row in ROWS)
# The gateway. net_pcap numbers its ports' MAC addresses in the order of devices.
TUNNEL = {"address": "198.18.0.1", "gateway": "198.18.0.20", "vni": 10, "mac": bytes.fromhex("027063617001"),
          "inner_mac": bytes.fromhex("020000000101")}
HUGE = pathlib.Path("/proc/sys/vm/nr_hugepages")
CORE = max(os.sched_getaffinity(0))


def memory_mb(flows):
    return 640 + flows * 3 // 1024


def mbufs(flows):
    return 65536 + flows + flows // 16


class Hugepages:
    """As many as the largest row needs, and a hugetlbfs for the flow table; given back at the end."""

    def __enter__(self):
        self.before = int(HUGE.read_text())
        self.directory = None
        HUGE.write_text(str(max(self.before, memory_mb(LARGEST) // 2 + 512)))
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
    """junction-control and junction-dataplane of this build, as an instance of their own, at one kind of work."""

    def __init__(self, build, captures_of, flows, work):
        self.build, self.flows, self.parts = build, flows, []
        self.work, self.peers = work.split()[0], int(work.split()[1]) if " " in work else 0
        self.entries = max(65536, flows * 2)
        wire, tunnel = captures_of["wire"], captures_of.get("tunnel")
        devices = [f"net_pcap0,rx_pcap={wire}" + ("" if tunnel else ",infinite_rx=1"), "net_null0,no-rx=1",
                   f"net_pcap1,rx_pcap={tunnel},infinite_rx=1" if tunnel else "net_null1,no-rx=1"]
        self.arguments = ["--port", f"access0={devices[0]};mbufs={mbufs(flows)}", "--port", f"network0={devices[1]}",
                          "--port", f"tunnel0={devices[2]};mtu=1600" + (f";mbufs={mbufs(flows)}" if tunnel else ""), "--wire", "wire0=access0:network0",
                          "--worker-cores", str(CORE), "--memory-mb", str(memory_mb(flows)), "--flow-entries", str(self.entries)]
        if self.work == "classify":
            self.arguments.append("--classify=2048")
        self.configuration = build / "bench" / "junction.json"
        self.configuration.write_text(json.dumps({
            "dataplane": {"ports": [{"name": "access0", "device": devices[0]}, {"name": "network0", "device": devices[1]},
                                    {"name": "tunnel0", "device": devices[2], "addresses": [TUNNEL["address"] + "/24"]}],
                          "wires": [{"name": "wire0", "access": "access0", "network": "network0"}]},
            "inspection": {"interval_seconds": 3600, "idle_timeout_seconds": 600},
            "vpgs": [{"id": "bench", "device_subnets": ["10.128.0.0/9"],
                      "mirroring": {"peers": [{"address": f"198.18.0.{10 + i}"} for i in range(self.peers)]}, **self.network()}]}))

    def network(self):
        """A gateway that is asked seldom: a null port answers nothing."""
        if self.work not in ("redirect", "return"):
            return {}
        return {"gate": {"vni": TUNNEL["vni"], "address": "10.0.0.1/24", "mac": TUNNEL["inner_mac"].hex(":"),
                         "peers": [{"outer": TUNNEL["gateway"], "inner": "10.0.0.2"}]},
                "redirection": {"gateway": "10.0.0.2", "probe": {"interval_ms": 10000}}}

    def start(self, program, *arguments):
        log = open(self.build / "bench" / f"{program}.log", "w")
        self.parts.append(subprocess.Popen([self.build / program, "--instance", "bench", *arguments], stderr=log))

    def __enter__(self):
        self.start("junction-control", "-c", self.configuration)
        self.start("junction-dataplane", *self.arguments)
        if self.work == "classify":
            self.start("junction-classify", "-c", self.configuration)
        return self

    def __exit__(self, *_):
        for part in reversed(self.parts):
            stop(part)
        for directory in ("/run/junction", "/dev/hugepages/junction"):  # records that no exporter took
            pathlib.Path(directory, "bench/dataplane/records").unlink(missing_ok=True)

    def show(self, what):
        done = subprocess.run([self.build / "junctionctl", "--instance", "bench", "--json", "show", what], capture_output=True, text=True)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def answer(self):
        """A null port answers no ARP: next hops and gateway are made known as an answer would make them, from now on."""
        command = [self.build / "tests" / "bench" / "bench_answer", "bench", str(max(self.peers, 1))]
        self.parts.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        if not self.parts[-1].stdout.readline():
            raise SystemExit("bench_answer found no Junction")

    def copies(self):
        peers = self.show("peers")["peers"] if self.peers else []
        return sum(peer["frames"] for peer in peers)

    def sent(self, name="network0"):
        ports = self.show("ports")
        for port in ports["ports"] if ports else []:
            if port["name"] == name:
                return port["tx_packets"], time.monotonic()
        return 0, time.monotonic()

    def known(self):
        """Every flow has been seen: of a finite capture, all of it."""
        return self.sent()[0] >= self.flows * (1 if self.work == "return" else 3)

    def all_classified(self):
        """Long flows have had their samples; until then the ring is full, and packets skipped."""
        before = None
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            workers = self.show("workers")
            now = [(w["samples_written"], w["samples_skipped"]) for w in workers["workers"]] if workers else None
            if now and now == before and now[0][0] > 0:
                return
            before = now
            time.sleep(1)
        raise SystemExit("flows are still sampled after two minutes: see " + str(self.build / "bench"))

    def bytes_a_flow(self):
        """Of the flow table's shared memory: entry and its share of the buckets."""
        for directory in ("/dev/hugepages/junction", "/run/junction"):
            path = pathlib.Path(directory, "bench/dataplane/flows")
            if path.exists():
                return path.stat().st_size / self.entries
        return 0

    def rate(self):
        deadline = time.monotonic() + 60
        while not self.known():
            if time.monotonic() > deadline or any(part.poll() is not None for part in self.parts):
                raise SystemExit("Junction forwarded nothing: see " + str(self.build / "bench"))
        out = "tunnel0" if self.work == "redirect" else "network0"
        if self.work == "classify":
            self.all_classified()
        elif self.work != "forward":
            self.answer()
        rates = []
        copied, before = self.copies(), self.sent(out)[0]
        for _ in range(SECONDS):
            packets, start = self.sent(out)
            time.sleep(1)
            later, end = self.sent(out)
            rates.append((later - packets) / (end - start) / 1e6)
        passed = self.sent(out)[0] - before
        if passed == 0:
            raise SystemExit(f"nothing left by {out}: see " + str(self.build / "bench"))
        share = (self.copies() - copied) / passed
        if share < self.peers * 0.9:
            raise SystemExit(f"of {self.peers} copies a packet only {share:.2f} were made")
        return max(rates)


def played(build, work, flows, sizes):
    """The captures that the ports of that work play."""
    paths = {}
    for port in ("wire", "tunnel") if work == "return" else ("wire",):
        paths[port] = build / "bench" / f"{port}-{flows}-{len(sizes)}-{sizes[0]}.pcap"
        if not paths[port].exists():
            captures.write(paths[port], flows, sizes, TUNNEL if port == "tunnel" else None)
    return paths


def measure(build, key, name, work, flows, sizes, target):
    paths = played(build, work, flows, sizes)
    ours, theirs = 0, 0
    for _ in range(ROUNDS):
        theirs = max(theirs, testpmd(paths.get("tunnel", paths["wire"]), flows))
        with Junction(build, paths, flows, work) as junction:
            ours = max(ours, junction.rate())
            memory = junction.bytes_a_flow()
    return {"name": name, "mpps": round(ours, 2), "testpmd_mpps": round(theirs, 2),
            "ratio": round(ours / theirs, 3), "target": target,
            "bytes_a_flow": round(memory)}


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    (build / "bench").mkdir(exist_ok=True)
    wanted = sys.argv[2:]
    rows = []
    print(f"{'work':<36}{'Mpps':>8}{'testpmd':>9}{'ratio':>7}{'target':>8}")
    with Hugepages():
        for line in ROWS:
            if wanted and line[0] not in wanted:
                continue
            row = measure(build, *line)
            rows.append(row)
            target = f"{row['target']:>8.2f}" if row["target"] else "       -"
            print(f"{row['name']:<36}{row['mpps']:>8.2f}{row['testpmd_mpps']:>9.2f}{row['ratio']:>7.3f}{target}"
                  f"   {row['bytes_a_flow']} bytes a flow", flush=True)
    for program in ("bench_documents", "bench_stages", "bench_redirect", "bench_copy", "bench_samples", "bench_rounds"):
        print(subprocess.run([build / "tests" / "bench" / program], capture_output=True, text=True, check=True).stdout, end="")
    (build / "bench.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
