-- SPDX-License-Identifier: BSD-3-Clause
-- What happens when more comes than Junction can take?
-- Shows: what comes through when half, all, one and a half times and twice of what passes at most is offered.
-- Expect: past saturation as much passes as at saturation; never less than 90% of it at twice the load. Over memif Pktgen
-- waits when Junction's ring is full, so the load that it does not get rid of is not sent; a NIC counts it as rx_missed.
local lib = require("lib")
lib.begin()
lib.flows(1000, 64)
local found = {}
local most = lib.step("all that fits", {}).pps / 2
for _, share in ipairs({ 0.5, 1.0, 1.5, 2.0 }) do
    found[string.format("pps_%.1f", share)] = lib.step(string.format("%.1f of it", share), { pps = most * share }).pps
end
lib.finish(found)
