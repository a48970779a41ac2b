// SPDX-License-Identifier: BSD-3-Clause
// An exporter that is killed loses nothing and falsifies nothing: killed at any instruction of taking a record, and
// killed again and again while it writes to a file.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "export_records.h"
#include "protocols.h"
#include "random.h"
#include "test.h"

enum { RING = 4096, FLOWS = 4096, INTERVALS = 5, FLOW_RECORDS = 300, WORKERS = 2 };

static char instance[JN_INSTANCE_MAX];
static struct jn_shm records;
static struct jn_records_region *region;
static uint64_t seed = RANDOM_SEED;

static uint64_t
random_word(void) {
    return random_next(&seed);
}

// What the child does under the eyes of its parent: records that make an interval, a VPG, a flow; add; turn out to be of
// another application, or another flow of the same ends; end an interval.
static const struct jn_record *
step_records(unsigned int *count) {
    static struct jn_record list[8];
    list[0] = udp_record(0, 0, 5, 40000, 53, 2);
    list[1] = udp_record(0, 0, 5, 40000, 53, 7);
    list[1].flow.application = 91;
    list[1].flow.application_confidence = 4;
    list[1].flow.flags |= JN_APPLICATION_DECIDED_PHASE << JN_FLOW_APPLICATION_SHIFT;
    list[2] = udp_record(0, 0, 5, 40000, 53, 4);
    list[2].flow.version = 2;
    list[3] = blank_record(JN_RECORD_VPG_INTERVAL, 0, 0);
    list[3].counters[0] = 11;
    list[4] = blank_record(JN_RECORD_INTERVAL_END, 0, 0);
    list[5] = udp_record(0, 1, 6, 40000, 53, 1);
    list[6] = returned_record(0, 1, 7, 40000, 53, 1);
    list[7] = blank_record(JN_RECORD_END_OF_STREAM, 0, 1);
    *count = 8;
    for (unsigned int i = 0; i < *count; i++)
        list[i].sequence = i;
    return list;
}

static void
take_all(struct aggregator *aggregator) {
    unsigned int count;
    const struct jn_record *list = step_records(&count);
    for (unsigned int i = 0; i < count; i++)
        if (aggregate_record(aggregator, 0, i, &list[i]) != 0)
            _exit(3);
}

static void
open_aggregator(struct aggregator *aggregator) {
    static const uint64_t tails[1], heads[1] = {1000};
    char err[JN_ERR_MAX];
    if (aggregate_open(aggregator, instance, 64, err) < 0 || !aggregate_attach(aggregator, 1, 1, tails, heads))
        _exit(4);
}

static void
child_to_be_stepped(void) {
    struct aggregator aggregator;
    open_aggregator(&aggregator);
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    take_all(&aggregator);
    for (int interval_idx; (interval_idx = aggregate_complete(&aggregator)) >= 0;)
        aggregate_close_interval(&aggregator, (unsigned int)interval_idx);
    _exit(0);
}

// Let a child go `steps` instructions far, and kill it there. False when it ended before; *done: how far it came.
static bool
kill_after(uint64_t steps, uint64_t *done) {
    int status;
    pid_t pid = fork();
    if (pid == 0)
        child_to_be_stepped();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSTOPPED(status));
    for (*done = 0; *done < steps; ++*done) {
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            return false;
        }
    }
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return true;
}

static void
check_sums(const struct aggregator *aggregator, int interval_idx, uint64_t packets, uint64_t counted) {
    const struct state_vpg *vpg = &aggregator->state.tables[interval_idx].vpgs[0];
    const struct state_interval *interval = &aggregator->state.region->intervals[interval_idx];
    uint64_t of_applications = 0, flows = 0;
    for (unsigned int i = 0; i < JN_APPLICATION_NUMBERS; i++) {
        of_applications += vpg->applications[i].packets;
        flows += vpg->applications[i].flows;
    }
    assert_int_equal(flows, 1);
    assert_int_equal(vpg->applications[91].packets, counted != 0 ? 11 : 0);
    assert_int_equal(interval->vpg_count, 1);
    assert_int_equal(interval->flow_count, 1);
    assert_int_equal(interval->lost, 0);
    assert_int_equal(vpg->flows, 1);
    assert_int_equal(vpg->counters[0], counted);
    assert_int_equal(of_applications, packets);
    assert_int_equal(aggregator->state.tables[interval_idx].flows[0].packets, packets);
}

static void
test_killed_at_any_instruction(void **state) {
    (void)state;
    uint64_t total, done;
    random_instance(instance);
    kill_after(UINT64_MAX, &total);
    assert_true(total > 1000);
    // Sanitizers make the way longer: fewer kills then.
    for (uint64_t round = 0; round < 400000 / total + 10; round++) {
        struct aggregator aggregator;
        kill_after(random_word() % total, &done);
        open_aggregator(&aggregator);
        uint64_t closed = aggregator.state.region->last_closed.number;
        take_all(&aggregator);
        for (int n = (int)closed; n < 2; n++) {
            int interval_idx = aggregate_complete(&aggregator);
            assert_true(interval_idx >= 0);
            check_sums(&aggregator, interval_idx, n == 0 ? 16 : 2, n == 0 ? 11 : 0);
            aggregate_close_interval(&aggregator, (unsigned int)interval_idx);
        }
        assert_int_equal(aggregate_in_use(&aggregator), 0);
        aggregate_close(&aggregator, true);
    }
}

// The whole exporter into a file, until everything is delivered; killed by its own timer before, if it is `mortal`.
static void
child_exporter(const char *path, bool mortal, uint64_t life_ns) {
    struct aggregator aggregator;
    struct names names;
    struct drain drain;
    char err[JN_ERR_MAX];
    struct jn_config_sink config = {.max_mb = 1000, .keep = 1};
    snprintf(config.path, sizeof(config.path), "%s", path);
    if (mortal) {
        timer_t timer;
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
        struct itimerspec life = {.it_value = {.tv_nsec = (long)life_ns}};
        if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 || timer_settime(timer, 0, &life, NULL) < 0)
            _exit(2);
    }
    static struct jn_sink_view view = {.name = "file"};
    struct lane_options options = {
        .config = &config, .type = &sink_file, .node = "edge-1", .instance = instance, .view = &view};
    struct delivery delivery = {0};
    if (delivery_open(&delivery, &options, 1, err) < 0 || aggregate_open(&aggregator, instance, FLOWS, err) < 0)
        _exit(5);
    names_open(&names, instance);
    drain_open(&drain, instance, &aggregator, &delivery, "edge-1", &names);
    if (drain_attach(&drain, err) != 0)
        _exit(6);
    while (drain_step(&drain) > 0 || !drain_empty(&drain) || !drain_released(&drain) ||
           aggregate_in_use(&aggregator) != 0)
        ;
    drain_close(&drain);
    delivery_close(&delivery);
    aggregate_close(&aggregator, true);
    _exit(0);
}

// Known sums: of each interval, packets of all flow records, which are the counters' too.
static uint64_t
write_records(void) {
    uint64_t packets = 0;
    for (int interval = 0; interval < INTERVALS; interval++)
        for (unsigned int w = 0; w < WORKERS; w++) {
            struct jn_record counters = blank_record(JN_RECORD_VPG_INTERVAL, w, interval);
            for (uint16_t n = 0; n < FLOW_RECORDS; n++) {
                struct jn_record r = udp_record(w, interval, (uint8_t)w, n % 200, 53, 1 + n % 3);
                counters.counters[0] += r.flow.packets[0] + r.flow.packets[1];
                assert_true(push(region, w, r));
            }
            packets += counters.counters[0];
            assert_true(push(region, w, counters));
            assert_true(push(region, w, blank_record(JN_RECORD_INTERVAL_END, w, interval)));
        }
    return packets;
}

// Documents by event.id: of two with one id, both say the same.
static json_t *
read_documents(const char *path, unsigned int *repeated) {
    json_t *by_id = json_object();
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *line = NULL;
    size_t size = 0;
    *repeated = 0;
    while (getline(&line, &size, file) > 0) {
        json_t *document = json_loads(line, 0, NULL);
        if (document == NULL)
            fail_msg("not whole: %s", line);
        json_t *known = json_object_get(by_id, text_at(document, "event/id"));
        *repeated += known != NULL;
        if (known != NULL)
            assert_true(json_equal(known, document));
        json_object_set_new(by_id, text_at(document, "event/id"), document);
    }
    free(line);
    fclose(file);
    return by_id;
}

static void
check_documents(const char *path, uint64_t packets, unsigned int *repeated) {
    json_t *by_id = read_documents(path, repeated), *document;
    const char *id;
    uint64_t flow_packets = 0, counted = 0, detected = 0, flows = 0;
    json_object_foreach(by_id, id, document) {
        if (strcmp(text_at(document, "event/dataset"), "junction.flow") == 0) {
            flow_packets += (uint64_t)number_at(document, "network/packets");
            continue;
        }
        counted += (uint64_t)number_at(document, "traffic.statistics/total.packets");
        flows += (uint64_t)number_at(document, "traffic.statistics/unique.flows");
        detected += (uint64_t)number_at(json_array_get(json_object_get(document, "detected.protos"), 0), "packets");
        assert_null(json_object_get(document, "junction.records_lost"));
    }
    assert_int_equal(json_object_size(by_id), INTERVALS * (WORKERS * FLOW_RECORDS + 1));
    assert_int_equal(flow_packets, packets);
    assert_int_equal(counted, packets);
    assert_int_equal(detected, packets);
    assert_int_equal(flows, INTERVALS * WORKERS * 200);
    json_decref(by_id);
}

static void
test_killed_again_and_again(void **state) {
    (void)state;
    unsigned int kills = 0, repeated = 0;
    char path[] = "/tmp/junction-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (int round = 0; round < 4; round++) {
        unsigned int again;
        random_instance(instance);
        region = make_records(&records, instance, WORKERS, RING);
        uint64_t packets = write_records();
        for (int life = 0;; life++) {
            int status;
            pid_t pid = fork();
            if (pid == 0)
                child_exporter(path, life < 60, 50000 + random_word() % (300000 * (1 + (uint64_t)life)));
            assert_int_equal(waitpid(pid, &status, 0), pid);
            if (WIFEXITED(status)) {
                assert_int_equal(WEXITSTATUS(status), 0);
                break;
            }
            assert_int_equal(WTERMSIG(status), SIGKILL);
            kills++;
        }
        check_documents(path, packets, &again);
        repeated += again;
        jn_shm_remove(&records);
        assert_int_equal(truncate(path, 0), 0);
    }
    unlink(path);
    printf("killed %u times; %u documents were written twice\n", kills, repeated);
    assert_true(kills > 10);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_any_instruction),
        cmocka_unit_test(test_killed_again_and_again),
    };
    protocols_init();
    return cmocka_run_group_tests_name("export crash", tests, make_run_directory, remove_run_directory);
}
