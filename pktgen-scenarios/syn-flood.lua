-- SPDX-License-Identifier: BSD-3-Clause
-- Do others get through while somebody floods the network with SYNs?
-- Shows: 65,536 TCP SYNs, each from another port of 256 devices, none of which is ever answered; before and after it ordinary
-- flows. The frames are those of the capture that `run` makes (frames.py).
-- Expect: every SYN is a flow, which is forwarded and gives way when the table is full (flow_table_full); ordinary traffic
-- after the flood loses nothing.
local lib = require("lib")
local SYNS = lib.many(65536)
lib.begin()
lib.step("flood", { ports = "0", count = SYNS, pps = 200000 })
pktgen.pcap("0", "off")
lib.flows(1000, 64)
lib.step("ordinary", { count = lib.many(20000), pps = 20000 })
lib.finish({ syns = SYNS })
