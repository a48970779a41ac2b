# SPDX-License-Identifier: BSD-3-Clause
"""What sends: Pktgen, or the project's own generator behind the same Lua names; and what stands behind the tunnel port."""
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import threading
import time

import frames
import verdict
from junction import Trouble, device, is_nic, program

HERE = pathlib.Path(__file__).resolve().parent
MEMORY_MB = 3500  # Pktgen makes 24,576 buffers of 10 kB ready, several times a port
ACCOUNTED_SECONDS = 20  # that a packet may be on its way, on a machine that is busy with other things
WITHOUT_PKTGEN = """Pktgen was not found (in PATH, $PKTGEN or --pktgen). `pktgen-scenarios/get-pktgen FOLDER` fetches version 23.06.1 from its
repository and builds it on Debian 12's DPDK; then: export PKTGEN=FOLDER/build/app/pktgen
`make scenarios` answers the same questions without it."""


def find_pktgen(named):
    path = named or os.environ.get("PKTGEN") or shutil.which("pktgen")
    if not path or not os.access(path, os.X_OK):
        raise Trouble(WITHOUT_PKTGEN)
    return pathlib.Path(path).resolve()


def eal(junction, nics, memory_mb):
    """Ports and memory, as EAL wants them: the NICs or devices that were named, or memif to Junction's sockets."""
    if nics and all(map(is_nic, nics.values())):
        return [word for name in ("access", "network") for word in ("-a", nics[name])]
    named = [nics.get(name) or device(number, "client", junction.sockets / name) for number, name in enumerate(("access", "network"))]
    return ["--no-pci", "--no-huge", "-m", str(memory_mb), *(word for name in named for word in ("--vdev", name))]


class Answer:
    """What a script says in files: its answer at the end, and meanwhile the name of the step that runs."""

    def __init__(self, directory, scenario, seconds, scale, stats_ms):
        self.path, self.scenario = directory / "answer.json", scenario
        self.environment = {**os.environ, "SCENARIO_OUT": str(self.path), "SCENARIO_SECONDS": str(seconds), "SCENARIO_SCALE": str(scale),
                            "SCENARIO_STATS_MS": str(stats_ms), "SCENARIO_FRAMES": str(len(frames.MALFORMED)),
                            "LUA_PATH": f"{HERE}/?.lua;;", "TERM": "xterm"}
        self.script = HERE / f"{scenario.name}.lua"

    def beside(self, what):
        """A file by which `run` and the script tell each other something."""
        return pathlib.Path(f"{self.path}.{what}")

    def step(self):
        path = self.beside("step")
        return path.read_text().strip() if path.exists() else ""

    def totals(self):
        path = self.beside("totals")
        return json.loads(path.read_text()) if path.exists() else None

    def read(self, said):
        if not self.path.exists():
            raise Trouble(f"{self.script.name} did not come to its end: " + said[-1500:])
        answer = json.loads(self.path.read_text())
        if "error" in answer:
            raise Trouble(f"{self.script.name}: {answer['error']}")
        return answer


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Pktgen:
    """Pktgen wants a terminal, and gets one that nobody looks at."""
    name, stats_ms = "pktgen", 1100

    def __init__(self, path, cores, nics):
        self.path, self.cores, self.nics = path, cores, nics

    def command(self, junction, answer, captures):
        main, sends = self.cores
        command = [str(self.path), "--lcores", f"0@{main},1@{sends}", "--main-lcore", "0", "--file-prefix", junction.instance, "--no-telemetry"]
        command += eal(junction, self.nics, MEMORY_MB) + ["--", "-P", "-m", "1.0,1.1", "-f", str(answer.script)]
        return command + [word for port, path in captures.items() for word in ("-s", f"{port}:{path}")]

    def run(self, junction, answer, captures, limit):
        master, slave = pty.openpty()
        said = bytearray()
        process = subprocess.Popen(self.command(junction, answer, captures), stdin=slave, stdout=slave, stderr=slave, cwd=self.home(),
                                   env=answer.environment, start_new_session=True)
        os.close(slave)
        deadline = time.monotonic() + limit
        try:
            while time.monotonic() < deadline and process.poll() is None:
                if select.select([master], [], [], 0.2)[0]:
                    said += os.read(master, 65536)
                self.give_way(process.pid)
        except OSError:
            pass  # the terminal's other end is closed: it has ended
        finally:
            ended = process.poll() is not None or answer.path.exists()
            end(process)
            os.close(master)
        if not ended:
            raise Trouble(f"Pktgen took more than {limit} s")
        return said.decode(errors="replace")

    def home(self):
        """Pktgen looks for Pktgen.lua where it is started."""
        return next((folder for folder in self.path.parents if (folder / "Pktgen.lua").exists()), self.path.parent)

    @staticmethod
    def give_way(pid):
        """Its clock, a thread with the program's name, spins beside the one that sends, which may have to share a core with it."""
        for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
            try:
                if (task / "comm").read_text().strip() == "pktgen" and int(task.name) != pid:
                    os.setpriority(os.PRIO_PROCESS, int(task.name), 10)
            except (OSError, ValueError):
                continue


class Own:
    """The project's generator (tests/scenarios), which generator.lua gives Pktgen's names."""
    name, stats_ms = "own", 100

    def __init__(self, build, cores, nics):
        self.build, self.cores, self.nics = pathlib.Path(build).resolve(), cores, nics

    def run(self, junction, answer, captures, limit):
        shim = HERE.parent / "tests" / "scenarios" / "generator.lua"
        if not shutil.which("lua5.3"):
            raise Trouble("needs lua5.3")
        command = [program(self.build, "tests", "scenarios", "generator"), "--lcores", f"0@{self.cores[1]}",
                   "--file-prefix", junction.instance + "-own", "--no-telemetry", "--log-level", "4", *eal(junction, self.nics, 512)]
        to, of = os.pipe(), os.pipe()
        sends = subprocess.Popen(command, stdin=to[0], stdout=of[1])
        environment = {**answer.environment, "GENERATOR_IN": f"/dev/fd/{to[1]}", "GENERATOR_OUT": f"/dev/fd/{of[0]}",
                       "GENERATOR_FILES": str(junction.directory), **{f"GENERATOR_CAPTURE{port}": str(path) for port, path in captures.items()}}
        os.close(to[0])
        os.close(of[1])
        plays = subprocess.Popen(["lua5.3", shim, answer.script], env=environment, pass_fds=(to[1], of[0]), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        os.close(to[1])
        os.close(of[0])
        try:
            return plays.communicate(timeout=limit)[0]
        except subprocess.TimeoutExpired as late:
            raise Trouble(f"the generator took more than {limit} s") from late
        finally:
            end(plays)
            end(sends)


class Peers:
    """Mirroring peers and the reflecting gateway, behind Junction's tunnel port."""

    def __init__(self, build, junction, core, device_arguments):
        arguments = device_arguments or ["--no-pci", "--vdev", device(2, "client", junction.sockets / "tunnel")]
        command = [program(build, "tests", "scenarios", "peers"), "--lcores", f"0@{core}", "--no-huge",
                   "--file-prefix", junction.instance + "-peers", "--no-telemetry", "-m", "256", "--log-level", "4", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def stop(self):
        end(self.process)
        said = self.process.stdout.read()
        if self.process.returncode != 0:
            raise Trouble("what stands behind the tunnel port (tests/scenarios/peers) ended: " + said.strip())
        return json.loads(said.splitlines()[-1])


class During:
    """Does something again and again while a step runs, and tells the script when it was enough. In the end it tells when every
    packet is accounted for; or has had time enough for that."""

    def __init__(self, answer, junction, action):
        self.answer, self.junction, self.action, self.told, self.trouble, self.deadline = answer, junction, action, [], None, None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        try:
            while not self.stopping.wait(0.1):
                if self.action and self.answer.step():
                    told, enough = self.action(self.junction, len(self.told))
                    self.told.append(told)
                    if enough:
                        self.answer.beside("enough").touch()
                self.look()
        except Trouble as trouble:
            self.trouble = trouble
            self.answer.beside("accounted").touch()

    def look(self):
        totals = self.answer.totals()
        if totals is None or self.answer.beside("accounted").exists():
            return
        self.deadline = self.deadline or time.monotonic() + ACCOUNTED_SECONDS
        if verdict.is_accounted(totals, self.junction.counted()) or time.monotonic() > self.deadline:
            self.answer.beside("accounted").touch()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
