// SPDX-License-Identifier: BSD-3-Clause
// A port as the process knows it. Written by the main thread; what workers read while it writes is said at the field.
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct jn_port_option;
struct rte_mempool;

struct jn_port {
    const struct jn_port_option *option;
    char device_name[64];        // of the DPDK device: the arguments' first word
    char interface[IF_NAMESIZE]; // of AF_XDP; "" otherwise
    unsigned int interface_index;
    uint16_t ethdev; // DPDK's number; changes when the device returns, while no worker uses it
    uint16_t mtu;
    int numa_node; // of its device; negative: of none
    uint16_t rx_queues, tx_queues;
    uint8_t state;    // enum jn_port_life. Workers: relaxed loads, every round
    bool segments;    // sends chains of buffers
    bool chains;      // receives frames in chains of them
    bool closed;      // its device was taken away: look for its return
    bool lived;       // was in use since its pool was made
    uint32_t longest; // bytes of a frame that its driver can send
    int lock;         // of the interface: held open as long as the port is ours, or -1
    bool opened;      // to be closed
    struct rte_mempool *pool, *former_pool;
};
