// SPDX-License-Identifier: BSD-3-Clause
#include "flow/unreported.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "contract.h"
#include "policy/ruleset.h"

static size_t
lines(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

static size_t
names_size(uint32_t vpgs) {
    return lines(2 * (size_t)vpgs * sizeof(struct jn_unreported_vpg));
}

static size_t
vpgs_size(uint32_t vpgs) {
    return lines(vpgs * sizeof(struct jn_worker_vpg));
}

static size_t
through_size(uint32_t flows) {
    return lines(flows * sizeof(struct jn_flow_through));
}

static size_t
worker_size(uint32_t vpgs, uint32_t flows) {
    return vpgs_size(vpgs) + through_size(flows) + lines((size_t)flows * sizeof(uint32_t[JN_VPG_PEERS]));
}

size_t
jn_unreported_size(unsigned int workers, uint32_t vpgs, uint32_t flows) {
    return lines(sizeof(struct jn_unreported_region)) + names_size(vpgs) + workers * worker_size(vpgs, flows);
}

void
jn_unreported_init(struct jn_unreported_region *region, unsigned int workers, uint32_t vpgs, uint32_t flows) {
    jn_require_always(workers >= 1 && workers <= JN_MAX_WORKERS && vpgs <= JN_MAX_VPGS);
    region->worker_count = workers;
    region->vpg_capacity = vpgs;
    region->flow_capacity = flows;
}

int
jn_unreported_check(const struct jn_unreported_region *region, size_t size, char err[JN_ERR_MAX]) {
    const char *wrong = NULL;
    if (size < sizeof(*region) || region->worker_count == 0 || region->worker_count > JN_MAX_WORKERS)
        wrong = "its number of workers cannot be";
    else if (region->vpg_capacity == 0 || region->vpg_capacity > JN_MAX_VPGS)
        wrong = "its number of VPGs cannot be";
    else if (jn_unreported_size(region->worker_count, region->vpg_capacity, region->flow_capacity) > size)
        wrong = "it is shorter than what it says to have";
    if (wrong == NULL)
        return 0;
    snprintf(err, JN_ERR_MAX, "unreported region: %s", wrong);
    return -EPROTO;
}

void
jn_unreported_bind(struct jn_flow_state *flow, struct jn_unreported_region *region, unsigned int worker, uint32_t vpgs,
                   uint32_t flows) {
    char *part = (char *)region + lines(sizeof(*region)) + names_size(vpgs) + (size_t)worker * worker_size(vpgs, flows);
    flow->unreported = &region->workers[worker];
    flow->vpgs = (void *)part;
    flow->through = (void *)(part + vpgs_size(vpgs));
    flow->copies = (void *)(part + vpgs_size(vpgs) + through_size(flows));
}

const struct jn_unreported_vpg *
jn_unreported_names(const struct jn_unreported_region *region, uint32_t vpgs) {
    const char *both = (const char *)region + lines(sizeof(*region));
    return (const struct jn_unreported_vpg *)both + (region->names & 1) * vpgs;
}

void
jn_unreported_name_vpgs(struct jn_unreported_region *region, uint32_t vpgs, const struct jn_ruleset *rules) {
    struct jn_unreported_vpg *both = (void *)((char *)region + lines(sizeof(*region))),
                             *names = both + ((region->names + 1) & 1) * vpgs;
    for (uint32_t i = 0; i < vpgs; i++) {
        memset(&names[i], 0, sizeof(names[i]));
        if (rules->vpg[i] != NULL)
            memcpy(names[i].id, rules->vpg[i]->id, sizeof(names[i].id));
        memcpy(names[i].former_id, rules->former_id[i], sizeof(names[i].former_id));
        names[i].since = rules->since[i];
        names[i].has_former = rules->has_former[i];
    }
    jn_unreported_order();
    jn_store(&region->names, region->names + 1);
}

void
jn_unreported_note_intervals(struct jn_flow_state *flow) {
    struct jn_unreported *unreported = flow->unreported;
    const struct jn_interval *interval = &flow->interval;
    unreported->intervals[(unreported->edition + 1) & 1] =
        (struct jn_unreported_intervals){.current = interval->current,
                                         .closed = interval->closed,
                                         .number = interval->number,
                                         .closes = flow->sweep.part != JN_SWEEP_NONE && flow->sweep.closes,
                                         .bounded = interval->clock != NULL && interval->length_ns != 0};
    jn_unreported_order();
    jn_store(&unreported->edition, unreported->edition + 1);
    jn_unreported_order();
}
