// SPDX-License-Identifier: BSD-3-Clause
#include "commands.h"
#include "lists.h"
#include "sample.h"
#include "view.h"

static const struct column columns[] = {
    {"reason", "reason", COLUMN_TEXT},           {"kind", "kind", COLUMN_TEXT},
    {"packets", "packets", COLUMN_COUNT},        {"packets_per_second", "per second", COLUMN_SI},
    {"explanation", "explanation", COLUMN_TEXT},
};

static uint64_t
sum_drops(const struct sample *sample, bool drop, unsigned int reason) {
    uint64_t total = 0;
    for (unsigned int w = 0; w < sample->worker_count; w++) {
        const struct jn_worker_counters *c = &sample->region->workers[w];
        total += drop ? c->drops[reason] : c->exceptions[reason];
    }
    return total;
}

static void
show(struct view *view, const struct sample pair[2], bool all, bool drop) {
    const struct jn_list *list = drop ? &jn_drop_list : &jn_exception_list;
    for (unsigned int reason = 0; reason < list->count; reason++) {
        uint64_t before = sum_drops(&pair[0], drop, reason), now = sum_drops(&pair[1], drop, reason);
        if (now == 0 && !all)
            continue;
        view_row(view, json_pack("{s:s, s:s, s:I, s:f, s:s}", "reason", list->rows[reason].word, "kind",
                                 drop ? "dropped" : "passed", "packets", (json_int_t)now, "packets_per_second",
                                 sample_rate(pair, before, now), "explanation", list->rows[reason].text));
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
