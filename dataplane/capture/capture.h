// SPDX-License-Identifier: BSD-3-Clause
// Captures as other programs write them: pcap (both byte orders, microseconds and nanoseconds, Kuznetzov's longer record
// headers) and pcapng (sections of both byte orders; interfaces of any link type, snap length and time resolution). What
// is read is checked; memory is bounded whatever the file says. No DPDK. One thread.
#pragma once

#include "capture/capture_state.h"

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
