// SPDX-License-Identifier: BSD-3-Clause
// An entry with a packet's key may still not be its flow: each copy of the packet path sees that.
#include "flow/flow_key.h"
#include "path/path.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define SECOND UINT64_C(1000000000)
#define T0     (UINT64_C(1767322800) * SECOND)
#define VPG    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\",\"fd00::/64\"]}]"

static struct rig rig;

// One packet, without a round of the worker before.
static uint32_t
flow_of(const uint8_t *frame, uint32_t length) {
    rig_load(&rig, &frame, &length, 1, 0);
    rig.path->pipeline(rig.worker, &rig.burst);
    return rig.burst.flow[0];
}

static void
each_path(void (*check)(void)) {
    for (unsigned int n = 0; jn_path_at(n, jn_isa_here()) != NULL; n++) {
        rig_open(&rig, VPG, 0);
        rig.path = jn_path_at(n, jn_isa_here());
        rig_idle(&rig, T0);
        check();
        rig_close(&rig);
    }
}

static void
check_idle(void) {
    const struct frame_spec spec = {.source = 0x0a800001, .destination = 0xc6120001, .protocol = JN_IP_UDP};
    uint8_t frame[128];
    uint32_t length = frame_build(&spec, frame);
    const uint64_t *created = &rig.worker->counters->flows_created;
    flow_of(frame, length);
    rig.worker->now_ns += rig.worker->flow->idle_timeout_ns - 1;
    flow_of(frame, length);
    assert_int_equal(*created, 1);
    rig.worker->now_ns += rig.worker->flow->idle_timeout_ns; // nobody came round to end it
    flow_of(frame, length);
    assert_int_equal(*created, 2);
}

static void
test_idle_for_too_long(void **state) {
    (void)state;
    each_path(check_idle);
}

// UDP from fd00::n to an address whose upper half is given.
static uint32_t
build_v6(uint8_t *frame, uint8_t n, uint64_t half, bool answer) {
    static const uint8_t macs[12] = {2, 0, 0, 0, 0, 0x0b, 2, 0, 0, 0, 0, 0x0a};
    uint8_t ends[2][16] = {{n}, {0}};
    memcpy(ends[1], &(uint64_t){htobe64(half)}, sizeof(half));
    uint8_t *at = jn_put_be32(jn_put_be16(jn_put(frame, macs, 12), JN_ETHER_IPV6), 0x60000000);
    at = jn_put_be32(at, JN_UDP_BYTES << 16 | JN_IP_UDP << 8 | 64);
    at = jn_put(jn_put(at, ends[answer], 16), ends[!answer], 16);
    at = jn_put_be32(jn_put_be32(at, 0x00350035), JN_UDP_BYTES << 16);
    memset(at, 0, 18); // as a TCP header is long: the short way is for such frames
    return (uint32_t)(at + 18 - frame);
}

// Whatever it is multiplied by, the product is the same: who knew the seed could make two flows of one key.
static void
check_addresses(void) {
    uint64_t half = rig.worker->flow->table.key.word[1];
    struct jn_flow_key key[2];
    uint32_t flow[2];
    uint8_t frame[2][128];
    for (uint8_t n = 0; n < 2; n++) {
        flow[n] = flow_of(frame[n], build_v6(frame[n], n + 1, half, false));
        jn_flow_key(&rig.worker->flow->table, &rig.burst.parsed[0], 0, &key[n]);
    }
    assert_true(key[0].key0 == key[1].key0 && key[0].key1 == key[1].key1);
    assert_int_not_equal(flow[0], flow[1]);
    for (uint8_t n = 0; n < 2; n++)
        for (int answer = 0; answer < 2; answer++)
            assert_int_equal(flow_of(frame[n], build_v6(frame[n], n + 1, half, answer)), flow[n]);
    assert_int_equal(rig.worker->counters->flows_created, 2);
}

static void
test_other_addresses_of_the_same_key(void **state) {
    (void)state;
    each_path(check_addresses);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_idle_for_too_long),
                                       cmocka_unit_test(test_other_addresses_of_the_same_key)};
    rig_start_dpdk();
    return cmocka_run_group_tests_name("flow stage", tests, NULL, NULL);
}
