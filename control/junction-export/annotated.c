// SPDX-License-Identifier: BSD-3-Clause
#include "annotated.h"

#include <string.h>

#include "contract.h"
#include "log.h"
#include "seqlock.h"

static void
store_and_keep_order(uint64_t *field, uint64_t value) {
    __atomic_store_n(field, value, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

// The flow becomes what `spare` says, however often.
static void
apply_spare(struct annotated *a, uint32_t number) {
    const struct jn_annotated_flow *from = &a->region->spare;
    struct jn_annotated_flow *to = &a->flows[number];
    uint32_t edition = to->edition | 1;
    size_t length = from->length <= JN_ANNOTATED_BYTES ? from->length : 0;
    __atomic_store_n(&to->edition, edition, __ATOMIC_RELEASE);
    jn_seq_store(&to->boot, &from->boot, sizeof(from->boot) + sizeof(from->flow));
    __atomic_store_n(&to->worker, from->worker, __ATOMIC_RELEASE);
    __atomic_store_n(&to->length, (uint16_t)length, __ATOMIC_RELEASE);
    __atomic_store_n(&to->touched, from->touched, __ATOMIC_RELEASE);
    jn_seq_store(to->texts, from->texts, (length + 7) / 8 * 8);
    __atomic_store_n(&to->edition, edition + 1, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void
commit_spare(struct annotated *a, uint32_t number) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    store_and_keep_order(&a->region->pending, (uint64_t)number + 1);
    apply_spare(a, number);
    store_and_keep_order(&a->region->pending, 0);
}

static void
place(struct annotated *a) {
    a->region = a->shm.base;
    a->flows = (struct jn_annotated_flow *)(a->region + 1);
}

// Finish what the one before left half done. False when what it left cannot be believed.
static bool
take_over(struct annotated *a, char err[JN_ERR_MAX]) {
    place(a);
    if (jn_annotated_check(a->region, a->shm.size, err) < 0 || a->region->capacity != a->capacity ||
        a->region->pending > a->capacity)
        return false;
    if (a->region->pending != 0)
        apply_spare(a, (uint32_t)a->region->pending - 1);
    store_and_keep_order(&a->region->pending, 0);
    a->any = a->region->taken_ever != 0;
    return true;
}

static int
create(struct annotated *a, const char *instance, bool reuse, char err[JN_ERR_MAX]) {
    uint64_t layout = sizeof(struct jn_annotated_region) ^ (uint64_t)a->capacity << 32;
    int rc = jn_shm_create(&a->shm, instance, JN_REGION_ANNOTATED, jn_annotated_size(a->capacity), layout, false, reuse,
                           err);
    if (rc != 0)
        return rc;
    place(a);
    a->region->capacity = a->capacity;
    jn_shm_ready(&a->shm);
    return 0;
}

int
annotated_open(struct annotated *a, const char *instance, uint32_t capacity, char err[JN_ERR_MAX]) {
    *a = (struct annotated){.shm.fd = -1, .capacity = capacity};
    int rc = create(a, instance, true, err);
    if (rc <= 0 || take_over(a, err))
        return rc;
    jn_log(JN_LOG_ERROR, "%s: not sound, made anew: texts of flows that are open are missing", a->shm.path);
    jn_shm_remove(&a->shm);
    return create(a, instance, false, err);
}

void
annotated_close(struct annotated *a, bool remove) {
    if (a->shm.base != NULL && remove)
        jn_shm_remove(&a->shm);
    else if (a->shm.base != NULL)
        jn_shm_detach(&a->shm);
    *a = (struct annotated){.shm.fd = -1};
}

// Memory for a set. False when the file system is full.
static bool
use(struct annotated *a, uint32_t set) {
    uint32_t number = set / JN_ANNOTATED_WAYS;
    if (jn_annotated_is_used(a->region->used, set))
        return true;
    size_t offset = (size_t)((char *)&a->flows[set] - (char *)a->region);
    if (jn_shm_back(&a->shm, offset, JN_ANNOTATED_WAYS * sizeof(struct jn_annotated_flow)) < 0)
        return false;
    uint64_t *word = &a->region->used[number / 64];
    store_and_keep_order(word, *word | UINT64_C(1) << (number % 64));
    return true;
}

static struct jn_annotated_flow *
find_in_set(const struct annotated *a, uint32_t set, const struct annotated_key *key) {
    for (uint32_t way = 0; way < JN_ANNOTATED_WAYS; way++)
        if (jn_annotated_is_of(&a->flows[set + way], key->boot, key->worker, &key->flow))
            return &a->flows[set + way];
    return NULL;
}

static struct jn_annotated_flow *
find(const struct annotated *a, const struct annotated_key *key) {
    uint32_t set = jn_annotated_set(a->capacity, key->boot, key->worker, &key->flow);
    return jn_annotated_is_used(a->region->used, set) ? find_in_set(a, set, key) : NULL;
}

const struct jn_annotated_flow *
annotated_find(const struct annotated *a, const struct annotated_key *key) {
    return a->any && key->boot != 0 ? find(a, key) : NULL;
}

const struct jn_annotated_flow *
annotated_of_record(const struct annotated *a, const struct jn_record *record) {
    if (a == NULL || !a->any)
        return NULL;
    const struct annotated_key key = {.boot = record->boot,
                                      .flow = {.flow_idx = record->flow.flow_idx, .version = record->flow.version},
                                      .worker = record->worker};
    struct jn_annotated_flow *flow = record->boot != 0 ? find(a, &key) : NULL;
    if (flow != NULL)
        jn_store(&flow->touched, record->flow.end_reason == JN_END_ACTIVE ? a->region->taken_ever : 0);
    return flow;
}

// How long ago, so to speak: free places first, then flows that have ended, or are of another life, then the one that was
// touched longest ago.
static uint64_t
worth(const struct jn_annotated_flow *flow, uint64_t boot) {
    return flow->boot == 0 ? 0 : flow->touched == 0 ? 1 : flow->boot != boot ? 2 : flow->touched + 2;
}

static struct jn_annotated_flow *
choose_place(struct annotated *a, uint32_t set, uint64_t boot) {
    struct jn_annotated_flow *place = &a->flows[set];
    for (uint32_t way = 1; way < JN_ANNOTATED_WAYS; way++)
        if (worth(&a->flows[set + way], boot) < worth(place, boot))
            place = &a->flows[set + way];
    if (place->boot == boot && place->touched != 0)
        jn_store(&a->region->forgotten, a->region->forgotten + 1);
    return place;
}

static bool
append(struct jn_annotated_flow *flow, uint8_t kind, const char *text, size_t length) {
    if (flow->length + JN_ANNOTATED_HEAD + length > JN_ANNOTATED_BYTES)
        return false;
    flow->texts[flow->length] = kind;
    flow->texts[flow->length + 1] = (uint8_t)length;
    memcpy(&flow->texts[flow->length + JN_ANNOTATED_HEAD], text, length);
    flow->length = (uint16_t)(flow->length + JN_ANNOTATED_HEAD + length);
    return true;
}

static unsigned int
most_of_kind(uint8_t kind) {
    switch (kind) {
#define X(id, number, bytes, most, name, field)                                                                        \
    case number: return most;
        JN_ANNOTATION_KINDS(X)
#undef X
    default: return 0;
    }
}

// What becomes of a flow's texts: those that stay go to `spare`, then the new one. Of a kind of which a flow has one the new one
// takes the place of the one before. Addresses are the answers to the latest question: another question's go with it.
// False: nothing changes; *full: for want of room.
static bool
compose(struct annotated *a, const struct jn_annotated_flow *old, const struct jn_annotation *new, bool *full) {
    struct jn_annotated_flow *to = &a->region->spare;
    unsigned int same_kind = 0;
    size_t at = 0, length;
    uint8_t kind;
    const char *text;
    bool one = most_of_kind(new->kind) == 1;
    while (old != NULL && jn_annotated_next(old, &at, &kind, &text, &length)) {
        bool same = kind == new->kind &&length == new->length &&memcmp(text, new->text, length) == 0;
        if (same)
            return false;
        same_kind += kind == new->kind;
        if ((kind == new->kind &&one) || (kind == JN_ANNOTATION_DNS_ANSWER && new->kind == JN_ANNOTATION_DNS_QUESTION))
            continue;
        append(to, kind, text, length);
    }
    *full = (!one && same_kind >= most_of_kind(new->kind)) || !append(to, new->kind, new->text, new->length);
    return !*full;
}

static void
add(struct annotated *a, const struct jn_annotation *annotation, uint32_t set) {
    const struct annotated_key key = {annotation->boot, annotation->flow, annotation->worker};
    struct jn_annotated_flow *flow = find_in_set(a, set, &key), *spare = &a->region->spare;
    bool full = false;
    spare->boot = annotation->boot;
    spare->flow = annotation->flow;
    spare->worker = annotation->worker;
    spare->length = 0;
    spare->touched = a->region->taken_ever;
    bool changed = compose(a, flow, annotation, &full);
    if (changed)
        commit_spare(a, (uint32_t)((flow != NULL ? flow : choose_place(a, set, annotation->boot)) - a->flows));
    else if (flow != NULL)
        jn_store(&flow->touched, a->region->taken_ever);
    if (full)
        jn_store(&a->region->forgotten, a->region->forgotten + 1);
}

void
annotated_add(struct annotated *a, const struct jn_annotation *annotation) {
    uint32_t set = jn_annotated_set(a->capacity, annotation->boot, annotation->worker, &annotation->flow);
    jn_store(&a->region->taken_ever, a->region->taken_ever + 1);
    a->any = true;
    if (use(a, set))
        add(a, annotation, set);
    else
        jn_store(&a->region->forgotten, a->region->forgotten + 1);
}

void
annotated_refuse(struct annotated *a) {
    jn_store(&a->region->refused, a->region->refused + 1);
}
