// SPDX-License-Identifier: BSD-3-Clause
// Flows classified a second on one core, beside ndpiReader on the same capture: bench_classify CAPTURE [ROUNDS]. Prints the
// median of the rounds, what ndpiReader takes for the same, and the ratio. --list: each flow's result instead.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "applications/applications.h"
#include "bench.h"
#include "engine.h"
#include "samples_of.h"

enum { ROUNDS_MOST = 99 };

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

// One pass over all samples, by an engine that is new: as ndpiReader's is.
static uint32_t
run(const struct samples_of *samples) {
    struct jn_classify_counters counters = {0};
    static struct engine_output out;
    uint64_t begin = now_us();
    struct engine *engine = make(&counters, samples->flows);
    for (size_t i = 0; i < samples->count; i++)
        if (engine_sample_is_sound(&samples->samples[i]))
            engine_take(engine, 0, &samples->samples[i], false, &out);
    engine_free(engine);
    return (uint32_t)(now_us() - begin);
}

// The whole program, with its start and its reading of the file; it gives each flow as many packets as samples are given.
static uint32_t
run_reader(const char *capture) {
    uint64_t begin = now_us();
    pid_t child = fork();
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) != NULL)
            execlp("ndpiReader", "ndpiReader", "-q", "-T", "24", "-U", "24", "-i", capture, (char *)NULL);
        _exit(127);
    }
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
        fprintf(stderr, "bench_classify: ndpiReader failed\n");
        exit(1);
    }
    return (uint32_t)(now_us() - begin);
}

int
main(int argc, char **argv) {
    bool lists = argc > 1 && strcmp(argv[1], "--list") == 0;
    const char *capture = argc > 1 + lists ? argv[1 + lists] : NULL;
    int rounds = argc > 2 && !lists ? atoi(argv[2]) : 9;
    struct samples_of samples;
    if (capture == NULL || rounds < 1 || rounds > ROUNDS_MOST) {
        fprintf(stderr, "usage: bench_classify [--list] CAPTURE [ROUNDS]\n");
        return 2;
    }
    if (!samples_of_capture(capture, &samples) || samples.flows == 0)
        return 1;
    if (lists) {
        list(&samples);
        samples_of_free(&samples);
        return 0;
    }
    uint32_t ours[ROUNDS_MOST], readers[ROUNDS_MOST];
    for (int i = 0; i < rounds; i++) {
        ours[i] = run(&samples);
        readers[i] = run_reader(capture);
    }
    double own = samples.flows * 1e6 / bench_median(ours, (size_t)rounds);
    double reader = samples.flows * 1e6 / bench_median(readers, (size_t)rounds);
    printf("%u flows, %zu samples of %llu packets: %.0f flows/s on a core, ndpiReader %.0f, ratio %.2f\n",
           samples.flows, samples.count - samples.flows, (unsigned long long)samples.packets, own, reader,
           own / reader);
    samples_of_free(&samples);
    return 0;
}
