// SPDX-License-Identifier: BSD-3-Clause
#include "worker/worker_wait.h"

#include <time.h>

#include "worker/worker_watch.h"

enum { WAIT_NS = 100000 };

static void
wait_a_little(struct jn_app *app) {
    nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
    jn_workers_watch(app);
}

void
jn_workers_flush_pool(struct jn_app *app, struct rte_mempool *pool) {
    for (unsigned int i = 0; i < app->options.worker_count; i++)
        __atomic_store_n(&app->threads[i]->flush, pool, __ATOMIC_RELEASE);
    for (unsigned int i = 0; i < app->options.worker_count; i++)
        while (__atomic_load_n(&app->threads[i]->flush, __ATOMIC_ACQUIRE) != NULL && !app->stop)
            wait_a_little(app);
}

void
jn_workers_wait_round(struct jn_app *app) {
    for (unsigned int i = 0; i < app->options.worker_count; i++) {
        uint64_t seen = __atomic_load_n(&app->threads[i]->rounds, __ATOMIC_ACQUIRE);
        while (__atomic_load_n(&app->threads[i]->rounds, __ATOMIC_ACQUIRE) < seen + 2 && !app->stop) {
            wait_a_little(app);
        }
    }
}
