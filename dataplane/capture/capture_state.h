// SPDX-License-Identifier: BSD-3-Clause
// What the reader knows of a capture, and tells of a frame.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shm.h"

#define JN_CAPTURE_LONGEST 262144u               // bytes of a frame, as of libpcap
#define JN_CAPTURE_LATEST  ((uint64_t)INT64_MAX) // ns: in the year 2262

struct jn_capture_frame {
    uint64_t time_ns;     // epoch; 0 without has_time
    uint64_t offset;      // of its bytes in the file
    uint32_t length;      // bytes that were captured
    uint32_t wire_length; // bytes it had, as the file says
    uint16_t link_type;   // LINKTYPE_ number
    bool has_time;        // false: the file gives none, or one before 1970 or after JN_CAPTURE_LATEST
};

struct jn_capture_interface {
    uint64_t offset_s; // added to its times, two's complement
    uint32_t snap_length;
    uint16_t link_type;
    uint8_t resolution; // if_tsresol
};

struct jn_capture {
    int fd;
    int (*next)(struct jn_capture *capture, struct jn_capture_frame *frame, char err[JN_ERR_MAX]);
    uint64_t first, at; // offset of the first record or block, and of the next
    bool swapped;       // the other byte order than this machine's
    // pcap
    bool nanoseconds, lengths_swapped;
    uint32_t record_header; // bytes
    uint16_t link_type;
    // pcapng: of the section
    struct jn_capture_interface *interfaces;
    uint32_t interface_count, interface_room;
    // What of the file is in memory.
    uint8_t *window;
    uint64_t window_at;
    uint32_t window_length;
};
