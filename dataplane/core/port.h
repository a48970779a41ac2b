// SPDX-License-Identifier: BSD-3-Clause
// A port as the process knows it. Written by the main thread; what workers read while it writes is said at the field.
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/claim_note.h"
#include "nic.h"

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
    uint16_t rx_descriptors, tx_descriptors; // of a queue
    uint8_t state;                           // enum jn_port_life. Workers: relaxed loads, every round
    bool finishes;    // frames come as a kernel hands them over: their checksums may be unfinished
    bool segments;    // sends chains of buffers
    bool chains;      // receives frames in chains of them
    bool closed;      // its device was taken away: look for its return
    uint32_t longest; // bytes of a frame that its driver can send
    int lock;         // of the interface: held open as long as the port is ours, or -1
    bool opened;      // to be closed
    struct rte_mempool *pool;
    char pci[JN_PCI_ADDRESS_MAX];           // its address in sysfs; "" of other devices
    char driver[JN_DRIVER_MAX];             // the kernel's, of a PCI device, when it was opened first
    bool returns;                           // jn_nic_returns, then
    uint64_t life;                          // which life of the PCI device it was: jn_nic_life
    bool recovering;                        // its driver mends it: nothing may be asked of it
    uint32_t told;                          // what is not heeded yet: port/port_told.h
    uint64_t retry_ns;                      // CLOCK_MONOTONIC: not to be opened before
    struct jn_claim_note note;              // of an AF_XDP port: what is changed at its interface
    uint16_t device_mtu;                    // with room for tags and labels, where its device has it
    bool link_passed;                       // taken down by link_loss: whether it has a link of its own is not known
    uint64_t started_ms;                    // CLOCK_MONOTONIC, when its device was started last
    uint32_t link_ms;                       // from then until its link was up, UINT32_MAX: not so far
    uint8_t hash;                           // enum jn_owner_hash: what its device computes. JN_OWNER_KEYED: nothing
    bool by_flow;                           // it does so by rules of rte_flow
    uint8_t windows;                        // in a row in which it did not spread as it says
    uint64_t window_packets, window_astray; // counted when the window began
    bool tags;                              // of AF_XDP: tags that the kernel keeps beside a frame come in it
    int tags_program;                       // what puts them there: held open as long as the port is ours, or -1
};
