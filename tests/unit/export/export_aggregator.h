// SPDX-License-Identifier: BSD-3-Clause
// One aggregator for a test, and the rings' positions, so that records are taken one after the other.
#pragma once

#include "export_records.h"
#include "export_summary.h"

static struct aggregator aggregator;
static char instance[JN_INSTANCE_MAX];
static uint64_t position[JN_MAX_WORKERS];

// With room for so many flows an interval; nothing is attached yet.
static inline void
open_aggregator(uint32_t capacity) {
    char err[JN_ERR_MAX];
    random_instance(instance);
    memset(position, 0, sizeof(position));
    assert_int_equal(aggregate_open(&aggregator, instance, capacity, err), 0);
}

static inline int
close_aggregator(void **state) {
    (void)state;
    aggregate_close(&aggregator, true);
    return 0;
}

// The record goes into the sums as the next one of its worker's ring, unless it has to wait.
static inline int
take(struct jn_record record) {
    unsigned int w = record.worker;
    record.sequence = position[w];
    int rc = aggregate_record(&aggregator, w, position[w], &record);
    position[w] += rc == 0;
    return rc;
}
