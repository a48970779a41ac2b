// SPDX-License-Identifier: BSD-3-Clause
// Which queues are asked to give back what they have sent: a worker's own, of a port that is up, whose driver can.
#include <errno.h>
#include <rte_ethdev.h>

#include "core/tx.h"
#include "test.h"

static unsigned int asked;
static uint16_t asked_port, asked_queue;
static int answer;

// In the place of DPDK's: no driver that this machine has without a NIC keeps what it has sent.
int
rte_eth_tx_done_cleanup(uint16_t port_id, uint16_t queue_id, uint32_t free_cnt) {
    (void)free_cnt;
    asked++;
    asked_port = port_id;
    asked_queue = queue_id;
    return answer;
}

static uint16_t
hand_over(struct jn_tx *tx, struct rte_mbuf **mbufs, uint16_t count) {
    (void)tx;
    (void)mbufs;
    return count;
}

static const struct {
    const char *what;
    bool own, ethdev;
    uint8_t state;
    int answer;
    unsigned int asked; // of two times
} rows[] = {
    {"its driver gives 64 back", true, true, JN_PORT_UP, 64, 2},
    {"there is nothing to give back", true, true, JN_PORT_UP, 0, 2},
    {"its driver cannot", true, true, JN_PORT_UP, -ENOTSUP, 1},
    {"its device is gone", true, true, JN_PORT_GONE, 0, 0},
    {"its link is down", true, true, JN_PORT_DOWN, 0, 0},
    {"another worker's queue", false, false, JN_PORT_UP, 0, 0},
    {"a replay's port", true, false, JN_PORT_UP, 0, 0},
};

static void
test_who_is_asked(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_tx tx = {.transmit = rows[i].ethdev ? NULL : hand_over,
                           .own = rows[i].own,
                           .ethdev = 7,
                           .queue = 3,
                           .state = &rows[i].state};
        asked = 0;
        answer = rows[i].answer;
        jn_tx_give_back(&tx);
        jn_tx_give_back(&tx);
        if (asked != rows[i].asked)
            fail_msg("%s: asked %u times", rows[i].what, asked);
        if (asked != 0) {
            assert_int_equal(asked_port, 7);
            assert_int_equal(asked_queue, 3);
        }
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_who_is_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
