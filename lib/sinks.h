// SPDX-License-Identifier: BSD-3-Clause
// The sinks region: what becomes of documents, a part for each sink. Writer: junction-export. It is taken over by the next
// one, so that counters go on; a sink keeps its part as long as it has its name.
#pragma once

#include "record.h"

#define JN_MAX_SINKS     8
#define JN_SINK_NAME_MAX 32
#define JN_SINK_TEXT_MAX 256

// X(ID, name, "explanation"). Counters since the region was made, in documents unless the name says otherwise.
#define JN_SINK_COUNTERS(X)                                                                                            \
    X(DELIVERED, delivered, "documents that the sink acknowledged")                                                    \
    X(DELIVERED_BYTES, delivered_bytes, "bytes of their text")                                                         \
    X(REFUSED, refused, "documents that the sink refused for good")                                                    \
    X(RETRIED, retried, "documents that were sent again")                                                              \
    X(REQUESTS, requests, "requests that were sent")                                                                   \
    X(ERRORS, errors, "requests, or attempts to connect, that failed")                                                 \
    X(SPOOLED, spooled, "documents that were written to the spool")                                                    \
    X(UNWRITTEN, dead_letters_unwritten, "refused documents that could not be kept in the dead-letter file")

// Values of now.
#define JN_SINK_GAUGES(X)                                                                                              \
    X(IN_MEMORY, in_memory, "documents in memory that the sink does not have yet")                                     \
    X(IN_FLIGHT, in_flight, "documents that were sent, and are not acknowledged")                                      \
    X(SPOOL_DOCUMENTS, spool_documents, "documents in the spool that the sink does not have yet")                      \
    X(SPOOL_BYTES, spool_bytes, "bytes of the spool on disk")                                                          \
    X(SPOOL_OLDEST_NS, spool_oldest_ns, "when the oldest segment of the spool was begun, epoch ns; 0: it is empty")    \
    X(QUEUE, queue, "documents in the client library's queues")                                                        \
    X(RTT_US, rtt_us, "time that a request takes, in microseconds, of the last statistics")

// Why records are lost, each with its packets and bytes.
#define JN_SINK_LOSSES(X)                                                                                              \
    X(SPOOL_FULL, spool_full, "the spool had reached its largest size, or its disk was full: the oldest went")         \
    X(MEMORY_FULL, memory_full, "there was no room in memory, and no spool")                                           \
    X(DAMAGED, damaged, "the spool's file was damaged")                                                                \
    X(REFUSED, refused, "the sink refused them for good: the dead-letter file has them")

// X(ID, name, "explanation")
#define JN_SINK_STATES(X)                                                                                              \
    X(NONE, none, "not in use")                                                                                        \
    X(DIRECT, direct, "documents go to the sink as they are made")                                                     \
    X(SPOOLING, spooling, "the sink does not keep up: documents go by way of the spool")                               \
    X(CLOSED, closed, "the sink is to be opened again")

enum jn_sink_state {
#define X(id, name, text) JN_SINK_STATE_##id,
    JN_SINK_STATES(X)
#undef X
        JN_SINK_STATE_COUNT
};

enum jn_sink_counter {
#define X(id, name, text) JN_SINK_COUNTER_##id,
    JN_SINK_COUNTERS(X)
#undef X
        JN_SINK_COUNTER_COUNT
};

enum jn_sink_gauge {
#define X(id, name, text) JN_SINK_GAUGE_##id,
    JN_SINK_GAUGES(X)
#undef X
        JN_SINK_GAUGE_COUNT
};

enum jn_sink_loss {
#define X(id, name, text) JN_SINK_LOSS_##id,
    JN_SINK_LOSSES(X)
#undef X
        JN_SINK_LOSS_COUNT
};

struct jn_sink_amount {
    uint64_t records, packets, bytes;
};

// Count a number up, of the view or one's own: its one writer may, and readers see it whole.
static inline void
jn_sink_add(uint64_t *number, uint64_t amount) {
    __atomic_store_n(number, *number + amount, __ATOMIC_RELAXED);
}

static inline void
jn_sink_add_amount(struct jn_sink_amount *sum, const struct jn_sink_amount *amount) {
    jn_sink_add(&sum->records, amount->records);
    jn_sink_add(&sum->packets, amount->packets);
    jn_sink_add(&sum->bytes, amount->bytes);
}

#define JN_SINK_IN_TROUBLE  UINT64_C(1)
#define JN_SPOOL_IN_TROUBLE UINT64_C(2)

// What documents are made of: each ring's records, and the sums of intervals.
#define JN_SINK_SOURCE_SUMS JN_MAX_WORKERS
#define JN_SINK_SOURCES     (JN_MAX_WORKERS + 1)

// Numbers are stored one by one, relaxed. Texts change between an odd and the next even `version`.
struct jn_sink_view {
    char name[JN_SINK_NAME_MAX]; // NUL-terminated; "": not in use
    char type[16];
    uint64_t state; // enum jn_sink_state
    uint64_t counters[JN_SINK_COUNTER_COUNT];
    uint64_t gauges[JN_SINK_GAUGE_COUNT];
    struct jn_sink_amount lost[JN_SINK_LOSS_COUNT];
    uint64_t version;
    uint64_t trouble_ns;            // when it was said last, epoch ns; 0: never
    uint64_t said_ns;               // when the log had it last
    uint64_t in_trouble;            // bit mask of who still is; 0: nobody
    char trouble[JN_SINK_TEXT_MAX]; // what is, or was last, wrong
    char advice[JN_SINK_TEXT_MAX];  // what to do; "": nothing
    // The exporter's own: records are the next document's number, packets and bytes those of all before it.
    struct jn_sink_amount on_disk; // fsynced in the spool
    // Of each source: documents from this number on are made again, all of them, by the next exporter; 0: not known.
    uint64_t let_go[JN_SINK_SOURCES];
    uint64_t rings_boot; // of the records region that the rings are of
};

struct jn_sinks_region {
    struct jn_region_header header;
    struct jn_sink_view sinks[JN_MAX_SINKS];
};

static inline void
jn_sink_set(uint64_t *number, uint64_t value) {
    __atomic_store_n(number, value, __ATOMIC_RELAXED);
}

// A text of the view as it was at one time, NUL-terminated. False: it was changing all the time.
bool jn_sink_texts(const struct jn_sink_view *view, char trouble[JN_SINK_TEXT_MAX], char advice[JN_SINK_TEXT_MAX]);
