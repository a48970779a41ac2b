// SPDX-License-Identifier: BSD-3-Clause
// Captures of what leaves: pcap of nanoseconds; pcapng where frames have different link types, or times that pcap has no
// room for. One thread.
#pragma once

#include <stdio.h>

#include "capture/capture_state.h"

#define JN_CAPTURE_LINK_TYPES 32

struct jn_capture_written; // where a frame is, and where it belongs

struct jn_capture_writer {
    FILE *file; // NULL: not open
    const char *path;
    bool pcapng;
    uint16_t link_types[JN_CAPTURE_LINK_TYPES];
    unsigned int link_type_count;
    FILE *unordered; // NULL: frames go to `file` as they come
    struct jn_capture_written *written;
    size_t written_count, written_room;
    int error; // negative errno of what failed
};

struct jn_capture_kind {
    uint16_t link_types[JN_CAPTURE_LINK_TYPES];
    unsigned int link_type_count; // at least 1
    uint64_t latest_ns;           // no frame is later
    bool ordered;                 // frames come in the order in which they are to stand, or else by their offsets
};

// Open a file, or "-" for standard output. path: kept. 0, or a negative errno with a sentence in err.
int jn_capture_write_open(struct jn_capture_writer *writer, const char *path, const struct jn_capture_kind *kind,
                          char err[JN_ERR_MAX]);

// What fails is told by jn_capture_write_close.
void jn_capture_write(struct jn_capture_writer *writer, const struct jn_capture_frame *frame, const void *bytes);

// 0 when everything is written, or a negative errno with a sentence in err. Nothing is done when it is not open.
int jn_capture_write_close(struct jn_capture_writer *writer, char err[JN_ERR_MAX]);
