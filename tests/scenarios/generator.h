// SPDX-License-Identifier: BSD-3-Clause
// The two ports of the generator. One thread owns all of it.
#pragma once

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

enum { PORTS = 2, BURST = 64, SIZES = 6 };

struct frame {
    uint32_t at, length; // in the port's bytes
};

struct port {
    struct rte_mempool *pool;
    uint8_t *bytes;
    struct frame *frames;
    uint32_t frame_count, next; // next: to be sent
    bool sending;
    uint16_t burst;
    double pps;                       // a second; 0: all that fits
    uint64_t until;                   // stop when so many were sent in all; 0: at a command
    uint64_t begin;                   // TSC of the start
    uint64_t offered, offered_before; // to the port in all, and when it was started
    uint64_t sent, failed, received;
    uint64_t sizes[SIZES];            // received: up to 64, 127, 255, 511, 1,023 and more bytes
    uint64_t stamp_every, next_stamp; // TSC cycles; 0: no stamps
    uint64_t *samples;                // nanoseconds from the other port to this one
    uint32_t sample_count, sample_room;
};
extern struct port ports[PORTS];

// Read one line from standard input and do it; answers go to standard output, a line each. False: to end. In words:
//     load PORT FILE             frames of a capture (pcap, little-endian), sent in turn from now on
//     go PORT COUNT PPS BURST    send; count or rate may be 0 for no end and all that fits
//     halt PORT
//     stamp PORT MICROSECONDS    mark a frame every so often; 0: none
//     sample PORT ROOM           begin to keep the ages of marked frames
//     samples PORT FILE          write them, nanoseconds, a line each; keep no more
//     counts                     PORT: sent received missed failed sending link sizes...
//     quit
bool take_command(void);
