-- SPDX-License-Identifier: BSD-3-Clause
-- Does throughput hold when there are many flows?
-- Shows: frames a second that come through with 100, 1,000, 10,000 and 24,576 flows (each both ways), 64 bytes.
-- Expect: one flow in the table for each of them. More flows than caches hold cost memory accesses: at 24,576 at least half
-- of what 100 flows gave. Pktgen makes 24,576 frames ready, so it has no more flows; `make bench` measures ten million.
local lib = require("lib")
lib.begin()
local found = {}
for _, count in ipairs({ 100, 1000, 10000, 24576 }) do
    lib.flows(count, 64)
    found["pps_" .. count] = lib.step(count .. " flows", {}).pps
end
lib.finish(found)
