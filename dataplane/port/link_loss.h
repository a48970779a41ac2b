// SPDX-License-Identifier: BSD-3-Clause
// One side's lost link passed on to the other side of a wire: what to do, from what is seen. Pure: no device, no clock.
// At most one side is taken down at a time, and only while the other is lost. The lost side stays up, so that its return
// is seen: two lost links never wait for each other.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum jn_link_side { JN_LINK_ACCESS, JN_LINK_NETWORK, JN_LINK_NONE };

enum {
    JN_LINK_SETTLE_MS = 10000, // a link that was just brought up may take so long: 10GBASE-T and training of 100 Gbit/s
    JN_LINK_STEADY_MS = 100,   // a returned link must hold so long before it is passed on, and twice as long
    JN_LINK_STEADY_MAX_MS = 12800, // each time that it is lost again within
    JN_LINK_CALM_MS = 30000
};

// All zero: both sides up and settled. Milliseconds of a clock that nobody sets.
struct jn_link_loss {
    enum jn_link_side taken; // by us
    uint64_t settles_ms[2];  // until then a link that is not there is no lost one; 0: no longer
    uint64_t back_ms;        // since when the lost side has its link again, 0: it has not
    uint64_t brought_ms;     // when a side was brought back last, 0: never
    uint32_t steady_ms;
};

// What is seen of a side. A side that is taken down shows no link.
struct jn_link_seen {
    bool up;   // has its link
    bool gone; // its device is not there
};

struct jn_link_advice {
    enum jn_link_side side; // JN_LINK_NONE: nothing to do
    bool up;                // bring it back up, or take it down
};

// A wire whose links were both told to come up at now_ms.
void jn_link_loss_start(struct jn_link_loss *loss, uint64_t now_ms);

// A side whose device returned, and was told to come up, at now_ms.
void jn_link_loss_returned(struct jn_link_loss *loss, enum jn_link_side side, uint64_t now_ms);

// Look at both sides. The advice is to be followed: the next look takes it for done.
struct jn_link_advice jn_link_loss_look(struct jn_link_loss *loss, const struct jn_link_seen seen[2], uint64_t now_ms);

// The side could not be brought back at now_ms: it is still taken down, and is advised again.
void jn_link_loss_kept_down(struct jn_link_loss *loss, enum jn_link_side side, uint64_t now_ms);
