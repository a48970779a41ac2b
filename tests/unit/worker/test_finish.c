// SPDX-License-Identifier: BSD-3-Clause
// The stage that finishes checksums, on buffers: in one and in chains, among frames that stay as they are; counted at the
// port. What a copy and a changed packet take for right afterwards is right.
#include <rte_mbuf.h>

#include "hex.h"
#include "rig/rig.h"
#include "test.h"
#include "vectors/unfinished_vectors.h"
#include "worker/finish.h"

enum { ROOM = 2048 };

static void
check(struct rig *rig, const struct unfinished_vector *row, uint32_t split, bool expected) {
    uint8_t before[ROOM] = {0}, after[ROOM] = {0}, found[ROOM];
    hex_decode(row->before.hex, before);
    hex_decode(row->after.hex, after);
    const uint8_t *frame = before;
    uint64_t *counter = &rig->worker->counters->ports[1].rx_finished, counted = *counter;
    rig->split = split;
    rig_load(rig, &frame, &row->before.length, 1, 1);
    jn_stage_parse(rig->worker, &rig->burst);
    jn_stage_finish(rig->worker, &rig->burst);
    struct rte_mbuf *mbuf = rig->burst.mbuf[0];
    assert_int_equal(rte_pktmbuf_pkt_len(mbuf), row->after.length);
    const uint8_t *whole = rte_pktmbuf_read(mbuf, 0, row->after.length, found);
    for (uint32_t i = 0; i < row->after.length; i++)
        if (whole[i] != after[i])
            fail_msg("%s, split at %u: byte %u is %02x, expected %02x", row->what, split, i, whole[i], after[i]);
    if (*counter - counted != expected)
        fail_msg("%s, split at %u: counted %lu", row->what, split, (unsigned long)(*counter - counted));
    rte_pktmbuf_free(mbuf);
    rig->burst.count = 0;
}

// Headers lie in the first buffer, as drivers fill it; the field's two bytes may still lie in two.
static void
test_finish(void **state) {
    struct rig *rig = *state;
    for (size_t i = 0; i < COUNT(unfinished_vectors); i++) {
        check(rig, &unfinished_vectors[i], 0, true);
        check(rig, &unfinished_vectors[i], unfinished_vectors[i].before.length - 1, true);
    }
    for (size_t i = 0; i < COUNT(left_vectors); i++)
        check(rig, &left_vectors[i], 0, false);
}

// One burst of both kinds.
static void
test_burst(void **state) {
    struct rig *rig = *state;
    static uint8_t frames[JN_BURST][ROOM];
    const uint8_t *data[JN_BURST];
    uint32_t length[JN_BURST];
    uint64_t *counter = &rig->worker->counters->ports[0].rx_finished, counted = *counter;
    for (unsigned int i = 0; i < JN_BURST; i++) {
        const struct unfinished_vector *row =
            i % 2 == 0 ? &unfinished_vectors[i] : &left_vectors[i % COUNT(left_vectors)];
        memset(frames[i], 0, ROOM);
        hex_decode(row->before.hex, frames[i]);
        data[i] = frames[i];
        length[i] = row->before.length;
    }
    rig->split = 0;
    rig_load(rig, data, length, JN_BURST, 0);
    jn_stage_parse(rig->worker, &rig->burst);
    jn_stage_finish(rig->worker, &rig->burst);
    assert_int_equal(*counter - counted, JN_BURST / 2);
    for (unsigned int i = 0; i < JN_BURST; i++)
        rte_pktmbuf_free(rig->burst.mbuf[i]);
    rig->burst.count = 0;
}

static int
open_rig(void **state) {
    static struct rig rig;
    rig_start_dpdk();
    rig_open(&rig, "[{ \"id\": \"one\", \"device_subnets\": [\"10.128.0.0/9\"] }]", 60);
    *state = &rig;
    return 0;
}

static int
close_rig(void **state) {
    rig_close(*state);
    return 0;
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finish),
        cmocka_unit_test(test_burst),
    };
    return cmocka_run_group_tests(tests, open_rig, close_rig);
}
