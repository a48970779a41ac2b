// SPDX-License-Identifier: BSD-3-Clause
// The exporter's redo log: two changes of three fields each. The exporter may die before any store, and so may the next
// one that takes over; the one after finds each change whole or not at all.
// To see it fail: in redo_commit (redo.h) apply before `count` is stored, or in take_over (state.c) clear `count` before.
#include <stdlib.h>

#include "model.h"
#include "state.c" // take_over is its own

enum { CHANGES = 2, FIELDS = 3 };

static struct state state;
static struct {
    uint64_t changes; // that were committed
} done;

static uint64_t *
field(unsigned int number) {
    uint64_t *const fields[FIELDS] = {&state.region->last_ordinal, &state.region->rings[0].aggregated,
                                      &state.region->intervals[0].lost};
    return fields[number];
}

static void
setup(void) {
    struct redo_log *log = &state.region->redo;
    memset(state.region, 0, sizeof(*state.region));
    state.region->flow_capacity = state.flow_capacity;
    done.changes = 0;
    model_share(&done, sizeof(done));
    model_share(log, offsetof(struct redo_log, writes[FIELDS]));
    model_watch(log, offsetof(struct redo_log, writes[FIELDS]));
    for (unsigned int i = 0; i < FIELDS; i++) {
        model_share(field(i), sizeof(uint64_t));
        model_watch(field(i), sizeof(uint64_t));
    }
}

static void
exporter(void) {
    for (uint64_t change = 1; change <= CHANGES; change++) {
        struct redo redo = redo_begin(&state);
        for (unsigned int i = 0; i < FIELDS; i++)
            redo_put(&redo, field(i), change);
        redo_commit(&redo);
        done.changes = change;
    }
}

static void
next_exporter(void) {
    model_require(take_over_state(&state));
}

static void
check(void) {
    uint64_t value = *field(0);
    model_require(state.region->redo.count == 0);
    model_require(value >= done.changes);
    for (unsigned int i = 0; i < FIELDS; i++)
        model_require(*field(i) == value);
}

int
main(void) {
    static const struct model redo_model = {.name = "redo log",
                                            .setup = setup,
                                            .threads = {{"exporter", exporter, true, NULL},
                                                        {"second exporter", next_exporter, true, "exporter"},
                                                        {"third exporter", next_exporter, true, "second exporter"},
                                                        {"last exporter", next_exporter, false, "third exporter"}},
                                            .check = check};
    state.flow_capacity = 1;
    state.shm.size = region_size(state.flow_capacity);
    state.shm.base = aligned_alloc(PAGE, state.shm.size);
    if (state.shm.base == NULL)
        return 1;
    memset(state.shm.base, 0, state.shm.size);
    place_tables(&state);
    model_run(&redo_model);
    free(state.shm.base);
    return 0;
}
