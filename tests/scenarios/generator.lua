-- SPDX-License-Identifier: BSD-3-Clause
-- generator.lua SCRIPT: plays a script for Pktgen with the generator beside this file, which it tells by the pipes
-- GENERATOR_IN and GENERATOR_OUT what to do (generator.h). Frames are made here, as captures in GENERATOR_FILES.
package.path = (arg[0]:match("^(.*)/") or ".") .. "/?.lua;" .. package.path
local names = require("names")
local frames = require("range")

local LINK_MBITS = 100000 -- as memif says
local POOL = math.floor(24576 * tonumber(os.getenv("SCENARIO_SCALE") or "1")) -- frames that are made ready: Pktgen 24,576
local to = assert(io.open(os.getenv("GENERATOR_IN"), "w"))
local of = assert(io.open(os.getenv("GENERATOR_OUT"), "r"))
local files = os.getenv("GENERATOR_FILES")

local function ask(...)
    to:write(string.format(...), "\n")
    to:flush()
    return assert(of:read("l"), "the generator has ended")
end

local function tell(...)
    local answer = ask(...)
    if answer ~= "ok" then error(answer, 2) end
end

local function each(list)
    return list == "all" and { 0, 1 } or { (assert(tonumber(list), "expected a port or all")) }
end

local ports = {}
for number = 0, 1 do
    ports[number] = { size = 64, count = 0, rate = 100, burst = 64, capture = os.getenv("GENERATOR_CAPTURE" .. number),
        range = frames.new(), ranging = false, playing = true, loaded = nil, made = 0 }
end

-- What Pktgen tells of a port: sent, received, missed, failed, sending, link, frames by size.
local function counts()
    local numbers, all = {}, ask("counts")
    for word in all:gmatch("%d+") do numbers[#numbers + 1] = tonumber(word) end
    local found = {}
    for number = 0, 1 do found[number] = table.move(numbers, number * 12 + 1, number * 12 + 12, 1, {}) end
    return found
end

-- A table of ports, as most of Pktgen's answers are.
local function by_port(make)
    local found = { n = 2 }
    for number, c in pairs(counts()) do found[number] = make(c, number) end
    return found
end

local function load_frames(number)
    local port = ports[number]
    local path = port.playing and port.capture or nil
    if port.ranging then
        path = string.format("%s/range-%d-%d.pcap", files, number, port.made)
        port.made = port.made + 1
        port.range:write(path, POOL)
    end
    if path and path ~= "" and path ~= port.loaded then tell("load %d %s", number, path) end
    if port.loaded and port.loaded ~= path and port.loaded:find("/range-", 1, true) then os.remove(port.loaded) end
    port.loaded = path
end

local does, range = {}, {}
for _, name in ipairs({ "src_ip", "dst_ip", "src_port", "dst_port", "src_mac", "dst_mac", "pkt_size" }) do
    range[name] = function(list, what, value)
        for _, number in ipairs(each(list)) do ports[number].range:set(name, what, value) end
    end
end
function range.ip_proto(list, protocol)
    for _, number in ipairs(each(list)) do ports[number].range.protocol = protocol end
end

function does.set(list, what, value)
    for _, number in ipairs(each(list)) do ports[number][what] = tonumber(value) end
end
function does.set_range(list, state)
    for _, number in ipairs(each(list)) do ports[number].ranging, ports[number].playing = state == "on", false end
end
function does.pcap(list, state)
    for _, number in ipairs(each(list)) do ports[number].ranging, ports[number].playing = false, state == "on" end
end
function does.start(list)
    for _, number in ipairs(each(list)) do load_frames(number) end
    for _, number in ipairs(each(list)) do
        local port = ports[number]
        -- Pktgen's pace: a share of the link's speed, at which a frame takes 24 bytes more than it has.
        local pps = port.rate >= 100 and 0 or LINK_MBITS * 1e6 / ((port.size - 4 + 24) * 8) * port.rate / 100
        -- Ports of one thread send in turn, so the first one's pace is everybody's: bursts make the difference.
        if number == 1 and #each(list) == 2 and pps > 0 then
            local first = ports[0]
            pps = LINK_MBITS * 1e6 / ((first.size - 4 + 24) * 8) * first.rate / 100 / first.burst * port.burst
        end
        tell("go %d %d %.3f %d", number, port.count, pps, port.burst)
    end
end
function does.stop(list)
    for _, number in ipairs(each(list)) do tell("halt %d", number) end
end
function does.portStats()
    return by_port(function(c)
        return { opackets = c[1], ipackets = c[2], imissed = c[3], oerrors = c[4], ierrors = 0, rx_nombuf = 0, ibytes = 0, obytes = 0 }
    end)
end
function does.portSizes()
    return by_port(function(c)
        return { runt = 0, _64 = c[7], _65_127 = c[8], _128_255 = c[9], _256_511 = c[10], _512_1023 = c[11], _1024_1518 = c[12], jumbo = 0,
            broadcast = 0, multicast = 0 }
    end)
end
function does.isSending() return by_port(function(c) return c[5] == 1 and "y" or "n" end) end
function does.linkState()
    return by_port(function(c) return c[6] == 1 and string.format("<UP-%d-FD>", LINK_MBITS) or "<--Down-->" end)
end
local every = 500
function does.latency(list, what, value)
    if what == "rate" then every = value end
    for _, number in ipairs(each(list)) do
        if what == "on" or what == "enable" then tell("stamp %d %d", number, every) end
    end
end
local samples
function does.latsampler_params(_, _, room, _, path) samples = { room = room, path = path } end
function does.latsampler(list, state)
    for _, number in ipairs(each(list)) do
        if state == "on" then tell("sample %d %d", number, samples.room) else tell("samples %d %s", number, samples.path) end
    end
end
function does.delay(ms) os.execute(string.format("exec sleep %.3f", ms / 1000)) end
function does.quit() to:write("quit\n") to:flush() end
for _, name in ipairs({ "screen", "set_mac", "set_ipaddr" }) do does[name] = function() end end

local checked = names.checked(names.names, "", does)
pktgen = setmetatable({ info = { Pktgen_Version = "(the project's own generator)" }, range = names.checked(names.range, "range.", range) },
    { __index = checked })
dofile(arg[1])
