-- SPDX-License-Identifier: BSD-3-Clause
-- Does each of two mirroring peers get a copy of every packet?
-- Shows: traffic both ways with two GRE peers, first slowly, then all that fits.
-- Expect: copies that arrived are packets that arrived, twice, less those that a named reason kept back; originals come first.
local lib = require("lib")
lib.begin()
lib.flows(1000, 512)
lib.step("slowly", { count = lib.many(20000), pps = 20000, size = 512 })
lib.step("all that fits", { size = 512 })
lib.finish()
