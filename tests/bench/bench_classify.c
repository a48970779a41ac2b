// SPDX-License-Identifier: BSD-3-Clause
// Flows classified a second on one core, beside ndpiReader on the same capture in the same run: bench_classify CAPTURE COPIES.
// The capture is repeated, each time between other hosts; medians of several rounds. --list: each flow's result instead.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "applications/applications.h"
#include "bench.h"
#include "copies.h"
#include "engine.h"
#include "samples_of.h"

enum { ROUNDS = 5 };

static uint64_t
now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static struct engine *
make(struct jn_classify_counters *counters, uint32_t flows) {
    char err[JN_ERR_MAX];
    struct engine *engine = engine_make(flows, counters, err);
    if (engine != NULL)
        return engine;
    fprintf(stderr, "bench_classify: %s\n", err);
    exit(1);
}

static void
print(const struct jn_sample *sample, const struct jn_answer *answer) {
    const struct jn_application *app = jn_application_by_number(answer->application),
                                *master = jn_application_by_number(answer->master);
    for (int end = 0; end < 2; end++) {
        char address[INET6_ADDRSTRLEN];
        inet_ntop(sample->family == 4 ? AF_INET : AF_INET6, sample->address[end ^ sample->initiator_b], address,
                  sizeof(address));
        printf("%s %u ", address, sample->port[end ^ sample->initiator_b]);
    }
    printf("%u %s%s%s %s %llx %.*s\n", sample->protocol, answer->master != 0 ? master->name : "",
           answer->master != 0 ? "." : "", app->name, jn_confidence_name(answer->confidence),
           (unsigned long long)answer->risks, answer->name_length, answer->name);
}

static void
list(const struct samples_of *samples) {
    struct jn_classify_counters counters = {0};
    struct engine *engine = make(&counters, samples->flows);
    static struct engine_output out;
    for (size_t i = 0; i < samples->count; i++) {
        const struct jn_sample *sample = &samples->samples[i];
        if (!engine_sample_is_sound(sample)) {
            printf("sample %zu is refused\n", i);
            continue;
        }
        engine_take(engine, 0, sample, true, &out);
        for (unsigned int a = 0; a < out.annotation_count; a++)
            printf("  %u: %u %s\n", out.annotations[a].flow.flow_idx, out.annotations[a].kind, out.annotations[a].text);
        if (sample->kind == JN_SAMPLE_END)
            print(sample, &out.answer);
    }
#define X(member, text) printf("%s %llu\n", #member, (unsigned long long)counters.member);
    JN_CLASSIFY_COUNTERS(X)
#undef X
    engine_free(engine);
}

// One pass over all samples, by an engine that is new: its caches are empty as ndpiReader's are.
static uint32_t
run(const struct samples_of *samples) {
    struct jn_classify_counters counters = {0};
    static struct engine_output out;
    struct engine *engine = make(&counters, samples->flows);
    uint64_t begin = now_us();
    for (size_t i = 0; i < samples->count; i++)
        if (engine_sample_is_sound(&samples->samples[i]))
            engine_take(engine, 0, &samples->samples[i], false, &out);
    uint32_t us = (uint32_t)(now_us() - begin);
    engine_free(engine);
    return us;
}

// What ndpiReader says it took for the packets, without its start. It gives nDPI as many of each flow as samples are given.
static uint32_t
run_reader(const char *capture) {
    char command[256], line[256];
    unsigned int ms = 0;
    snprintf(command, sizeof(command), "ndpiReader -T 24 -U 24 -v 0 -i %s", capture);
    FILE *reader = popen(command, "r");
    while (reader != NULL && fgets(line, sizeof(line), reader) != NULL)
        sscanf(line, " Packet Processing Time: %u msec", &ms);
    if (reader == NULL || pclose(reader) != 0 || ms == 0) {
        fprintf(stderr, "bench_classify: ndpiReader failed, or was too fast to tell\n");
        exit(1);
    }
    return ms * 1000;
}

static void
compare(const struct samples_of *samples, const char *capture) {
    uint32_t own[ROUNDS], reader[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        own[i] = run(samples);
        reader[i] = run_reader(capture);
    }
    double rate = samples->flows * 1e6 / bench_median(own, ROUNDS);
    double reader_rate = samples->flows * 1e6 / bench_median(reader, ROUNDS);
    printf("%u flows, %zu samples of %llu packets: %.0f flows/s on a core, ndpiReader %.0f, ratio %.2f\n",
           samples->flows, samples->count - samples->flows, (unsigned long long)samples->packets, rate, reader_rate,
           rate / reader_rate);
}

int
main(int argc, char **argv) {
    bool lists = argc == 3 && strcmp(argv[1], "--list") == 0;
    int copies = argc == 3 && !lists ? atoi(argv[2]) : 1;
    char path[64];
    struct samples_of samples;
    if (argc != 3 || copies < 1 || copies > 65535) {
        fprintf(stderr, "usage: bench_classify CAPTURE COPIES\n       bench_classify --list CAPTURE\n");
        return 2;
    }
    if (!lists && !copies_write(argv[1], (unsigned int)copies, path))
        return 1;
    bool read = samples_of_capture(lists ? argv[2] : path, &samples) && samples.flows > 0;
    if (read && lists)
        list(&samples);
    else if (read)
        compare(&samples, path);
    if (!lists)
        unlink(path);
    samples_of_free(&samples);
    return read ? 0 : 1;
}
