# SPDX-License-Identifier: BSD-3-Clause
"""The rows that are measured beside testpmd, on the same ports in the same run."""
import dataclasses

import captures


@dataclasses.dataclass(frozen=True)
class Row:
    key: str
    name: str
    work: str = "forward"  # forward, classify, mirror, redirect, return
    flows: int = 2_000
    sizes: tuple = (60,)  # of frames in turn, bytes without FCS
    target: float | None = None  # share of testpmd's packets a second; None: shown beside
    kind: str = "ipv4"  # ipv4, ipv6, vlan
    peers: int = 0
    source: str = "capture"  # played from memory; sweep: written as it is received (bench_sweep.h)
    workers: int = 1
    idle: str = "sleep"  # what an idle worker does
    paced: bool = False  # packets may be asked for at a rate (bench_pace.h)

    @property
    def entries(self):
        """Of the flow table."""
        return max(65_536, self.flows * 2 if self.flows <= 1_000_000 else self.flows * 5 // 4)

    @property
    def mbufs(self):
        """Of a port: a capture lies in them."""
        return 65_536 + (self.flows + self.flows // 16 if self.source == "capture" else 0)

    @property
    def memory_mb(self):
        """Of either program's packets."""
        return 640 + (self.flows * 3 // 1024 if self.source == "capture" else 0)

    def huge_mb(self, programs):
        """Of the programs' packets together, and of a flow table each but testpmd."""
        return self.memory_mb * programs + (self.entries * 200 // 2**20 + 320) * (programs - 1)


IMIX = tuple(captures.IMIX)
ROWS = [
    Row("2000", "2,000 flows", target=0.55),
    Row("60000", "60,000 flows", flows=60_000, target=0.55),
    Row("1000000", "1,000,000 flows", flows=1_000_000, target=0.65),
    Row("10000000", "10,000,000 flows", flows=10_000_000, target=0.45, source="sweep"),
    Row("ipv6", "IPv6, 60,000 flows", flows=60_000, sizes=(80,), target=0.50, kind="ipv6"),
    Row("vlan", "VLAN-tagged, 60,000 flows", flows=60_000, sizes=(64,), target=0.53, kind="vlan"),
    Row("one-peer", "one GRE peer, 2,000 flows", "mirror", target=0.30, peers=1),
    Row("two-peers", "two GRE peers, 2,000 flows", "mirror", target=0.22, peers=2),
    Row("redirected", "everything redirected, 2,000 flows", "redirect", target=0.35),
    Row("returned", "all that the gateway returns", "return", target=0.45),
    Row("classified", "60,000 flows, with junction-classify", "classify", flows=60_000),
    Row("128", "128-byte frames, 2,000 flows", sizes=(128,)),
    Row("512", "512-byte frames, 2,000 flows", sizes=(512,)),
    Row("1500", "1,500-byte frames, 2,000 flows", sizes=(1500,)),
    Row("imix", "IMIX, 2,000 flows", sizes=IMIX),
    Row("mirror-1500", "one GRE peer, 1,500-byte frames", "mirror", sizes=(1500,), peers=1),
    Row("mirror-imix", "one GRE peer, IMIX", "mirror", sizes=IMIX, peers=1),
    Row("redirect-imix", "everything redirected, IMIX", "redirect", sizes=IMIX),
]

PACED = {"flows": 2_000, "source": "sweep", "paced": True}
# How long packets are on their way: at rest, and at a share of what each program can do.
LATENCIES = [
    Row("latency", "forwarded", **PACED),
    Row("latency-polling", "forwarded, idle: never", idle="never", **PACED),
    Row("latency-mirrored", "with one GRE peer", "mirror", peers=1, **PACED),
]
TWO_WORKERS = [Row("one-worker", "one worker", flows=60_000, source="sweep"),
               Row("two-workers", "two workers against one, 60,000 flows", flows=60_000, source="sweep", target=1.7, workers=2)]
