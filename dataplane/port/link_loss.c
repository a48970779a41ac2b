// SPDX-License-Identifier: BSD-3-Clause
#include "port/link_loss.h"

static const struct jn_link_advice nothing = {JN_LINK_NONE, false};

static enum jn_link_side
other_of(enum jn_link_side side) {
    return side == JN_LINK_ACCESS ? JN_LINK_NETWORK : JN_LINK_ACCESS;
}

void
jn_link_loss_start(struct jn_link_loss *loss, uint64_t now_ms) {
    *loss = (struct jn_link_loss){.taken = JN_LINK_NONE, .steady_ms = JN_LINK_STEADY_MS};
    for (int side = 0; side < 2; side++)
        loss->settles_ms[side] = now_ms + JN_LINK_SETTLE_MS;
}

void
jn_link_loss_returned(struct jn_link_loss *loss, enum jn_link_side side, uint64_t now_ms) {
    loss->settles_ms[side] = now_ms + JN_LINK_SETTLE_MS;
}

static bool
is_lost(struct jn_link_loss *loss, const struct jn_link_seen *seen, enum jn_link_side side, uint64_t now_ms) {
    if (seen->up || seen->gone || now_ms >= loss->settles_ms[side])
        loss->settles_ms[side] = 0;
    return !seen->up && loss->settles_ms[side] == 0;
}

// Lost again soon after its return: the next return must hold longer.
static struct jn_link_advice
take_down(struct jn_link_loss *loss, enum jn_link_side side, uint64_t now_ms) {
    bool calm = loss->brought_ms == 0 || now_ms - loss->brought_ms >= JN_LINK_CALM_MS;
    if (calm)
        loss->steady_ms = JN_LINK_STEADY_MS;
    else if (loss->steady_ms < JN_LINK_STEADY_MAX_MS)
        loss->steady_ms *= 2;
    loss->taken = side;
    loss->back_ms = 0;
    return (struct jn_link_advice){side, false};
}

static struct jn_link_advice
wait_for_return(struct jn_link_loss *loss, const struct jn_link_seen seen[2], uint64_t now_ms) {
    enum jn_link_side side = loss->taken;
    if (seen[side].gone) { // it comes back up by itself
        loss->taken = JN_LINK_NONE;
        return nothing;
    }
    if (!seen[other_of(side)].up) {
        loss->back_ms = 0;
        return nothing;
    }
    if (loss->back_ms == 0)
        loss->back_ms = now_ms;
    if (now_ms - loss->back_ms < loss->steady_ms)
        return nothing;
    loss->taken = JN_LINK_NONE;
    loss->brought_ms = now_ms;
    loss->settles_ms[side] = now_ms + JN_LINK_SETTLE_MS;
    return (struct jn_link_advice){side, true};
}

struct jn_link_advice
jn_link_loss_look(struct jn_link_loss *loss, const struct jn_link_seen seen[2], uint64_t now_ms) {
    if (loss->taken != JN_LINK_NONE)
        return wait_for_return(loss, seen, now_ms);
    bool access = is_lost(loss, &seen[JN_LINK_ACCESS], JN_LINK_ACCESS, now_ms);
    bool network = is_lost(loss, &seen[JN_LINK_NETWORK], JN_LINK_NETWORK, now_ms);
    if (access && seen[JN_LINK_NETWORK].up)
        return take_down(loss, JN_LINK_NETWORK, now_ms);
    if (network && seen[JN_LINK_ACCESS].up)
        return take_down(loss, JN_LINK_ACCESS, now_ms);
    return nothing;
}

void
jn_link_loss_kept_down(struct jn_link_loss *loss, enum jn_link_side side, uint64_t now_ms) {
    loss->taken = side;
    loss->back_ms = now_ms;
}
