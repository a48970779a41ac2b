-- SPDX-License-Identifier: BSD-3-Clause
-- The names that Pktgen 23.06.1 gives its scripts, and how many arguments each takes, as read in its lpktgenlib.c.
local one, two, three, none = { 1 }, { 2 }, { 3 }, { 0 }
local names = {
    quit = none, clr = none, cls = none, update = none, portCount = none, totalPorts = none, help = none,
    start = one, stop = one, mac_from_arp = one, ping4 = one, ping6 = one, screen = one, prime = one, delay = one, sleep = one,
    load = one, save = one, clear = one, reset = one, port_restart = one, ports_per_page = one, page = one, port = one,
    isSending = one, linkState = one, portSizes = one, pktStats = one, portInfo = one, continue = one, input = one,
    set_proto = two, set_type = two, pcap = two, icmp_echo = two, send_arp = two, pause = two, vlan = two, vlanid = two, tos = two,
    vxlan = two, mpls = two, qinq = two, gre = two, gre_eth = two, set_range = two, process = two, capture = two, bonding = two,
    blink = two, portStats = two, pattern = two, userPattern = two, jitter = two, rxtap = two, txtap = two, latsampler = two,
    set = three, set_mac = three, set_ipaddr = three, seqTable = three, cos = three, run = three, gtpu_teid = three,
    seq = { 12, 13 }, vxlan_id = { 4 }, latency = { 2, 3 }, rnd = { 4 }, rnd_list = { 0, 1 }, latsampler_params = { 5 },
}
local range = {
    set_type = two, ip_proto = two, mpls_entry = two, gre_key = two,
    dst_mac = three, src_mac = three, src_ip = three, dst_ip = three, src_port = three, dst_port = three, ttl = three,
    hop_limits = three, vlan_id = three, qinqids = three, pkt_size = three, cos = three, tos = three, traffic_class = three,
}
-- The words that pktgen.set takes.
local settings = { count = true, size = true, rate = true, burst = true, txburst = true, rxburst = true, cycles = true, sport = true,
    dport = true, ttl = true, seq_cnt = true, seqCnt = true, prime = true, dump = true }

local function refuse(name, why) error(string.format("pktgen.%s: %s", name, why), 3) end

-- A table of Pktgen's names that leads to `does`, of the same names. A name that Pktgen has not, a wrong number of
-- arguments and what `does` lacks are errors.
local function checked(list, prefix, does)
    return setmetatable({}, { __index = function(_, key)
        local wanted = list[key]
        if wanted == nil then refuse(prefix .. tostring(key), "Pktgen has no such name") end
        return function(...)
            local count, right = select("#", ...), false
            for _, n in ipairs(wanted) do right = right or n == count end
            if not right then refuse(prefix .. key, string.format("%d arguments, Pktgen takes %s", count, table.concat(wanted, " or "))) end
            if key == "set" and not settings[(select(2, ...))] then refuse("set", "does not know " .. tostring((select(2, ...)))) end
            if does[key] == nil then refuse(prefix .. key, "not played by this generator") end
            return does[key](...)
        end
    end })
end

return { names = names, range = range, checked = checked }
