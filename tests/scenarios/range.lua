-- SPDX-License-Identifier: BSD-3-Clause
-- Pktgen's range mode: fields that step from frame to frame, all at once, each within its own bounds. The steps go on from
-- one start to the next.
local Range = {}
Range.__index = Range

local SNAPLEN, PROTOCOLS = 65535, { udp = 17, tcp = 6 }
local FIELDS = { "src_ip", "dst_ip", "src_port", "dst_port", "pkt_size" }

local function number(value)
    local a, b, c, d = tostring(value):match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
    return a and (a << 24 | b << 16 | c << 8 | d) or assert(tonumber(value), "expected a number or an address")
end

local function mac(text) return (text:gsub("(%x%x):?", function(byte) return string.char(tonumber(byte, 16)) end)) end

function Range.new()
    local range = { protocol = "udp", now = {}, src_mac = mac("020000000001"), dst_mac = mac("020000000002") }
    for _, field in ipairs(FIELDS) do range[field] = { start = 0, min = 0, max = 0, inc = 0 } end
    return setmetatable(range, Range)
end

function Range:set(field, what, value)
    if field == "src_mac" or field == "dst_mac" then
        self[field] = mac(value)
    else
        self[field][what] = number(value)
        self.now[field] = nil
    end
end

local function step(bounds, now)
    if bounds.inc == 0 then return bounds.start end
    if now == nil or now + bounds.inc > bounds.max then return bounds.min end
    return now + bounds.inc
end

local function sum(words)
    local total = 0
    for at = 1, #words, 2 do total = total + string.unpack(">I2", words, at) end
    while total > 0xffff do total = (total & 0xffff) + (total >> 16) end
    return total
end

-- What follows the Ethernet header: IPv4, and UDP without checksum (RFC 768) or a TCP header.
function Range:packet(now)
    local length, protocol = now.pkt_size - 4 - 14, PROTOCOLS[self.protocol]
    local header = string.pack(">BBI2I2I2BBI2I4I4", 0x45, 0, length, 0, 0, 64, protocol, 0, now.src_ip, now.dst_ip)
    header = header:sub(1, 10) .. string.pack(">I2", 0xffff ~ sum(header)) .. header:sub(13)
    local transport = protocol == 17 and string.pack(">I2I2I2I2", now.src_port, now.dst_port, length - 20, 0) or
        string.pack(">I2I2I4I4BBI2I2I2", now.src_port, now.dst_port, 1, 0, 5 << 4, 0x10, 65535, 0, 0)
    return header .. transport .. string.rep("\0", length - #header - #transport)
end

-- A capture of the next `count` frames, or of fewer that are as good in turn.
function Range:write(path, count)
    local file, first = assert(io.open(path, "wb")), nil
    file:write(string.pack("<I4I2I2I4I4I4I4", 0xa1b2c3d4, 2, 4, 0, 0, SNAPLEN, 1))
    for at = 1, count do
        local now = {}
        for _, field in ipairs(FIELDS) do now[field] = step(self[field], self.now[field]) end
        local key = table.concat({ now.src_ip, now.dst_ip, now.src_port, now.dst_port, now.pkt_size }, " ")
        if key == first then break end
        first, self.now = first or key, now
        local frame = self.dst_mac .. self.src_mac .. "\8\0" .. self:packet(now)
        file:write(string.pack("<I4I4I4I4", 0, at, #frame, #frame), frame)
    end
    file:close()
end

return Range
