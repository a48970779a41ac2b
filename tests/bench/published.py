# SPDX-License-Identifier: BSD-3-Clause
"""What was measured of others, elsewhere than in the run that is shown: one core of a 2.1 GHz Sapphire Rapids, 60-byte frames."""

# Share of testpmd macswap on the same ports in the same run, by the key of Junction's row. `make bench-peers` repeats it.
SHARES = {
    "2000": ("OVS-DPDK, no flow statistics", 0.22),
    "one-peer": ("OVS-DPDK", 0.07),
    "two-peers": ("OVS-DPDK", 0.04),
    "redirected": ("OVS-DPDK", 0.16),
}
SOURCE_SHARES = "OVS-DPDK of Debian 12 (`openvswitch-switch-dpdk`), in turns with Junction and testpmd on the same ports"
# What, of whom, figure.
SFDP = "VPP's session plane (SFDP, v26.10-rc0)"
FIGURES = [
    ("cycles a packet at 2,000, 64,000 and 1,000,000 sessions, without receiving", SFDP, "139, 200, 329"),
    ("new sessions a second", SFDP, "1.9 to 2.4 million"),
    ("longest stall while sessions expire", SFDP, "201 ms"),
    ("memory a session", SFDP, "426 bytes"),
    ("cycles that a copy into GRE adds", "VPP, SPAN", "135"),
]
SOURCE_FIGURES = "built from source, with VPP's own packet generator"
