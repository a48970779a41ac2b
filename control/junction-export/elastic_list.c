// SPDX-License-Identifier: BSD-3-Clause
#include "elastic_list.h"

void
elastic_list_clear(struct elastic_list *list) {
    *list = (struct elastic_list){.end = &list->first};
}

void
elastic_list_add(struct elastic_list *list, struct elastic_item *item) {
    item->next = NULL;
    *list->end = item;
    list->end = &item->next;
    list->count++;
}

static struct elastic_item *
take_at(struct elastic_list *list, struct elastic_item **at) {
    struct elastic_item *item = *at;
    *at = item->next;
    if (list->end == &item->next)
        list->end = at;
    list->count--;
    return item;
}

struct elastic_item *
elastic_list_take(struct elastic_list *list) {
    return list->first != NULL ? take_at(list, &list->first) : NULL;
}

static bool
fits(const struct elastic_sink *s, const struct elastic_batch *batch, size_t bytes, const struct elastic_item *item) {
    return batch->count < ELASTIC_BATCH_DOCUMENTS &&
           (batch->count == 0 || bytes + bulk_size(&item->document) <= s->batch_bytes);
}

static void
take_due(struct elastic_sink *s, struct elastic_batch *batch, size_t *bytes, uint64_t now) {
    uint64_t next = UINT64_MAX;
    if (s->again.count == 0 || now < s->again_ns)
        return;
    for (struct elastic_item **at = &s->again.first; *at != NULL;) {
        if ((*at)->pause.until_ns <= now && fits(s, batch, *bytes, *at)) {
            *bytes += bulk_size(&(*at)->document);
            batch->items[batch->count++] = take_at(&s->again, at);
            continue;
        }
        next = (*at)->pause.until_ns < next ? (*at)->pause.until_ns : next;
        at = &(*at)->next;
    }
    s->again_ns = next;
}

// New ones wait a little for others, unless there are enough.
static bool
fresh_due(const struct elastic_sink *s, const struct elastic_batch *batch, uint64_t now) {
    return s->fresh.count > 0 && (batch->count > 0 || s->sink.hurry || s->fresh.count >= ELASTIC_BATCH_DOCUMENTS ||
                                  s->fresh_bytes >= s->batch_bytes || now - s->fresh_ns >= ELASTIC_LINGER_NS);
}

void
elastic_fill(struct elastic_sink *s, struct elastic_batch *batch, uint64_t now) {
    size_t bytes = 0;
    take_due(s, batch, &bytes, now);
    if (fresh_due(s, batch, now)) {
        while (s->fresh.first != NULL && fits(s, batch, bytes, s->fresh.first)) {
            size_t size = bulk_size(&s->fresh.first->document);
            bytes += size;
            s->fresh_bytes -= size;
            batch->items[batch->count++] = elastic_list_take(&s->fresh);
        }
        s->fresh_ns = now;
    }
    batch->portion = batch->count;
}
