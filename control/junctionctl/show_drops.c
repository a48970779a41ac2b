// SPDX-License-Identifier: BSD-3-Clause
#include "commands.h"
#include "sample.h"
#include "view.h"

static const struct column columns[] = {
    {"reason", "reason", COLUMN_TEXT},           {"kind", "kind", COLUMN_TEXT},
    {"packets", "packets", COLUMN_COUNT},        {"packets_per_second", "per second", COLUMN_SI},
    {"explanation", "explanation", COLUMN_TEXT},
};

static const char *const drop_texts[] = {
#define X(e, word, text) text,
    JN_DROPS(X)
#undef X
};
static const char *const notice_texts[] = {
#define X(e, word, text) text,
    JN_NOTICES(X)
#undef X
};

static uint64_t
sum(const struct sample *sample, bool drop, unsigned int reason) {
    uint64_t total = 0;
    for (unsigned int w = 0; w < sample->worker_count; w++) {
        const struct jn_worker_counters *c = &sample->region->workers[w];
        total += drop ? c->drops[reason] : c->notices[reason];
    }
    return total;
}

static void
show(struct view *view, const struct sample pair[2], bool all, bool drop) {
    unsigned int count = drop ? JN_DROP_COUNT : JN_NOTICE_COUNT;
    for (unsigned int reason = 0; reason < count; reason++) {
        uint64_t before = sum(&pair[0], drop, reason), now = sum(&pair[1], drop, reason);
        if (now == 0 && !all)
            continue;
        view_row(view,
                 json_pack("{s:s, s:s, s:I, s:f, s:s}", "reason", drop ? jn_drop_word(reason) : jn_notice_word(reason),
                           "kind", drop ? "dropped" : "passed", "packets", (json_int_t)now, "packets_per_second",
                           sample_rate(pair, before, now), "explanation",
                           drop ? drop_texts[reason] : notice_texts[reason]));
    }
}

int
show_drops(const struct invocation *invocation) {
    struct sample pair[2];
    struct view view;
    char err[JN_ERR_MAX];
    if (sample_pair(pair, invocation->instance, err) < 0)
        return sample_fail(err);
    view_open(&view, invocation->json, NULL);
    view_list(&view, "drops", columns, sizeof(columns) / sizeof(columns[0]));
    show(&view, pair, invocation->all, true);
    show(&view, pair, invocation->all, false);
    view_close(&view);
    sample_pair_free(pair);
    return COMMAND_DONE;
}
