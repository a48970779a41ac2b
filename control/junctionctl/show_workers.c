// SPDX-License-Identifier: BSD-3-Clause
#include "commands.h"
#include "sample.h"
#include "view.h"

static const struct column columns[] = {
    {"worker", "worker", COLUMN_COUNT},
    {"core", "core", COLUMN_COUNT},
    {"generation", "generation", COLUMN_COUNT},
    {"busy", "busy", COLUMN_PERCENT},
    {"rx_packets_per_second", "rx pps", COLUMN_SI},
    {"tx_packets_per_second", "tx pps", COLUMN_SI},
    {"packets_per_burst", "pkts/burst", COLUMN_COUNT},
    {"flows_active", "flows", COLUMN_COUNT},
    {"flows_created", "created", COLUMN_COUNT},
    {"flows_ended", "ended", COLUMN_COUNT},
    {"records_written", "records", COLUMN_COUNT},
    {"lost_packets", "lost pkts", COLUMN_COUNT},
    {"lost_bytes", "lost bytes", COLUMN_COUNT},
    {"intervals_closed", "intervals", COLUMN_COUNT},
    {"work_p50_below_us", "p50 us", COLUMN_COUNT},
    {"work_p99_below_us", "p99 us", COLUMN_COUNT},
    {"work_p99_9_below_us", "p99.9 us", COLUMN_COUNT},
    {"longest_work_interval_us", "interval us", COLUMN_COUNT},
    {"longest_work_us", "longest us", COLUMN_COUNT},
};

// Of the second list: rounds of all workers by the time that they took.
static const struct column work_columns[] = {
    {"below_us", "below us", COLUMN_TEXT},
    {"rounds", "rounds", COLUMN_SI},
};

static double
busy_share(uint64_t part, uint64_t rest) {
    return part + rest == 0 ? 0 : (double)part / ((double)part + (double)rest);
}

static uint64_t
step(uint64_t before, uint64_t now) {
    return now > before ? now - before : 0;
}

static json_int_t
longest_us(uint64_t hz, uint64_t cycles) {
    return hz == 0 ? 0 : (json_int_t)((double)cycles * 1e6 / (double)hz);
}

static json_t *
work_counts(const struct jn_worker_counters *counters) {
    json_t *list = json_array();
    for (unsigned int i = 0; i < JN_WORK_BUCKETS; i++)
        json_array_append_new(list, json_integer((json_int_t)counters->work[i]));
    return list;
}

// The bound that so many of a thousand rounds stayed below: null where there is none, or no round was.
static json_t *
work_below_us(const struct jn_worker_counters *counters, uint64_t thousandths) {
    uint64_t all = 0, below = 0;
    for (unsigned int i = 0; i < JN_WORK_BUCKETS; i++)
        all += counters->work[i];
    for (unsigned int i = 0; all != 0 && i + 1 < JN_WORK_BUCKETS; i++) {
        below += counters->work[i];
        if (below >= all - all / 1000 * (1000 - thousandths) - all % 1000 * (1000 - thousandths) / 1000)
            return json_integer(1 << i);
    }
    return json_null();
}

static void
set_work(json_t *object, uint64_t hz, const struct jn_worker_counters *now) {
    json_object_set_new(object, "work_p50_below_us", work_below_us(now, 500));
    json_object_set_new(object, "work_p99_below_us", work_below_us(now, 990));
    json_object_set_new(object, "work_p99_9_below_us", work_below_us(now, 999));
    json_object_set_new(object, "longest_work_interval_us",
                        json_integer(longest_us(hz, now->longest_work_interval_cycles)));
    json_object_set_new(object, "longest_work_us", json_integer(longest_us(hz, now->longest_work_cycles)));
    json_object_set_new(object, "work", work_counts(now));
}

static json_t *
row(const struct sample pair[2], unsigned int worker) {
    const struct jn_worker_counters *before = &pair[0].region->workers[worker], *now = &pair[1].region->workers[worker];
    uint64_t bursts = step(before->bursts, now->bursts), packets = step(before->rx_packets, now->rx_packets);
    json_t *object = json_object();
    json_object_set_new(object, "worker", json_integer(worker));
    json_object_set_new(object, "core", json_integer(pair[1].region->worker_cores[worker]));
    json_object_set_new(object, "generation", json_integer((json_int_t)now->generation));
    row_set_counters(object, &jn_worker_counter_list, now);
    json_object_set_new(object, "busy",
                        json_real(busy_share(step(before->busy_cycles, now->busy_cycles),
                                             step(before->idle_cycles, now->idle_cycles))));
    json_object_set_new(object, "rx_packets_per_second",
                        json_real(sample_rate(pair, before->rx_packets, now->rx_packets)));
    json_object_set_new(object, "tx_packets_per_second",
                        json_real(sample_rate(pair, before->tx_packets, now->tx_packets)));
    json_object_set_new(object, "rounds", json_integer((json_int_t)now->rounds));
    set_work(object, pair[1].region->tsc_hz, now);
    json_object_set_new(object, "packets_per_burst",
                        bursts == 0 ? json_null() : json_integer((json_int_t)(packets / bursts)));
    return object;
}

// What no round took is left out.
static void
work_row(struct view *view, const struct sample *sample, unsigned int bucket) {
    uint64_t rounds = 0;
    for (unsigned int w = 0; w < sample->worker_count; w++)
        rounds += sample->region->workers[w].work[bucket];
    if (rounds == 0)
        return;
    json_t *below = bucket + 1 < JN_WORK_BUCKETS ? json_integer(1 << bucket) : json_null();
    view_row(view, json_pack("{s:o, s:I}", "below_us", below, "rounds", (json_int_t)rounds));
}

static void
worker_rows(struct view *view, const struct sample pair[2], bool all) {
    (void)all;
    for (unsigned int w = 0; w < pair[1].worker_count; w++)
        view_row(view, row(pair, w));
    view_list(view, "work", COLUMNS(work_columns));
    for (unsigned int bucket = 0; bucket < JN_WORK_BUCKETS; bucket++)
        work_row(view, &pair[1], bucket);
}

int
show_workers(const struct invocation *invocation) {
    return sample_show(invocation, "workers", COLUMNS(columns), worker_rows);
}
