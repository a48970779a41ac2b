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
    {"intervals_closed", "intervals", COLUMN_COUNT},
};

static double
busy_share(uint64_t part, uint64_t rest) {
    return part + rest == 0 ? 0 : (double)part / ((double)part + (double)rest);
}

static uint64_t
step(uint64_t before, uint64_t now) {
    return now > before ? now - before : 0;
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
    json_object_set_new(object, "packets_per_burst",
                        bursts == 0 ? json_null() : json_integer((json_int_t)(packets / bursts)));
    return object;
}

static void
worker_rows(struct view *view, const struct sample pair[2], bool all) {
    (void)all;
    for (unsigned int w = 0; w < pair[1].worker_count; w++)
        view_row(view, row(pair, w));
}

int
show_workers(const struct invocation *invocation) {
    return sample_show(invocation, "workers", COLUMNS(columns), worker_rows);
}
