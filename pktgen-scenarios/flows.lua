-- SPDX-License-Identifier: BSD-3-Clause
-- Does throughput hold when there are many flows?
-- Shows: frames a second that come through with 100, 1,000, 10,000 and 262,144 flows (each both ways), 64 bytes. The most
-- come from captures that `run` makes (frames.py): by itself Pktgen makes 24,576 frames ready.
-- Expect: one flow in the table for each of them. More flows than caches hold cost memory accesses: the most pass at least
-- half of what 100 flows gave. `make bench` measures ten million.
local lib = require("lib")
lib.begin()
local found = {}
for _, count in ipairs({ 100, 1000, 10000 }) do
    lib.flows(count, 64)
    found["pps_" .. count] = lib.step(count .. " flows", {}).pps
end
pktgen.set_range("all", "off")
pktgen.pcap("all", "on")
local MOST = 262144
lib.step("first packets", { count = MOST, pps = 200000 })
found["pps_" .. MOST] = lib.step(MOST .. " flows", {}).pps
lib.finish(found)
