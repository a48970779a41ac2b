# SPDX-License-Identifier: BSD-3-Clause
"""testpmd and Junction at a row's work, each with its worker on the same core; one may be stopped while another runs."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from slices import Notes

CORES = sorted(os.sched_getaffinity(0))
CORE = CORES[-1]  # the worker's; of several the last ones
# The gateway. net_pcap numbers its ports' MAC addresses in the order of devices.
TUNNEL = {"address": "198.18.0.1", "gateway": "198.18.0.20", "vni": 10, "mac": bytes.fromhex("027063617001"),
          "inner_mac": bytes.fromhex("020000000101")}
PATIENCE_S = 90
MEMORY = ("/dev/hugepages/junction", "/run/junction")  # of instances


class Failed(Exception):
    """Why a row has no figures."""


class Unmeasurable(Failed):
    """This machine has not what the row needs: nothing went wrong."""


def all_cores():
    """Of a program with a worker; others stay where this one is."""
    os.sched_setaffinity(0, CORES)


def stop(process):
    process.send_signal(signal.SIGCONT)
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Subject:
    """A program with bench_port, whose transmitted packets are counted."""

    def __init__(self, build, folder, name, row, played):
        self.build, self.folder, self.name, self.row, self.played = build, folder, name, row, played
        self.parts, self.notes, self.directories = [], None, []

    def environment(self, counted, sweep=None):
        path = self.folder / f"{self.name}.notes"
        path.unlink(missing_ok=True)
        added = {"LD_PRELOAD": str(self.build / "tests" / "bench" / "bench_port.so"), "BENCH_NOTES": str(path),
                 "BENCH_CORE": str(CORES[0]), "BENCH_COUNT": counted}
        if self.row.paced:
            added["BENCH_PACED"] = "yes"
        if sweep:
            added["BENCH_SWEEP"] = f"{sweep}:{self.row.kind}:{self.row.flows}:{','.join(map(str, self.row.sizes))}"
        return os.environ | added

    def access(self):
        """The device that receives, and what bench_sweep knows it by."""
        if self.row.source == "sweep":
            return "net_null9,copy=0", "net_null9"
        return f"net_pcap0,rx_pcap={self.played['wire']},infinite_rx=1", None

    def start(self, program, arguments, environment=None):
        with open(self.folder / f"{self.name}-{pathlib.Path(program).name}.log", "w") as log:
            self.parts.append(subprocess.Popen([program, *arguments], env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log,
                                               preexec_fn=all_cores if environment else None))
        return self.parts[-1]

    def wait_until(self, what, done):
        deadline = time.monotonic() + PATIENCE_S
        while not done():
            dead = [part.args[0] for part in self.parts if part.poll() is not None]
            if dead or time.monotonic() > deadline:
                raise Failed(f"{self.name}: {f'{dead[0]} ended' if dead else what}: see {self.folder}")
            time.sleep(0.02)

    def sent(self):
        return self.notes.last()[1]

    def open_notes(self):
        path = self.folder / f"{self.name}.notes"
        self.wait_until("its ports did not start", lambda: path.exists() and path.stat().st_size > 0)
        self.notes = Notes(path)
        self.wait_until("it forwarded nothing", lambda: self.sent() > 0)

    def cores(self):
        return CORES[-self.row.workers:]

    def workers(self):
        """Threads that are bound to a worker's core."""
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            if os.sched_getaffinity(int(task)) in [{core} for core in self.cores()]:
                yield int(task)

    def alone(self, alone):
        """Nothing else takes the core from the worker during its turns."""
        for task in self.workers():
            os.sched_setscheduler(task, os.SCHED_FIFO if alone else os.SCHED_OTHER, os.sched_param(1 if alone else 0))

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def begin(self):
        """Starts all parts, as each kind of subject does."""
        raise NotImplementedError

    def __enter__(self):
        try:
            self.begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for part in reversed(self.parts):
            stop(part)
        if self.notes:
            self.notes.close()
        (self.folder / f"{self.name}.notes").unlink(missing_ok=True)
        for directory in self.directories:
            shutil.rmtree(directory, ignore_errors=True)


class Testpmd(Subject):
    """It comes up while Junction does: open_notes() waits for it."""

    def begin(self):
        row, (device, sweep) = self.row, self.access()
        if row.work == "return":
            device = f"net_pcap0,rx_pcap={self.played['tunnel']},infinite_rx=1"
        self.process = self.start("dpdk-testpmd", [
            "--lcores", f"0@{CORES[0]},1@{CORE}", "--main-lcore", "0", "--in-memory", "--no-pci", "--no-telemetry",
            "-m", str(row.memory_mb), "--vdev", device, "--vdev", "net_null0,no-rx=1", "--", "--forward-mode=macswap",
            f"--total-num-mbufs={row.mbufs}", "--burst=64", "--nb-cores=1", "--no-flush-rx"], self.environment("net_null0", sweep))


class Junction(Subject):
    """junction-control, junction-dataplane and what the work needs besides, as an instance of their own."""

    def arguments(self, device):
        row, tunnel = self.row, self.played.get("tunnel")
        tunnel_device = f"net_pcap1,rx_pcap={tunnel},infinite_rx=1" if tunnel else "net_null1,no-rx=1"
        self.devices = [device, "net_null0,no-rx=1", tunnel_device]
        return ["--instance", self.instance, "--port", f"access0={device};mbufs={row.mbufs}", "--port", f"network0={self.devices[1]}",
                "--port", f"tunnel0={tunnel_device};mtu=1600" + (f";mbufs={row.mbufs}" if tunnel else ""),
                "--wire", "wire0=access0:network0", "--worker-cores", ",".join(map(str, self.cores())), "--memory-mb", str(row.memory_mb),
                "--flow-entries", str(row.entries), "--idle", row.idle, *(["--classify=2048"] if row.work == "classify" else [])]

    def configuration(self):
        return {"dataplane": {"ports": [{"name": "access0", "device": self.devices[0]}, {"name": "network0", "device": self.devices[1]},
                                        {"name": "tunnel0", "device": self.devices[2], "addresses": [TUNNEL["address"] + "/24"]}],
                              "wires": [{"name": "wire0", "access": "access0", "network": "network0"}]},
                "inspection": {"interval_seconds": 3600, "idle_timeout_seconds": 600},
                "vpgs": [{"id": "bench", "device_subnets": ["10.128.0.0/9", "fd00:80::/32"],
                          "mirroring": {"peers": [{"address": f"198.18.0.{10 + i}"} for i in range(self.row.peers)]},
                          **self.network()}]}

    def network(self):
        """A gateway that is asked seldom: a null port answers nothing."""
        if self.row.work not in ("redirect", "return"):
            return {}
        return {"gate": {"vni": TUNNEL["vni"], "address": "10.0.0.1/24", "mac": TUNNEL["inner_mac"].hex(":"),
                         "peers": [{"outer": TUNNEL["gateway"], "inner": "10.0.0.2"}]},
                "redirection": {"gateway": "10.0.0.2", "probe": {"interval_ms": 10000}}}

    def begin(self):
        self.instance = f"bench-{self.name}-{os.getpid()}"
        self.directories = [pathlib.Path(directory, self.instance) for directory in MEMORY]  # with records that no exporter took
        device, sweep = self.access()
        if self.row.work == "return":
            device = f"net_pcap0,rx_pcap={self.played['wire']}"  # once: then all comes by the tunnel
        arguments = self.arguments(device)
        path = self.folder / f"{self.name}.json"
        path.write_text(json.dumps(self.configuration()))
        self.start(self.build / "junction-control", ["--instance", self.instance, "-c", path])
        counted = "net_null1" if self.row.work == "redirect" else "net_null0"
        self.process = self.start(self.build / "junction-dataplane", arguments, self.environment(counted, sweep))
        if self.row.work == "classify":
            self.start(self.build / "junction-classify", ["--instance", self.instance, "-c", path])
        if self.row.work not in ("forward", "classify"):
            self.answer()
        self.open_notes()
        self.settle()

    def show(self, what):
        done = subprocess.run([self.build / "junctionctl", "--instance", self.instance, "--json", "show", what],
                              capture_output=True, text=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def worker(self, counter):
        workers = self.show("workers")
        return sum(worker[counter] for worker in workers["workers"]) if workers else 0

    def answer(self):
        """A null port answers no ARP: next hops and gateway are made known as an answer would make them, from now on."""
        program = self.build / "tests" / "bench" / "bench_answer"
        self.wait_until("it received nothing", lambda: self.worker("rx_packets"))
        self.parts.append(subprocess.Popen([program, self.instance, str(max(self.row.peers, 1))], stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE))
        if not self.parts[-1].stdout.readline():
            raise Failed("bench_answer found no Junction")

    def settle(self):
        """Every flow has been seen, and what comes with that is done."""
        passes = 1 if self.row.work == "return" else 3
        self.wait_until("it does not get through all flows", lambda: self.sent() >= self.row.flows * passes)
        if self.row.work == "classify":
            self.all_classified()
        self.wait_until("its workers hand packets over", self.is_dealt)
        flows = self.worker("flows_active")
        if flows < self.row.flows:
            raise Failed(f"of {self.row.flows} flows only {flows} are in the table")

    def is_dealt(self):
        """Each packet came by the queue of the worker that has its flow."""
        ports = self.show("ports")
        return ports is not None and all(port["rx_astray"] == 0 for port in ports["ports"])

    def all_classified(self):
        """Long flows have had their samples; until then the ring is full, and packets skipped."""
        before = None
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            workers = self.show("workers")
            now = [(w["samples_written"], w["samples_skipped"]) for w in workers["workers"]] if workers else None
            if now and now == before and now[0][0] > 0:
                return
            before = now
            time.sleep(0.5)
        raise Failed(f"flows are still sampled after {PATIENCE_S} s: see {self.folder}")

    def copies(self):
        peers = self.show("peers")["peers"] if self.row.peers else []
        return sum(peer["frames"] for peer in peers)

    def bytes_a_flow(self):
        """Of the flow table's shared memory: entry and its share of the buckets."""
        for directory in self.directories:
            path = directory / "dataplane/flows"
            if path.exists():
                return round(path.stat().st_size / self.row.entries, 1)
        return None
