-- SPDX-License-Identifier: BSD-3-Clause
-- How long does a packet take through Junction, and does load change that?
-- Shows: the time from Pktgen's sending to its receiving of marked packets: without other traffic, and beside a load that
-- grows to what passes without loss.
-- Expect: on cores of its own microseconds, and a p99 that load raises by what a burst of 64 packets takes. With shared
-- cores the scheduler's milliseconds are measured: shown, not judged.
local lib = require("lib")
local samples = (os.getenv("SCENARIO_OUT") or "scenario.json") .. ".latency"
lib.begin()
lib.flows(1000, 64)
pktgen.set_mac("0", "dst", "02:00:00:00:00:02")
pktgen.set_ipaddr("0", "src", "10.128.0.1/9")
pktgen.set_ipaddr("0", "dst", "198.18.0.2")
pktgen.latency("all", "rate", 500) -- a marked packet every so many microseconds
pktgen.latency("all", "entropy", 0)
pktgen.latency("all", "on")

local function percentile(values, share) return values[math.max(1, math.ceil(#values * share))] / 1000 end

local found = {}
local function measure(name, pps)
    pktgen.latsampler_params("1", "simple", 20000, 10000, samples)
    pktgen.latsampler("1", "on")
    lib.step(name, { pps = pps })
    pktgen.latsampler("1", "off")
    local values = {}
    for line in io.lines(samples) do values[#values + 1] = tonumber(line) end -- nanoseconds
    table.sort(values)
    found[name .. ", samples"] = #values
    if #values == 0 then return end
    for share, word in pairs({ [0.5] = "p50", [0.99] = "p99", [0.999] = "p999" }) do
        found[name .. ", " .. word .. "_us"] = percentile(values, share)
    end
end

local most = lib.step("all that fits", {}).pps / 2
measure("idle", 1)
measure("half load", most / 2)
measure("80% load", most * 0.8)
os.remove(samples)
lib.finish(found)
