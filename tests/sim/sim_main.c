// SPDX-License-Identifier: BSD-3-Clause
// sim [SEED [COUNT]]: the exporter in a simulated world, for COUNT seeds from SEED on. Every record that left its ring is
// with each sink, or is counted as lost there; none comes out of order; what is counted lost is lost. A seed that fails is
// printed, and repeats.
#include <stdarg.h>

#include "export_records.h"
#include "protocols.h"
#include "sim.h"

enum { RING = 256, WORKERS = 2, FLOWS = 1024, STEPS = 1500, PER_INTERVAL = 400 };

enum plan { KILLS, POWER_CUTS, DAMAGE, SMALL_SPOOL, FULL_DISK, PLANS };
static const char *const plan_names[PLANS] = {"kills", "power cuts", "damage", "small spools", "full disk"};

static char instance[JN_INSTANCE_MAX];
static struct jn_shm records;
static struct jn_records_region *region;
static struct aggregator aggregator;
static struct names names;
static struct drain drain;
static struct delivery delivery;
static struct jn_sink_view views[SIM_SINKS];
static struct jn_config_sink configs[SIM_SINKS];
static const struct sink_type *types[SIM_SINKS];
static uint64_t given_up_before[SIM_SINKS]; // records, counted by views that a reset took
static bool running;
static FILE *out; // the log is not wanted, unless SIM_LOG is set
static enum plan plan;
static bool kills;                          // the exporter is killed now and then
static uint64_t made;                       // records
static uint64_t ring_record[WORKERS][RING]; // number of the record at a position; UINT64_MAX: none
static bool may_be_missing[SIM_RECORDS];    // the machine was reset while it was in memory alone
static uint64_t interval_records;
static int interval;
static uint64_t boot_of_machine;

static void wrong(uint64_t seed, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
static void
wrong(uint64_t seed, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(out, "seed %lu (%s): ", (unsigned long)seed, plan_names[plan]);
    vfprintf(out, format, arguments);
    fprintf(out, "\n");
    exit(1);
}

static void
start(uint64_t seed) {
    char err[JN_ERR_MAX];
    struct lane_options options[SIM_SINKS];
    static char directories[SIM_SINKS][64];
    sim_faults.dead = false;
    if (plan == SMALL_SPOOL)
        configs[0].spool.max_mb = 1 + (uint32_t)sim_below(3);
    for (unsigned int i = 0; i < SIM_SINKS; i++) {
        snprintf(directories[i], sizeof(directories[i]), "/spool/%u", i);
        snprintf(views[i].name, sizeof(views[i].name), "sink-%u", i);
        options[i] = (struct lane_options){.config = &configs[i],
                                           .type = types[i],
                                           .node = "edge-1",
                                           .instance = instance,
                                           .spool_directory = configs[i].spool.enabled ? directories[i] : NULL,
                                           .view = &views[i]};
    }
    if (aggregate_open(&aggregator, instance, FLOWS, err) < 0)
        wrong(seed, "%s", err);
    delivery = (struct delivery){0};
    if (delivery_open(&delivery, options, SIM_SINKS, err) < 0) {
        delivery_close(&delivery);
        aggregate_close(&aggregator, false);
        return; // a disk that fails: the next start may do
    }
    names_open(&names, instance);
    drain_open(&drain, instance, &aggregator, &delivery, "edge-1", &names);
    drain_attach(&drain, err);
    running = true;
}

static void
stop(bool killed) {
    if (!running)
        return;
    if (killed)
        sim_disk_killed();
    delivery_close(&delivery);
    drain_close(&drain);
    aggregate_close(&aggregator, false);
    names_close(&names);
    running = false;
}

static void
new_rings(void) {
    region = make_records(&records, instance, WORKERS, RING);
    memset(ring_record, 0xff, sizeof(ring_record));
    interval = 0;
    interval_records = 0;
}

// Places of a ring that are free, by what the exporter has said.
static uint64_t
room_in_ring(unsigned int w) {
    struct jn_ring *ring = &region->rings[w];
    if (running)
        jn_ring_believe(ring, &((const struct jn_consumed_region *)drain.consumed.base)->rings[w], region->header.boot);
    return RING - (ring->head - ring->tail);
}

// Which records no exporter had in a safe place: those that are in the rings.
static void
note_rings(void) {
    for (unsigned int w = 0; w < WORKERS; w++) {
        ask_consumer(region, w);
        for (uint64_t at = region->rings[w].tail; at != region->rings[w].head; at++)
            if (ring_record[w][at % RING] != UINT64_MAX)
                may_be_missing[ring_record[w][at % RING]] = true;
    }
}

static void
power_cut(void) {
    note_rings();
    stop(true);
    sim_disk_power_cut();
    jn_shm_remove(&records);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s/%s/export", jn_run_directory(), instance);
    if (system(command) != 0)
        abort();
    for (unsigned int i = 0; i < SIM_SINKS; i++) {
        given_up_before[i] += views[i].lost[JN_SINK_LOSS_MEMORY_FULL].records; // the log has it
        views[i] = (struct jn_sink_view){0};
    }
    boot_of_machine++;
    char err[JN_ERR_MAX];
    if (jn_instance_make(instance, false, err) < 0)
        abort();
    new_rings();
}

static void
push_flow(void) {
    unsigned int worker = (unsigned int)(made % SIM_DEVICES % WORKERS);
    struct jn_record r = udp_record(worker, interval, (uint8_t)(made % SIM_DEVICES), 40000, 53, 1 + made % 5);
    r.boot = TEST_BOOT + boot_of_machine;
    r.flow.packets[1] = 0;
    r.flow.bytes[1] = 0;
    r.flow.bytes[0] = SIM_BYTES + made;
    uint64_t position = region->rings[worker].head;
    if (made >= SIM_RECORDS || room_in_ring(worker) == 0 || !push(region, worker, r))
        return;
    ring_record[worker][position % RING] = made++;
    interval_records++;
}

// Only when both rings have room for it: an interval's end is never half.
static void
end_interval(void) {
    for (unsigned int w = 0; w < WORKERS; w++) {
        if (room_in_ring(w) < 4)
            return;
    }
    for (unsigned int w = 0; w < WORKERS; w++) {
        struct jn_record r = blank_record(JN_RECORD_INTERVAL_END, w, interval);
        r.boot = TEST_BOOT + boot_of_machine;
        ring_record[w][region->rings[w].head % RING] = UINT64_MAX;
        push(region, w, r);
    }
    interval++;
    interval_records = 0;
}

static void
produce(void) {
    for (uint64_t n = sim_below(24); n > 0; n--)
        push_flow();
    if (interval_records >= PER_INTERVAL)
        end_interval();
}

// Of every sink's other side there is a simple one, and one that the product's own sink speaks to.
static void
choose_types(void) {
    static const struct sink_type *const real[SIM_SINKS] = {&sink_kafka, &sink_elasticsearch, &sink_http};
    for (unsigned int i = 0; i < SIM_SINKS; i++) {
        struct jn_config_sink *config = &configs[i];
        types[i] = sim_one_in(2) ? real[i] : &sim_sink_types[i];
        snprintf(config->name, sizeof(config->name), "sink-%u", i);
        snprintf(config->topic_flow, sizeof(config->topic_flow), "f");
        snprintf(config->topic_summary, sizeof(config->topic_summary), "s");
        snprintf(config->elasticsearch.urls[0], sizeof(config->elasticsearch.urls[0]), "http://%u", i);
        snprintf(config->elasticsearch.index_flow, sizeof(config->elasticsearch.index_flow), "flow");
        snprintf(config->elasticsearch.index_summary, sizeof(config->elasticsearch.index_summary), "summary");
        config->elasticsearch.url_count = 1;
        snprintf(config->http.url, sizeof(config->http.url), "http://%u", i);
        sim_remotes[i].any_order = types[i] == &sink_elasticsearch;
        if (i == 2 && sim_one_in(4))
            types[i] = &sink_file;
        snprintf(config->path, sizeof(config->path), "/files/documents");
        config->max_mb = 1024;
        if (types[i] == &sink_http || types[i] == &sink_file)
            sim_remotes[i].refuse = 0;
    }
}

static void
choose(uint64_t seed) {
    plan = (enum plan)(seed % PLANS);
    kills = plan == KILLS || plan == POWER_CUTS || seed / PLANS % 2 == 0;
    memset(sim_remotes, 0, sizeof(sim_remotes));
    for (unsigned int i = 0; i < SIM_SINKS; i++) {
        struct sim_remote *remote = &sim_remotes[i];
        remote->lose_answer = sim_one_in(2) ? 2 + sim_below(20) : 0;
        remote->double_answer = sim_one_in(2) ? 2 + sim_below(20) : 0;
        remote->breaks = sim_one_in(3) ? 50 + sim_below(500) : 0;
        remote->full = sim_one_in(2) ? 2 + sim_below(50) : 0;
        remote->refuse = sim_one_in(3) && plan != POWER_CUTS ? 50 + sim_below(500) : 0;
        configs[i].spool.enabled = i < 2 || sim_one_in(2);
        configs[i].spool.max_mb = plan == SMALL_SPOOL && i == 0 ? 1 : 1024;
    }
    choose_types();
    // What is damaged in the spool while a ring still has its record is made again after a kill.
    for (unsigned int i = 0; plan == DAMAGE && kills && i < SIM_SINKS; i++)
        sim_remotes[i].any_order = true;
}

static void
misfortune(uint64_t seed) {
    struct sim_remote *remote = &sim_remotes[sim_below(SIM_SINKS)];
    if (sim_one_in(150))
        remote->down = !remote->down;
    if (sim_one_in(100))
        sim_pass(sim_below(UINT64_C(5000000000)));
    if (sim_one_in(200))
        sim_wall_jumps();
    if (sim_one_in(200))
        sim_faults.write_fails = sim_faults.write_fails == 0 ? 2 + sim_below(30) : 0;
    if (sim_one_in(300))
        sim_faults.read_only = !sim_faults.read_only && plan != SMALL_SPOOL;
    if (plan == FULL_DISK && sim_one_in(150))
        sim_faults.capacity = sim_faults.capacity == 0 ? (1 + sim_below(40)) * 100000 : 0;
    if (plan == DAMAGE && sim_one_in(100))
        sim_disk_damage();
    if (kills && sim_one_in(250))
        stop(true);
    if (kills && sim_one_in(600))
        stop(false);
    if (plan == POWER_CUTS && sim_one_in(300))
        power_cut();
    if (!running && sim_one_in(10))
        start(seed);
}

static void
heal(void) {
    sim_faults = (struct sim_faults){0};
    for (unsigned int i = 0; i < SIM_SINKS; i++) {
        struct sim_remote *remote = &sim_remotes[i];
        remote->down = false;
        remote->lose_answer = remote->breaks = remote->full = 0;
    }
}

static void
settle(uint64_t seed) {
    heal();
    if (kills)
        stop(true);
    if (!running)
        start(seed);
    if (!running)
        wrong(seed, "it does not start");
    for (unsigned int i = 0; i < 200000; i++) {
        sim_pass(1000000);
        bool moved = drain_step(&drain) > 0;
        if (!moved && drain_empty(&drain) && drain_released(&drain) && delivery_empty(&delivery))
            return;
    }
    for (unsigned int i = 0; i < SIM_SINKS; i++)
        if (!lane_empty(&delivery.lanes[i]))
            wrong(seed, "sink %u does not come to an end: %lu documents in flight, %lu in memory: %s", i,
                  (unsigned long)delivery.lanes[i].in_flight, (unsigned long)delivery.lanes[i].queue_documents,
                  views[i].trouble);
    wrong(seed, "it does not come to an end");
}

// What is missing with a sink is what it counts, record by record and in all. After a reset of the machine the memory's
// counts are gone, and with them what was in memory alone.
static void
check(uint64_t seed) {
    for (unsigned int i = 0; i < SIM_SINKS; i++) {
        struct sim_remote *remote = &sim_remotes[i];
        size_t size;
        const char *lines = types[i] == &sink_file ? sim_disk_content("documents", &size) : NULL;
        if (lines != NULL)
            sim_take_lines(remote, lines, size);
        struct jn_sink_amount missing = {0}, counted = {0};
        uint64_t refused = 0, refusals = views[i].lost[JN_SINK_LOSS_REFUSED].records;
        // Some of it may have come, and what a ring still had when the exporter was killed is made again.
        uint64_t given_up = given_up_before[i] + views[i].lost[JN_SINK_LOSS_MEMORY_FULL].records;
        if (remote->out_of_order && (given_up == 0 || !kills))
            wrong(seed, "sink %u: a device's documents out of order", i);
        if (remote->wrong != NULL)
            wrong(seed, "sink %u: %s", i, remote->wrong);
        for (uint64_t n = 0; n < made; n++) {
            refused += remote->refused[n];
            if (remote->has[n] || remote->refused[n] || (plan == POWER_CUTS && may_be_missing[n]))
                continue;
            if (getenv("SIM_LOG"))
                fprintf(stderr, "MISSING %u %lu\n", i, n);
            missing.records++;
            missing.packets += 1 + n % 5;
            missing.bytes += SIM_BYTES + n;
        }
        for (unsigned int loss = 0; loss < JN_SINK_LOSS_REFUSED; loss++) {
            counted.records += views[i].lost[loss].records;
            counted.packets += views[i].lost[loss].packets;
            counted.bytes += views[i].lost[loss].bytes;
        }
        // Summaries are records, too, of no packets. What came to the sink without an answer before a kill, and is damaged
        // or has to go afterwards, is counted as lost: that it came nobody knows.
        bool good = counted.records + given_up_before[i] >= missing.records &&
                    (given_up_before[i] > 0 || counted.packets >= missing.packets);
        if ((!kills || plan == KILLS) && given_up == 0)
            good = good && counted.packets == missing.packets && counted.bytes == missing.bytes;
        if (!good)
            wrong(seed,
                  "sink %u (spool full %lu, memory full %lu, damaged %lu): missing %lu records, %lu packets, %lu "
                  "bytes; counted as lost %lu, %lu, %lu",
                  i, (unsigned long)views[i].lost[0].records, (unsigned long)views[i].lost[1].records,
                  (unsigned long)views[i].lost[2].records, (unsigned long)missing.records,
                  (unsigned long)missing.packets, (unsigned long)missing.bytes, (unsigned long)counted.records,
                  (unsigned long)counted.packets, (unsigned long)counted.bytes);
        if (!kills && refusals < refused) // a document that is made again is refused again
            wrong(seed, "sink %u: %lu records are refused, %lu counted", i, (unsigned long)refused,
                  (unsigned long)refusals);
        if (plan == KILLS && counted.records > given_up && configs[i].spool.enabled)
            wrong(seed, "sink %u: %lu records are lost, and none had to be", i, (unsigned long)counted.records);
    }
}

static void
run_seed(uint64_t seed) {
    sim_seed(seed);
    sim_disk_new();
    random_instance(instance);
    made = boot_of_machine = 0;
    memset(views, 0, sizeof(views));
    memset(given_up_before, 0, sizeof(given_up_before));
    memset(may_be_missing, 0, sizeof(may_be_missing));
    choose(seed);
    new_rings();
    start(seed);
    for (unsigned int step = 0; step < STEPS; step++) {
        produce();
        sim_pass(1000000 + sim_below(20000000));
        if (running)
            drain_step(&drain);
        misfortune(seed);
    }
    settle(seed);
    check(seed);
    delivery_close(&delivery);
    drain_close(&drain);
    aggregate_close(&aggregator, true);
    names_close(&names);
    running = false;
    jn_shm_remove(&records);
}

static void
leave_nothing(void) {
    if (remove_run_directory(NULL) != 0)
        fprintf(out, "%s stays\n", run_dir);
}

int
main(int argc, char **argv) {
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    world = &sim_world;
    protocols_init();
    out = fdopen(dup(STDERR_FILENO), "w");
    if (out == NULL || (getenv("SIM_LOG") == NULL && freopen("/dev/null", "w", stderr) == NULL))
        return 1;
    if (make_run_directory(NULL) != 0 || atexit(leave_nothing) != 0)
        return 1;
    for (uint64_t seed = first; seed < first + count; seed++)
        run_seed(seed);
    fprintf(out, "%lu seeds from %lu on: nothing is missing that is not counted\n", (unsigned long)count,
            (unsigned long)first);
    return 0;
}
