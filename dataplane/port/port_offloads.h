// SPDX-License-Identifier: BSD-3-Clause
// What a port has its device do with buffers. Main thread only.
#pragma once

#include <stdint.h>

struct jn_port_offloads {
    uint64_t rx, tx; // RTE_ETH_RX_OFFLOAD_..., RTE_ETH_TX_OFFLOAD_...
};

// Choose among those that the device has (capabilities), for frames of that MTU.
struct jn_port_offloads jn_port_choose_offloads(uint16_t mtu, const struct jn_port_offloads *capabilities);
