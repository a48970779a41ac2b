// SPDX-License-Identifier: BSD-3-Clause
#include "flows.h"

#include <stdlib.h>
#include <string.h>

#define NO_FLOW UINT32_MAX

struct flows {
    struct flow *flows;
    uint32_t *buckets; // number of the first flow of each, or NO_FLOW
    uint32_t capacity, mask, held;
    uint32_t free;           // by `chain`
    uint32_t oldest, newest; // by `newer` and `older`
    void (*free_search)(struct flow_search *search);
    uint64_t *forgotten;
};

struct flows *
flows_make(uint32_t capacity, void (*free_search)(struct flow_search *search), uint64_t *forgotten) {
    struct flows *flows = calloc(1, sizeof(*flows));
    if (flows == NULL || capacity == 0 || capacity > NO_FLOW / 2) {
        free(flows);
        return NULL;
    }
    uint32_t buckets = 1;
    while (buckets < capacity)
        buckets *= 2;
    *flows = (struct flows){.capacity = capacity, .mask = buckets - 1, .oldest = NO_FLOW, .newest = NO_FLOW};
    flows->free_search = free_search;
    flows->forgotten = forgotten;
    flows->flows = calloc(capacity, sizeof(struct flow));
    flows->buckets = malloc(buckets * sizeof(uint32_t));
    if (flows->flows == NULL || flows->buckets == NULL) {
        flows_free(flows);
        return NULL;
    }
    memset(flows->buckets, 0xff, buckets * sizeof(uint32_t));
    for (uint32_t i = 0; i < capacity; i++)
        flows->flows[i].chain = i + 1 < capacity ? i + 1 : NO_FLOW;
    return flows;
}

void
flows_free(struct flows *flows) {
    if (flows == NULL)
        return;
    for (uint32_t i = 0; flows->flows != NULL && i < flows->capacity; i++)
        if (flows->flows[i].search != NULL)
            flows->free_search(flows->flows[i].search);
    free(flows->flows);
    free(flows->buckets);
    free(flows);
}

static uint32_t *
bucket_of(struct flows *flows, unsigned int worker, uint32_t flow_idx) {
    uint64_t h = ((uint64_t)worker << 32 | flow_idx) * UINT64_C(0x9e3779b97f4a7c15);
    return &flows->buckets[(uint32_t)(h >> 32) & flows->mask];
}

static uint32_t
number_of(const struct flows *flows, const struct flow *flow) {
    return (uint32_t)(flow - flows->flows);
}

static void
leave_order(struct flows *flows, struct flow *flow) {
    if (flow->older != NO_FLOW)
        flows->flows[flow->older].newer = flow->newer;
    else
        flows->oldest = flow->newer;
    if (flow->newer != NO_FLOW)
        flows->flows[flow->newer].older = flow->older;
    else
        flows->newest = flow->older;
}

static void
become_newest(struct flows *flows, struct flow *flow) {
    flow->older = flows->newest;
    flow->newer = NO_FLOW;
    uint32_t number = number_of(flows, flow);
    if (flows->newest != NO_FLOW)
        flows->flows[flows->newest].newer = number;
    else
        flows->oldest = number;
    flows->newest = number;
}

// For a new one.
static void
forget(struct flows *flows, struct flow *flow) {
    *flows->forgotten += flow->search != NULL;
    flows_drop(flows, flow);
}

void
flows_forget_oldest(struct flows *flows) {
    forget(flows, &flows->flows[flows->oldest]);
}

struct flow *
flows_find(struct flows *flows, unsigned int worker, const struct jn_flow_identity *identity) {
    for (uint32_t i = *bucket_of(flows, worker, identity->flow_idx); i != NO_FLOW; i = flows->flows[i].chain) {
        struct flow *flow = &flows->flows[i];
        if (flow->worker != worker || flow->identity.flow_idx != identity->flow_idx)
            continue;
        if (flow->identity.version != identity->version || flow->identity.start_ns != identity->start_ns) {
            forget(flows, flow);
            return NULL;
        }
        leave_order(flows, flow);
        become_newest(flows, flow);
        return flow;
    }
    return NULL;
}

struct flow *
flows_add(struct flows *flows, unsigned int worker, const struct jn_flow_identity *identity) {
    if (flows->free == NO_FLOW)
        flows_forget_oldest(flows);
    struct flow *flow = &flows->flows[flows->free];
    flows->free = flow->chain;
    uint32_t *bucket = bucket_of(flows, worker, identity->flow_idx);
    *flow = (struct flow){.identity = *identity, .chain = *bucket, .worker = (uint8_t)worker, .used = true};
    flow->answer.flow = *identity;
    *bucket = number_of(flows, flow);
    become_newest(flows, flow);
    flows->held++;
    return flow;
}

void
flows_drop(struct flows *flows, struct flow *flow) {
    uint32_t number = number_of(flows, flow), *at = bucket_of(flows, flow->worker, flow->identity.flow_idx);
    while (*at != number)
        at = &flows->flows[*at].chain;
    *at = flow->chain;
    leave_order(flows, flow);
    if (flow->search != NULL)
        flows->free_search(flow->search);
    *flow = (struct flow){.chain = flows->free};
    flows->free = number;
    flows->held--;
}

void
flows_drop_worker(struct flows *flows, unsigned int worker) {
    for (uint32_t i = 0; i < flows->capacity; i++)
        if (flows->flows[i].used && flows->flows[i].worker == worker)
            flows_drop(flows, &flows->flows[i]);
}

uint32_t
flows_held(const struct flows *flows) {
    return flows->held;
}
