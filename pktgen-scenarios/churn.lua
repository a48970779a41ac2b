-- SPDX-License-Identifier: BSD-3-Clause
-- Does Junction keep up when every packet begins a flow?
-- Shows: four times 24,576 packets, each the first of a flow that nobody has seen.
-- Expect: as many flows created as packets received, exactly, and every packet forwarded. The first packet of a flow costs
-- several times what the next ones do.
local lib = require("lib")
local ROUNDS, A_ROUND = 4, lib.many(24576)
lib.begin()
lib.flows(A_ROUND, 64)
-- All fields step at once: 1,000 devices and 40,009 ports (a prime) make forty million different flows.
for what, address in pairs({ start = "10.128.0.1", min = "10.128.0.1", max = "10.128.3.232", inc = "0.0.0.1" }) do
    pktgen.range.src_ip("0", what, address)
end
for what, port in pairs({ start = 20000, min = 20000, max = 60008, inc = 1 }) do pktgen.range.src_port("0", what, port) end
for round = 1, ROUNDS do lib.step("round " .. round, { ports = "0", count = A_ROUND, pps = 200000 }) end
lib.finish({ first_packets = ROUNDS * A_ROUND })
