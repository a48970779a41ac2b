// SPDX-License-Identifier: BSD-3-Clause
// How long a worker stays away from its ports while something is changed, with a million flows: bench_rounds [FLOWS [PART [RUNS]]].
// PART: only operations with that in their name. RUNS of each: 8 at most, unless told. Each operation, beside the same run without one. The worker is the
// product's, at full rate between ports that are rings.
// Other work of the machine must not be taken for the worker's. So times are CPU time of its thread between two polls of one
// queue; as root, nothing else runs on its core while it is measured; each run is repeated, and the best run stands in
// the table, what the operation needs; beside its longest round the longest of all. Interrupts of the kernel stay in.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "core/tx.h"
#include "flow.h"
#include "rounds_world.h"

enum {
    ROUNDS = 6,
    MEASURED_MS = 500,
    SLICE_MS = 450,
    RULES = 1000,
    RELOADS = 200,
    MANY = 1000,
    HOUR = 3600,
    IDLE = 600
};

static unsigned int runs = ROUNDS;

#define TWO   "{\"id\":\"bench\"},{\"id\":\"five\",\"vlan\":5}"
#define ONE   "{\"id\":\"bench\"}"
#define THREE TWO ",{\"id\":\"six\",\"vlan\":6}"
#define FOUR  THREE ",{\"id\":\"seven\",\"vlan\":7}"
#define OTHER                                                                                                          \
    "{\"id\":\"bench\"},{\"id\":\"other\",\"vlan\":5},{\"id\":\"six\",\"vlan\":6},{\"id\":\"seven\",\"vlan\":7}"
#define OTHERS "{\"id\":\"a\"},{\"id\":\"b\",\"vlan\":5}"
#define RULE                                                                                                           \
    "{\"id\":\"bench\",\"rules\":[{\"match\":{\"protocol\":\"tcp\"},\"drop\":true}]},{\"id\":\"five\",\"vlan\":5}"
#define PEER "{\"id\":\"bench\",\"mirroring\":{\"peers\":[{\"address\":\"198.18.0.10\"}]}},{\"id\":\"five\",\"vlan\":5}"
#define GATE_OF(rest)                                                                                                  \
    "{\"id\":\"bench\",\"device_subnets\":[\"10.0.0.0/8\"],\"gate\":{\"address\":\"10.0.0.1/24\",\"peers\":["          \
    "{\"outer\":\"198.18.0.20\",\"inner\":\"10.0.0.2\"},{\"outer\":\"198.18.0.21\",\"inner\":\"10.0.0.3\"}]}" rest     \
    "},{\"id\":\"five\",\"vlan\":5}"
#define GATE GATE_OF("")
#define REDIRECTED                                                                                                     \
    GATE_OF(",\"redirection\":{\"gateway\":\"10.0.0.2\",\"standby\":\"10.0.0.3\",\"on_failure\":\"standby\","          \
            "\"probe\":{\"interval_ms\":10,\"lost\":1,\"answers\":1}}")

// Of so many rules, of which the flows of the benchmark match none.
static char rules_a[RULES * 128], rules_b[RULES * 128], many_a[MANY * 192], many_b[MANY * 192];

struct operation {
    const char *name, *before, *after; // VPGs; after: NULL for none
    unsigned int interval_s;
    void (*act)(void), (*undo)(void); // beside the policy, or NULL
    unsigned int vlans;               // of the flows
    unsigned int slices;              // that it is measured for; 0: one
};

static void
expire(void) {
    __atomic_store_n(&world.flows, WORLD_FEW, __ATOMIC_RELAXED);
    world_bring(TWO, HOUR, 1);
}

static void
all_flows(void) {
    __atomic_store_n(&world.flows, WORLD_ALL, __ATOMIC_RELAXED);
}

static void
flood(void) {
    __atomic_store_n(&world.flows, WORLD_NEW, __ATOMIC_RELAXED);
}

static void
fail_over(void) {
    __atomic_store_n(&world.gateway_up, 2, __ATOMIC_RELAXED);
}

static void
gateways_back(void) {
    __atomic_store_n(&world.gateway_up, 3, __ATOMIC_RELAXED);
}

static void
exporter_goes(void) {
    __atomic_store_n(&world.exporter_away, 1, __ATOMIC_RELEASE);
}

static void
exporter_comes(void) {
    __atomic_store_n(&world.exporter_away, 0, __ATOMIC_RELEASE);
}

static int
ascending(const void *a, const void *b) {
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

// Prints by itself how long each took.
static void
reload_often(void) {
    double ms[RELOADS];
    for (unsigned int i = 0; i < RELOADS; i++) {
        ms[i] = world_bring(i % 2 == 0 ? rules_a : rules_b, HOUR, IDLE);
        if (i % 20 != 0)
            continue;
        world_alone(false); // else the kernel would take the core away for a while, once a second
        world_wait_ms(100);
        world_alone(true);
    }
    qsort(ms, RELOADS, sizeof(double), ascending);
    printf("  %u reloads of %u rules: in force after %.2f ms in the middle, %.2f at most\n", RELOADS, RULES,
           ms[RELOADS / 2], ms[RELOADS - 1]);
}

// As port/port_life.c has workers leave a port.
static void
port_goes(void) {
    __atomic_store_n(&world.app.ports[1].state, JN_PORT_GONE, __ATOMIC_RELEASE);
}

static void
port_comes(void) {
    __atomic_store_n(&world.app.ports[1].state, JN_PORT_UP, __ATOMIC_RELEASE);
}

static void
classifier_comes(void) {
    world_classifier(true);
}

static void
classifier_goes(void) {
    world_classifier(false);
}

// As junctionctl reads the table.
static void
show_flows(void) {
    const struct jn_app *app = &world.app;
    struct jn_flow_entry copy;
    uint64_t seen = 0;
    for (uint32_t flow_idx = 0; flow_idx < world.count; flow_idx++)
        seen += jn_flow_snapshot(app->flows, app->flows_shm.size, 0, flow_idx, &copy);
    if (seen == 0)
        world_stop_with("no flow is shown");
}

static const struct operation operations[] = {
    {"nothing", TWO, NULL, HOUR, NULL, NULL, 0, 0},
    {"an interval ends", TWO, NULL, 1, NULL, NULL, 0, 3},
    {"an interval ends, 1,000 VPGs", many_a, NULL, 1, NULL, NULL, MANY, 3},
    {"reload: nothing is changed", TWO, TWO, HOUR, NULL, NULL, 0, 0},
    {"reload: a rule is changed", TWO, RULE, HOUR, NULL, NULL, 0, 0},
    {"reload: 1,000 rules become others", rules_a, rules_b, HOUR, NULL, NULL, 0, 0},
    {"reload: 1,000 VPGs, each other rules", many_a, many_b, HOUR, NULL, NULL, MANY, 0},
    {"reload, reload, ...", TWO, NULL, HOUR, reload_often, NULL, 0, 0},
    {"reload: all VPGs are others", TWO, OTHERS, HOUR, NULL, NULL, 0, 0},
    {"a VPG is added", TWO, THREE, HOUR, NULL, NULL, 0, 0},
    {"a VPG is removed", TWO, ONE, HOUR, NULL, NULL, 0, 0},
    {"a VPG returns", ONE, TWO, HOUR, NULL, NULL, 0, 0},
    {"a VPG is removed, another gets its index", FOUR, OTHER, HOUR, NULL, NULL, 0, 0},
    {"1,000 VPGs leave", many_a, TWO, HOUR, NULL, NULL, MANY, 2},
    {"a mirroring peer is added", TWO, PEER, HOUR, NULL, NULL, 0, 0},
    {"a mirroring peer is removed", PEER, TWO, HOUR, NULL, NULL, 0, 0},
    {"a gate is opened", TWO, GATE, HOUR, NULL, NULL, 0, 0},
    {"a gate is closed", GATE, TWO, HOUR, NULL, NULL, 0, 0},
    {"the gateway fails, the standby takes over", REDIRECTED, NULL, HOUR, fail_over, gateways_back, 0, 0},
    {"all flows are idle", TWO, NULL, HOUR, expire, all_flows, 0, 8},
    {"a flood of new flows fills the table", TWO, NULL, HOUR, flood, all_flows, 0, 6},
    {"a port goes", TWO, NULL, HOUR, port_goes, port_comes, 0, 0},
    {"the classifier comes", TWO, NULL, HOUR, classifier_comes, classifier_goes, 0, 0},
    {"the exporter is away, intervals end", TWO, NULL, 1, exporter_goes, exporter_comes, 0, 6},
    {"flows are shown", TWO, NULL, HOUR, show_flows, NULL, 0, 0},
};

// What was measured, over all runs of an operation.
struct result {
    struct rounds_figures best; // each of the run where it was least
    double longest_us, in_force_ms[ROUNDS];
    uint32_t rounds, taken;
    uint64_t lost;
};

static double
least(bool first, double before, double now) {
    return first || now < before ? now : before;
}

static double
measure(const struct operation *operation, struct result *result) {
    const struct jn_worker_counters *c = &world.app.counters->workers[0];
    double in_force_ms = 0;
    world.vlans = operation->vlans;
    world_bring(operation->before, operation->interval_s, IDLE);
    world_settle();
    uint64_t lost = c->exceptions[JN_EXCEPTION_RECORD_LOST];
    rounds_begin(&world.gaps);
    for (unsigned int slice = 0; slice < (operation->slices == 0 ? 1 : operation->slices); slice++) {
        world_alone(true);
        if (slice == 0 && operation->after != NULL)
            in_force_ms = world_bring(operation->after, operation->interval_s, IDLE);
        if (slice == 0 && operation->act != NULL)
            operation->act();
        world_wait_ms(operation->slices == 0 ? MEASURED_MS : SLICE_MS);
        world_alone(false);
    }
    rounds_end(&world.gaps);
    if (operation->undo != NULL)
        operation->undo();
    struct rounds_figures figures = rounds_figures(&world.gaps);
    bool first = result->rounds == 0;
    result->best.p50_us = least(first, result->best.p50_us, figures.p50_us);
    result->best.p999_us = least(first, result->best.p999_us, figures.p999_us);
    result->best.longest_us = least(first, result->best.longest_us, figures.longest_us);
    result->longest_us = figures.longest_us > result->longest_us ? figures.longest_us : result->longest_us;
    result->rounds += world.gaps.count;
    result->taken += world.gaps.taken;
    result->lost += c->exceptions[JN_EXCEPTION_RECORD_LOST] - lost;
    return in_force_ms;
}

static void
print(const struct operation *operation, struct result *result) {
    qsort(result->in_force_ms, runs, sizeof(double), ascending);
    printf("%-42s%8.1f%8.1f%9.1f%9.1f%9u%8u", operation->name, result->best.p50_us, result->best.p999_us,
           result->best.longest_us, result->longest_us, result->rounds, result->taken);
    if (operation->after != NULL)
        printf("%9.2f%9.2f", result->in_force_ms[runs / 2], result->in_force_ms[runs - 1]);
    else
        printf("%9s%9s", "-", "-");
    printf("%9lu\n", (unsigned long)result->lost);
    fflush(stdout);
}

// Of one VPG, or of many with a rule each.
static void
write_policies(void) {
    char *a = rules_a + sprintf(rules_a, "{\"id\":\"bench\",\"rules\":[");
    char *b = rules_b + sprintf(rules_b, "{\"id\":\"bench\",\"rules\":[");
    const char *rule =
        "%s{\"match\":{\"remote\":\"%u.%u.%u.0/24\",\"protocol\":\"tcp\",\"remote_ports\":[%u]},\"drop\":true}";
    for (unsigned int i = 0; i < RULES; i++) {
        const char *comma = i == 0 ? "" : ",";
        a += sprintf(a, rule, comma, 20 + i % 50, i / 250, i % 250, 1 + i);
        b += sprintf(b, rule, comma, 20 + i % 50, i / 250, i % 250, 2000 + i);
    }
    sprintf(a, "]},{\"id\":\"five\",\"vlan\":5}");
    sprintf(b, "]},{\"id\":\"five\",\"vlan\":5}");
    const char *vpg = "%s{\"id\":\"v%u\",\"vlan\":%u,\"rules\":[{\"match\":{\"remote\":\"20.0.%u.0/24\","
                      "\"protocol\":\"tcp\"},\"drop\":true}]}";
    a = many_a, b = many_b;
    for (unsigned int i = 0; i < MANY; i++) {
        a += sprintf(a, vpg, i == 0 ? "" : ",", i, i + 1, i % 250);
        b += sprintf(b, vpg, i == 0 ? "" : ",", i, i + 1, (i + 1) % 250);
    }
}

int
main(int argc, char **argv) {
    if (argc > 3 && strtoul(argv[3], NULL, 10) - 1 < ROUNDS)
        runs = (unsigned int)strtoul(argv[3], NULL, 10);
    write_policies();
    world_make(argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000);
    printf("with %u flows: microseconds from poll to poll, rounds, those that the core was taken away from, and "
           "milliseconds from a policy's publication until it is in force\n",
           world.count);
    printf("%-42s%8s%8s%9s%9s%9s%8s%9s%9s%9s\n", "operation", "p50", "p99.9", "longest", "of all", "rounds", "taken",
           "in force", "longest", "lost");
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        struct result result = {0};
        if (argc > 2 && strstr(operations[i].name, argv[2]) == NULL)
            continue;
        for (unsigned int round = 0; round < runs; round++)
            result.in_force_ms[round] = measure(&operations[i], &result);
        print(&operations[i], &result);
    }
    world_remove();
    return 0;
}
