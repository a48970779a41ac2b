-- SPDX-License-Identifier: BSD-3-Clause
-- stub.lua SCRIPT: plays a script for Pktgen to its end without sending anything. All that was sent has arrived; a name that
-- Pktgen has not, or a wrong number of arguments, ends it with an error.
package.path = (arg[0]:match("^(.*)/") or ".") .. "/?.lua;" .. package.path
local names = require("names")
local sent, counts, looks = { [0] = 0, [1] = 0 }, { [0] = 0, [1] = 0 }, 0

local function by_port(make) return { n = 2, [0] = make(0), [1] = make(1) } end

local does = {
    set = function(list, what, value)
        if what == "count" then counts[tonumber(list)] = value end
    end,
    start = function(list)
        for port = 0, 1 do
            local count = counts[port] > 0 and counts[port] or 1000
            if list == "all" or list == tostring(port) then sent[port] = sent[port] + count end
        end
    end,
    portStats = function()
        return by_port(function(port)
            return { opackets = sent[port], ipackets = sent[1 - port], imissed = 0, oerrors = 0, ierrors = 0, rx_nombuf = 0 }
        end)
    end,
    portSizes = function()
        return by_port(function(port)
            return { runt = 0, _64 = sent[1 - port], _65_127 = 0, _128_255 = 0, _256_511 = 0, _512_1023 = 0, _1024_1518 = 0, jumbo = 0 }
        end)
    end,
    isSending = function()
        looks = looks + 1
        return by_port(function() return looks % 2 == 1 and "y" or "n" end)
    end,
    linkState = function() return by_port(function() return "<UP-100000-FD>" end) end,
    latsampler_params = function(_, _, _, _, path)
        local file = assert(io.open(path, "w"))
        file:write("1000\n2000\n3000\n")
        file:close()
    end,
}
local ended = false
does.quit = function() ended = true end
for name in pairs(names.names) do does[name] = does[name] or function() end end
local range = {}
for name in pairs(names.range) do range[name] = function() end end

pktgen = setmetatable({ info = { Pktgen_Version = "(a stub)" }, range = names.checked(names.range, "range.", range) },
    { __index = names.checked(names.names, "", does) })
dofile(arg[1])
assert(ended, "the script does not call pktgen.quit")
