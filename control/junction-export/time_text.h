// SPDX-License-Identifier: BSD-3-Clause
// Epoch nanoseconds as RFC 3339 text in UTC, e.g. 2026-01-02T03:04:05.678901234Z.
#pragma once

#include <stdint.h>

#define TIME_TEXT_LENGTH 30u

// The date part of the day that was written last: nearly all times of a stream fall into one day.
struct time_cache {
    uint64_t day; // since the epoch, plus one; 0 while empty
    char date[11];
};

// Writes TIME_TEXT_LENGTH characters; returns the new end.
char *put_time(struct time_cache *cache, char *at, uint64_t ns);
