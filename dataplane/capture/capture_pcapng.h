// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "capture/capture_state.h"

// The file begins with these 24 bytes: is it pcapng? 1, with `first` and `next` set; 0: it is not; or a negative errno with a
// sentence in err.
int capture_begin_pcapng(struct jn_capture *capture, const uint8_t head[24], char err[JN_ERR_MAX]);
