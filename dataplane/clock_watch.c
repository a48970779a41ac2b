// SPDX-License-Identifier: BSD-3-Clause
#include "clock_watch.h"

void
jn_clock_watch(struct jn_app *app, uint64_t interval_ns) {
    struct jn_clock_reading now = jn_clock_note(&app->clock);
    jn_store(&app->counters->heartbeat_ns, now.wall_ns);
    jn_store(&app->counters->clock_offset_ns, now.wall_ns - now.now_ns);
    int64_t by = jn_interval_clock_run(&app->interval_clock, now.now_ns, now.wall_ns, interval_ns);
    if (by != 0)
        jn_log(JN_LOG_WARNING,
               "the wall clock was set by %+.3f s: the interval ends here, and time goes on from the new one",
               (double)by / 1e9);
}
