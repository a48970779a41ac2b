// SPDX-License-Identifier: BSD-3-Clause
// Captures as other programs write them: pcap (both byte orders, microseconds and nanoseconds, Kuznetzov's longer record
// headers) and pcapng (sections of both byte orders; interfaces of any link type, snap length and time resolution). What
// is read is checked; memory is bounded whatever the file says. No DPDK. One thread.
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

// Open a file, or "-" for standard input; what cannot be read twice is copied to a temporary file first. 0, or a negative
// errno with a sentence without the file's name in err.
int jn_capture_open(struct jn_capture *capture, const char *path, char err[JN_ERR_MAX]);

// The next frame in the file's order: 1, or 0 at the end, or -EINVAL with a sentence in err where the file cannot be
// understood any further.
int jn_capture_next(struct jn_capture *capture, struct jn_capture_frame *frame, char err[JN_ERR_MAX]);

// The frame's bytes, until the next call of any function here; NULL when the file no longer has them.
const uint8_t *jn_capture_bytes(struct jn_capture *capture, const struct jn_capture_frame *frame);

// Begin again before the first frame.
void jn_capture_rewind(struct jn_capture *capture);

// Also after a failed open.
void jn_capture_close(struct jn_capture *capture);
