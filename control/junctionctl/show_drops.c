// SPDX-License-Identifier: BSD-3-Clause
#include "commands.h"
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
reason_rows(struct view *view, const struct sample pair[2], bool all, bool drop) {
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

static void
drop_rows(struct view *view, const struct sample pair[2], bool all) {
    reason_rows(view, pair, all, true);
    reason_rows(view, pair, all, false);
}

int
show_drops(const struct invocation *invocation) {
    return sample_show(invocation, "drops", COLUMNS(columns), drop_rows);
}
