# SPDX-License-Identifier: BSD-3-Clause
"""Junction as a scenario needs it: an instance of its own in a directory of its own, joined by memif sockets there or by NICs."""
import concurrent.futures
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import time

TUNNEL = "198.19.0.1"
READY_SECONDS = 60
RUNTIME = pathlib.Path("/var/run/dpdk")


class Trouble(Exception):
    """Something that is missing or went wrong, in a sentence."""


def device(number, role, socket):
    return f"net_memif{number},role={role},id={number},socket={socket},socket-abstract=no" + \
        (",rsize=14" if role == "client" else "")


def is_nic(value):
    """A PCI address, as huge pages go with; all else is a device of DPDK's own."""
    return re.fullmatch(r"([0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]", value) is not None


def program(build, *parts):
    path = pathlib.Path(build).resolve().joinpath(*parts)
    if not path.exists():
        raise Trouble(f"needs {path} (make tests)")
    return path


def remove_runtime(prefix):
    """What EAL leaves of those that were started with that file prefix, or with more behind a dash: another run's may begin alike."""
    for path in (RUNTIME / prefix, *RUNTIME.glob(prefix + "-*")):
        shutil.rmtree(path, ignore_errors=True)


def wait_for(what, seconds, condition):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Trouble(f"waited {seconds} s in vain for {what}")
        time.sleep(0.05)


def difference(before, now):
    """Numbers of the same place subtracted, all else as it is now."""
    if isinstance(now, dict):
        return {key: difference(before.get(key) if isinstance(before, dict) else None, value) for key, value in now.items()}
    if isinstance(now, list):
        earlier = before if isinstance(before, list) and len(before) == len(now) else [None] * len(now)
        return [difference(old, new) for old, new in zip(earlier, now)]
    return now - before if isinstance(now, int) and isinstance(before, int) and not isinstance(now, bool) else now


class Junction:
    def __init__(self, build, scenario, core, nics):
        self.build, self.scenario, self.core, self.nics = pathlib.Path(build).resolve(), scenario, core, nics
        self.instance = f"scenario-{os.getpid()}"
        self.process = None

    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="junction-scenario-"))
        self.directory.chmod(0o711)
        self.sockets = self.room("sockets", "junction-dataplane")
        self.written = self.room("written", "junction-export")
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def room(self, name, user):
        """A directory that the process writes in which is that user."""
        path = self.directory / name
        path.mkdir()
        try:
            shutil.chown(path, user)
        except (LookupError, PermissionError):
            pass  # no such user: Junction's processes are root's, or the caller's
        return path

    def port(self, name, number):
        return self.nics.get(name) or device(number, "server", self.sockets / name)

    def configuration(self):
        ports = [{"name": name, "device": self.port(name, number)} for number, name in enumerate(("access", "network"))]
        if self.scenario.tunnel:
            ports.append({"name": "tunnel", "device": self.port("tunnel", 2), "addresses": [TUNNEL + "/24"]})
        vpg = {"id": "scenario", "wire": "wire", "device_subnets": ["10.128.0.0/10", "fd00:0:0:1::/64"], **self.scenario.vpg}
        return {"node": "scenario",
                "dataplane": {"worker_cores": [self.core], "hugepages": any(map(is_nic, self.nics.values())), "memory_mb": 512,
                              "flow_table_entries": self.scenario.flows, "ports": ports,
                              "wires": [{"name": "wire", "access": "access", "network": "network"}]},
                "inspection": {"interval_seconds": 600},
                "sink": {"type": "file", "file": {"path": str(self.written / "documents.json"), "max_mb": 4000}},
                "vpgs": [vpg]}

    def write(self, change=lambda configuration: None):
        configuration = self.configuration()
        change(configuration)
        (self.directory / "new").write_text(json.dumps(configuration, indent=1))
        (self.directory / "new").rename(self.directory / "junction.json")

    def start(self):
        self.write()
        self.log = open(self.directory / "junction.log", "w")
        self.process = subprocess.Popen([program(self.build, "junction"), "run", "--instance", self.instance, "-c", self.directory / "junction.json"],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        wait_for("Junction", READY_SECONDS, self.ready)
        here = [self.sockets / port for port in ("access", "network", *(["tunnel"] * self.scenario.tunnel)) if port not in self.nics]
        wait_for("Junction's sockets", READY_SECONDS, lambda: all(path.exists() for path in here))

    def ready(self):
        if self.process.poll() is not None:
            raise Trouble("junction run ended: " + self.tail())
        status = self.show("status", required=False)
        states = {p["process"]: p["state"] for p in status["processes"]} if status else {}
        return states.get("junction-control") == "up" and states.get("junction-dataplane") in ("up", "starting") and \
            states.get("junction-export") == "up" and status["workers"] and all(w["in_force"] for w in status["workers"])

    def tail(self):
        return (self.directory / "junction.log").read_text()[-1500:]

    def ctl(self, *arguments):
        return subprocess.run([self.build / "junctionctl", "--instance", self.instance, "--json", *arguments], capture_output=True, text=True)

    def show(self, what, required=True):
        done = self.ctl("show", what)
        if done.returncode != 0:
            if required:
                raise Trouble(f"junctionctl show {what}: {done.stderr.strip()}")
            return None
        return json.loads(done.stdout)

    def reload(self, change):
        """The policy with a change to its VPG; how long until it was in force, in microseconds."""
        self.write(lambda configuration: change(configuration["vpgs"][0]))
        done = self.ctl("reload")
        answer = json.loads(done.stdout or "{}")
        if done.returncode != 0 or not answer.get("in_force"):
            raise Trouble("junctionctl reload: " + (done.stderr or done.stdout).strip())
        return answer["microseconds"]

    def joined(self):
        """Peers and gateway are known, so that no copy is lost for want of a MAC address; counting begins."""
        if self.scenario.vpg.get("mirroring"):
            wait_for("the mirroring peers", 20, lambda: all(p["state"] == "up" for p in self.show("peers")["peers"]))
        if self.scenario.vpg.get("redirection"):
            wait_for("the gateway", 20, lambda: [g["redirection"]["target"]["kind"] for g in self.show("gate")["gates"]] == ["peer"])
        self.before = self.counters()

    def counted(self):
        """Counters since the peers were found: what it said itself before, into ports that nobody had joined, is no traffic."""
        return difference(self.before, self.counters())

    def counters(self):
        names = {"drops": "drops", "ports": "ports", "peers": "peers", "gate": "gates", "workers": "workers"}
        with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:  # each takes a tenth of a second for its rates
            found = dict(zip(names.values(), pool.map(lambda name: self.show(name)[names[name]], names)))
        drops = found.pop("drops")
        return {**found, "ports": {port["name"]: port for port in found["ports"]},
                "drops": {d["reason"]: d["packets"] for d in drops if d["kind"] == "dropped"},
                "exceptions": {d["reason"]: d["packets"] for d in drops if d["kind"] == "passed"}}

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for path in (self.directory, "/run/junction/" + self.instance, "/var/spool/junction/" + self.instance):
            shutil.rmtree(path, ignore_errors=True)
        remove_runtime(self.instance)


def machine(core):
    """What the verdict says of where it was had."""
    model = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return {"cpu": model[0] if model else "unknown", "cpus": os.cpu_count(), "kernel": os.uname().release, "worker_core": core,
            "user": pwd.getpwuid(os.getuid()).pw_name}
