// SPDX-License-Identifier: BSD-3-Clause
#include "worker/worker_watch.h"

#include <stdio.h>
#include <stdlib.h>

// Whoever debugs the process stops its threads on purpose.
static bool
is_traced(void) {
    char line[128];
    int tracer = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof(line), status) != NULL)
        if (sscanf(line, "TracerPid: %d", &tracer) == 1)
            break;
    if (status != NULL)
        fclose(status);
    return tracer != 0;
}

// Without the order of a stop, which would wait for the worker for ever.
static void
give_up(const struct jn_app *app, unsigned int worker, uint64_t silent_ms) {
    if (is_traced())
        return;
    jn_log(JN_LOG_ERROR, "worker %u on core %u has not come round for %.1f s: the dataplane ends itself", worker,
           app->options.worker_cores[worker], (double)silent_ms / 1000);
    abort();
}

static void
look_at(struct jn_app *app, unsigned int worker, uint64_t now_ms) {
    struct jn_heartbeat *heartbeat = &app->heartbeats[worker];
    uint64_t rounds = __atomic_load_n(&app->threads[worker]->rounds, __ATOMIC_RELAXED);
    enum jn_heartbeat_news news = jn_heartbeat_look(heartbeat, rounds, now_ms);
    jn_store(&app->counters->silent_ms[worker], (uint32_t)heartbeat->silent_ms);
    if (news == JN_HEARTBEAT_SILENT)
        jn_log(JN_LOG_WARNING, "worker %u on core %u has not come round for %.1f s", worker,
               app->options.worker_cores[worker], (double)heartbeat->silent_ms / 1000);
    if (news == JN_HEARTBEAT_BACK)
        jn_log(JN_LOG_WARNING, "worker %u comes round again, after %.1f s", worker,
               (double)heartbeat->before_ms / 1000);
    if (app->options.hang_seconds != 0 && heartbeat->silent_ms >= app->options.hang_seconds * UINT64_C(1000))
        give_up(app, worker, heartbeat->silent_ms);
}

void
jn_workers_watch(struct jn_app *app) {
    uint64_t now_ms = jn_heartbeat_now_ms();
    jn_store(&app->counters->rounds, app->counters->rounds + 1);
    for (unsigned int worker = 0; worker < app->options.worker_count; worker++)
        look_at(app, worker, now_ms);
}
