// SPDX-License-Identifier: BSD-3-Clause
// A token bucket: so many a second, and so many at once. Zeroed, it is full. Who uses it may have clocks a little apart: a
// time before the last one earns nothing.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct jn_rate {
    uint64_t filled_ns;
    uint32_t tokens;
};

static inline bool
jn_rate_take(struct jn_rate *rate, uint32_t a_second, uint32_t at_once, uint64_t now_ns) {
    uint64_t elapsed = now_ns > rate->filled_ns ? now_ns - rate->filled_ns : 0;
    uint64_t each = UINT64_C(1000000000) / a_second, earned = elapsed / each;
    if (rate->tokens + earned >= at_once) {
        rate->tokens = at_once;
        rate->filled_ns += elapsed;
    } else {
        rate->tokens += (uint32_t)earned;
        rate->filled_ns += earned * each; // what is less than a token is still to come
    }
    if (rate->tokens == 0)
        return false;
    rate->tokens--;
    return true;
}
