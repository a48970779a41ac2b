// SPDX-License-Identifier: BSD-3-Clause
#include "top_flows.h"

#include <stdlib.h>

struct heap {
    const struct state_flow *flows;
    uint32_t *numbers;
    uint32_t count;
};

// Fewer bytes; of equals the later one, so that the same sums give the same list.
static bool
less(const struct state_flow *flows, uint32_t a, uint32_t b) {
    return flows[a].bytes != flows[b].bytes ? flows[a].bytes < flows[b].bytes : a > b;
}

static void
sift_down(struct heap *h) {
    for (uint32_t at = 0, child; (child = 2 * at + 1) < h->count; at = child) {
        if (child + 1 < h->count && less(h->flows, h->numbers[child + 1], h->numbers[child]))
            child++;
        if (!less(h->flows, h->numbers[child], h->numbers[at]))
            return;
        uint32_t number = h->numbers[at];
        h->numbers[at] = h->numbers[child];
        h->numbers[child] = number;
    }
}

static void
sift_up(struct heap *h, uint32_t at) {
    for (uint32_t parent; at > 0 && less(h->flows, h->numbers[at], h->numbers[parent = (at - 1) / 2]); at = parent) {
        uint32_t number = h->numbers[at];
        h->numbers[at] = h->numbers[parent];
        h->numbers[parent] = number;
    }
}

static void
offer(struct heap *h, uint32_t limit, uint32_t number) {
    if (h->count < limit) {
        h->numbers[h->count] = number;
        sift_up(h, h->count++);
    } else if (limit > 0 && less(h->flows, h->numbers[0], number)) {
        h->numbers[0] = number;
        sift_down(h);
    }
}

// The least goes to the end again and again: what is left is in order.
static void
order(struct heap *h) {
    while (h->count > 1) {
        uint32_t least = h->numbers[0];
        h->numbers[0] = h->numbers[--h->count];
        h->numbers[h->count] = least;
        sift_down(h);
    }
}

bool
top_flows_find(struct top_flows *top, const struct state *state, unsigned int interval, unsigned int limit) {
    const struct state_interval *i = &state->region->intervals[interval];
    const struct state_flow *flows = state->tables[interval].flows;
    *top = (struct top_flows){.limit = limit};
    top->counts = calloc(JN_MAX_VPGS, sizeof(*top->counts));
    top->numbers = malloc(((size_t)i->vpg_count * limit + 1) * sizeof(*top->numbers));
    if (top->counts == NULL || top->numbers == NULL) {
        top_flows_free(top);
        return false;
    }
    for (uint64_t n = 0; n < i->flow_count && n < state->flow_capacity; n++) {
        uint64_t vpg = flows[n].ends >> 48;
        if (vpg >= i->vpg_count)
            continue;
        struct heap heap = {flows, top->numbers + vpg * limit, top->counts[vpg]};
        offer(&heap, limit, (uint32_t)n);
        top->counts[vpg] = heap.count;
    }
    for (uint64_t vpg = 0; vpg < i->vpg_count; vpg++)
        order(&(struct heap){flows, top->numbers + vpg * limit, top->counts[vpg]});
    return true;
}

void
top_flows_free(struct top_flows *top) {
    free(top->numbers);
    free(top->counts);
    *top = (struct top_flows){0};
}
