// SPDX-License-Identifier: BSD-3-Clause
#include "backoff.h"

// xorshift64, Marsaglia 2003.
static uint64_t
next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

void
backoff_failed(struct backoff *backoff, uint64_t now, uint64_t first_ns, uint64_t asked_s, uint64_t *random) {
    uint64_t wait = first_ns;
    for (unsigned int i = 0; i < backoff->failures && wait < BACKOFF_LONGEST_NS; i++)
        wait *= 2;
    wait = wait < BACKOFF_LONGEST_NS ? wait : BACKOFF_LONGEST_NS;
    wait = wait / 2 + next_random(random) % (wait / 2 + 1);
    uint64_t asked = asked_s < BACKOFF_ASKED_NS / 1000000000u ? asked_s * 1000000000u : BACKOFF_ASKED_NS;
    backoff->until_ns = now + (asked > wait ? asked : wait);
    backoff->failures++;
}
