// SPDX-License-Identifier: BSD-3-Clause
#include "status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "log.h"

enum { STATUS_LAYOUT = 1, STATUS_HEAD = 4096, STATUS_ROOM = 64 << 20 };

// Two slots of text behind it. Writer: junction-export. A slot is written before `current` names it, so that a process killed
// at any instruction leaves the old one or the new.
struct status_region {
    struct jn_region_header header;
    uint64_t current; // 0: none; 1, 2: the slot. Stored with release
    uint64_t length[2];
};

static char *
slot_of(const struct status *s, uint64_t slot) {
    return (char *)s->shm.base + STATUS_HEAD + slot * STATUS_ROOM;
}

static void
load(struct status *s) {
    const struct status_region *region = s->shm.base;
    uint64_t current = __atomic_load_n(&region->current, __ATOMIC_ACQUIRE);
    if (current < 1 || current > 2 || region->length[current - 1] > STATUS_ROOM)
        return;
    s->kept = json_loadb(slot_of(s, current - 1), region->length[current - 1], JSON_REJECT_DUPLICATES, NULL);
}

static int
store(struct status *s, const json_t *kept) {
    struct status_region *region = s->shm.base;
    uint64_t slot = region->current == 1 ? 1 : 0;
    char *text = json_dumps(kept, JSON_COMPACT);
    size_t length = text != NULL ? strlen(text) : 0;
    int rc = text == NULL           ? -ENOMEM
             : length > STATUS_ROOM ? -EFBIG
                                    : jn_shm_back(&s->shm, STATUS_HEAD + slot * STATUS_ROOM, length);
    if (rc == 0) {
        memcpy(slot_of(s, slot), text, length);
        region->length[slot] = length;
        __atomic_store_n(&region->current, slot + 1, __ATOMIC_RELEASE);
    }
    free(text);
    return rc;
}

int
status_open(struct status *s, const char *instance, const struct jn_sinks_region *sinks, const struct names *names,
            char err[JN_ERR_MAX]) {
    *s = (struct status){.instance = instance,
                         .sources = {.sinks = sinks, .names = names},
                         .counters.shm.fd = -1,
                         .neighbours.fd = -1,
                         .gates.fd = -1,
                         .shm.fd = -1};
    int rc = jn_shm_create(&s->shm, instance, JN_REGION_STATUS, STATUS_HEAD + 2 * (size_t)STATUS_ROOM, STATUS_LAYOUT,
                           false, true, err);
    if (rc == 1)
        load(s);
    if (rc == 0)
        jn_shm_ready(&s->shm);
    return rc < 0 ? rc : 0;
}

// A region of the dataplane that has the counters, or NULL.
static const struct jn_shm *
attach(struct status *s, struct jn_shm *shm, enum jn_region region, size_t size) {
    char err[JN_ERR_MAX];
    uint64_t life = s->counters.region->header.life;
    if (shm->base != NULL && jn_shm_header(shm)->life != life)
        jn_shm_detach(shm);
    if (shm->base == NULL && jn_shm_attach(shm, s->instance, region, size, false, err) < 0)
        return NULL;
    return jn_shm_header(shm)->life == life ? shm : NULL;
}

// The regions of that life: what was attached of it is kept, also when its name is another one's now.
static void
find_sources(struct status *s, uint64_t boot) {
    char err[JN_ERR_MAX];
    s->sources.counters = NULL;
    s->sources.neighbours = s->sources.gates = NULL;
    if (s->counters.region != NULL && s->counters.region->header.boot != boot)
        jn_counters_close(&s->counters);
    if (s->counters.region == NULL && jn_counters_open(&s->counters, s->instance, err) < 0)
        return;
    if (s->counters.region->header.boot != boot)
        return;
    s->sources.counters = &s->counters;
    s->sources.neighbours = attach(s, &s->neighbours, JN_REGION_NEIGHBOURS, sizeof(struct jn_neighbours_region));
    s->sources.gates = attach(s, &s->gates, JN_REGION_GATES, sizeof(struct jn_gates_region));
}

size_t
status_begin(struct status *s, const struct status_interval *interval) {
    static struct jn_log_limit limit;
    if (!status_is_of(s->kept, interval)) {
        find_sources(s, interval->boot);
        s->sources.rings = s->sources.rings_boot != 0 ? s->rings : NULL;
        s->sources.texts = &s->texts;
        json_t *things = status_sample(&s->sources);
        json_t *kept = things != NULL ? status_documents(things, s->kept, interval) : NULL;
        int rc = kept != NULL ? store(s, kept) : -ENOMEM;
        if (rc < 0) {
            jn_log_limited(&limit, 1, JN_LOG_ERROR, "no status documents of an interval: %s", strerror(-rc));
            json_decref(kept);
            return 0;
        }
        json_decref(s->kept);
        s->kept = kept;
    }
    return json_array_size(json_object_get(s->kept, "documents"));
}

const char *
status_text(const struct status *s, size_t number) {
    return json_string_value(json_array_get(json_object_get(s->kept, "documents"), number));
}

void
status_close(struct status *s, bool remove) {
    json_decref(s->kept);
    jn_counters_close(&s->counters);
    jn_shm_detach(&s->neighbours);
    jn_shm_detach(&s->gates);
    if (remove)
        jn_shm_remove(&s->shm);
    else
        jn_shm_detach(&s->shm);
    *s = (struct status){0};
}
