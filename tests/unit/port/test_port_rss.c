// SPDX-License-Identifier: BSD-3-Clause
// What is asked of each kind of device, by what its driver tells: shapes of DPDK 22.11's drivers.
#include "port/port_rss.h"
#include "test.h"

#define IPV4  (RTE_ETH_RSS_IPV4)
#define IPV6  (RTE_ETH_RSS_IPV6)
#define FRAG  (RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_FRAG_IPV6)
#define OTHER (RTE_ETH_RSS_NONFRAG_IPV4_OTHER | RTE_ETH_RSS_NONFRAG_IPV6_OTHER)
#define TCP   (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP)
#define UDP   (RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP)
#define SCTP  (RTE_ETH_RSS_NONFRAG_IPV4_SCTP | RTE_ETH_RSS_NONFRAG_IPV6_SCTP)
#define EX    (RTE_ETH_RSS_IPV6_EX | RTE_ETH_RSS_IPV6_TCP_EX | RTE_ETH_RSS_IPV6_UDP_EX)

static const struct shape {
    const char *driver;
    uint64_t types;
    uint16_t rx, tx;
    uint8_t key;
    enum jn_owner_hash hash;
    uint64_t asked, with_ports; // for addresses, and where another device of the wires takes ports
    unsigned int queues[3];     // for 2, 3 and 8 workers
} shapes[] = {
    {"net_virtio", 0, 4, 4, 0, JN_OWNER_KEYED, 0, 0, {1, 1, 1}},
    {"net_virtio",
     IPV4 | IPV6 | FRAG | OTHER | TCP | UDP | EX,
     4,
     4,
     40,
     JN_OWNER_ADDRESSES,
     IPV4 | IPV6 | FRAG | OTHER,
     IPV4 | IPV6 | FRAG | OTHER | TCP | UDP,
     {2, 3, 4}},
    {"net_vmxnet3", IPV4 | IPV6 | TCP, 16, 8, 0, JN_OWNER_ADDRESSES, IPV4 | IPV6, IPV4 | IPV6 | TCP, {2, 3, 8}},
    {"net_e1000_em", 0, 2, 2, 0, JN_OWNER_KEYED, 0, 0, {1, 1, 1}},
    {"net_e1000_igb",
     IPV4 | IPV6 | TCP | UDP | EX,
     8,
     8,
     40,
     JN_OWNER_ADDRESSES,
     IPV4 | IPV6,
     IPV4 | IPV6 | TCP | UDP,
     {2, 3, 8}},
    {"net_ixgbe",
     IPV4 | IPV6 | TCP | UDP | EX,
     128,
     128,
     40,
     JN_OWNER_ADDRESSES,
     IPV4 | IPV6,
     IPV4 | IPV6 | TCP | UDP,
     {2, 3, 8}},
    {"net_i40e",
     FRAG | OTHER | TCP | UDP | SCTP | RTE_ETH_RSS_L2_PAYLOAD,
     320,
     320,
     52,
     JN_OWNER_PORTS,
     0,
     FRAG | OTHER | TCP | UDP,
     {2, 3, 8}},
    {"net_ice",
     IPV4 | IPV6 | FRAG | OTHER | TCP | UDP | SCTP | RTE_ETH_RSS_L2_PAYLOAD,
     64,
     64,
     52,
     JN_OWNER_ADDRESSES,
     IPV4 | IPV6 | FRAG | OTHER,
     IPV4 | IPV6 | FRAG | OTHER | TCP | UDP,
     {2, 3, 8}},
    {"mlx5_pci",
     IPV4 | IPV6 | FRAG | OTHER | TCP | UDP | EX | RTE_ETH_RSS_L3_SRC_ONLY,
     1024,
     1024,
     40,
     JN_OWNER_ADDRESSES,
     IPV4 | IPV6 | FRAG | OTHER,
     IPV4 | IPV6 | FRAG | OTHER | TCP | UDP,
     {2, 3, 8}},
    {"net_ena",
     IPV4 | IPV6 | RTE_ETH_RSS_FRAG_IPV4 | TCP | UDP,
     8,
     8,
     40,
     JN_OWNER_PORTS,
     0,
     IPV4 | IPV6 | RTE_ETH_RSS_FRAG_IPV4 | TCP | UDP,
     {2, 3, 8}},
    {"net_af_xdp", 0, 1, 1, 0, JN_OWNER_KEYED, 0, 0, {1, 1, 1}},
    {"one queue", IPV4 | IPV6, 1, 8, 40, JN_OWNER_ADDRESSES, IPV4 | IPV6, 0, {1, 1, 1}},
    {"nothing but payload", RTE_ETH_RSS_L2_PAYLOAD | RTE_ETH_RSS_IPV6_EX, 8, 8, 40, JN_OWNER_KEYED, 0, 0, {1, 1, 1}},
};

static void
test_shapes(void **state) {
    (void)state;
    static const unsigned int workers[] = {2, 3, 8};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const struct shape *s = &shapes[i];
        struct rte_eth_dev_info info = {.driver_name = s->driver,
                                        .flow_type_rss_offloads = s->types,
                                        .max_rx_queues = s->rx,
                                        .max_tx_queues = s->tx,
                                        .hash_key_size = s->key};
        if (jn_port_rss_of(&info) != s->hash || jn_port_rss_types(&info, JN_OWNER_ADDRESSES) != s->asked ||
            jn_port_rss_types(&info, JN_OWNER_PORTS) != s->with_ports)
            fail_msg("%s (row %zu): %d, types %#lx and %#lx", s->driver, i, (int)jn_port_rss_of(&info),
                     (unsigned long)jn_port_rss_types(&info, JN_OWNER_ADDRESSES),
                     (unsigned long)jn_port_rss_types(&info, JN_OWNER_PORTS));
        assert_int_equal(jn_port_rss_key_bytes(&info), s->key != 0 ? s->key : 40);
        assert_int_equal(jn_port_rss_queues(&info, 1), 1);
        for (size_t w = 0; w < COUNT(workers); w++)
            if (jn_port_rss_queues(&info, workers[w]) != s->queues[w])
                fail_msg("%s: %u queues for %u workers", s->driver, jn_port_rss_queues(&info, workers[w]), workers[w]);
    }
}

static void
test_fewer(void **state) {
    (void)state;
    static const unsigned int rows[][2] = {{32, 16}, {17, 16}, {8, 4}, {7, 4}, {5, 4}, {4, 2}, {3, 2}, {2, 1}, {1, 0}};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(jn_port_rss_fewer(rows[i][0]), rows[i][1]);
}

// What drivers read back is seldom bit for bit what was asked.
static void
test_read_back(void **state) {
    (void)state;
    static const struct {
        uint64_t asked, told;
        bool same;
    } rows[] = {
        {IPV4 | IPV6 | FRAG | OTHER, IPV4 | IPV6 | FRAG | OTHER, true},
        {IPV4 | IPV6 | FRAG | OTHER, IPV4 | IPV6, true},
        {IPV4 | IPV6, IPV4 | IPV6 | FRAG | OTHER, true},
        {IPV4 | IPV6, IPV4, false},
        {IPV4 | IPV6, 0, false},
        {IPV4 | IPV6, IPV4 | IPV6 | TCP, false},
        {IPV4 | IPV6, IPV4 | IPV6 | SCTP, false},
        {IPV4 | IPV6, IPV4 | IPV6 | RTE_ETH_RSS_IPV6_TCP_EX, false},
        {FRAG | OTHER | TCP | UDP, FRAG | OTHER | TCP | UDP, true},
        {FRAG | OTHER | TCP | UDP, FRAG | OTHER | TCP, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (jn_port_rss_is_same(rows[i].asked, rows[i].told) != rows[i].same)
            fail_msg("row %zu", i);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes), cmocka_unit_test(test_fewer),
                                       cmocka_unit_test(test_read_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
