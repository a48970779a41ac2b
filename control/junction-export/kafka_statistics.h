// SPDX-License-Identifier: BSD-3-Clause
// librdkafka's statistics, as JSON, into counters of a sink.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sinks.h"

// Of one producer, whose own counters begin with 0. All zero at first.
struct kafka_statistics {
    uint64_t requests, errors, repeated; // that were counted so far
    uint64_t logged_ns;                  // when they were last logged
    unsigned int up;                     // broker connections, as of the last ones
    uint64_t waiting;                    // documents that librdkafka has
};

// handed: documents that this producer was given so far. now_ns: of a steady clock. False: that is no such JSON.
bool kafka_statistics_read(struct kafka_statistics *s, struct jn_sink_view *view, const char *json, size_t length,
                           uint64_t handed, uint64_t now_ns);

// Partitions that the topic has, by the same JSON; 0: it is not known.
unsigned int kafka_statistics_partitions(const char *json, size_t length, const char *topic);
