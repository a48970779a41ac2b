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
    uint16_t rx_queues, tx_queues;
    uint8_t state;    // enum jn_port_life. Workers: relaxed loads, every round
    bool finishes;    // frames come as a kernel hands them over: their checksums may be unfinished
    bool segments;    // sends chains of buffers
    bool closed;      // its device was taken away: look for its return
    bool lived;       // was in use since its pool was made
    uint32_t longest; // bytes of a frame that its driver can send
    int lock;         // of the interface: held open as long as the port is ours, or -1
    bool opened;      // to be closed
    bool tags;        // of AF_XDP: tags that the kernel keeps beside a frame come in it
    int tags_program; // what puts them there: held open as long as the port is ours, or -1
    struct rte_mempool *pool, *former_pool;
};
