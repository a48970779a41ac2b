# SPDX-License-Identifier: BSD-3-Clause
"""Junction in the virtual machine: started with what a check needs, stopped with its documents."""
import importlib.util
import json
import re
import subprocess

from machine import Failed, HERE, PCI, expect, wait_for

INSTANCE = "nic"
LOG = "/run/shared/junction.log"
DOCUMENTS = "/run/documents/documents.json"
STATUS = "/run/junction.status"
GATEWAY = "198.19.0.10"


def load_documents():
    """tests/smoke/documents.py adds up documents for the smoke tests, too."""
    spec = importlib.util.spec_from_file_location("documents", HERE.parent / "smoke" / "documents.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


documents = load_documents()


class Session:
    def __init__(self, machine, build):
        self.machine, self.build = machine, build
        self.id = machine.id
        self.running = None  # the configuration
        machine.run("mkdir -p /run/documents && chown junction-export: /run/documents")
        self.version = 0

    # Configuration: what checks change of it.
    def config(self, workers=1, tunnel=False, mtu=1500, mirror=False, gate=False, hugepages=True, link_loss=None, cores=None,
               sizes=None):
        ports = [{"name": name, "device": device} for name, device in zip(("access0", "network0"), PCI)]
        wire = {"name": "wire0", "access": "access0", "network": "network0"}
        vpg = {"id": "vpg-one", "name": "one", "wire": "wire0", "device_subnets": ["10.128.0.0/9"]}
        for port in ports if mtu else ():
            port["mtu"] = mtu
        if tunnel or mirror or gate:
            ports.append({"name": "tunnel0", "device": PCI[2], "mtu": 1600, "addresses": ["198.19.0.1/24"]})
        if mirror:
            vpg["mirroring"] = {"peers": [{"address": GATEWAY}]}
        if gate:
            vpg["gate"] = {"address": "10.254.0.1/16", "peers": [{"outer": GATEWAY, "inner": "10.254.0.2"}]}
            vpg["redirection"] = {"enabled": True, "gateway": "10.254.0.2"}
        if link_loss:
            wire["link_loss"] = link_loss
        return {"node": "nic",
                "dataplane": {"worker_cores": cores or CORES[:workers], "hugepages": hugepages, "memory_mb": 300,
                              "flow_table_entries": 65536,
                              "idle": {"max_sleep_us": 500}, "ports": ports, "wires": [wire]} | (sizes or {}),
                "inspection": {"interval_seconds": 3600, "idle_timeout_seconds": 3600, "top_flows": 200},
                "sink": {"type": "file", "file": {"path": DOCUMENTS, "max_mb": 1000}}, "vpgs": [vpg]}

    def write(self, config):
        """To a file of its own, for the guest keeps what it has read."""
        self.version += 1
        (self.machine.shared / f"junction-{self.version}.json").write_text(json.dumps(config))
        folder = f"/run/config-{self.version}"
        self.machine.run(f"mkdir -m 0755 {folder} && cp /run/shared/junction-{self.version}.json {folder}/junction.json")
        return f"{folder}/junction.json"

    def start(self, links=True, **needs):
        """Unless it runs so already: until every worker has the policy, and the wire's links are up."""
        config = self.config(**needs)
        if self.running == config and self.alive():
            return
        self.stop_if_running()
        path = self.write(config)
        self.running = config
        self.machine.run(f"rm -f {DOCUMENTS} {LOG} {STATUS}\n"
                         f"(setsid {self.build}/junction run --instance {INSTANCE} -c {path} 2>{LOG}; echo $? >{STATUS}) "
                         f"</dev/null >/dev/null 2>&1 &\n{UNTIL_UP.format(build=self.build, log=LOG, deaths=0)}", seconds=90)
        if links:
            self.wait_for_link("access0", "up")
            self.wait_for_link("network0", "up")

    def until_up(self, deaths):
        """Again, after so many deaths of the dataplane."""
        self.machine.run(UNTIL_UP.format(build=self.build, log=LOG, deaths=deaths), seconds=90)
        self.wait_for_link("access0", "up")
        self.wait_for_link("network0", "up")

    def refused(self, config, *words):
        """It does not start with this: exit status 1, and a sentence that has every word; returns what it said."""
        self.stop_if_running()
        path = self.write(config)
        status, said = self.machine.ask(f"timeout -k 5 120 {self.build}/junction run --instance {INSTANCE} -c {path} "
                                        "</dev/null 2>&1", seconds=180)
        expect(1, status, f"exit status of junction run ({said.strip()[-600:]})")
        for word in words:
            if not re.search(word, said):
                raise Failed(f"junction run says why: expected {word!r}, found: {said.strip()[-600:]}")
        return said

    def alive(self):
        return self.machine.ask("pgrep -x junction-datapl")[0] == 0

    def stop_if_running(self):
        """What is left of an earlier check, in any state."""
        self.running = None
        self.machine.run("pkill -TERM -xo junction; for i in {1..100}; do pgrep -x junction >/dev/null || break; sleep 0.1; done\n"
                         "pkill -KILL '^junction'; for i in {1..100}; do pgrep '^junction' >/dev/null || exit 0; sleep 0.1; done\n"
                         "echo 'a process of Junction cannot be ended' && exit 1")

    def stop(self):
        """By SIGTERM, which must end with exit status 0; its documents."""
        self.running = None
        status = self.machine.run("pid=$(pgrep -xo junction) && kill -TERM $pid || exit 1\nfor i in {1..300}; do "
                                  f"pgrep '^junction' >/dev/null || break; sleep 0.1; done\ncat {STATUS}").strip()
        if status != "0":
            raise Failed(f"exit status of junction run after SIGTERM: expected 0, found {status}: {self.log()[-800:]}")
        return self.documents()

    def documents(self):
        text = self.machine.run(f"cat {DOCUMENTS}")
        found = {(documents.get(d, "event.dataset"), documents.get(d, "event.id")): d for d in map(json.loads, text.splitlines())}
        return list(found.values())

    def log(self):
        return self.machine.run(f"cat {LOG}")

    # What junctionctl shows.
    def show(self, *what):
        return json.loads(self.machine.run(f"{self.build}/junctionctl --instance {INSTANCE} --json show {' '.join(what)}"))

    def port(self, name):
        return next(p for p in self.show("ports")["ports"] if p["name"] == name)

    def wait_for_link(self, name, *states, seconds=30):
        try:
            return wait_for(seconds, lambda: self.port(name)["link"] in states, f"port {name} to be {' or '.join(states)}")
        except Failed as failure:
            raise Failed(f"{failure}: {self.log()[-800:]}") from failure

    def dropped(self):
        return {d["reason"]: d["packets"] for d in self.show("drops")["drops"] if d["kind"] == "dropped"}

    # Traffic.
    def stream(self, *options, flows=128, count=3840, window=32, timeout=90):
        """So many packets each way; what the tool found."""
        result = subprocess.run(
            [f"{self.build}/tests/tools/stream", "--device", f"{self.id}-device:eth0", "--server", f"{self.id}-server:eth0", "--both",
             "--flows", str(flows), "--count", str(count), "--window", str(window), "--per-flow", *map(str, options)],
            capture_output=True, text=True, timeout=timeout, check=False)
        if result.returncode != 0:
            raise Failed(f"stream: {result.stderr}")
        return json.loads(result.stdout)

    def lossless(self, *options, **shape):
        """Every packet of every conversation, once and in order."""
        report = self.stream(*options, **shape)
        dead = sum(1 for i in range(report["flows"]) if not all(report[d]["flow"][i]["received"] for d in ("uplink", "downlink")))
        found = (report["lost"], dead, *(report[d][w] for d in ("uplink", "downlink") for w in ("duplicated", "reordered")))
        if any(found):
            raise Failed(f"of {report['sent']} packets {found[0]} lost, {sum(found[2::2])} duplicated, {sum(found[3::2])} out of "
                         f"order; {dead} of {report['flows']} conversations dead")
        return report["sent"]


CORES = [1, 2, 3, 0]
UNTIL_UP = """for i in {{1..300}}; do
    {build}/junctionctl --instance nic --json show status 2>/dev/null | jq -e '(.processes | length >= 3 and all(.[]; .state == "up")) and
        (.workers | length > 0) and all(.workers[]; .in_force)' >/dev/null && exit 0
    [ $i -lt 5 ] || pgrep -x junction >/dev/null || break
    died=$(grep -cs 'started again in' {log})
    [ "${{died:-0}}" -le {deaths} ] || break
    sleep 0.2
done
echo "junction run does not come up: $(tail -n 12 {log})"
exit 1"""
