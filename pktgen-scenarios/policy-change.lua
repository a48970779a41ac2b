-- SPDX-License-Identifier: BSD-3-Clause
-- What does a change of the policy do to traffic that runs?
-- Shows: traffic both ways while `run` changes the rules again and again: drop what goes to the server's port, let it pass.
-- Expect: each change is in force within milliseconds; every packet is forwarded or dropped under the name policy: none is
-- lost by changing.
local lib = require("lib")
lib.begin()
lib.flows(1000, 64)
lib.step("changing", { pps = 50000, enough = lib.enough })
lib.finish()
