-- SPDX-License-Identifier: BSD-3-Clause
-- Does a mirroring peer get a copy of every packet?
-- Shows: traffic both ways with one GRE peer, first slowly, then all that fits.
-- Expect: copies that arrived are packets that arrived, less those that a named reason kept back; originals come first.
local lib = require("lib")
lib.begin()
lib.flows(1000, 512)
lib.step("slowly", { count = lib.many(20000), pps = 20000, size = 512 })
lib.step("all that fits", { size = 512 })
lib.finish()
