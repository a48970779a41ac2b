// SPDX-License-Identifier: BSD-3-Clause
#include "elastic_blocked.h"

#include <stdio.h>
#include <string.h>

static bool
is_of(const struct elastic_index *index, enum document_kind kind, const char *day) {
    return index->since_ns != 0 && index->kind == kind && memcmp(index->day, day, sizeof(index->day)) == 0;
}

static struct elastic_index *
find(struct elastic_sink *s, enum document_kind kind, const char *day) {
    for (unsigned int i = 0; i < ELASTIC_BLOCKED; i++)
        if (is_of(&s->blocked[i], kind, day))
            return &s->blocked[i];
    return NULL;
}

// A free place, or that of the index which was asked for longest ago.
static struct elastic_index *
place(struct elastic_sink *s) {
    struct elastic_index *oldest = s->blocked;
    for (unsigned int i = 0; i < ELASTIC_BLOCKED; i++) {
        if (s->blocked[i].since_ns == 0)
            return &s->blocked[i];
        if (s->blocked[i].asked_ns < oldest->asked_ns)
            oldest = &s->blocked[i];
    }
    return oldest;
}

void
elastic_taken(struct elastic_sink *s, const struct document *document, uint64_t now) {
    struct elastic_day *taken = &s->taken[document->kind];
    taken->ns = now;
    memcpy(taken->day, document->date, sizeof(taken->day));
    struct elastic_index *index = find(s, document->kind, document->date);
    if (index != NULL)
        index->since_ns = 0;
}

// Nothing comes any more: what is there waits, or what waits holds back the rest.
static bool
held_up(const struct elastic_sink *s) {
    return s->sink.held_up || (s->unused.count == 0 && s->fresh.count == 0);
}

// Others are taken meanwhile: since it was asked last; or they would be, for the last was, and is not blocked itself.
static bool
others_are_taken(struct elastic_sink *s, const struct elastic_index *index) {
    const struct elastic_day *taken = &s->taken[index->kind];
    if (memcmp(index->day, taken->day, sizeof(index->day)) >= 0)
        return false;
    return taken->ns >= index->asked_ns ||
           (held_up(s) && taken->ns >= index->since_ns && find(s, index->kind, taken->day) == NULL);
}

bool
elastic_given_up(struct elastic_sink *s, const struct document *document, uint64_t now, char why[64]) {
    if (s->target.data_streams)
        return false; // one for all days
    struct elastic_index *index = find(s, document->kind, document->date);
    if (index == NULL) {
        index = place(s);
        *index = (struct elastic_index){.kind = document->kind, .since_ns = now, .asked_ns = now};
        memcpy(index->day, document->date, sizeof(index->day));
    }
    uint64_t passed = now - index->asked_ns;
    if (others_are_taken(s, index)) // where nobody could be asked for long, that does not count
        index->blocked_ns += passed < BACKOFF_LONGEST_NS ? passed : BACKOFF_LONGEST_NS;
    index->asked_ns = now;
    snprintf(why, 64, "the index took nothing for %lu min, later ones did",
             (unsigned long)(index->blocked_ns / UINT64_C(60000000000)));
    if (index->blocked_ns >= (held_up(s) ? ELASTIC_HELD_UP_NS : ELASTIC_BLOCKED_NS))
        index->given_up = true;
    return index->given_up;
}
