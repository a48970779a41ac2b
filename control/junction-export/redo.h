// SPDX-License-Identifier: BSD-3-Clause
// Changes of the export region that are whole or not at all: the values that are to be are listed first, then the list
// is declared valid, then they are stored, then the list is declared void. A killed process's stores are all seen by
// the next one, in program order, so only the compiler has to be held. Storing twice does no harm: values are
// absolute.
#pragma once

#include "state.h"

struct redo {
    struct state_region *region;
    unsigned int count;
};

static inline struct redo
redo_begin(struct state *state) {
    return (struct redo){.region = state->region};
}

// Not stored before redo_commit: reading the field gives the old value until then. One write a field.
static inline void
redo_put(struct redo *redo, uint64_t *field, uint64_t value) {
    struct redo_log *log = &redo->region->redo;
    log->writes[redo->count].offset = (uint64_t)((char *)field - (char *)redo->region);
    log->writes[redo->count++].value = value;
}

static inline void
redo_put_key(struct redo *redo, struct state_key *field, const struct state_key *key) {
    redo_put(redo, &field->ordinal, key->ordinal);
    redo_put(redo, &field->number, key->number);
}

static inline void
redo_apply(struct state_region *region, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        *(uint64_t *)((char *)region + region->redo.writes[i].offset) = region->redo.writes[i].value;
}

static inline void
redo_commit(struct redo *redo) {
    struct redo_log *log = &redo->region->redo;
    __atomic_store_n(&log->count, redo->count, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    redo_apply(redo->region, redo->count);
    __atomic_store_n(&log->count, 0, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    redo->count = 0;
}
