// SPDX-License-Identifier: BSD-3-Clause
// Devices offer everything; chains of buffers are taken where frames are longer than one, and nothing else ever is.
#include <rte_ethdev.h>

#include "port/port_offloads.h"
#include "test.h"

#define SCATTER RTE_ETH_RX_OFFLOAD_SCATTER
#define CHAINS  RTE_ETH_TX_OFFLOAD_MULTI_SEGS

static const struct {
    const char *what;
    uint16_t mtu;
    uint64_t has_rx, has_tx, rx, tx;
} rows[] = {
    {"as the device has it", 0, UINT64_MAX, UINT64_MAX, 0, 0},
    {"the smallest", 68, UINT64_MAX, UINT64_MAX, 0, 0},
    {"Ethernet", 1500, UINT64_MAX, UINT64_MAX, 0, 0},
    {"the longest in one buffer", 1990, UINT64_MAX, UINT64_MAX, 0, 0},
    {"one more", 1991, UINT64_MAX, UINT64_MAX, SCATTER, CHAINS},
    {"jumbo", 9000, UINT64_MAX, UINT64_MAX, SCATTER, CHAINS},
    {"the longest", 65535, UINT64_MAX, UINT64_MAX, SCATTER, CHAINS},
    {"jumbo, receives alone", 9000, SCATTER, 0, SCATTER, 0},
    {"jumbo, sends alone", 9000, 0, CHAINS, 0, CHAINS},
    {"jumbo without any", 9000, 0, RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE, 0, 0},
};

static void
test_offloads(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct jn_port_offloads has = {rows[i].has_rx, rows[i].has_tx};
        struct jn_port_offloads chosen = jn_port_choose_offloads(rows[i].mtu, &has);
        if (chosen.rx != rows[i].rx || chosen.tx != rows[i].tx)
            fail_msg("%s: rx %#lx, tx %#lx", rows[i].what, (unsigned long)chosen.rx, (unsigned long)chosen.tx);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_offloads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
