-- SPDX-License-Identifier: BSD-3-Clause
-- Does a busy direction starve the quiet one?
-- Shows: four packets to the devices for each one from them, then the other way round.
-- Expect: both directions pass at the rate that they are sent, and of the quiet one nothing is lost.
local lib = require("lib")
lib.begin()
lib.flows(1000, 512)
for _, busy in ipairs({ 1, 0 }) do
    pktgen.set(tostring(busy), "burst", 64)
    pktgen.set(tostring(1 - busy), "burst", 16) -- Pktgen also receives by so many at once
    local some = lib.many(16000)
    lib.step(busy == 1 and "downlink busy" or "uplink busy",
        { pps = busy == 1 and 10000 or 40000, size = 512, count = { [busy] = 4 * some, [1 - busy] = some } })
end
lib.finish()
