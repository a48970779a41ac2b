# SPDX-License-Identifier: BSD-3-Clause
"""Cuts the network between exporter and servers, which is the loopback interface of the namespace that this runs in."""
import subprocess

CUTS = {  # {port}: the server's
    "cut": "tcp dport {port} drop\n tcp sport {port} drop",            # nothing arrives
    "mute": "tcp sport {port} drop",                                    # requests arrive, answers do not
    "reset": "tcp dport {port} reject with tcp reset",                  # as a firewall, or a host that was restarted, says
    "slow": "tcp dport {port} limit rate over 40 kbytes/second burst 64 kbytes drop",
}


class Network:
    def __init__(self):
        self.cuts = set()

    def _apply(self):
        rules = "\n ".join(CUTS[cut].format(port=port) for cut, port in sorted(self.cuts))
        text = ("table inet chaos\ndelete table inet chaos\n"
                f"table inet chaos {{\n chain output {{\n type filter hook output priority 0\n {rules}\n }}\n}}\n")
        subprocess.run(["nft", "-f", "-"], input=text.encode(), check=True)

    def cut(self, how, port):
        self.cuts.add((how, port))
        self._apply()

    def heal(self, how, port):
        self.cuts.discard((how, port))
        self._apply()

    @staticmethod
    def plug(state):
        subprocess.run(["ip", "link", "set", "lo", state], check=True)
