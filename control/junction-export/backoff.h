// SPDX-License-Identifier: BSD-3-Clause
// How long to wait before something is tried again: twice as long each time, with jitter, so that many do not come at once.
#pragma once

#include <stdint.h>

#define BACKOFF_FIRST_NS   UINT64_C(500000000)
#define BACKOFF_SLOW_NS    UINT64_C(10000000000) // for what somebody has to mend
#define BACKOFF_LONGEST_NS UINT64_C(60000000000)
#define BACKOFF_ASKED_NS   UINT64_C(300000000000) // the longest that is waited where a server asks for it

struct backoff {
    uint64_t until_ns;     // steady clock; 0: at once
    unsigned int failures; // one after the other
};

// It failed at `now`. random: state of the jitter, never 0. asked_s: seconds that the server asked to wait, 0 for none.
void backoff_failed(struct backoff *backoff, uint64_t now, uint64_t first_ns, uint64_t asked_s, uint64_t *random);

static inline void
backoff_well(struct backoff *backoff) {
    *backoff = (struct backoff){0};
}
