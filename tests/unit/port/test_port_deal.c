// SPDX-License-Identifier: BSD-3-Clause
// Queues, hash and table of devices that are made here: the program has DPDK's functions itself, in place of the library's.
#include <errno.h>

#include <rte_ethdev.h>
#include <rte_flow.h>

#include "port/port_deal.h"
#include "port/port_queues.h"
#include "port/port_rss.h"
#include "test.h"

#define ADDRESSES (RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6)
#define FRAGMENTS (RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER)
#define TRANSPORTS                                                                                                     \
    (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_TCP |                      \
     RTE_ETH_RSS_NONFRAG_IPV6_UDP)

enum { DEVICES = 3, RULES = 8 };

static struct device {
    // What it is.
    uint64_t types;
    uint16_t most, entries;
    bool powers_of_two; // the only counts that it takes, like vmxnet3
    uint16_t takes;     // not more than so many in truth
    bool no_reading, lies_about_hash, lies_about_table, no_table;
    unsigned int rules_taken;
    // What it was told.
    uint16_t rx, tx;
    struct rte_eth_rss_conf conf;
    uint8_t key[64];
    uint16_t table[2048];
    unsigned int rules, configured;
} devices[DEVICES];

static struct jn_app app;
static struct jn_counters_region *region;
static char err[JN_ERR_MAX];

int
rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info) {
    const struct device *d = &devices[port_id];
    *info = (struct rte_eth_dev_info){.driver_name = "net_fake",
                                      .flow_type_rss_offloads = d->types,
                                      .max_rx_queues = d->most,
                                      .max_tx_queues = d->most,
                                      .reta_size = d->entries,
                                      .hash_key_size = 40};
    return 0;
}

static void
tell_hash(struct device *d, const struct rte_eth_rss_conf *conf) {
    d->conf = *conf;
    if (conf->rss_key != NULL)
        memcpy(d->key, conf->rss_key, conf->rss_key_len);
}

int
rte_eth_dev_configure(uint16_t port_id, uint16_t rx, uint16_t tx, const struct rte_eth_conf *conf) {
    struct device *d = &devices[port_id];
    d->configured++;
    if (rx > d->takes || tx > d->takes || (d->powers_of_two && (rx & (rx - 1)) != 0))
        return -EINVAL;
    d->rx = rx;
    d->tx = tx;
    tell_hash(d, &conf->rx_adv_conf.rss_conf);
    return 0;
}

int
rte_eth_dev_rss_hash_update(uint16_t port_id, struct rte_eth_rss_conf *conf) {
    tell_hash(&devices[port_id], conf);
    return 0;
}

int
rte_eth_dev_rss_hash_conf_get(uint16_t port_id, struct rte_eth_rss_conf *conf) {
    const struct device *d = &devices[port_id];
    if (d->no_reading)
        return -ENOTSUP;
    conf->rss_hf = d->conf.rss_hf;
    memcpy(conf->rss_key, d->key, 40);
    conf->rss_key[39] ^= d->lies_about_hash;
    return 0;
}

int
rte_eth_dev_rss_reta_update(uint16_t port_id, struct rte_eth_rss_reta_entry64 *table, uint16_t size) {
    struct device *d = &devices[port_id];
    if (d->no_table)
        return -ENOTSUP;
    assert_int_equal(size, d->entries);
    for (unsigned int i = 0; i < size; i++) {
        assert_true(table[i / 64].mask >> i % 64 & 1);
        assert_true(table[i / 64].reta[i % 64] < d->rx);
        d->table[i] = table[i / 64].reta[i % 64];
    }
    return 0;
}

int
rte_eth_dev_rss_reta_query(uint16_t port_id, struct rte_eth_rss_reta_entry64 *table, uint16_t size) {
    const struct device *d = &devices[port_id];
    if (d->no_reading)
        return -ENOTSUP;
    for (unsigned int i = 0; i < size; i++)
        table[i / 64].reta[i % 64] = d->lies_about_table ? 0 : d->table[i];
    return 0;
}

struct rte_flow *
rte_flow_create(uint16_t port_id, const struct rte_flow_attr *attr, const struct rte_flow_item pattern[],
                const struct rte_flow_action actions[], struct rte_flow_error *error) {
    struct device *d = &devices[port_id];
    const struct rte_flow_action_rss *rss = actions[0].conf;
    (void)error;
    assert_true(attr->ingress && actions[0].type == RTE_FLOW_ACTION_TYPE_RSS &&
                pattern[0].type == RTE_FLOW_ITEM_TYPE_ETH);
    assert_int_equal(rss->types,
                     pattern[1].type == RTE_FLOW_ITEM_TYPE_IPV4 ? RTE_ETH_RSS_IPV4 : (uint64_t)RTE_ETH_RSS_IPV6);
    if (d->rules == d->rules_taken)
        return NULL;
    d->rules++;
    return (struct rte_flow *)d;
}

int
rte_flow_flush(uint16_t port_id, struct rte_flow_error *error) {
    (void)error;
    devices[port_id].rules = 0;
    return 0;
}

static const struct device igb = {.types = ADDRESSES | TRANSPORTS, .most = 8, .takes = 8, .entries = 128};
static const struct device ice = {.types = ADDRESSES | FRAGMENTS | TRANSPORTS, .most = 64, .takes = 64, .entries = 512};
static const struct device i40e = {.types = FRAGMENTS | TRANSPORTS, .most = 64, .takes = 64, .entries = 512};
static const struct device virtio = {.most = 4, .takes = 4};
static const struct device vmxnet3 = {.types = ADDRESSES, .most = 8, .takes = 8, .powers_of_two = true, .entries = 64};

// Devices 0 and 1 are a wire, 2 carries tunnels.
static void
open_devices(unsigned int workers, const struct device *access, const struct device *network) {
    static struct jn_port_option options[DEVICES] = {
        {.name = "access0", .device = "a"}, {.name = "network0", .device = "n"}, {.name = "tunnel0", .device = "t"}};
    memset(&app, 0, sizeof(app));
    free(region);
    region = calloc(1, jn_counters_size(8, 1));
    assert_non_null(region);
    app.counters = region;
    app.options.worker_count = workers;
    app.options.port_count = DEVICES;
    app.options.wire_count = 1;
    app.options.wires[0] = (struct jn_wire_option){.access = 0, .network = 1};
    devices[0] = *access;
    devices[1] = *network;
    devices[2] = igb;
    for (uint16_t i = 0; i < DEVICES; i++)
        app.ports[i] = (struct jn_port){.option = &options[i], .ethdev = i};
}

static int
configure(uint16_t i) {
    struct rte_eth_dev_info info;
    const struct rte_eth_conf conf = {0};
    rte_eth_dev_info_get(i, &info);
    return jn_port_configure(&app, &app.ports[i], &info, &conf, err);
}

static void
deal(unsigned int workers, const struct device *access, const struct device *network) {
    open_devices(workers, access, network);
    for (uint16_t i = 0; i < DEVICES; i++)
        assert_int_equal(configure(i), 0);
    jn_ports_deal(&app);
}

static bool
says(unsigned int i, const char *words) {
    return strstr(region->ports[i].hash_why, words) != NULL;
}

// Receive and transmit queues in pairs, as many as the device takes.
static void
test_queues(void **state) {
    (void)state;
    struct device two = igb, one_in_truth = igb, three_in_truth = igb;
    two.most = two.takes = 2;
    one_in_truth.takes = 1;
    three_in_truth.takes = 3;
    const struct {
        const char *what;
        const struct device *device;
        unsigned int workers, queues, tries;
    } rows[] = {
        {"one worker", &igb, 1, 1, 1},
        {"virtio without RSS", &virtio, 2, 1, 1},
        {"igb", &igb, 3, 3, 1},
        {"vmxnet3, three workers", &vmxnet3, 3, 2, 2},
        {"vmxnet3, four workers", &vmxnet3, 4, 4, 1},
        {"two queues for four workers", &two, 4, 2, 1},
        {"a device that refuses what it said", &three_in_truth, 8, 2, 3},
        {"and one that takes one only", &one_in_truth, 8, 1, 4},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_devices(rows[i].workers, rows[i].device, rows[i].device);
        if (configure(0) != 0 || devices[0].rx != rows[i].queues || devices[0].tx != rows[i].queues ||
            app.ports[0].rx_queues != rows[i].queues || app.ports[0].tx_queues != rows[i].queues ||
            devices[0].configured != rows[i].tries)
            fail_msg("%s: %u and %u queues after %u tries", rows[i].what, devices[0].rx, devices[0].tx,
                     devices[0].configured);
        assert_int_equal(devices[0].conf.rss_hf != 0, rows[i].queues > 1);
    }
    struct device broken = igb;
    broken.takes = 0;
    open_devices(4, &broken, &igb);
    assert_int_equal(configure(0), -EINVAL);
    assert_non_null(strstr(err, "access0"));
}

// Workers poll the queues that were there at the start: a device that returns gets them, with or without its hash.
static void
test_return(void **state) {
    (void)state;
    deal(3, &igb, &ice);
    devices[0] = vmxnet3; // takes no three
    assert_int_equal(configure(0), -EINVAL);
    assert_non_null(strstr(err, "not with its queues"));
    devices[0] = virtio;
    assert_int_equal(configure(0), 0);
    jn_port_deal(&app, 0);
    assert_int_equal(devices[0].rx, 3);
    assert_int_equal(region->ports[0].hash, JN_PORT_HASH_NONE);
    devices[0] = igb;
    assert_int_equal(configure(0), 0);
    jn_port_deal(&app, 0);
    assert_int_equal(region->ports[0].hash, JN_PORT_HASH_ADDRESSES);
    assert_int_equal(devices[0].table[127], 127 % 3);
}

// Tables of two sizes, and a count of workers that divides neither: every hash finds one worker on both.
static void
test_tables(void **state) {
    (void)state;
    deal(3, &igb, &ice);
    for (unsigned int hash = 0; hash < 65536; hash++)
        if (devices[0].table[hash % 128] != hash % 128 % 3 || devices[1].table[hash % 512] != hash % 128 % 3)
            fail_msg("hash %u: queues %u and %u", hash, devices[0].table[hash % 128], devices[1].table[hash % 512]);
    assert_int_equal(app.owners.hash, JN_OWNER_ADDRESSES);
    uint8_t key[JN_OWNER_KEY_BYTES];
    jn_owner_key(key);
    for (unsigned int i = 0; i < 2; i++) {
        assert_int_equal(devices[i].conf.rss_hf & TRANSPORTS, 0);
        assert_memory_equal(devices[i].key, key, 40);
        assert_true(says(i, "hash read back") && says(i, "read back"));
        assert_int_equal(region->ports[i].hash, JN_PORT_HASH_ADDRESSES);
    }
    // Where there are fewer queues than workers, a worker's packets come by one queue.
    deal(3, &vmxnet3, &vmxnet3);
    for (unsigned int i = 0; i < 64; i++)
        assert_int_equal(devices[0].table[i], i % 3 % 2);
    assert_true(says(0, "fewer queues than workers"));
}

static void
test_reading_back(void **state) {
    (void)state;
    struct device mute = igb, other_key = igb, other_table = igb, tableless = igb;
    mute.no_reading = true;
    other_key.lies_about_hash = true;
    other_table.lies_about_table = true;
    tableless.no_table = true;
    const struct {
        const struct device *device;
        const char *words;
    } rows[] = {
        {&mute, "hash cannot be read back, table of 128 cannot be read back"},
        {&other_key, "hash reads back otherwise"},
        {&other_table, "hash read back, table of 128 reads back otherwise"},
        {&tableless, "table of 128 reads back otherwise"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        deal(2, rows[i].device, &igb);
        if (!says(0, rows[i].words))
            fail_msg("expected %s, found %s", rows[i].words, region->ports[0].hash_why);
        assert_int_equal(region->ports[0].hash, JN_PORT_HASH_ADDRESSES);
    }
    deal(2, &virtio, &virtio);
    assert_true(says(0, "no hash of addresses"));
    assert_int_equal(app.owners.hash, JN_OWNER_KEYED);
    deal(1, &igb, &igb);
    assert_true(says(0, "one worker"));
}

// i40e: rules make it hash addresses alone. Without them TCP and UDP go by their ports, on the other port, too.
static void
test_devices_of_ports(void **state) {
    (void)state;
    struct device with_rules = i40e, with_some = i40e;
    with_rules.rules_taken = RULES;
    with_some.rules_taken = 3;
    deal(4, &with_rules, &ice);
    assert_int_equal(app.owners.hash, JN_OWNER_ADDRESSES);
    assert_int_equal(devices[0].rules, RULES);
    assert_true(says(0, "by rte_flow"));
    assert_int_equal(devices[1].conf.rss_hf & TRANSPORTS, 0);

    deal(4, &with_some, &ice);
    assert_int_equal(app.owners.hash, JN_OWNER_PORTS);
    assert_int_equal(devices[0].rules, 0);
    for (unsigned int i = 0; i < 2; i++) {
        assert_int_equal(devices[i].conf.rss_hf & TRANSPORTS, TRANSPORTS);
        assert_int_equal(region->ports[i].hash, JN_PORT_HASH_PORTS);
    }
    assert_int_equal(region->ports[2].hash, JN_PORT_HASH_ADDRESSES); // a tunnel port's frames are dealt out anew

    deal(4, &with_rules, &i40e); // the other cannot: what rules there are go
    assert_int_equal(app.owners.hash, JN_OWNER_PORTS);
    assert_int_equal(devices[0].rules, 0);
    assert_int_equal(region->ports[0].hash, JN_PORT_HASH_PORTS);
}

static void
receive(unsigned int worker, uint64_t packets, uint64_t astray) {
    region->workers[worker].ports[0].rx_packets += packets;
    region->workers[worker].ports[0].rx_astray += astray;
    jn_port_watch_deal(&app, 0);
}

// One flow on one queue is no fault; frames on other queues than their hash says are.
static void
test_watch(void **state) {
    (void)state;
    deal(2, &igb, &igb);
    for (int i = 0; i < 10; i++)
        receive(0, 1000, 0);
    assert_int_equal(region->ports[0].disobeys, 0);
    receive(0, 100, 100); // too few to tell
    assert_int_equal(region->ports[0].disobeys, 0);
    receive(0, 1000, 500); // may have come before the table was written
    assert_int_equal(region->ports[0].disobeys, 0);
    receive(0, 1000, 500);
    assert_int_equal(region->ports[0].disobeys, 1);
    receive(1, 1000, 10);
    assert_int_equal(region->ports[0].disobeys, 0);
    for (int i = 0; i < 10; i++)
        receive(1, 1000, 100); // tunnels and labels that the device does not look into
    assert_int_equal(region->ports[0].disobeys, 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queues),       cmocka_unit_test(test_return),           cmocka_unit_test(test_tables),
        cmocka_unit_test(test_reading_back), cmocka_unit_test(test_devices_of_ports), cmocka_unit_test(test_watch),
    };
    jn_log_set_level(JN_LOG_ERROR);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    free(region);
    return rc;
}
