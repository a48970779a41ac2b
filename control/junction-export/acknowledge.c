// SPDX-License-Identifier: BSD-3-Clause
#include "acknowledge.h"

#include "contract.h"

#include <stdlib.h>

bool
acknowledge_open(struct acknowledged *a, const struct jn_ring *shared, const struct jn_ring *copy,
                 struct jn_consumed *consumed, uint64_t tail) {
    jn_require(copy->capacity != 0 && (copy->capacity & (copy->capacity - 1)) == 0);
    *a = (struct acknowledged){.shared = shared, .consumed = consumed, .capacity = copy->capacity, .tail = tail};
    a->delivered = calloc((copy->capacity + 63) / 64, sizeof(uint64_t));
    a->numbers = calloc(copy->capacity, sizeof(uint64_t));
    return a->delivered != NULL && a->numbers != NULL;
}

void
acknowledge_close(struct acknowledged *a) {
    free(a->delivered);
    free(a->numbers);
    a->delivered = a->numbers = NULL;
}

// A position that came through the sink has lost its upper bits.
void
acknowledge_record(struct acknowledged *a, uint64_t position) {
    uint64_t bit = position & (a->capacity - 1);
    if (((position - a->tail) & RING_POSITION_MASK) < a->capacity)
        a->delivered[bit / 64] |= UINT64_C(1) << bit % 64;
}

// Without a place to note it, at once: the export region has what counts.
void
acknowledge_with(struct acknowledged *a, uint64_t position, unsigned int intervals) {
    if (intervals == 0 || a->mark_count == ACKNOWLEDGE_MARKS)
        acknowledge_record(a, position);
    else
        a->marks[a->mark_count++] = (struct acknowledge_mark){position, intervals};
}

void
acknowledge_interval(struct acknowledged *a, int interval_idx) {
    unsigned int kept = 0;
    for (unsigned int i = 0; i < a->mark_count; i++) {
        struct acknowledge_mark mark = a->marks[i];
        mark.intervals &= ~(1u << interval_idx);
        if (mark.intervals == 0)
            acknowledge_record(a, mark.position);
        else
            a->marks[kept++] = mark;
    }
    a->mark_count = kept;
}

void
acknowledge_number(struct acknowledged *a, uint64_t position, uint64_t number) {
    a->numbers[position & (a->capacity - 1)] = number;
}

uint64_t
acknowledge_advance(struct acknowledged *a, uint64_t cursor) {
    for (; a->tail != cursor; a->tail++) {
        uint64_t bit = a->tail & (a->capacity - 1), *word = &a->delivered[bit / 64];
        if (!(*word >> bit % 64 & 1))
            break;
        *word &= ~(UINT64_C(1) << bit % 64);
        a->numbers[bit] = 0;
    }
    for (uint64_t at = a->tail; at != cursor; at++)
        if (a->numbers[at & (a->capacity - 1)] != 0)
            return a->numbers[at & (a->capacity - 1)];
    return UINT64_MAX;
}

void
acknowledge_publish(struct acknowledged *a) {
    if (a->consumed->tail != a->tail)
        __atomic_store_n(&a->consumed->tail, a->tail, __ATOMIC_RELEASE);
}
