// SPDX-License-Identifier: BSD-3-Clause
#include "kafka_statistics.h"

#include <jansson.h>
#include <string.h>

#include "log.h"

#define LOG_EVERY_NS UINT64_C(60000000000)

struct sums {
    uint64_t requests, errors, round_trips;
    double rtt_us; // summed over round trips
    unsigned int up;
};

static uint64_t
number(const json_t *object, const char *key) {
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

static void
add_broker(struct sums *sums, const json_t *broker) {
    const char *state = json_string_value(json_object_get(broker, "state"));
    const json_t *rtt = json_object_get(broker, "rtt");
    uint64_t count = number(rtt, "cnt");
    sums->up += state != NULL && strcmp(state, "UP") == 0;
    sums->requests += number(broker, "tx");
    sums->errors += number(broker, "txerrs") + number(broker, "txretries") + number(broker, "req_timeouts");
    sums->round_trips += count;
    sums->rtt_us += (double)count * (double)number(rtt, "avg");
}

static void
count(struct jn_sink_view *view, enum jn_sink_counter counter, uint64_t *counted, uint64_t now) {
    if (now <= *counted)
        return;
    jn_sink_add(&view->counters[counter], now - *counted);
    *counted = now;
}

bool
kafka_statistics_read(struct kafka_statistics *s, struct jn_sink_view *view, const char *json, size_t length,
                      uint64_t handed, uint64_t now_ns) {
    json_t *root = json_loadb(json, length, 0, NULL), *broker;
    struct sums sums = {0};
    const char *name;
    if (!json_is_object(root)) {
        json_decref(root);
        return false;
    }
    json_object_foreach(json_object_get(root, "brokers"), name, broker) add_broker(&sums, broker);
    s->up = sums.up;
    s->waiting = number(root, "msg_cnt");
    uint64_t sent = number(root, "txmsgs");
    json_decref(root);
    count(view, JN_SINK_COUNTER_REQUESTS, &s->requests, sums.requests);
    count(view, JN_SINK_COUNTER_ERRORS, &s->errors, sums.errors);
    // librdkafka does not say which were sent again: what was sent beyond what it was ever given. Exact when it is idle.
    count(view, JN_SINK_COUNTER_RETRIED, &s->repeated, sent > handed ? sent - handed : 0);
    __atomic_store_n(&view->gauges[JN_SINK_GAUGE_QUEUE], s->waiting, __ATOMIC_RELAXED);
    if (sums.round_trips > 0)
        __atomic_store_n(&view->gauges[JN_SINK_GAUGE_RTT_US], (uint64_t)(sums.rtt_us / (double)sums.round_trips),
                         __ATOMIC_RELAXED);
    if (s->logged_ns == 0 || now_ns - s->logged_ns >= LOG_EVERY_NS) {
        s->logged_ns = now_ns;
        jn_log(JN_LOG_DEBUG, "kafka: %lu documents sent, %lu waiting, %u broker connections up", (unsigned long)sent,
               (unsigned long)s->waiting, s->up);
    }
    return true;
}

unsigned int
kafka_statistics_partitions(const char *json, size_t length, const char *topic) {
    json_t *root = json_loadb(json, length, 0, NULL);
    const json_t *partitions = json_object_get(json_object_get(json_object_get(root, "topics"), topic), "partitions");
    size_t count = json_object_size(partitions);
    if (json_object_get(partitions, "-1") != NULL) // those that wait for a partition
        count--;
    json_decref(root);
    return (unsigned int)count;
}
