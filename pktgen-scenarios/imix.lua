-- SPDX-License-Identifier: BSD-3-Clause
-- What passes of a mixture of sizes, as networks have it?
-- Shows: the simple IMIX: of twelve frames seven have 64 bytes, four 570, one 1,518 (354 on average), both directions.
-- The frames are those of captures that `run` makes (frames.py).
-- Expect: as many frames arrive of each size as were sent; throughput in bits lies between that of 256 and of 512 bytes.
local lib = require("lib")
lib.begin()
local before = pktgen.portSizes("all")
lib.step("IMIX", { count = 12 * lib.many(2000), pps = 50000, size = 354 })
local after, sizes = pktgen.portSizes("all"), {}
for port = 0, 1 do
    for key, name in pairs({ _64 = "64", _512_1023 = "570", _1024_1518 = "1518" }) do
        sizes["received_" .. name] = (sizes["received_" .. name] or 0) + after[port][key] - before[port][key]
    end
end
lib.step("IMIX, all that fits", { size = 354 })
lib.finish(sizes)
