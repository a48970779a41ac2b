// SPDX-License-Identifier: BSD-3-Clause
// Words of gates, neighbours and learned headers: their owner changes them while other workers read them. To see it
// fail: in jn_gate_host_open (dataplane/gate/gate_hosts.c) write `*host = fresh;` in place of jn_seq_store.
#include "threads.h"

#include <sched.h>

#include "flow.h"
#include "gate/l2_rewrite.h"
#include "gate/resolution.h"
#include "policy/learn_mtu.h"
#include "underlay/underlay_neighbour.h"
#include "underlay/underlay_route.h"
#include "unit/gate/gate_call.h"

enum { ROUNDS = 1000, READERS = 2, HOSTS = 40 };

static struct call c;
static struct jn_l2_table *l2_table;
static struct jn_neighbour neighbours[2];
static uint64_t rounds; // of the neighbours' owner
static int done;

static bool
over(void) {
    return __atomic_load_n(&done, __ATOMIC_ACQUIRE);
}

// The MAC address 02:00:00:00:a:b is of 10.254.a.b alone.
static void *
look_for_hosts(void *argument) {
    const struct jn_gate_engine engine = *(const struct jn_gate_engine *)argument; // each policy has its own
    while (!over()) {
        for (uint8_t b = 1; b <= HOSTS; b++) {
            const uint8_t address[16] = {10, 254, 9, b};
            uint64_t target = jn_gate_host_target(&c.x.state, 4, address);
            must(target == 0 || (jn_target_kind(target) == JN_TARGET_PEER && (target & 0xffff) == (9u << 8 | b)));
        }
        uint64_t target = __atomic_load_n(&c.x.state.target, __ATOMIC_RELAXED);
        must(jn_target_kind(target) <= JN_TARGET_DROP);
        (void)jn_gate_is_due(&engine, NOW);
    }
    return NULL;
}

// More hosts than there are entries: they displace one another.
static void
test_gate(void **state) {
    (void)state;
    pthread_t readers[READERS];
    done = 0;
    prepare_idle(&c);
    struct jn_gate_engine engine = c.x.engine;
    for (unsigned int i = 0; i < READERS; i++)
        readers[i] = begin_thread(look_for_hosts, &engine);
    for (unsigned int round = 0; round < ROUNDS; round++) {
        uint64_t now_ns = NOW + round * FIXTURE_SECOND / 10;
        uint8_t b = (uint8_t)(1 + round * 7 % HOSTS);
        const uint8_t address[16] = {10, 254, 9, b};
        jn_gate_resolve(&c.x.engine, 4, address, now_ns);
        say(&c, round % 2, 9, b, true, now_ns);
        run_timers(&c, now_ns);
        if (round % 100 == 99)
            gate_fixture_open(&c.x);
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    for (unsigned int i = 0; i < READERS; i++)
        join_thread(readers[i]);
}

static struct jn_flow_entry
entry_of(uint32_t device) {
    struct jn_flow_entry entry = {.flags = JN_FLOW_DEVICE_A, .vlan_tci = 7};
    memcpy(entry.address[0], &device, sizeof(device));
    memcpy(entry.mac[0], &device, sizeof(device));
    entry.mac[0][5] = entry.mac[1][5] = 1;
    return entry;
}

// Every worker learns and looks up; the MAC address tells whose header it is.
static void *
share_l2_table(void *argument) {
    (void)argument;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t device = round * 7 % 64;
        uint8_t address[16] = {0};
        struct jn_l2_rewrite found;
        struct jn_flow_entry entry = entry_of(device);
        jn_l2_rewrite_learn(l2_table, &entry, NOW + round * FIXTURE_SECOND);
        memcpy(address, &device, sizeof(device));
        must(!jn_l2_rewrite_find(l2_table, 0, 4, address, &found) || memcmp(found.device, entry.mac[0], 6) == 0);
        (void)jn_l2_rewrite_last(l2_table, 0, &found);
    }
    return NULL;
}

static void
test_l2_table(void **state) {
    (void)state;
    pthread_t workers[READERS];
    const struct jn_hash_key key = jn_hash_key_of(42);
    l2_table = jn_l2_table_make(1, 64, &key);
    assert_non_null(l2_table);
    assert_int_equal(jn_l2_rewrite_attach(l2_table, 0), 0);
    for (unsigned int i = 0; i < READERS; i++)
        workers[i] = begin_thread(share_l2_table, NULL);
    for (unsigned int i = 0; i < 20; i++)
        jn_l2_rewrite_detach(l2_table, 0);
    for (unsigned int i = 0; i < READERS; i++)
        join_thread(workers[i]);
    jn_l2_table_free(l2_table);
}

static const struct jn_peer mirror = {
    .family = 4, .address = {198, 19, 0, 10}, .ttl = 64, .flags = JN_PEER_ENABLED | JN_PEER_LEARN_MTU};
static uint64_t learned_word;
static struct jn_mirror_peer shared_path = {.peer = &mirror, .mtu = 1500, .mark = 7, .learned = &learned_word};

// Every worker hears errors, ages what was learned, and cuts copies.
static void *
share_path_mtu(void *argument) {
    uint8_t packet[64];
    struct jn_quote quote;
    memcpy(packet, shared_path.encap.header + JN_ENCAP_ROOM - shared_path.encap.length + 14,
           shared_path.encap.length - 14u);
    jn_put_be16(packet + 2, 1500);
    jn_put_be16(packet + 22, JN_ETHER_BRIDGED);
    jn_put_be16(packet + 10, 0);
    jn_put_be16(packet + 10, jn_checksum(packet, JN_IPV4_BYTES));
    must(jn_quote_read(packet, 28, &quote));
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t now = NOW + (round + *(uint32_t *)argument) * FIXTURE_SECOND;
        must(jn_mirror_peer_learn(&shared_path, 1400 - round % 7 * 100, &quote, now) >= JN_PATH_MTU_NOT_LOWER);
        struct jn_encap_frame frame = {.length = 1450, .wire_length = 1450};
        struct jn_encap_part part;
        jn_encap_choose(&shared_path.encap, &frame, &part);
        must(part.length <= 1450 && part.length >= 800 - 24);
        jn_mirror_peer_refresh(&shared_path, now);
    }
    return NULL;
}

static void
test_path_mtu(void **state) {
    (void)state;
    static const uint8_t own[16] = {198, 19, 0, 1}, mac[6] = {2};
    pthread_t workers[READERS];
    uint32_t shift[READERS];
    jn_encap_prepare(&shared_path.encap, &mirror, own, JN_VLAN_ID_NONE, mac, 1500);
    for (uint32_t i = 0; i < READERS; i++) {
        shift[i] = i * 200;
        workers[i] = begin_thread(share_path_mtu, &shift[i]);
    }
    for (unsigned int i = 0; i < READERS; i++)
        join_thread(workers[i]);
}

// Any worker asks, the owner takes: an address is of one moment.
static void *
ask_for_hosts(void *argument) {
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint8_t address[16];
        memset(address, (int)(round % 200), sizeof(address));
        jn_resolution_request(argument, 0, round % 2 == 0 ? 4 : 6, address);
    }
    return NULL;
}

static void
test_resolutions(void **state) {
    (void)state;
    pthread_t workers[READERS];
    struct jn_resolutions *resolutions = jn_resolutions_make(1);
    struct jn_resolution taken;
    assert_non_null(resolutions);
    for (unsigned int i = 0; i < READERS; i++)
        workers[i] = begin_thread(ask_for_hosts, resolutions);
    for (unsigned int i = 0; i < ROUNDS; i++)
        if (jn_resolution_take(resolutions, 0, &taken))
            for (unsigned int b = 1; b < sizeof(taken.address); b++)
                must(taken.address[b] == taken.address[0] && taken.family == (taken.address[0] % 2 == 0 ? 4 : 6));
    for (unsigned int i = 0; i < READERS; i++)
        join_thread(workers[i]);
    free(resolutions);
}

// The owner of the port hears and doubts; whoever sends takes MAC address and state as one word.
static void *
own_neighbours(void *argument) {
    static const uint8_t macs[2][6] = {{2, 2, 2, 2, 2, 2}, {4, 4, 4, 4, 4, 4}};
    (void)argument;
    for (uint64_t round = 0; !over(); round++) {
        for (unsigned int i = 0; i < 2; i++) {
            jn_underlay_heard(&neighbours[i], macs[round % 2], true, NOW + round);
            jn_underlay_doubt(&neighbours[i]);
        }
        __atomic_store_n(&rounds, round + 1, __ATOMIC_RELEASE);
        sched_yield();
    }
    return NULL;
}

static void *
send_to_neighbours(void *argument) {
    (void)argument;
    while (!over()) {
        uint64_t state_mac = __atomic_load_n(&neighbours[0].state_mac, __ATOMIC_RELAXED);
        uint64_t mac = state_mac & UINT64_C(0xffffffffffff);
        must(mac == 0 || mac == UINT64_C(0x020202020202) || mac == UINT64_C(0x040404040404));
        must(mac != 0 || jn_neighbour_state_of(state_mac) <= JN_NEIGHBOUR_INCOMPLETE);
    }
    return NULL;
}

static void
test_neighbours(void **state) {
    (void)state;
    done = 0;
    pthread_t owner = begin_thread(own_neighbours, NULL), sender = begin_thread(send_to_neighbours, NULL);
    for (unsigned int round = 0; round < 200; round++) {
        struct jn_underlay_path path = {.port = 2, .vlan_id = JN_VLAN_ID_NONE, .family = 4};
        path.next_hop[0] = (uint8_t)round;
        int number = jn_neighbour_open(neighbours, 2, &path);
        assert_in_range(number, 0, 1);
        jn_neighbour_close(&neighbours[number]);
        uint64_t seen = __atomic_load_n(&rounds, __ATOMIC_ACQUIRE); // as jn_workers_wait_round: nobody uses it any more
        while (__atomic_load_n(&rounds, __ATOMIC_ACQUIRE) < seen + 2)
            sched_yield();
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    join_thread(owner);
    join_thread(sender);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gate),        cmocka_unit_test(test_l2_table),   cmocka_unit_test(test_path_mtu),
        cmocka_unit_test(test_resolutions), cmocka_unit_test(test_neighbours),
    };
    return cmocka_run_group_tests_name("gate under ThreadSanitizer", tests, NULL, NULL);
}
