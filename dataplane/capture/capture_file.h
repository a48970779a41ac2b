// SPDX-License-Identifier: BSD-3-Clause
// Inside the reader: the file through a window, and its numbers.
#pragma once

#include "capture/capture_state.h"

#define CAPTURE_WINDOW 524288u // no less than the longest frame with its headers

// `wanted` bytes at `offset`, at most CAPTURE_WINDOW. Returns how many of them the file has, or a negative errno.
int64_t capture_look(struct jn_capture *capture, uint64_t offset, uint32_t wanted, const uint8_t **bytes);

// A number of the file, which is in its byte order.
uint16_t capture_u16(const struct jn_capture *capture, const uint8_t *bytes);
uint32_t capture_u32(const struct jn_capture *capture, const uint8_t *bytes);

// A sentence about what is wrong. Returns -EINVAL.
int capture_error(char err[JN_ERR_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));
