-- SPDX-License-Identifier: BSD-3-Clause
-- What all scenarios share. Port 0 of the generator is on Junction's access side, port 1 on its network side. `run` says by
-- the environment where the answer goes (SCENARIO_OUT), how long a step is (SCENARIO_SECONDS), how old the generator's
-- counters may be (SCENARIO_STATS_MS; Pktgen reads them once a second), and by what counts of packets are multiplied
-- (SCENARIO_SCALE).
local lib = { ACCESS = 0, NETWORK = 1 }

lib.seconds = tonumber(os.getenv("SCENARIO_SECONDS") or "2")
local stats_ms = tonumber(os.getenv("SCENARIO_STATS_MS") or "1100")
local out = os.getenv("SCENARIO_OUT") or "scenario.json"
local steps = {}
local scale = tonumber(os.getenv("SCENARIO_SCALE") or "1")

local MACS = { [0] = "02:00:00:00:00:01", [1] = "02:00:00:00:00:02" }
local SERVER = "198.18.0.2"
local DEVICE_PORT, SERVER_PORT = 20000, 4000
local POOL = 24576 -- frames that Pktgen makes ready for a port, so also how many flows it can send at once

function lib.many(count) return math.max(1, math.floor(count * scale)) end

-- Words for a line of JSON. Keys are sorted, so that the same run is the same text.
local function json(value)
    if type(value) == "string" then return string.format("%q", value) end
    if type(value) ~= "table" then return tostring(value) end
    local parts = {}
    if #value > 0 then
        for _, v in ipairs(value) do parts[#parts + 1] = json(v) end
        return "[" .. table.concat(parts, ",") .. "]"
    end
    for k, v in pairs(value) do parts[#parts + 1] = json(k) .. ":" .. json(v) end
    table.sort(parts)
    return "{" .. table.concat(parts, ",") .. "}"
end

-- Whole or not at all: somebody may be reading.
local function write(path, text)
    local file = assert(io.open(path .. ".new", "w"))
    file:write(text, "\n")
    file:close()
    os.rename(path .. ".new", path)
end

-- What `run` may act upon while packets pass: the file beside the answer has the name of the step, or nothing.
local function tell(step) write(out .. ".step", step or "") end

local function link(port) return pktgen.linkState(tostring(port))[port] end

-- Both links, or the end: what has no link sends nothing. It is the screen that has Pktgen look at links.
function lib.begin()
    pktgen.screen("on")
    for _ = 1, 300 do
        if link(0):find("UP") and link(1):find("UP") then
            pktgen.screen("off")
            pktgen.delay(stats_ms)
            return
        end
        pktgen.delay(100)
    end
    write(out, json({ error = "no link: port 0 " .. link(0) .. ", port 1 " .. link(1) }))
    pktgen.quit()
    error("no link")
end

local function counts()
    local stats, sum = pktgen.portStats("all", "port"), {}
    for port = 0, 1 do
        local s = stats[port]
        sum[#sum + 1] = { sent = s.opackets, received = s.ipackets, missed = s.imissed + s.rx_nombuf + s.ierrors, failed = s.oerrors }
    end
    return sum
end

local function same(a, b)
    for port = 1, 2 do
        for key, value in pairs(a[port]) do
            if b[port][key] ~= value then return false end
        end
    end
    return true
end

-- Are the counters as new as those that the receiving thread keeps itself? On a busy machine Pktgen's clock may be late.
local function fresh(sum)
    local sizes = pktgen.portSizes("all")
    for port = 0, 1 do
        local received = 0
        for _, key in ipairs({ "runt", "_64", "_65_127", "_128_255", "_256_511", "_512_1023", "_1024_1518", "jumbo" }) do
            received = received + sizes[port][key]
        end
        if received ~= sum[port + 1].received then return false end
    end
    return true
end

-- The counters, once they have come to rest; `sent`: not before so many have been sent by the ports together.
local function settled(sent)
    local before, now = nil, counts()
    for _ = 1, 30 do
        pktgen.delay(stats_ms)
        before, now = now, counts()
        if same(before, now) and fresh(now) and now[1].sent + now[2].sent >= (sent or 0) then break end
    end
    return now
end

-- What of a link's speed so many frames of a size are, in percent as Pktgen wants it. A frame is sent with 24 bytes more.
local function percent(pps, size)
    local mbits = tonumber(link(0):match("UP%-(%d+)"))
    local share = pps * (size - 4 + 24) * 8 / (mbits * 1e6) * 100
    return string.format("%.4f", math.min(100, math.max(0.01, share)))
end

-- Flows: `count` devices that talk with one server, each way; `size` is the frame's with its checksum.
function lib.flows(count, size, protocol)
    count = math.min(count, POOL)
    local last = string.format("10.128.%d.%d", count // 256, count % 256)
    for port = 0, 1 do
        local device, server = pktgen.range.src_ip, pktgen.range.dst_ip
        local ports = { DEVICE_PORT, SERVER_PORT }
        if port == 1 then device, server, ports = server, device, { SERVER_PORT, DEVICE_PORT } end
        local p = tostring(port)
        pktgen.range.ip_proto(p, protocol or "udp")
        pktgen.range.src_mac(p, "start", MACS[port])
        pktgen.range.dst_mac(p, "start", MACS[1 - port])
        for what, address in pairs({ start = "10.128.0.1", min = "10.128.0.1", max = last, inc = "0.0.0.1" }) do device(p, what, address) end
        for what, address in pairs({ start = SERVER, min = SERVER, max = SERVER, inc = "0.0.0.0" }) do server(p, what, address) end
        lib.ports(p, ports[1], ports[2])
        lib.size(p, size)
        pktgen.set_range(p, "on")
    end
    return count
end

function lib.size(port, size)
    pktgen.set(port, "size", size)
    for _, what in ipairs({ "start", "min", "max" }) do pktgen.range.pkt_size(port, what, size) end
    pktgen.range.pkt_size(port, "inc", 0)
end

function lib.ports(port, source, destination)
    for _, what in ipairs({ "start", "min", "max" }) do
        pktgen.range.src_port(port, what, source)
        pktgen.range.dst_port(port, what, destination)
    end
    pktgen.range.src_port(port, "inc", 0)
    pktgen.range.dst_port(port, "inc", 0)
end

local function told(what)
    local file = io.open(out .. "." .. what)
    return file ~= nil and file:close()
end

-- Has `run` done what it wanted to do meanwhile? It makes a file.
function lib.enough() return told("enough") end

-- The answer, with what a scenario has found besides its steps. `run` looks whether all that was sent has arrived somewhere,
-- which takes a while when a core is busy with something else, and then makes a file.
function lib.finish(extra)
    local answer = { steps = steps, extra = extra or { none = 0 }, generator = "Pktgen " .. pktgen.info.Pktgen_Version }
    for _ = 1, os.getenv("SCENARIO_WAITED") and 60 or 1 do
        answer.totals = settled()
        write(out .. ".totals", json(answer))
        if told("accounted") then break end
    end
    write(out, json(answer))
    pktgen.quit()
end

local function sending()
    local state = pktgen.isSending("all")
    return state[0] == "y" or state[1] == "y"
end

-- One step: `name`; offer.pps a port (nil: all that fits), offer.size for its pace, offer.count frames of both ports, by
-- port (nil: as many as pass in offer.seconds, and then until offer.enough()), offer.ports ("all"). What passed meanwhile is
-- kept for the answer and returned.
function lib.step(name, offer)
    local ports, before, seconds = offer.ports or "all", settled(), offer.seconds or lib.seconds
    local count = offer.count or { [0] = 0, [1] = 0 }
    if type(count) == "number" then count = { [0] = count, [1] = count } end
    for port = 0, 1 do pktgen.set(tostring(port), "count", count[port]) end
    pktgen.set(ports, "rate", offer.pps and percent(offer.pps, offer.size or 64) or 100)
    tell(name)
    pktgen.start(ports)
    if offer.count then
        while sending() do pktgen.delay(20) end
    else
        pktgen.delay(math.floor(seconds * 1000))
        for _ = 1, 300 do
            if not offer.enough or offer.enough() then break end
            pktgen.delay(100)
        end
        pktgen.stop(ports)
    end
    tell(nil)
    local least = before[1].sent + before[2].sent + (ports == "1" and 0 or count[0]) + (ports == "0" and 0 or count[1])
    local after, step = settled(least), { name = name, seconds = seconds, size = offer.size or 64, offered = offer.pps or 0, ports = {} }
    for port = 1, 2 do
        step.ports[port] = {}
        for key, value in pairs(after[port]) do step.ports[port][key] = value - before[port][key] end
    end
    step.sent = step.ports[1].sent + step.ports[2].sent
    step.received = step.ports[1].received + step.ports[2].received
    step.pps = offer.count and 0 or step.received / seconds
    steps[#steps + 1] = step
    return step
end

-- RFC 2544, section 26.1: the highest rate at which no frame is lost, between nothing and what passes when all that fits is
-- sent; `rounds` halvings. 0 when even the lowest rate lost frames.
function lib.zero_loss(name, size, rounds)
    local low, high = 0, lib.step(name .. ", all that fits", { size = size }).pps / 2
    local try = high
    for _ = 1, rounds do
        local step = lib.step(string.format("%s, %d a second", name, try // 1), { pps = try, size = size })
        if step.sent == step.received then low = try else high = try end
        if low == high then break end
        try = (low + high) / 2
    end
    return 2 * low
end

return lib
