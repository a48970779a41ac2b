-- SPDX-License-Identifier: BSD-3-Clause
-- Does all traffic pass the gateway and come back?
-- Shows: traffic both ways while Junction redirects it to a gateway that gives everything back.
-- Expect: what went to the gateway is what came from the devices and the network; what it returned arrives at the other side.
local lib = require("lib")
lib.begin()
lib.flows(1000, 512)
-- The wire's Ethernet addresses become known by the first packets of a device.
lib.step("slowly", { count = lib.many(20000), pps = 20000, size = 512 })
lib.step("all that fits", { size = 512 })
lib.finish()
