// SPDX-License-Identifier: BSD-3-Clause
// The classified region: what junction-classify has taken of the samples, its answers to the workers, and what it counts.
// Writer: junction-classify, each ring the thread that serves its worker. Readers: the workers, who believe nothing that cannot
// be; junctionctl.
#pragma once

#include "samples.h"

#define JN_CLASSIFY_THREADS    16u
#define JN_SERVER_NAME_MAX     255u
#define JN_APPLICATION_NUMBERS 512u // nDPI's are below it, for good (NDPI_NUM_BITS)
#define JN_CATEGORY_NUMBERS    256u
#define JN_CONFIDENCE_NUMBERS  16u
#define JN_ANSWERS             1024u // a ring's capacity

enum jn_answer_flags {
    JN_ANSWER_DECIDED = 1,  // the application was seen in the packets; without it, guessed by port or address
    JN_ANSWER_LAST = 2,     // no more samples of this flow are wanted
    JN_ANSWER_NAME_CUT = 4, // the server name was longer than is here, or no host name as it came: it matches no rule
    JN_ANSWER_FLAGS = 7,
};

struct jn_answer {
    struct jn_flow_identity flow;
    uint64_t risks;       // bit mask by nDPI's numbers
    uint16_t application; // nDPI's number; 0: unknown
    uint16_t master;      // protocol that carries it; 0: the same, or none
    uint8_t category;     // nDPI's number
    uint8_t confidence;   // nDPI's number
    uint8_t flags;        // enum jn_answer_flags
    uint8_t name_length;
    char name[JN_SERVER_NAME_MAX + 1]; // server name in lower case: of TLS, QUIC or HTTP; empty: none seen
};
_Static_assert(sizeof(struct jn_answer) == 288, "answer is ABI");

struct jn_answer_ring {
    // Line 1. Writer: the thread. What it has taken of the samples ring of the samples region with that boot.
    uint64_t samples_boot __attribute__((aligned(64))); // 0 while it changes to another; stored with release
    uint64_t samples_tail;                              // stored with release, after the answer
    // Line 2. Writer: the thread.
    uint64_t head __attribute__((aligned(64))); // answers ever written; stored with release after the answer's bytes
    uint64_t lost;                              // answers that found the ring full
    // Line 3. Written once at creation.
    uint64_t offset __attribute__((aligned(64))); // of answer 0 from the region's start
    uint32_t capacity;                            // JN_ANSWERS
    uint32_t reserved;
};
_Static_assert(sizeof(struct jn_answer_ring) == 192, "answer ring is ABI");

// What a thread counts. X(member, "explanation")
#define JN_CLASSIFY_COUNTERS(X)                                                                                        \
    X(samples, "samples taken")                                                                                        \
    X(refused_samples, "samples that cannot be right: not looked at")                                                  \
    X(flows, "flows that began here")                                                                                  \
    X(flows_decided, "flows whose application was seen in their packets")                                              \
    X(flows_guessed, "flows whose application was guessed by port or address at their end")                            \
    X(flows_unknown, "flows whose application is not known in the end")                                                \
    X(flows_forgotten, "flows that went before their time for want of room")                                           \
    X(annotations, "texts sent to the exporter")                                                                       \
    X(annotations_lost, "texts that found the ring full")                                                              \
    X(texts_cut, "texts longer than is kept")                                                                          \
    X(texts_cleaned, "texts with bytes that are no UTF-8, or control characters: replaced")

struct jn_classify_counters {
#define X(member, text) uint64_t member;
    JN_CLASSIFY_COUNTERS(X)
#undef X
    uint64_t flows_held; // now
} __attribute__((aligned(64)));

struct jn_classified_region {
    struct jn_region_header header;
    uint32_t worker_count;  // rings there are
    uint32_t thread_count;  // worker w's ring is thread w % thread_count's
    uint32_t flow_capacity; // flows that are held at once, all threads together
    uint32_t pid;
    uint64_t reserved[6];
    struct jn_answer_ring rings[JN_MAX_WORKERS];
    struct jn_classify_counters counters[JN_CLASSIFY_THREADS];
};

size_t jn_classified_size(unsigned int workers);
void jn_classified_init(struct jn_classified_region *region, unsigned int workers, unsigned int threads);
// 0, or -EPROTO with a sentence in err.
int jn_classified_check(const struct jn_classified_region *region, size_t size, char err[JN_ERR_MAX]);
