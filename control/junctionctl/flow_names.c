// SPDX-License-Identifier: BSD-3-Clause
#include "flow_names.h"

#include "counters_view.h"
#include "samples.h"
#include "seqlock.h"

enum { TRIES = 4, SHOWN = 45 };

static const struct {
    enum jn_annotation_kind kind;
    const char *member;
} kinds[] = {
    {JN_ANNOTATION_SERVER_NAME, "server_name"},
    {JN_ANNOTATION_HTTP_HOST, "http_host"},
    {JN_ANNOTATION_DNS_QUESTION, "dns_question"},
};

// Of the dataplane's samples, which the texts come from.
static uint64_t
records_boot(const char *instance) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    if (jn_shm_attach(&shm, instance, JN_REGION_SAMPLES, sizeof(struct jn_samples_region), false, err) < 0)
        return 0;
    uint64_t boot = jn_counters_load(&((const struct jn_samples_region *)shm.base)->records_boot);
    jn_shm_detach(&shm);
    return boot;
}

void
flow_names_open(struct flow_names *names, const char *instance) {
    char err[JN_ERR_MAX];
    *names = (struct flow_names){.boot = records_boot(instance)};
    if (names->boot == 0 ||
        jn_shm_attach(&names->shm, instance, JN_REGION_ANNOTATED, sizeof(struct jn_annotated_region), false, err) < 0)
        return;
    struct jn_annotated_region head;
    jn_seq_load(&head, names->shm.base, sizeof(head));
    if (jn_annotated_check(&head, names->shm.size, err) == 0)
        names->capacity = head.capacity;
    else
        jn_shm_detach(&names->shm);
}

void
flow_names_close(struct flow_names *names) {
    if (names->capacity != 0)
        jn_shm_detach(&names->shm);
}

// A whole copy of what is kept of the flow.
static bool
copy_kept(const struct flow_names *names, uint8_t worker, const struct jn_flow_identity *flow,
          struct jn_annotated_flow *copy) {
    const struct jn_annotated_region *region = names->shm.base;
    uint32_t set = jn_annotated_set(names->capacity, names->boot, worker, flow);
    if (!jn_annotated_is_used(region->used, set))
        return false;
    const struct jn_annotated_flow *kept = (const struct jn_annotated_flow *)(region + 1) + set;
    for (unsigned int i = 0; i < JN_ANNOTATED_WAYS * TRIES; i++) {
        const struct jn_annotated_flow *way = &kept[i % JN_ANNOTATED_WAYS];
        uint32_t before = jn_seq_begin(&way->edition);
        jn_seq_load(copy, way, __builtin_offsetof(struct jn_annotated_flow, texts));
        if (!jn_annotated_is_of(copy, names->boot, worker, flow))
            continue;
        jn_seq_load(copy, way, sizeof(*copy));
        if (!jn_seq_whole(&way->edition, before) || !jn_annotated_is_of(copy, names->boot, worker, flow))
            continue;
        copy->length =
            copy->length < JN_ANNOTATED_BYTES ? copy->length : JN_ANNOTATED_BYTES; // what is there can be read
        return true;
    }
    return false;
}

// The first text of the kind, when it is one that may be shown.
static const char *
find_text(const struct jn_annotated_flow *kept, unsigned int kind, size_t *length) {
    const char *text;
    uint8_t found;
    for (size_t at = 0; jn_annotated_next(kept, &at, &found, &text, length);)
        if (found == kind)
            return jn_annotation_is_sound(kind, text, *length) ? text : NULL;
    return NULL;
}

// Of a long name the end says more than its beginning.
static void
set_table_text(json_t *row, const char *text, size_t length) {
    char plain[JN_ANNOTATION_MAX + 1];
    jn_counters_text(text, length, plain, sizeof(plain));
    bool cut = length > SHOWN;
    json_object_set_new(row, "name_text", json_sprintf("%s%s", cut ? "..." : "", plain + (cut ? length - SHOWN : 0)));
}

void
flow_names_set(json_t *row, const struct flow_names *names, const struct live_flow *flow, bool text) {
    const struct jn_flow_identity identity = {
        .start_ns = flow->entry.start_ns, .flow_idx = flow->flow_idx, .version = flow->entry.version};
    struct jn_annotated_flow kept;
    bool known = names->capacity != 0 && copy_kept(names, (uint8_t)flow->worker, &identity, &kept), shown = false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t length;
        const char *found = known ? find_text(&kept, kinds[i].kind, &length) : NULL;
        json_object_set_new(row, kinds[i].member, found != NULL ? json_stringn(found, length) : json_null());
        if (text && found != NULL && !shown)
            set_table_text(row, found, length);
        shown |= found != NULL;
    }
}
