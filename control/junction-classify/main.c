// SPDX-License-Identifier: BSD-3-Clause
// junction-classify: tells the applications of flows by their first packets. nDPI, a large parser of what strangers send,
// runs here and nowhere else: when it crashes, names are missing, and nothing else.
// The main thread looks after regions, the others after samples.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "classify_confine.h"
#include "classify_options.h"
#include "classify_regions.h"
#include "classify_threads.h"
#include "log.h"
#include "privilege.h"

enum { LOOK_MS = 50, NO_SOURCE_MS = 20, END_LOOKS = 50 };

struct classify {
    struct classify_options options;
    struct classify_regions regions;
    struct classify_threads threads;
};

static volatile sig_atomic_t stop;

static void
on_signal(int number) {
    (void)number;
    stop = 1;
}

static void
wait_ms(long ms) {
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

static int
make_lanes(struct classify *c, char err[JN_ERR_MAX]) {
    c->threads.count = c->options.threads;
    for (unsigned int t = 0; t < c->options.threads; t++) {
        struct classify_lane *lane = &c->threads.threads[t].lane;
        classify_lane_open(lane, c->regions.classified, c->regions.annotations, t);
        lane->engine = engine_make(c->options.flows / c->options.threads, &c->regions.classified->counters[t], err);
        if (lane->engine == NULL)
            return -1;
    }
    return 0;
}

// nDPI is loaded before files and calls are given up: after that it has nothing to open.
static int
confine_and_start(struct classify *c, char err[JN_ERR_MAX]) {
    int rc = classify_confine_files(c->options.instance, err);
    if (rc == 0 && (rc = classify_threads_start(&c->threads)) < 0)
        snprintf(err, JN_ERR_MAX, "a thread cannot be started: %s", strerror(-rc));
    return rc == 0 ? classify_confine_calls(err) : rc;
}

static bool
open_all(struct classify *c) {
    char err[JN_ERR_MAX] = "";
    int rc = jn_privilege_begin(err);
    if (rc == 0 && c->options.config_file != NULL && classify_options_load(&c->options) < 0)
        return false;
    if (rc == 0)
        rc = jn_instance_make(c->options.instance, false, err);
    if (rc == 0)
        rc = classify_confine_user(err);
    if (rc == 0)
        rc = classify_regions_make(&c->regions, c->options.instance, c->options.threads, c->options.flows, err);
    if (rc == 0)
        rc = make_lanes(c, err);
    if (rc == 0)
        rc = confine_and_start(c, err);
    if (rc < 0)
        jn_log(JN_LOG_ERROR, "%s", err);
    return rc == 0;
}

// The next one begins behind the sample that this one is at. The kernel frees all that is here.
static void
end_hanging(struct classify_threads *threads) {
    if (!classify_threads_hang(threads))
        return;
    jn_log(JN_LOG_ERROR, "a thread does not come back from a sample: ended");
    abort();
}

// Until nothing is left of what `left` counts, for a second at most.
static void
drain(struct classify *c, uint64_t (*left)(const struct classify_regions *regions)) {
    for (int i = 0; i < END_LOOKS && left(&c->regions) > 0; i++) {
        end_hanging(&c->threads);
        wait_ms(NO_SOURCE_MS);
    }
}

// What a dataplane that has gone wrote at its end is looked at before its region is left.
static bool
look_around(struct classify *c, bool serves) {
    enum classify_change change = classify_regions_look(&c->regions);
    if (change == CLASSIFY_SAME)
        return serves;
    if (serves && change == CLASSIFY_OTHER_SAMPLES)
        drain(c, classify_regions_samples_left);
    classify_threads_pause(&c->threads);
    end_hanging(&c->threads);
    serves = classify_regions_follow(&c->regions, change);
    if (serves)
        classify_threads_serve(&c->threads, &c->regions.source, change == CLASSIFY_OTHER_SAMPLES);
    return serves;
}

static void
serve(struct classify *c) {
    for (bool serves = false; !stop;) {
        serves = look_around(c, serves);
        end_hanging(&c->threads);
        wait_ms(serves ? LOOK_MS : NO_SOURCE_MS);
    }
}

static void
close_all(struct classify *c) {
    drain(c, classify_regions_samples_left);
    classify_threads_pause(&c->threads);
    end_hanging(&c->threads);
    classify_threads_end(&c->threads);
    drain(c, classify_regions_texts_left);
    classify_regions_close(&c->regions);
    for (unsigned int t = 0; t < c->threads.count; t++)
        engine_free(c->threads.threads[t].lane.engine);
}

int
main(int argc, char **argv) {
    static struct classify c;
    const struct sigaction action = {.sa_handler = on_signal};
    jn_log_open("junction-classify");
    classify_options_parse(&c.options, argc, argv);
    signal(SIGPIPE, SIG_IGN); // who reads the log may end
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (!open_all(&c))
        return 1;
    serve(&c);
    close_all(&c);
    return 0;
}
