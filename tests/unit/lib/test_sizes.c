// SPDX-License-Identifier: BSD-3-Clause
// How many packet buffers there are, against what may be parked, counted here by hand.
#include "sizes.h"
#include "test.h"

#include <stdio.h>

#define PCI "0000:01:00.0"
#define XDP "net_af_xdp0,iface=a0"

// wires, each of two ports, then tunnel ports; all of one kind.
static struct jn_sizes_host
host_of(unsigned int workers, unsigned int wires, unsigned int tunnels, const char *device) {
    struct jn_sizes_host host = {.workers = workers, .port_count = 2 * wires + tunnels, .vpgs = 256};
    for (unsigned int i = 0; i < host.port_count; i++) {
        snprintf(host.ports[i].device, sizeof(host.ports[i].device), "%s", device);
        host.ports[i].peer = i < 2 * wires ? (uint16_t)(i ^ 1u) : JN_SIZES_NO_PEER;
    }
    return host;
}

// Devices that keep what they have sent until they send more: their receive queues, and the transmit queues that frames leave
// by.
static const struct {
    const char *what, *device;
    unsigned int workers, wires, tunnels;
    uint32_t parked[2]; // of the first port and the last
} parks[] = {
    {"one worker, a wire", PCI, 1, 1, 0, {1024 + 1024, 1024 + 1024}},
    {"eight workers, a wire", PCI, 8, 1, 0, {8 * (1024 + 1024), 8 * (1024 + 1024)}},
    {"eight workers, a wire and a tunnel port", PCI, 8, 1, 1, {8 * (1024 + 2 * 1024), 8 * (1024 + 3 * 1024)}},
    {"three workers, two wires and a tunnel port", PCI, 3, 2, 1, {3 * (1024 + 2 * 1024), 3 * (1024 + 5 * 1024)}},
    {"AF_XDP: its own copies of what it sends", XDP, 2, 1, 1, {2048 + 1024, 2048 + 1024}},
    {"AF_XDP with queues", XDP ",queue_count=2", 2, 1, 0, {2 * (2048 + 1024), 2 * (2048 + 1024)}},
};

static void
test_covers_what_is_parked(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(parks) / sizeof(parks[0]); i++) {
        struct jn_sizes_host host = host_of(parks[i].workers, parks[i].wires, parks[i].tunnels, parks[i].device);
        struct jn_sizes sizes;
        assert_true(jn_sizes_count(&host, &sizes));
        uint32_t caches = (parks[i].workers + 1) * 384, bursts = parks[i].workers * 2 * 64;
        uint32_t count[2] = {sizes.port[0], sizes.port[host.port_count - 1]};
        for (int end = 0; end < 2; end++)
            if (count[end] < parks[i].parked[end] + caches + bursts)
                fail_msg("%s: %u buffers, %u are parked, %u are in caches", parks[i].what, count[end],
                         parks[i].parked[end], caches);
    }
}

// Of Junction's own frames as many may stay in the queues of every port.
static void
test_covers_own_frames(void **state) {
    (void)state;
    for (unsigned int workers = 1; workers <= JN_MAX_WORKERS; workers++) {
        struct jn_sizes_host host = host_of(workers, 1, 1, PCI);
        struct jn_sizes sizes;
        assert_true(jn_sizes_count(&host, &sizes));
        uint32_t parked = 3 * workers * 1024 + workers * 48, aside = 3 * workers * 32;
        assert_true(sizes.own > parked + workers * 64);
        assert_true(sizes.answers > parked + aside);
        assert_true(sizes.requests > parked + aside);
        assert_true(sizes.copies > workers * (1024 + 384 + 64));
    }
}

static const struct {
    const char *what, *device;
    unsigned int workers, wires, tunnels;
    uint32_t mbufs, memory_mb;
    bool enough;
} asked[] = {
    {"the default of before, with eight queues", PCI, 8, 1, 0, 16384, 0, false},
    {"the default of before, with two", PCI, 2, 1, 1, 16384, 0, true},
    {"few, and one worker", XDP, 1, 1, 0, 4096, 128, true},
    {"too few", XDP, 1, 1, 0, 4095, 0, false},
    {"five ports in little memory", XDP, 2, 2, 1, 0, 256, true},
    {"too little memory", PCI, 8, 1, 1, 0, 256, false},
    {"the least memory that can be written", PCI, 2, 1, 0, 0, 64, false},
    {"a port's own count", XDP, 1, 1, 0, 0, 0, true},
};

static void
test_refuses_what_is_too_small(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct jn_sizes_host host = host_of(asked[i].workers, asked[i].wires, asked[i].tunnels, asked[i].device);
        struct jn_sizes sizes, other;
        host.mbufs = asked[i].mbufs;
        host.memory_mb = asked[i].memory_mb;
        if (jn_sizes_count(&host, &sizes) != asked[i].enough)
            fail_msg("%s: at least %u buffers and %u MB", asked[i].what, sizes.least_mbufs, sizes.least_memory_mb);
        // The numbers that it names are taken, and no smaller ones.
        host.mbufs = sizes.least_mbufs;
        host.memory_mb = 0;
        assert_true(jn_sizes_count(&host, &other));
        host.mbufs--;
        assert_false(jn_sizes_count(&host, &other));
        host.mbufs = asked[i].mbufs >= sizes.least_mbufs ? asked[i].mbufs : 0;
        host.memory_mb = 0;
        assert_true(jn_sizes_count(&host, &other));
        host.memory_mb = other.least_memory_mb;
        assert_true(jn_sizes_count(&host, &other));
        host.memory_mb--;
        assert_false(jn_sizes_count(&host, &other));
    }
}

static void
test_a_ports_own_count(void **state) {
    (void)state;
    struct jn_sizes_host host = host_of(1, 1, 0, PCI);
    struct jn_sizes sizes;
    host.ports[1].mbufs = 50000;
    assert_true(jn_sizes_count(&host, &sizes));
    assert_int_equal(sizes.port[1], 50000);
    assert_true(sizes.port[0] < 50000);
    host.ports[1].mbufs = 1000;
    assert_false(jn_sizes_count(&host, &sizes));
}

// Less memory makes fewer buffers, never fewer than are held, and never more than fit.
static void
test_follows_memory(void **state) {
    (void)state;
    struct jn_sizes_host host = host_of(2, 2, 1, XDP);
    struct jn_sizes all, sizes, before = {0};
    assert_true(jn_sizes_count(&host, &all));
    for (host.memory_mb = all.least_memory_mb; host.memory_mb <= all.memory_mb; host.memory_mb++) {
        assert_true(jn_sizes_count(&host, &sizes));
        assert_int_equal(sizes.memory_mb, host.memory_mb);
        for (unsigned int i = 0; i < host.port_count; i++)
            assert_true(sizes.port[i] >= before.port[i] && sizes.port[i] <= all.port[i]);
        assert_true(2400ull * (4ull * sizes.port[0] + sizes.port[4] + sizes.copies) < (uint64_t)host.memory_mb << 20);
        before = sizes;
    }
    assert_int_equal(before.port[0], all.port[0]);
    assert_int_equal(before.copies, all.copies);
}

static void
test_grows(void **state) {
    (void)state;
    struct jn_sizes before = {0}, sizes;
    for (unsigned int workers = 1; workers <= JN_MAX_WORKERS; workers++) {
        struct jn_sizes_host host = host_of(workers, JN_MAX_PORTS / 2, 0, PCI);
        assert_true(jn_sizes_count(&host, &sizes));
        assert_true(sizes.port[0] > before.port[0] && sizes.memory_mb > before.memory_mb && sizes.own > before.own);
        before = sizes;
    }
}

// A wire's port that has addresses as well carries tunnels: frames of all ports leave by it, and its by all.
static void
test_tunnel_on_a_wire(void **state) {
    (void)state;
    struct jn_sizes_host host = host_of(1, 2, 0, PCI);
    struct jn_sizes without, with;
    assert_true(jn_sizes_count(&host, &without));
    host.ports[1].tunnel = true;
    assert_true(jn_sizes_count(&host, &with));
    assert_int_equal(with.port[0], without.port[0]);
    assert_int_equal(with.port[2], without.port[2] + 2048);
    assert_true(with.port[1] > without.port[1] + 2 * 2048);
}

static const struct {
    uint16_t mtu;
    bool jumbo;
    uint16_t room[3]; // plain, in chains, AF_XDP
} rooms[] = {
    {0, false, {2176, 2176, 2176}},      {1500, false, {2176, 2176, 2176}}, {1522, false, {2176, 2176, 2176}},
    {1990, false, {2176, 2176, 2432}},   {1991, true, {2240, 2176, 2432}},  {9000, true, {9216, 2176, 9472}},
    {65535, true, {65535, 2176, 65535}},
};

static void
test_room(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        assert_int_equal(jn_sizes_is_jumbo(rooms[i].mtu), rooms[i].jumbo);
        assert_int_equal(jn_sizes_room(rooms[i].mtu, false, false), rooms[i].room[0]);
        assert_int_equal(jn_sizes_room(rooms[i].mtu, false, true), rooms[i].room[1]);
        assert_int_equal(jn_sizes_room(rooms[i].mtu, true, false), rooms[i].room[2]);
    }
}

// The buffers of an AF_XDP port have room for what its interface takes beyond the port's MTU, and are counted so.
static void
test_counts_an_interfaces_room(void **state) {
    (void)state;
    uint32_t mb[2];
    for (size_t i = 0; i < COUNT(mb); i++) {
        struct jn_sizes_host host = {.workers = 8, .port_count = 2, .vpgs = 1};
        struct jn_sizes sizes;
        for (uint16_t port = 0; port < 2; port++) {
            snprintf(host.ports[port].device, sizeof(host.ports[port].device), XDP ",queue_count=8");
            host.ports[port].peer = 1 - port;
            host.ports[port].mtu = i == 0 ? 1868 : 1868 + JN_XDP_ROOM; // of one length, but for that room
        }
        assert_true(jn_sizes_count(&host, &sizes));
        mb[i] = sizes.least_memory_mb;
    }
    assert_int_equal(jn_sizes_room(1868, true, false), jn_sizes_room(1868 + JN_XDP_ROOM, true, false));
    assert_true(mb[1] > mb[0]);
}

static uint32_t
any(uint32_t below) {
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % below;
}

static struct jn_sizes_host
any_host(void) {
    static const char *const devices[] = {PCI, XDP, XDP ",queue_count=2", "net_tap0,iface=t0",
                                          "net_af_packet0,iface=t0"};
    static const uint16_t mtus[] = {0, 68, 1500, 1990, 2000, 3000, 9000, 65535};
    struct jn_sizes_host host = host_of(1 + any(JN_MAX_WORKERS), any(JN_MAX_PORTS / 2 - 1), any(3), devices[any(5)]);
    host.vpgs = 1 + any(JN_MAX_VPGS);
    for (unsigned int i = 0; i < host.port_count; i++) {
        host.ports[i].tunnel = any(4) == 0;
        host.ports[i].mtu = mtus[any(8)];
        snprintf(host.ports[i].device, sizeof(host.ports[i].device), "%s", devices[any(5)]);
    }
    return host;
}

// What the port's own queue pairs and those that its frames leave by hold, with a cache for each core.
static uint64_t
parked_of(const struct jn_sizes_host *host, unsigned int from) {
    const struct jn_sizes_port *port = &host->ports[from];
    bool tunnel = port->tunnel || port->peer == JN_SIZES_NO_PEER, xdp = jn_sizes_is_xdp(port->device);
    unsigned int pairs = !xdp || (host->workers <= 2 && strstr(port->device, "=2") != NULL) ? host->workers : 1;
    uint64_t parked = pairs * (xdp ? 2048 + 1024 : 1024) + (host->workers + 1) * 384 + host->workers * 128;
    for (unsigned int to = 0; to < host->port_count; to++) {
        const struct jn_sizes_port *other = &host->ports[to];
        bool by_tunnel = other->tunnel || other->peer == JN_SIZES_NO_PEER;
        if ((port->peer == to || by_tunnel || tunnel) && !jn_sizes_is_xdp(other->device))
            parked += host->workers * 1024;
    }
    return parked;
}

// Bytes of a pool: its headers, and a buffer in an odd number of lines.
static uint64_t
bytes_of(uint64_t count, uint32_t room) {
    return count * (((64 + 128 + room + 63) / 64 | 1) * 64);
}

static void
check_host(const struct jn_sizes_host *host, const struct jn_sizes *sizes) {
    uint64_t bytes = 0;
    uint32_t longest = 2176;
    for (unsigned int i = 0; i < host->port_count; i++) {
        const struct jn_sizes_port *port = &host->ports[i];
        bool xdp = jn_sizes_is_xdp(port->device), chains = !xdp && jn_sizes_is_jumbo(port->mtu);
        if (sizes->port[i] < parked_of(host, i))
            fail_msg("port %u of %u, %u workers: %u buffers, %lu are parked", i, host->port_count, host->workers,
                     sizes->port[i], (unsigned long)parked_of(host, i));
        bytes += bytes_of(sizes->port[i], jn_sizes_room(port->mtu, xdp, chains));
        uint32_t room = 128 + (port->mtu + JN_ENCAP_OVERHEAD + 63u) / 64 * 64;
        longest = room > longest ? room : longest;
    }
    longest = longest < UINT16_MAX ? longest : UINT16_MAX;
    bytes += bytes_of((uint64_t)sizes->copies + sizes->own + sizes->answers, longest) + bytes_of(sizes->requests, 384);
    if (bytes >= (uint64_t)sizes->memory_mb << 20)
        fail_msg("%u ports, %u workers: %lu bytes in %u MB", host->port_count, host->workers, (unsigned long)bytes,
                 sizes->memory_mb);
}

// Whatever the host: what is parked fits, and all of it in the memory that is asked for, from the least on.
static void
test_any_host(void **state) {
    (void)state;
    for (unsigned int n = 0; n < 100; n++) {
        struct jn_sizes_host host = any_host();
        struct jn_sizes all, sizes;
        assert_true(jn_sizes_count(&host, &all));
        check_host(&host, &all);
        host.memory_mb = all.least_memory_mb + any(all.memory_mb - all.least_memory_mb + 1);
        assert_true(jn_sizes_count(&host, &sizes));
        check_host(&host, &sizes);
        host.memory_mb = all.least_memory_mb;
        assert_true(jn_sizes_count(&host, &sizes));
        check_host(&host, &sizes);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_covers_what_is_parked),
        cmocka_unit_test(test_covers_own_frames),
        cmocka_unit_test(test_refuses_what_is_too_small),
        cmocka_unit_test(test_a_ports_own_count),
        cmocka_unit_test(test_follows_memory),
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_tunnel_on_a_wire),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_counts_an_interfaces_room),
        cmocka_unit_test(test_any_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
