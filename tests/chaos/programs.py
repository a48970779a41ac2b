# SPDX-License-Identifier: BSD-3-Clause
"""The programs that are tormented: Junction's, and the servers that its documents go to."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import urllib.error
import urllib.request

import sinks
from waiting import wait_for


def state_of(pid):
    """As /proc has it: R, S, T (stopped), Z; empty when it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def ended(pid):
    return state_of(pid) in ("", "Z", "X")


def send(pid, number):
    """False: there is no such process any more."""
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def children(pid):
    try:
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def argument_list(pid):
    try:
        return [a.decode() for a in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]]
    except OSError:
        return []


class Server:
    """Broker or index, started first by the shell: how, its process tells."""

    def __init__(self, name, pid, directory, port):
        self.name, self.pid, self.port = name, pid, port
        self.arguments = argument_list(pid)
        self.environment = dict(pair.split("=", 1) for pair in
                                pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")[:-1])
        self.log = directory / f"{name}.log"
        self.child = None

    def alive(self):
        if self.child:
            self.child.poll()
        return not ended(self.pid)

    def end(self, number):
        send(self.pid, number)
        wait_for(f"the end of {self.name}, process {self.pid}, by signal {number}", lambda: not self.alive(), 300)

    def start(self):
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(self.arguments, env=self.environment, stdout=log, stderr=log)
        self.pid = self.child.pid

    def answers(self):
        if self.name == "index":
            try:
                health = ask(self.port, "_cluster/health?wait_for_status=yellow&timeout=1s", limit=5)
                return not health["timed_out"]
            except (OSError, ValueError):
                return False
        return subprocess.run(["kcat", "-L", "-b", f"127.0.0.1:{self.port}", "-m", "3"], check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def wait_until_it_answers(self):
        def answers():
            if not self.alive():  # a JVM may fail to start on what a killed one left behind, for a moment
                self.start()
            return self.answers()
        wait_for(f"an answer of the {self.name}", answers, 300)


def ask(port, path, body=None, limit=60, method=None):
    """What the index answers; OSError when it does not, or with an error."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", headers={"Content-Type": "application/json"},
                                     data=None if body is None else json.dumps(body).encode(), method=method)
    try:
        with urllib.request.urlopen(request, timeout=limit) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise OSError(f"{path}: {error.code} {error.read(300)!r}") from error
    except http.client.HTTPException as error:
        raise OSError(f"{path}: {error!r}") from error


class Junction:
    """`junction run` and its processes."""
    PROGRAMS = {"exporter": "junction-export", "dataplane": "junction-dataplane", "control": "junction-control",
                "classifier": "junction-classify"}

    def __init__(self, build, instance, configuration, directory):
        self.build, self.instance, self.configuration = build, instance, configuration
        self.log = directory / "junction.log"
        self.launcher = None

    def start(self):
        with self.log.open("ab") as log:
            self.launcher = subprocess.Popen(
                [self.build / "junction", "run", "--instance", self.instance, "-c", self.configuration],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def running(self):
        return self.launcher is not None and self.launcher.poll() is None

    def part(self, name):
        """Its process id, or None: it waits to be started again."""
        for pid in children(self.launcher.pid) if self.running() else []:
            arguments = argument_list(pid)
            if arguments and os.path.basename(arguments[0]) == self.PROGRAMS[name] and not ended(pid):
                return pid
        return None

    def hurry(self):
        """A reload: what died often is started again without the pause that has grown."""
        return send(self.launcher.pid, signal.SIGHUP)

    def wait_part(self, name):
        return wait_for(f"{name} under junction run", lambda: self.part(name))

    def ctl(self, *words):
        """What junctionctl says as JSON; None: it failed."""
        done = subprocess.run([self.build / "junctionctl", "--instance", self.instance, "--json", *words],
                              capture_output=True, check=False)
        try:
            return json.loads(done.stdout) if done.returncode == 0 else None
        except ValueError:
            return None

    def up(self):
        status = self.ctl("show", "status")
        return bool(status and all(p["state"] == "up" for p in status["processes"]) and len(status["processes"]) >= 3 and
                    status["workers"] and all(w["in_force"] for w in status["workers"]))

    def wait_until_up(self):
        def up():
            if not self.running():
                raise SystemExit(f"junction run ended with status {self.launcher.returncode}")
            return self.up()
        wait_for("all of Junction's processes up, and the policy in force", up, 300)

    def closed(self):
        """How many intervals the slowest worker of this life has closed."""
        workers = self.ctl("show", "workers")
        return min((w["intervals_closed"] for w in workers["workers"]), default=0) if workers else 0

    def sinks(self):
        """What becomes of documents, by the sinks' names; None: it cannot be told now."""
        return sinks.read(self.ctl("show", "sinks"))

    def drained(self):
        """Nothing is in memory, in flight or spooled: (the sinks), else None."""
        shown = self.sinks()
        return shown if shown and not any(sink.waiting for sink in shown.values()) else None

    def stop(self, limit=120):
        """The exit status of an orderly stop."""
        send(self.launcher.pid, signal.SIGTERM)
        wait_for("the end of junction run", lambda: not self.running(), limit)
        return self.launcher.returncode

    def kill_all(self):
        """As when the power fails, but for what is in memory files: all at once, by SIGKILL. The launcher is stopped first,
        so that it starts none of them again."""
        launcher = self.launcher.pid
        send(launcher, signal.SIGSTOP)
        wait_for("the launcher to stop", lambda: state_of(launcher) in ("T", ""))
        parts = children(launcher)
        for pid in parts:
            send(pid, signal.SIGSTOP)
        return parts

    def bury(self, parts):
        for pid in parts:
            send(pid, signal.SIGKILL)
        send(self.launcher.pid, signal.SIGKILL)
        wait_for("the end of all", lambda: not self.running() and all(ended(pid) for pid in parts))


class Traffic:
    """The stream, and how far it has come."""

    def __init__(self, build, instance, directory, options):
        self.progress = directory / "progress"
        self.report_file = directory / "stream.json"
        with self.report_file.open("wb") as report, (directory / "stream.log").open("wb") as log:
            self.child = subprocess.Popen(
                [build / "tests/tools/stream", "--device", f"{instance}-device:eth0", "--server", f"{instance}-server:eth0",
                 "--both", "--patient", "--progress", self.progress, *options], stdout=report, stderr=log)
        wait_for("the stream's first packets", lambda: self.sent() > 0)

    def numbers(self):
        """Packets sent, packets that came through, and their bytes."""
        try:
            data = self.progress.read_bytes()
        except OSError:
            return 0, 0, 0
        return tuple(int.from_bytes(data[at:at + 8], "little") for at in (0, 8, 16)) if len(data) >= 24 else (0, 0, 0)

    def sent(self):
        if self.child.poll() is not None:
            raise SystemExit(f"the stream ended with status {self.child.returncode}")
        return self.numbers()[0]

    def stop(self):
        send(self.child.pid, signal.SIGTERM)
        wait_for("the end of the stream", lambda: self.child.poll() is not None)
        return json.loads(self.report_file.read_bytes())
