// SPDX-License-Identifier: BSD-3-Clause
// The flow table against a model that is too simple to be wrong (an array by flow identity), over millions of random
// operations, while another process walks the shared memory and checks what it sees.
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow/flow_table.h"
#include "random.h"
#include "test.h"

#define CAPACITY   1000u
#define UNIVERSE   3000u // flows that may come: more than there is room for
#define OPERATIONS 2000000u

static uint64_t random_state = RANDOM_SEED;

static uint32_t
random_below(uint32_t limit) {
    random_next(&random_state);
    return (uint32_t)(random_state >> 32) % limit;
}

// Flow `id` as a packet of either direction; every third is IPv6. Its number is in its addresses and ports.
static void
make_key(const struct jn_flow_table *table, uint32_t id, bool reverse, struct jn_flow_key *key) {
    static struct jn_packet packet; // one key at a time
    packet = (struct jn_packet){.flags = JN_PACKET_IP | JN_PACKET_PORTS, .protocol = 17};
    uint16_t ports[2] = {(uint16_t)(40000 + id % 7), 53};
    if (id % 3 == 0)
        packet.flags |= JN_PACKET_IPV6;
    packet.address[reverse][0] = 10;
    packet.address[!reverse][0] = 198;
    packet.address[reverse][2] = (uint8_t)(id >> 8);
    packet.address[reverse][3] = (uint8_t)id;
    packet.port[0] = ports[reverse];
    packet.port[1] = ports[!reverse];
    jn_flow_key(table, &packet, (uint16_t)(id % 5), key);
}

static uint32_t
find(const struct jn_flow_table *table, uint32_t id, bool reverse) {
    struct jn_flow_key key;
    uint32_t found;
    make_key(table, id, reverse, &key);
    jn_flow_table_lookup(table, &key, 1, &found);
    return found;
}

// The walker: an entry seen whole carries its flow's number in the address, the port and, times three, in start_ns.
static void
walk_for_ever(const struct jn_flow_region *region, size_t size, int ready) {
    struct jn_flow_entry e;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (uint64_t seen = 0;;) {
        for (uint32_t n = 0; n < CAPACITY; n++) {
            if (!jn_flow_snapshot(region, size, 0, n, &e))
                continue;
            uint32_t id = (uint32_t)e.address[0][2] << 8 | e.address[0][3];
            if (jn_flow_port(&e, 0) != 40000 + id % 7 || jn_flow_vpg(&e) != id % 5 ||
                (e.start_ns != 0 && e.start_ns != 3 * (uint64_t)id + 1))
                _exit(1);
            if (seen++ == 0 && write(ready, "r", 1) != 1)
                _exit(2);
        }
    }
}

struct model {
    uint32_t flow_idx[UNIVERSE], used[CAPACITY];
    uint32_t count;
};

static void
forget(struct jn_flow_table *table, struct model *model, uint32_t flow_idx) {
    model->flow_idx[model->used[flow_idx]] = JN_FLOW_NONE;
    model->count--;
    jn_flow_table_remove(table, flow_idx);
}

static void
add(struct jn_flow_table *table, struct model *model, uint32_t id, uint64_t now) {
    struct jn_flow_key key;
    make_key(table, id, random_below(2), &key);
    uint32_t flow_idx = jn_flow_table_add(table, &key);
    if (flow_idx == JN_FLOW_NONE) {
        uint32_t oldest = jn_flow_table_oldest(table, &key);
        assert_true(oldest < CAPACITY);
        forget(table, model, oldest);
        flow_idx = jn_flow_table_add(table, &key);
    }
    assert_true(flow_idx < CAPACITY);
    table->entries[flow_idx].start_ns = 3 * (uint64_t)id + 1;
    table->entries[flow_idx].last_ns = now;
    model->flow_idx[id] = flow_idx;
    model->used[flow_idx] = id;
    model->count++;
}

static void
test_against_model_with_a_reader(void **state) {
    (void)state;
    static struct model model;
    size_t size = jn_flow_region_size(1, CAPACITY);
    struct jn_flow_region *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct jn_flow_table table;
    int ready[2];
    char byte;
    assert_true(region != MAP_FAILED && pipe(ready) == 0);
    jn_flow_region_init(region, 1, CAPACITY);
    jn_flow_table_open(&table, region, 0, UINT64_C(0x6a09e667f3bcc908));
    memset(model.flow_idx, 0xff, sizeof(model.flow_idx));
    add(&table, &model, 1, 0);
    pid_t reader = fork();
    if (reader == 0)
        walk_for_ever(region, size, ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    for (uint32_t i = 1; i <= OPERATIONS; i++) {
        uint32_t id = random_below(UNIVERSE), flow_idx = find(&table, id, random_below(2));
        if (flow_idx != model.flow_idx[id])
            fail_msg("operation %u: flow %u: expected entry %u, found %u", i, id, model.flow_idx[id], flow_idx);
        if (flow_idx == JN_FLOW_NONE)
            add(&table, &model, id, i);
        else if (random_below(4) == 0)
            forget(&table, &model, flow_idx);
        else
            table.entries[flow_idx].last_ns = i;
        assert_int_equal(table.header->active, model.count);
    }
    int status;
    assert_int_equal(waitpid(reader, &status, WNOHANG), 0); // still walking: it saw nothing wrong
    kill(reader, SIGKILL);
    waitpid(reader, &status, 0);
    munmap(region, size);
}

static void
test_holds_what_it_was_made_for(void **state) {
    (void)state;
    enum { MANY = 40000 };
    size_t size = jn_flow_region_size(1, MANY);
    struct jn_flow_region *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct jn_flow_table table;
    struct jn_flow_key key;
    assert_true(region != MAP_FAILED);
    jn_flow_region_init(region, 1, MANY);
    jn_flow_table_open(&table, region, 0, 42);
    for (uint32_t id = 0; id < MANY; id++) {
        make_key(&table, id, false, &key);
        assert_int_equal(jn_flow_table_add(&table, &key), id);
    }
    for (uint32_t id = 0; id < MANY; id++)
        assert_int_equal(find(&table, id, true), id);
    make_key(&table, MANY, false, &key);
    assert_int_equal(jn_flow_table_add(&table, &key), JN_FLOW_NONE);
    munmap(region, size);
}

// Flows as scans and address plans bring them: flow `n` differs by n modulo `each`, and by n / `each`.
struct neighbours {
    const char *name;
    uint32_t each;
    uint32_t source, port; // steps, of the remainder
    uint32_t destination;  // step, of the quotient
};

static void
make_neighbour(const struct jn_flow_table *table, const struct neighbours *row, uint32_t n, struct jn_flow_key *key) {
    static struct jn_packet packet;
    uint32_t source = 0x0a800000 + row->source * (n % row->each);
    uint32_t destination = 0xc6120001 + row->destination * (n / row->each);
    packet = (struct jn_packet){.flags = JN_PACKET_IP | JN_PACKET_PORTS, .protocol = 6};
    packet.port[0] = (uint16_t)(40000 + row->port * (n % row->each));
    packet.port[1] = 443;
    for (int i = 0; i < 4; i++) {
        packet.address[0][i] = (uint8_t)(source >> (24 - 8 * i));
        packet.address[1][i] = (uint8_t)(destination >> (24 - 8 * i));
    }
    jn_flow_key(table, &packet, 0, key);
}

static void
test_neighbouring_addresses_fill_the_table(void **state) {
    (void)state;
    enum { MANY = 24576, SEEDS = 60 };
    static const struct neighbours rows[] = {
        {"a subnet to one server", MANY, 1, 0, 0},  {"one host scans", 1, 0, 0, 1},
        {"every fourth address", MANY, 4, 0, 0},    {"ports of each address", 10000, 0, 1, 1},
        {"each to each of a subnet", 128, 1, 0, 1},
    };
    size_t size = jn_flow_region_size(1, MANY);
    struct jn_flow_region *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(region != MAP_FAILED);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct jn_flow_table table;
            struct jn_flow_key key;
            memset(region, 0, size);
            jn_flow_region_init(region, 1, MANY);
            jn_flow_table_open(&table, region, 0, seed * UINT64_C(0x9e3779b97f4a7c15));
            for (uint32_t n = 0; n < MANY; n++) {
                make_neighbour(&table, &rows[i], n, &key);
                if (jn_flow_table_add(&table, &key) != n)
                    fail_msg("%s, seed %lu: flow %u has no room", rows[i].name, (unsigned long)seed, n);
            }
        }
    munmap(region, size);
}

// Addresses with which a hash whose second factor is known becomes 0, whatever the rest: all such flows were in two buckets.
static void
test_addresses_that_were_chosen(void **state) {
    (void)state;
    enum { CHOSEN = 200 };
    static const uint64_t known_factor = UINT64_C(0xa0761d6478bd642f);
    size_t size = jn_flow_region_size(1, CAPACITY);
    struct jn_flow_region *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct jn_flow_table table;
    assert_true(region != MAP_FAILED);
    jn_flow_region_init(region, 1, CAPACITY);
    jn_flow_table_open(&table, region, 0, 42);
    for (uint8_t n = 0; n < CHOSEN; n++) {
        struct jn_packet packet = {.flags = JN_PACKET_IP | JN_PACKET_IPV6, .protocol = 17};
        struct jn_flow_key key;
        packet.address[0][0] = 0x20;
        memcpy(packet.address[0] + 8, &known_factor, 8);
        packet.address[1][0] = 0xfd;
        packet.address[1][15] = n;
        jn_flow_key(&table, &packet, 0, &key);
        assert_int_equal(jn_flow_table_add(&table, &key), n);
    }
    munmap(region, size);
}

// The hash of an IPv6 flow's addresses may be an IPv4 flow's addresses.
static void
test_families_are_told_apart(void **state) {
    (void)state;
    size_t size = jn_flow_region_size(1, CAPACITY);
    struct jn_flow_region *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const struct jn_packet packets[2] = {{.flags = JN_PACKET_IP, .protocol = 17},
                                         {.flags = JN_PACKET_IP | JN_PACKET_IPV6, .protocol = 17, .address[0][9] = 1}};
    struct jn_flow_table table;
    struct jn_flow_key keys[2];
    uint32_t found[2];
    assert_true(region != MAP_FAILED);
    for (unsigned int first = 0; first < 2; first++) {
        memset(region, 0, size);
        jn_flow_region_init(region, 1, CAPACITY);
        jn_flow_table_open(&table, region, 0, 42);
        for (unsigned int i = 0; i < 2; i++)
            jn_flow_key(&table, &packets[i], 4095, &keys[i]);
        keys[0].key0 = keys[1].key0;
        keys[0].hash = keys[1].hash;
        assert_int_equal(jn_flow_table_add(&table, &keys[first]), 0);
        jn_flow_table_lookup(&table, keys, 2, found);
        assert_int_equal(found[first], 0);
        assert_int_equal(found[!first], JN_FLOW_NONE);
        assert_false(jn_flow_table_holds(&table, 0, &keys[!first]));
        assert_int_equal(jn_flow_table_add(&table, &keys[!first]), 1);
        jn_flow_table_lookup(&table, keys, 2, found);
        assert_int_equal(found[first], 0);
        assert_int_equal(found[!first], 1);
        assert_int_equal(jn_flow_vpg(&table.entries[0]), 4095);
    }
    munmap(region, size);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_model_with_a_reader),
        cmocka_unit_test(test_holds_what_it_was_made_for),
        cmocka_unit_test(test_neighbouring_addresses_fill_the_table),
        cmocka_unit_test(test_addresses_that_were_chosen),
        cmocka_unit_test(test_families_are_told_apart),
    };
    return cmocka_run_group_tests_name("flow_table", tests, NULL, NULL);
}
