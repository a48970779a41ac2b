// SPDX-License-Identifier: BSD-3-Clause
// The frames of a capture in the order of their times, as a wire had them. Several queues, merged files and clocks that
// were set make captures whose order is another. One thread.
#pragma once

#include "capture/capture_write.h"

struct jn_capture_order {
    struct jn_capture *capture;
    struct jn_capture_kind kind;     // what a capture of these frames has to have
    uint64_t count, taken;           // frames
    uint64_t steps_back;             // frames with an earlier time than the one before
    uint64_t without_time;           // they have that of the frame before
    uint64_t last_ns, first_ns;      // first_ns: of the first frame that has a time
    struct jn_capture_frame *frames; // by time; NULL: the file's order is that
    char end[JN_ERR_MAX];            // why the file ends behind these; "" at its proper end
};

// Read the whole capture once. 0, or a negative errno with a sentence in err: a link type that the parser does not know,
// or no memory to bring its frames into order. capture: borrowed.
int jn_capture_order_make(struct jn_capture_order *order, struct jn_capture *capture, char err[JN_ERR_MAX]);

// The next frame, with a time. False: there are no more. Its bytes: jn_capture_bytes.
bool jn_capture_order_next(struct jn_capture_order *order, struct jn_capture_frame *frame);

void jn_capture_order_free(struct jn_capture_order *order);
