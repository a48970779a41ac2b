// SPDX-License-Identifier: BSD-3-Clause
// Annotations without a junction-classify: single ones, and its region, written as it writes it.
#pragma once

#include "annotated.h"
#include "export_records.h"

static inline struct jn_annotation
annotation_of(const struct jn_record *record, enum jn_annotation_kind kind, const char *text) {
    struct jn_annotation a = {
        .boot = record->boot,
        .flow = {.start_ns = 1, .flow_idx = record->flow.flow_idx, .version = record->flow.version},
        .worker = record->worker,
        .kind = (uint8_t)kind,
        .length = (uint8_t)strlen(text),
    };
    memcpy(a.text, text, a.length);
    return a;
}

// A UDP record of that entry of worker 0's table, whose application was seen.
static inline struct jn_record
seen_record(int interval, uint32_t flow_idx, uint16_t application, uint16_t master) {
    struct jn_record r = udp_record(0, interval, 5, (uint16_t)(1000 + flow_idx), 9999, 2);
    r.flow.flow_idx = flow_idx;
    r.flow.version = 2;
    r.flow.application = application;
    r.flow.application_master = master;
    r.flow.application_confidence = 4;
    r.flow.application_category = 5;
    r.flow.flags |= (uint16_t)(JN_APPLICATION_DECIDED_PHASE << JN_FLOW_APPLICATION_SHIFT);
    return r;
}

static inline struct jn_annotations_region *
make_annotations(struct jn_shm *shm, const char *of_instance, unsigned int rings) {
    char err[JN_ERR_MAX] = "";
    if (jn_shm_create(shm, of_instance, JN_REGION_ANNOTATIONS, jn_annotations_size(rings), rings, false, false, err) !=
        0) {
        fprintf(stderr, "%s\n", err);
        abort();
    }
    jn_annotations_init(shm->base, rings);
    jn_shm_ready(shm);
    return shm->base;
}

// As a thread of junction-classify does that heeds nobody.
static inline void
annotate(struct jn_annotations_region *region, unsigned int ring, const struct jn_annotation *annotation) {
    struct jn_annotation_ring *r = &region->rings[ring];
    struct jn_annotation *first = (struct jn_annotation *)((char *)region + r->offset);
    first[r->head % JN_ANNOTATIONS] = *annotation;
    __atomic_store_n(&r->head, r->head + 1, __ATOMIC_RELEASE);
}

// The flow's texts of a kind, joined by '|'; "" for none.
static inline const char *
texts_of(const struct jn_annotated_flow *flow, enum jn_annotation_kind wanted) {
    static char joined[1024];
    size_t at = 0, length, used = 0;
    uint8_t kind;
    const char *text;
    joined[0] = '\0';
    while (flow != NULL && jn_annotated_next(flow, &at, &kind, &text, &length))
        if (kind == wanted)
            used += (size_t)snprintf(joined + used, sizeof(joined) - used, "%s%.*s", used > 0 ? "|" : "", (int)length,
                                     text);
    return joined;
}
