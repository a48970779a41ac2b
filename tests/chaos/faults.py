# SPDX-License-Identifier: BSD-3-Clause
"""How each kind of fault begins and ends. Beginning and end return at once where a target needs time: what follows must stand
that. Each returns a note for the log."""
import signal

from plan import PROCESSES
from programs import ask, ended, send, state_of
from settings import STREAMS
from waiting import Vain, wait_for

HURRY = 0.7  # of the processes that are ended so many are not kept waiting for as long as they deserve


class Faults:
    def __init__(self, junction, servers, network, spool, lives):
        self.junction, self.servers, self.network, self.spool, self.lives = junction, servers, network, spool, lives
        self.frozen = {}
        self.sent = {}    # signals that end a process, by (program, signal): what the launcher may log
        self.killed = []  # process ids of killed dataplanes
        self.damaged = 0  # times that the spool was

    # Processes of Junction.

    def _frozen_part(self, name):
        """Its process id, once it stands still; None: it waits to be started again."""
        pid = self.junction.part(name)
        if pid is not None:
            send(pid, signal.SIGSTOP)
            wait_for(f"{name} to stop", lambda: state_of(pid) in ("T", "", "Z"))
        return pid

    def _count(self, name, number):
        key = (self.junction.PROGRAMS[name], number)
        self.sent[key] = self.sent.get(key, 0) + 1

    def _end_part(self, name, number):
        """What a dataplane has counted is looked at while it stands still, just before its end."""
        pid = self._frozen_part(name)
        if pid is None:
            return "waits to be started again"
        if name == "dataplane":
            self.lives.look()
            if number == signal.SIGKILL:
                self.killed.append(pid)
        self._count(name, number)
        send(pid, number)
        send(pid, signal.SIGCONT)
        wait_for(f"the end of {name}, process {pid}", lambda: ended(pid))
        return f"process {pid}"

    def _freeze(self, name):
        self.frozen[name] = self._frozen_part(name)
        return f"process {self.frozen[name]}"

    def _thaw(self, name):
        pid = self.frozen.pop(name)
        return f"process {pid}" if pid and send(pid, signal.SIGCONT) else f"process {pid} had ended"

    # Servers.

    def _end_server(self, name, number):
        server = self.servers[name]
        if not server.alive():  # it never came up
            server.start()
        pid = server.pid
        if number == signal.SIGKILL:
            server.end(number)
        else:
            send(pid, number)  # an orderly end takes its time, and documents may come meanwhile
        return f"process {pid}"

    def _start_server(self, name):
        server = self.servers[name]
        try:
            wait_for(f"the orderly end of {name}", lambda: not server.alive(), 60)
        except Vain:  # it may wait for what is cut off
            server.end(signal.SIGKILL)
        server.start()
        return f"process {server.pid}"

    # The whole of Junction.

    def _kill_junction(self):
        parts = self.junction.kill_all()
        dataplane = self.junction.part("dataplane")
        self.lives.look()
        if dataplane:
            self.killed.append(dataplane)
        self.junction.bury(parts)
        return f"processes {' '.join(map(str, parts))}"

    def term_junction(self):
        """An orderly stop."""
        status = self.junction.stop(300)
        if status != 0:
            raise SystemExit(f"junction run ended with status {status} when it was told to stop")
        return ""

    def _start_junction(self):
        self.junction.start()
        self.junction.wait_until_up()
        return f"process {self.junction.launcher.pid}"

    # The spool.

    def _while_exporter_is_dead(self, act):
        """The launcher stands still meanwhile, and starts it again when it goes on."""
        launcher = self.junction.launcher.pid
        self.junction.hurry()
        self.junction.wait_part("exporter")
        self._freeze_launcher(launcher)
        try:
            note = self._end_part("exporter", signal.SIGKILL)
            return f"{note}, {act()}"
        finally:
            send(launcher, signal.SIGCONT)

    @staticmethod
    def _freeze_launcher(launcher):
        send(launcher, signal.SIGSTOP)
        wait_for("the launcher to stop", lambda: state_of(launcher) == "T")

    def _remount(self, how):
        self.spool.remount(how)
        if how == "rw":
            self.junction.hurry()
        return how

    def _damage(self, act, luck):
        note = act("kafka", luck)
        self.damaged += note is not None
        return note or "nothing is spooled"

    def _fill(self):
        return f"{self.spool.fill()} bytes"

    def _rollover(self):
        """A data stream goes on in another index, where the ids of the one before are not known."""
        notes = []
        for stream in STREAMS:
            try:
                notes.append(ask(self.servers["index"].port, f"{stream}/_rollover", {}, 3)["new_index"])
            except (OSError, ValueError, KeyError) as error:
                notes.append(f"{stream}: {error}")
        return ", ".join(notes)

    # All kinds by their names.

    def _on_process(self, fault, begins):
        verb, name = fault.kind.name.split("-", 1)
        number = {"kill": signal.SIGKILL, "term": signal.SIGTERM}.get(verb)
        if verb == "freeze":
            return self._freeze(name) if begins else self._thaw(name)
        if not begins:
            return ""
        hurry = fault.luck < HURRY and self.junction.hurry()
        return self._end_part(name, number) + (", started again soon" if hurry else "")

    def _on_server(self, fault, begins):
        verb, name = fault.kind.name.split("-", 1)
        if verb == "freeze":
            send(self.servers[name].pid, signal.SIGSTOP if begins else signal.SIGCONT)
            return f"process {self.servers[name].pid}"
        if begins:
            return self._end_server(name, signal.SIGKILL if verb == "kill" else signal.SIGTERM)
        return self._start_server(name)

    def _on_network(self, fault, begins):
        how, name = fault.kind.name.split("-", 1)
        (self.network.cut if begins else self.network.heal)(how, self.servers[name].port)
        return f"port {self.servers[name].port}"

    def _on_spool(self, fault, begins):
        name, broker = fault.kind.name, self.servers["broker"].port
        if name == "fill-spool":
            return self._fill() if begins else self.spool.empty() or "emptied"
        if name == "readonly-spool":
            return self._while_exporter_is_dead(lambda: self._remount("ro")) if begins else self._remount("rw")
        if begins:
            self.network.cut("cut", broker)
            return f"port {broker}"
        if name == "flip-spool":
            note = self._damage(self.spool.flip, fault.luck)
        else:
            note = self._while_exporter_is_dead(lambda: self._damage(self.spool.tear, fault.luck))
        self.network.heal("cut", broker)
        return note

    def act(self, fault, begins):
        name = fault.kind.name
        target = name.split("-", 1)[-1]
        if name == "unplug":
            self.network.plug("down" if begins else "up")
            return "lo"
        if name == "rollover":
            return self._rollover() if begins else ""
        if name == "kill-junction":
            return self._kill_junction() if begins else self._start_junction()
        if name == "term-junction":
            return self.term_junction() if begins else self._start_junction()
        if target == "spool":
            return self._on_spool(fault, begins)
        if target in PROCESSES:
            return self._on_process(fault, begins)
        if fault.kind.targets[0].startswith("net-"):
            return self._on_network(fault, begins)
        return self._on_server(fault, begins)
