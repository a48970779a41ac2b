// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_deal.h"

#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "lists.h"
#include "port/port_flow.h"
#include "port/port_rss.h"

enum { WINDOW_PACKETS = 256, WINDOWS_TO_WARN = 2, MOST_ENTRIES = 2048 };

_Static_assert((int)JN_PORT_HASH_NONE == (int)JN_OWNER_KEYED &&
                   (int)JN_PORT_HASH_ADDRESSES == (int)JN_OWNER_ADDRESSES &&
                   (int)JN_PORT_HASH_PORTS == (int)JN_OWNER_PORTS,
               "shown as it is");

// What reading back has found.
enum finding { AGREES, UNREADABLE, DIFFERS };

static const char *const found[] = {"read back", "cannot be read back", "reads back otherwise than asked"};

// Read back types and key.
static enum finding
read_hash(const struct jn_port *port, const struct rte_eth_dev_info *info, uint64_t asked) {
    uint8_t key[JN_OWNER_KEY_BYTES] = {0}, ours[JN_OWNER_KEY_BYTES];
    struct rte_eth_rss_conf told = {.rss_key = key, .rss_key_len = jn_port_rss_key_bytes(info)};
    jn_owner_key(ours);
    if (rte_eth_dev_rss_hash_conf_get(port->ethdev, &told) != 0)
        return UNREADABLE;
    bool same = jn_port_rss_is_same(asked, told.rss_hf) && memcmp(key, ours, jn_port_rss_key_bytes(info)) == 0;
    return same ? AGREES : DIFFERS;
}

static void
fill_table(const struct jn_owners *owners, unsigned int queues, struct rte_eth_rss_reta_entry64 *table,
           unsigned int entries) {
    for (unsigned int i = 0; i < entries; i++) {
        table[i / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1) << i % RTE_ETH_RETA_GROUP_SIZE;
        table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
            (uint16_t)(jn_owner_of_entry(owners, i) % queues);
    }
}

// Write the table, and read it back.
static enum finding
deal_table(const struct jn_port *port, const struct jn_owners *owners, unsigned int entries) {
    struct rte_eth_rss_reta_entry64 table[MOST_ENTRIES / RTE_ETH_RETA_GROUP_SIZE] = {0}, told[RTE_DIM(table)] = {0};
    if (entries == 0 || entries > MOST_ENTRIES)
        return UNREADABLE;
    fill_table(owners, port->rx_queues, table, entries);
    for (size_t i = 0; i < RTE_DIM(table); i++)
        told[i].mask = table[i].mask;
    bool written = rte_eth_dev_rss_reta_update(port->ethdev, table, (uint16_t)entries) == 0;
    if (rte_eth_dev_rss_reta_query(port->ethdev, told, (uint16_t)entries) != 0)
        return written ? UNREADABLE : DIFFERS;
    for (unsigned int i = 0; i < entries; i++)
        if (told[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] !=
            table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE])
            return DIFFERS;
    return AGREES;
}

// Toeplitz of the addresses alone, by rules, where hash types give none.
static void
try_rules(struct jn_port *port) {
    if (port->hash != JN_OWNER_PORTS || !jn_port_flow_make(port->ethdev))
        return;
    port->hash = JN_OWNER_ADDRESSES;
    port->by_flow = true;
}

// Another port can do no better: hash TCP and UDP with their ports, too.
static void
follow_ports(struct jn_port *port, const struct rte_eth_dev_info *info) {
    uint8_t key[JN_OWNER_KEY_BYTES];
    struct rte_eth_rss_conf conf = {
        .rss_key = key, .rss_key_len = jn_port_rss_key_bytes(info), .rss_hf = jn_port_rss_types(info, JN_OWNER_PORTS)};
    jn_owner_key(key);
    if (port->by_flow)
        jn_port_flow_clear(port->ethdev);
    if (port->by_flow || (conf.rss_hf != 0 && rte_eth_dev_rss_hash_update(port->ethdev, &conf) == 0))
        port->hash = JN_OWNER_PORTS;
    port->by_flow = false;
}

static const char *
why_one_queue(const struct jn_app *app, const struct rte_eth_dev_info *info) {
    if (app->options.worker_count == 1)
        return "one worker";
    return jn_port_rss_of(info) == JN_OWNER_KEYED ? "the device has no hash of addresses: software deals out"
                                                  : "the device takes one queue: software deals out";
}

// Sets hash_why. True: the device does not say that it does what it was told.
static bool
deal_by_device(const struct jn_app *app, struct jn_port *port, bool wired, const struct rte_eth_dev_info *info,
               struct jn_port_state *state) {
    if (wired && app->owners.hash == JN_OWNER_ADDRESSES && !port->by_flow)
        try_rules(port);
    if (wired && app->owners.hash == JN_OWNER_PORTS && port->hash == JN_OWNER_ADDRESSES)
        follow_ports(port, info);
    // Rules are made beside the types that the device was configured with.
    enum jn_owner_hash types = port->by_flow ? JN_OWNER_PORTS : (enum jn_owner_hash)port->hash;
    enum finding hash = read_hash(port, info, jn_port_rss_types(info, types));
    // Where our hash deals out alone, a tunnel port keeps its own table.
    bool ours = app->owners.hash != JN_OWNER_KEYED;
    enum finding table = ours ? deal_table(port, &app->owners, info->reta_size) : UNREADABLE;
    snprintf(state->hash_why, sizeof(state->hash_why), "%shash %s, table of %u %s%s",
             port->by_flow ? "by rte_flow; " : "", found[hash], info->reta_size, found[table],
             port->rx_queues < app->options.worker_count ? "; fewer queues than workers" : "");
    return hash == DIFFERS || table == DIFFERS;
}

void
jn_port_deal(struct jn_app *app, unsigned int port_idx) {
    struct jn_port *port = &app->ports[port_idx];
    struct jn_port_state *state = &app->counters->ports[port_idx];
    struct rte_eth_dev_info info;
    bool wrong = false;
    if (rte_eth_dev_info_get(port->ethdev, &info) != 0)
        return;
    if (port->rx_queues == 1)
        snprintf(state->hash_why, sizeof(state->hash_why), "%s", why_one_queue(app, &info));
    else if (port->hash == JN_OWNER_KEYED)
        snprintf(state->hash_why, sizeof(state->hash_why), "the device returned without a hash of addresses");
    else
        wrong = deal_by_device(app, port, jn_wire_of_port(&app->options, port_idx) != NULL, &info, state);
    state->workers = (uint16_t)app->options.worker_count;
    state->hash = port->hash;
    jn_log(wrong ? JN_LOG_WARNING : JN_LOG_INFO, "port %s: %u of %u workers have a queue; the device's hash: %s (%s)",
           port->option->name, port->rx_queues, app->options.worker_count, jn_list_word(&jn_port_hash_list, port->hash),
           state->hash_why);
}

void
jn_ports_deal(struct jn_app *app) {
    enum jn_owner_hash hash = JN_OWNER_KEYED;
    unsigned int entries = 0;
    for (unsigned int i = 0; i < app->options.port_count; i++) {
        struct jn_port *port = &app->ports[i];
        struct rte_eth_dev_info info;
        if (port->rx_queues == 1 || jn_wire_of_port(&app->options, i) == NULL ||
            rte_eth_dev_info_get(port->ethdev, &info) != 0)
            continue;
        try_rules(port);
        hash = port->hash > hash ? (enum jn_owner_hash)port->hash : hash;
        if (info.reta_size != 0 && (entries == 0 || info.reta_size < entries))
            entries = info.reta_size;
    }
    if (hash != JN_OWNER_KEYED)
        jn_owners_toeplitz(&app->owners, hash, entries, app->options.worker_count);
    for (unsigned int i = 0; i < app->options.port_count; i++)
        jn_port_deal(app, i);
}

// A window is as long as it takes to see enough frames. One that is wrong may hold what came before the table was written.
void
jn_port_watch_deal(struct jn_app *app, unsigned int port_idx) {
    struct jn_port *port = &app->ports[port_idx];
    struct jn_port_state *state = &app->counters->ports[port_idx];
    uint64_t packets = 0, astray = 0;
    for (unsigned int w = 0; w < app->options.worker_count; w++) {
        const struct jn_port_counters *counters = &app->counters->workers[w].ports[port_idx];
        packets += __atomic_load_n(&counters->rx_packets, __ATOMIC_RELAXED);
        astray += __atomic_load_n(&counters->rx_astray, __ATOMIC_RELAXED);
    }
    uint64_t seen = packets - port->window_packets, wrong = astray - port->window_astray;
    if (port->hash == JN_OWNER_KEYED || seen < WINDOW_PACKETS)
        return;
    port->window_packets = packets;
    port->window_astray = astray;
    port->windows = wrong <= seen / 4 ? 0 : port->windows < WINDOWS_TO_WARN ? port->windows + 1u : port->windows;
    bool disobeys = port->windows == WINDOWS_TO_WARN;
    if (disobeys && !state->disobeys)
        jn_log(JN_LOG_WARNING,
               "port %s: %lu of %lu frames came by other queues than the hash of their %s says: the device does not "
               "spread "
               "them as it claims; software hands them over",
               port->option->name, (unsigned long)wrong, (unsigned long)seen,
               jn_list_word(&jn_port_hash_list, port->hash));
    if (!disobeys && state->disobeys && port->windows == 0)
        jn_log(JN_LOG_INFO, "port %s: the device spreads frames by their hash again", port->option->name);
    state->disobeys = disobeys || (state->disobeys && port->windows != 0);
}
