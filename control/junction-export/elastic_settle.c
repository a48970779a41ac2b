// SPDX-License-Identifier: BSD-3-Clause
// What becomes of the documents of a request: each is acknowledged, refused, or tried again, alone or with its batch.
#include "elastic_settle.h"

#include <stdio.h>
#include <string.h>

#include "elastic_blocked.h"
#include "elastic_list.h"
#include "http_trouble.h"
#include "world.h"

#define BUSY_ADVICE "it has more to do than it can: documents wait"
#define UNKNOWN_ADVICE                                                                                                 \
    "mend it at the index; while others are taken, such a document is refused for good after five minutes"

// While an answer is gone through: of what is tried again, what is worst.
struct tally {
    uint64_t now;
    unsigned int busy, blocked, unknown;
    const char *advice;
    char words[BULK_WHY_MAX];
};

// One sentence for an answer, however many documents it is about.
static void
note_trouble(struct tally *tally, bool worst, const char *advice, const char *words) {
    if (!worst && tally->words[0] != '\0')
        return;
    tally->advice = advice;
    snprintf(tally->words, sizeof(tally->words), "%s", words);
}

static void
say_trouble(const struct elastic_sink *s, const struct tally *tally) {
    if (tally->words[0] != '\0')
        sink_trouble(s->sink.view, tally->advice, "documents are not taken: %s", tally->words);
    else if (s->again.count == 0)
        sink_well(s->sink.view);
}

static void
release(struct elastic_sink *s, struct elastic_item *item) {
    elastic_list_add(&s->unused, item);
}

static void
delivered(struct elastic_sink *s, struct elastic_item *item, uint64_t now) {
    s->delivered_ns = now;
    elastic_taken(s, &item->document, now);
    s->sink.acknowledge(s->sink.lane, item->opaque);
    release(s, item);
}

static void
refused(struct elastic_sink *s, struct elastic_item *item, const char *reason) {
    s->sink.refuse(s->sink.lane, item->opaque, reason);
    release(s, item);
}

static void
try_again(struct elastic_sink *s, struct elastic_item *item, uint64_t now, uint64_t first_ns) {
    backoff_failed(&item->pause, now, first_ns, 0, &s->random);
    if (s->again.count == 0 || item->pause.until_ns < s->again_ns)
        s->again_ns = item->pause.until_ns;
    elastic_list_add(&s->again, item);
    jn_sink_add(&s->sink.view->counters[JN_SINK_COUNTER_RETRIED], 1);
}

// FNV-1a.
static uint32_t
hash_of(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

// The document may be the cause, or a setting that somebody will mend. It is the document once the same was said for long,
// while others were taken.
static void
not_understood(struct elastic_sink *s, struct elastic_item *item, struct tally *tally, const char *type,
               const char *words) {
    uint32_t hash = hash_of(type);
    if (item->unknown_tries == 0 || item->unknown_hash != hash) {
        item->unknown_tries = 0;
        item->unknown_ns = tally->now;
        item->unknown_hash = hash;
    }
    item->unknown_tries++;
    if (item->unknown_tries >= ELASTIC_POISON_TRIES && tally->now - item->unknown_ns >= ELASTIC_POISON_NS &&
        s->delivered_ns > item->unknown_ns) {
        char reason[BULK_WHY_MAX + 64];
        snprintf(reason, sizeof(reason), "%s (%u times, while others were taken)", words, item->unknown_tries);
        refused(s, item, reason);
        return;
    }
    tally->unknown++;
    note_trouble(tally, tally->blocked == 0 && tally->unknown == 1, UNKNOWN_ADVICE, words);
    try_again(s, item, tally->now, BACKOFF_FIRST_NS);
}

// An old day's index that nobody mends does not hold back later ones for ever.
static void
blocked(struct elastic_sink *s, struct elastic_item *item, struct tally *tally, const char *advice, const char *words) {
    char why[64], reason[BULK_WHY_MAX + sizeof(why) + 4];
    if (elastic_given_up(s, &item->document, tally->now, why)) {
        snprintf(reason, sizeof(reason), "%s (%s)", words, why);
        refused(s, item, reason);
        return;
    }
    tally->blocked++;
    note_trouble(tally, tally->blocked == 1, advice, words);
    try_again(s, item, tally->now, BACKOFF_SLOW_NS);
}

static void
settle_item(struct elastic_sink *s, struct elastic_item *item, const struct bulk_verdict *verdict,
            struct tally *tally) {
    char words[BULK_WHY_MAX];
    snprintf(words, sizeof(words), "%s: %.180s (%u)", verdict->type, verdict->reason, verdict->status);
    item->unsure = s->target.data_streams && verdict->status >= 500;
    switch (verdict->fate) {
    case BULK_DELIVERED: delivered(s, item, tally->now); break;
    case BULK_REFUSED: refused(s, item, words); break;
    case BULK_BUSY:
        tally->busy++;
        note_trouble(tally, false, BUSY_ADVICE, words);
        try_again(s, item, tally->now, BACKOFF_FIRST_NS);
        break;
    case BULK_BLOCKED: blocked(s, item, tally, verdict->advice, words); break;
    case BULK_UNKNOWN: not_understood(s, item, tally, verdict->type, words); break;
    }
}

// The first items have left.
static void
drop_first(struct elastic_batch *batch, unsigned int count) {
    batch->count -= count;
    for (unsigned int i = 0; i < batch->count; i++)
        batch->items[i] = batch->items[i + count];
}

// A whole request came to nothing: its documents stay where they are.
static void
request_failed(struct elastic_batch *batch, uint64_t now, uint64_t first_ns, uint64_t asked_s, bool unsure) {
    struct elastic_sink *s = batch->sink;
    uint64_t *counters = s->sink.view->counters;
    jn_sink_add(&counters[JN_SINK_COUNTER_ERRORS], 1);
    if (batch->step == ELASTIC_BULK)
        jn_sink_add(&counters[JN_SINK_COUNTER_RETRIED], batch->asked_count);
    if (batch->step == ELASTIC_BULK && unsure && s->target.data_streams) {
        for (unsigned int i = 0; i < batch->asked_count; i++)
            batch->items[i]->unsure = true;
        batch->until_ns = now + ELASTIC_SETTLE_NS;
    }
    if (first_ns > 0)
        backoff_failed(&batch->endpoint->pause, now, first_ns, asked_s, &s->random);
}

static void
halve(struct elastic_batch *batch) {
    unsigned int count = batch->step == ELASTIC_BULK ? batch->asked_count : batch->portion;
    batch->portion = count > 1 ? count / 2 : 1;
}

static void
not_answered(struct elastic_batch *batch, const struct http_answer *answer, uint64_t now) {
    bool idle =
        answer->outcome == HTTP_CUT && answer->kept; // it was closed while nothing was asked: no news of the server
    if (!idle)
        http_trouble(batch->sink->sink.view, batch->url, answer);
    if (answer->outcome == HTTP_TOO_LARGE)
        halve(batch);
    bool redirected = answer->outcome == HTTP_ANSWERED, slow = redirected || answer->outcome == HTTP_NO_TLS;
    request_failed(batch, now, idle ? 0 : slow ? BACKOFF_SLOW_NS : BACKOFF_FIRST_NS, 0, !redirected && answer->sent);
}

static const char *
advice_of(const struct elastic_batch *batch, unsigned int status) {
    if (status == 401)
        return "look at api_key, or at username and password";
    if (status == 403)
        return batch->step == ELASTIC_BULK
                   ? "give the user or the API key the privileges create_doc and auto_configure (or create_index)"
                   : "data streams: give the user or the API key the privileges read and maintenance, too";
    if (status == 429)
        return BUSY_ADVICE;
    return status >= 500 ? "look at the server's log" : "look at the URL: is this Elasticsearch or OpenSearch?";
}

static void
answered_with_error(struct elastic_batch *batch, const struct http_answer *answer, uint64_t now) {
    struct elastic_sink *s = batch->sink;
    char type[64], words[BULK_WHY_MAX];
    const char *advice;
    unsigned int status = answer->status;
    bool soon = status == 408 || status == 429 || status >= 500;
    bulk_error_words(answer->body, answer->length, type, words);
    bool all_blocked = bulk_fate_of(status, type, words, &advice) == BULK_BLOCKED && advice != NULL && status == 400;
    if ((status == 400 || status == 413) && !all_blocked && batch->asked_count > 1) {
        if (status == 413 && batch->step == ELASTIC_BULK)
            s->batch_bytes = batch->bytes / 2 > ELASTIC_LEAST_BYTES ? batch->bytes / 2 : ELASTIC_LEAST_BYTES;
        halve(batch);
        request_failed(batch, now, 0, 0, false);
    } else if ((status == 400 || status == 413) && !all_blocked && batch->step == ELASTIC_BULK) {
        struct tally tally = {.now = now};
        struct elastic_item *item = batch->items[0];
        drop_first(batch, 1);
        if (status == 413)
            refused(s, item, "the server takes no request as large as the document (413)");
        else
            not_understood(s, item, &tally, type, words);
        say_trouble(s, &tally);
    } else {
        sink_trouble(s->sink.view, all_blocked ? advice : advice_of(batch, status), "%.*s answers %u: %s",
                     (int)strcspn(batch->url, "?"), batch->url, status, words);
        request_failed(batch, now, soon ? BACKOFF_FIRST_NS : BACKOFF_SLOW_NS, answer->retry_after,
                       status >= 500 || status == 408);
    }
}

static void
not_believed(struct elastic_batch *batch, uint64_t now, const char *why) {
    sink_trouble(batch->sink->sink.view, "look at the server, and at what is on the way to it", "%.*s: %s",
                 (int)strcspn(batch->url, "?"), batch->url, why);
    request_failed(batch, now, BACKOFF_FIRST_NS, 0, true);
}

static void
settle_bulk(struct elastic_batch *batch, const struct http_answer *http, uint64_t now) {
    struct elastic_sink *s = batch->sink;
    struct tally tally = {.now = now};
    struct bulk_answer answer;
    char why[BULK_WHY_MAX];
    if (!bulk_answer_read(&answer, http->body, http->length, batch->asked, batch->asked_count, why)) {
        not_believed(batch, now, why);
        return;
    }
    for (unsigned int i = 0; i < batch->asked_count; i++) {
        struct bulk_verdict verdict = bulk_answer_verdict(&answer, i);
        settle_item(s, batch->items[i], &verdict, &tally);
    }
    bulk_answer_free(&answer);
    drop_first(batch, batch->asked_count);
    batch->portion = batch->portion < ELASTIC_BATCH_DOCUMENTS ? batch->portion * 2 : batch->portion;
    s->batch_bytes += s->batch_bytes < ELASTIC_BATCH_BYTES ? s->batch_bytes / ELASTIC_GROWTH : 0;
    if (tally.busy > 0)
        backoff_failed(&batch->endpoint->pause, now, BACKOFF_FIRST_NS, http->retry_after, &s->random);
    else
        backoff_well(&batch->endpoint->pause);
    say_trouble(s, &tally);
}

// What is there is delivered; what is not is sent.
static void
settle_search(struct elastic_batch *batch, const struct http_answer *http, uint64_t now) {
    static bool found[ELASTIC_BATCH_DOCUMENTS];
    char why[BULK_WHY_MAX];
    if (!bulk_found(http->body, http->length, batch->asked, batch->asked_count, found, why)) {
        not_believed(batch, now, why);
        return;
    }
    unsigned int kept = 0, asked = 0;
    for (unsigned int i = 0; i < batch->count; i++) {
        struct elastic_item *item = batch->items[i];
        bool looked_up = asked < batch->asked_count && batch->asked[asked] == &item->document;
        if (looked_up)
            item->unsure = false;
        if (looked_up && found[asked])
            delivered(batch->sink, item, now);
        else
            batch->items[kept++] = item;
        asked += looked_up;
    }
    batch->count = kept;
    backoff_well(&batch->endpoint->pause);
}

void
elastic_settle(void *context, const struct http_answer *answer) {
    struct elastic_batch *batch = context;
    uint64_t now = world->clock->steady_ns();
    char why[BULK_WHY_MAX];
    bool refreshed = false;
    batch->in_flight = false;
    jn_sink_set(&batch->sink->sink.view->gauges[JN_SINK_GAUGE_RTT_US], (now - batch->sent_ns) / 1000);
    if (answer->outcome != HTTP_ANSWERED || (answer->status >= 300 && answer->status < 400))
        not_answered(batch, answer, now);
    else if (answer->status < 200 || answer->status >= 300)
        answered_with_error(batch, answer, now);
    else if (batch->step == ELASTIC_BULK)
        settle_bulk(batch, answer, now);
    else if (batch->step == ELASTIC_SEARCH)
        settle_search(batch, answer, now);
    else if (bulk_shards_well(answer->body, answer->length, why))
        refreshed = true;
    else
        not_believed(batch, now, why);
    batch->refreshed = refreshed;
}
