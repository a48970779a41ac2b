// SPDX-License-Identifier: BSD-3-Clause
#include "flow_tables.h"

#include "sample.h"

const char *const flow_known_words[] = {
#define X(id, word) word,
    FLOW_KNOWN(X)
#undef X
};

const struct jn_application *
flow_application(const struct jn_flow_entry *entry) {
    const struct jn_application *application = jn_application_by_number(entry->application);
    return application != NULL ? application : jn_application_at(0);
}

enum flow_known
flow_known(const struct jn_flow_entry *entry) {
    switch (jn_application_phase(entry->flags)) {
    case JN_APPLICATION_DECIDED_PHASE: return FLOW_DECIDED;
    case JN_APPLICATION_UNDECIDED_PHASE: return FLOW_UNDECIDED;
    default: return flow_application(entry)->number != JN_APPLICATION_NONE ? FLOW_GUESSED : FLOW_UNKNOWN;
    }
}

const char *
flow_vpg(const struct jn_flow_entry *entry, const struct jn_policy *policy) {
    for (uint32_t i = 0; policy != NULL && i < policy->vpg_count; i++)
        if (jn_policy_vpgs(policy)[i].vpg_idx == jn_flow_vpg(entry))
            return jn_policy_vpgs(policy)[i].id;
    return "-";
}

static uint32_t
lower(uint64_t a, uint64_t b) {
    return (uint32_t)(a < b ? a : b);
}

// However many entries a table is said to have, there are no more than the region has room for.
static void
walk(const struct jn_shm *shm, bool (*look)(const struct live_flow *flow, void *with), void *with) {
    const struct jn_flow_region *region = shm->base;
    uint32_t workers = lower(__atomic_load_n(&region->worker_count, __ATOMIC_RELAXED), JN_MAX_WORKERS);
    for (uint32_t w = 0; w < workers; w++) {
        uint32_t end = lower(__atomic_load_n(&region->tables[w].high_water, __ATOMIC_RELAXED),
                             shm->size / sizeof(struct jn_flow_entry));
        for (uint32_t i = 0; i < end; i++) {
            struct live_flow flow = {.worker = w, .flow_idx = i};
            if (jn_flow_snapshot(region, shm->size, w, i, &flow.entry) && !look(&flow, with))
                return;
        }
    }
}

int
flow_tables_walk(const char *instance, bool (*look)(const struct live_flow *flow, void *with), void *with,
                 char err[JN_ERR_MAX]) {
    struct jn_shm shm;
    int rc = sample_attach(&shm, instance, JN_REGION_FLOWS, sizeof(struct jn_flow_region), "is not running", err);
    if (rc < 0)
        return rc;
    rc = jn_flow_check(shm.base, shm.size, err);
    if (rc == 0)
        walk(&shm, look, with);
    jn_shm_detach(&shm);
    return rc;
}
