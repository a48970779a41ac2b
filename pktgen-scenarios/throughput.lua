-- SPDX-License-Identifier: BSD-3-Clause
-- How many frames of each size pass without the loss of one?
-- Shows: the highest rate without loss, by frame size, both directions at once (RFC 2544, section 26.1: halving the interval
-- between what passed and what lost).
-- Expect: small frames are bound by Junction's core, about the same number a second at every size; large ones by the link.
-- Above the answer frames are lost at a named place: rx_missed of a NIC, or tx_full when the generator takes too few back.
local lib = require("lib")
local SIZES, ROUNDS = { 64, 128, 256, 512, 1024, 1280, 1518 }, 5
lib.begin()
local found = {}
for _, size in ipairs(SIZES) do
    lib.flows(1000, size)
    found["zero_loss_" .. size] = lib.zero_loss(size .. " bytes", size, ROUNDS)
end
lib.finish(found)
