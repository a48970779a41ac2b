// SPDX-License-Identifier: BSD-3-Clause
#include "former_life.h"

#include <errno.h>
#include <stdio.h>

#include "clock_read.h"
#include "flow/salvage.h"
#include "log.h"

enum { UNREPORTED, FLOWS, COUNTERS, RECORDS, REGIONS };

static const struct {
    enum jn_region region;
    size_t least;
} parts[REGIONS] = {
    [UNREPORTED] = {JN_REGION_UNREPORTED, sizeof(struct jn_unreported_region)},
    [FLOWS] = {JN_REGION_FLOWS, sizeof(struct jn_flow_region)},
    [COUNTERS] = {JN_REGION_COUNTERS, sizeof(struct jn_counters_region)},
    [RECORDS] = {JN_REGION_RECORDS, sizeof(struct jn_records_region)},
};

struct jn_life *
jn_former_life_take(const char *instance) {
    char err[JN_ERR_MAX];
    int rc = jn_instance_make(instance, false, err);
    return rc < 0 ? NULL : jn_writer_take(instance, JN_WRITER_DATAPLANE, &rc, err);
}

static void
leave(struct jn_shm shms[REGIONS]) {
    for (unsigned int i = 0; i < REGIONS; i++)
        if (shms[i].base != NULL)
            jn_shm_detach(&shms[i]);
}

// All of one life, and each within its bounds.
static int
check(const struct jn_shm shms[REGIONS], const struct jn_salvage *s, char err[JN_ERR_MAX]) {
    const struct jn_unreported_region *u = s->unreported;
    int rc = jn_unreported_check(u, shms[UNREPORTED].size, err);
    if (rc == 0)
        rc = jn_flow_check(s->flows, shms[FLOWS].size, err);
    if (rc == 0)
        rc = jn_records_check(s->records, shms[RECORDS].size, err);
    if (rc < 0)
        return rc;
    const struct jn_counters_region *c = s->counters;
    bool one = u->flows_boot == s->flows->header.boot && u->records_boot == s->records->header.boot &&
               u->counters_boot == c->header.boot;
    bool alike = c->worker_count == u->worker_count && s->flows->worker_count == u->worker_count &&
                 s->records->worker_count == u->worker_count && c->vpg_capacity == u->vpg_capacity &&
                 jn_counters_size(u->worker_count, u->vpg_capacity) <= shms[COUNTERS].size;
    if (one && alike)
        return 0;
    snprintf(err, JN_ERR_MAX, "counters, flows and records are not of one life, or of another size than they say");
    return -EPROTO;
}

static bool
ended(const struct jn_unreported_region *region) {
    for (unsigned int w = 0; w < region->worker_count && w < JN_MAX_WORKERS; w++)
        if (jn_unreported_owes(&region->workers[w]))
            return false;
    return true;
}

// 0; 1: nothing is there to be salvaged; or a negative errno with a sentence in err.
static int
attach(const char *instance, struct jn_shm shms[REGIONS], struct jn_salvage *s, char err[JN_ERR_MAX]) {
    for (unsigned int i = 0; i < REGIONS; i++) {
        int rc = jn_shm_attach(&shms[i], instance, parts[i].region, parts[i].least, true, err);
        if (rc == -ENOENT && i == UNREPORTED)
            return 1;
        if (rc < 0)
            return rc;
        if (i == UNREPORTED && ended(shms[i].base))
            return 1;
    }
    s->unreported = shms[UNREPORTED].base;
    s->flows = shms[FLOWS].base;
    s->counters = shms[COUNTERS].base;
    s->records = shms[RECORDS].base;
    return check(shms, s, err);
}

static void
say(const struct jn_salvage *s, uint64_t took_ns) {
    jn_log(
        s->lost + s->passed_over + s->unsound_workers == 0 ? JN_LOG_INFO : JN_LOG_WARNING,
        "the dataplane before was killed: %lu flows of it turned into records (%lu packets, %lu bytes); %lu found no "
        "room (%lu packets, %lu bytes); %lu passed over, for they cannot be right; it took %.3f s",
        (unsigned long)s->written, (unsigned long)s->packets, (unsigned long)s->bytes, (unsigned long)s->lost,
        (unsigned long)s->lost_packets, (unsigned long)s->lost_bytes, (unsigned long)s->passed_over,
        (double)took_ns / 1e9);
    if (s->unsound_workers != 0)
        jn_log(JN_LOG_WARNING, "of %u of its %u workers nothing can be told", s->unsound_workers, s->workers);
}

static int
salvage(const char *instance, struct jn_salvage *s) {
    struct jn_shm consumed;
    char err[JN_ERR_MAX];
    bool taken =
        jn_shm_attach(&consumed, instance, JN_REGION_CONSUMED, sizeof(struct jn_consumed_region), false, err) == 0;
    s->consumed = taken ? consumed.base : NULL;
    int rc = jn_salvage_begin(s);
    for (unsigned int w = 0; w < s->unreported->worker_count && rc == 0; w++)
        jn_salvage_worker(s, w);
    jn_salvage_end(s);
    if (taken)
        jn_shm_detach(&consumed);
    return rc;
}

void
jn_former_life_report(const char *instance, const struct jn_life *life, bool exporter) {
    struct jn_shm shms[REGIONS] = {0};
    struct jn_salvage s = {.wait = exporter};
    char err[JN_ERR_MAX];
    uint64_t began_ns = jn_clock_read(CLOCK_MONOTONIC);
    int rc = attach(instance, shms, &s, err);
    if (rc == 0) {
        // From here on a writer lives: junction-export waits for the end of the stream.
        __atomic_store_n(&jn_shm_header(&shms[RECORDS])->life, jn_life_number(life), __ATOMIC_RELEASE);
        rc = salvage(instance, &s);
        snprintf(err, sizeof(err), "no memory"); // the only reason why it could not
    }
    if (rc == 0)
        say(&s, jn_clock_read(CLOCK_MONOTONIC) - began_ns);
    else if (rc < 0)
        jn_log(JN_LOG_WARNING, "what a dataplane that was killed had not reported yet is lost: %s", err);
    leave(shms);
}
