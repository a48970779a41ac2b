-- SPDX-License-Identifier: BSD-3-Clause
-- What does Junction do with fragments, and with headers that cannot be right?
-- Shows: one frame of each kind in turn, a thousand times, from the devices. The frames are those of the capture that `run`
-- makes (frames.py), which says what each is to be counted as.
-- Expect: each kind is counted under its name, a thousand times; what is dropped is named in the verdict, and all else is
-- forwarded, byte for byte as long.
local lib = require("lib")
local ROUNDS, KINDS = lib.many(1000), tonumber(os.getenv("SCENARIO_FRAMES") or "1")
lib.begin()
lib.step("malformed", { ports = "0", count = ROUNDS * KINDS, pps = 20000, size = 128 })
lib.finish({ rounds = ROUNDS })
