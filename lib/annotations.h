// SPDX-License-Identifier: BSD-3-Clause
// What junction-classify reads in flows' packets as text, on its way into documents: the annotations region, one
// single-producer single-consumer ring a thread of junction-classify (its writer); and the annotated region, in which
// junction-export (its writer) keeps what it has taken, by flow, so that it outlives the exporter.
#pragma once

#include "classified.h"

#define JN_ANNOTATION_MAX  255u
#define JN_ANNOTATIONS     4096u // a ring's capacity
#define JN_ANNOTATED_BYTES 944u  // of texts a flow

// X(ID, number, most bytes, most of them a flow, is a host name, "field of the flow document"). A number never changes its
// meaning.
#define JN_ANNOTATION_KINDS(X)                                                                                         \
    X(SERVER_NAME, 1, 255, 1, true, "tls.client.server_name")                                                          \
    X(ALPN, 2, 64, 1, false, "tls.next_protocol")                                                                      \
    X(JA3, 3, 32, 1, false, "tls.client.ja3")                                                                          \
    X(JA3S, 4, 32, 1, false, "tls.server.ja3s")                                                                        \
    X(TLS_VERSION, 5, 8, 1, false, "tls.version")                                                                      \
    X(CERTIFICATE_SUBJECT, 6, 128, 1, false, "tls.server.subject")                                                     \
    X(CERTIFICATE_NOT_BEFORE, 7, 24, 1, false, "tls.server.not_before")                                                \
    X(CERTIFICATE_NOT_AFTER, 8, 24, 1, false, "tls.server.not_after")                                                  \
    X(HTTP_HOST, 9, 255, 1, true, "url.domain")                                                                        \
    X(HTTP_PATH, 10, 128, 1, false, "url.path")                                                                        \
    X(USER_AGENT, 11, 192, 1, false, "user_agent.original")                                                            \
    X(DNS_QUESTION, 12, 255, 1, true, "dns.question.name")                                                             \
    X(DNS_ANSWER, 13, 46, 8, false, "dns.resolved_ip")                                                                 \
    X(SSH_CLIENT, 14, 64, 1, false, "junction.application.ssh.client")                                                 \
    X(SSH_SERVER, 15, 64, 1, false, "junction.application.ssh.server")                                                 \
    X(DHCP_HOSTNAME, 16, 64, 1, false, "junction.application.dhcp.hostname")                                           \
    X(DHCP_FINGERPRINT, 17, 48, 1, false, "junction.application.dhcp.fingerprint")                                     \
    X(MQTT_CLIENT, 18, 64, 1, false, "junction.application.mqtt.client_id")                                            \
    X(RISKS, 19, 16, 1, false, "junction.application.risks")

enum jn_annotation_kind {
#define X(id, number, bytes, most, name, field) JN_ANNOTATION_##id = (number),
    JN_ANNOTATION_KINDS(X)
#undef X
};

// RISKS are the bit mask by nDPI's numbers, 16 hexadecimal digits. Everything else is UTF-8 without control characters; of a
// kind of which a flow has one, a later one takes the place of the one before.
struct jn_annotation {
    uint64_t boot; // of the records (samples.h: records_boot)
    struct jn_flow_identity flow;
    uint8_t worker;
    uint8_t kind; // enum jn_annotation_kind
    uint8_t length;
    uint8_t reserved[5];
    char text[JN_ANNOTATION_MAX + 1];
};
_Static_assert(sizeof(struct jn_annotation) == 288, "annotation is ABI");

struct jn_annotation_ring {
    uint64_t head __attribute__((aligned(64)));   // Writer: the thread; stored with release after the bytes
    uint64_t lost;                                // that found the ring full
    uint64_t offset __attribute__((aligned(64))); // of annotation 0 from the region's start. Written once
    uint32_t capacity;                            // JN_ANNOTATIONS
    uint32_t reserved;
};
_Static_assert(sizeof(struct jn_annotation_ring) == 128, "annotation ring is ABI");

struct jn_annotations_region {
    struct jn_region_header header;
    uint32_t ring_count;
    uint32_t reserved[15];
    struct jn_annotation_ring rings[JN_CLASSIFY_THREADS];
};

// A flow's texts: kind, length, bytes, one behind another.
struct jn_annotated_flow {
    uint64_t boot; // 0: free
    struct jn_flow_identity flow;
    uint8_t worker;
    uint8_t reserved;
    uint16_t length;  // of texts
    uint32_t edition; // odd while it is written (seqlock.h), for readers
    uint64_t touched; // `taken_ever` when it was last asked for or added to; 0: the flow has ended, it goes first
    uint8_t texts[JN_ANNOTATED_BYTES];
    uint64_t reserved2[5];
};
_Static_assert(sizeof(struct jn_annotated_flow) == 1024, "annotated flow is ABI");

#define JN_ANNOTATED_WAYS  4u
#define JN_ANNOTATED_FLOWS 16384u // most that are kept
#define JN_ANNOTATED_HEAD  2u     // kind and length stand before each text
struct jn_annotated_taken {
    uint64_t boot; // of the annotations region that `tail` speaks of; 0: none
    uint64_t tail; // annotations taken
};

// Behind it: `capacity` flows, in sets of JN_ANNOTATED_WAYS by jn_annotated_set. A flow's texts are what `spare` says as
// soon as `pending` names the flow: a successor of an exporter that was killed copies it again.
struct jn_annotated_region {
    struct jn_region_header header;
    uint32_t capacity; // flows, a power of two
    uint32_t reserved[15];
    struct jn_annotated_taken taken[JN_CLASSIFY_THREADS]; // a cache line has four: one thread writes all
    uint64_t refused;                                     // annotations that cannot be right
    uint64_t forgotten;                                   // flows whose texts went, or texts, for want of room
    uint64_t taken_ever;                                  // annotations
    uint64_t pending;                                     // number of the flow that becomes `spare`, plus 1; 0: none
    uint64_t reserved2[4];
    uint64_t used[JN_ANNOTATED_FLOWS / JN_ANNOTATED_WAYS / 64]; // bit mask of sets that have memory; others are empty
    struct jn_annotated_flow spare;
};
_Static_assert(sizeof(struct jn_annotated_region) % 64 == 0, "flows start on a cache line");

size_t jn_annotations_size(unsigned int threads);
void jn_annotations_init(struct jn_annotations_region *region, unsigned int threads);
int jn_annotations_check(const struct jn_annotations_region *region, size_t size, char err[JN_ERR_MAX]);

size_t jn_annotated_size(uint32_t capacity);
int jn_annotated_check(const struct jn_annotated_region *region, size_t size, char err[JN_ERR_MAX]);
// First flow of the set in which a flow's texts are, if they are anywhere.
uint32_t jn_annotated_set(uint32_t capacity, uint64_t boot, uint8_t worker, const struct jn_flow_identity *flow);

// Has the set that begins with this flow memory? One without has no flow, and reading it would give it memory. used: the
// region's.
static inline bool
jn_annotated_is_used(const uint64_t *used, uint32_t set) {
    uint32_t number = set / JN_ANNOTATED_WAYS;
    return __atomic_load_n(&used[number / 64], __ATOMIC_RELAXED) >> (number % 64) & 1;
}
// Are these the texts of that flow?
static inline bool
jn_annotated_is_of(const struct jn_annotated_flow *kept, uint64_t boot, uint8_t worker,
                   const struct jn_flow_identity *flow) {
    return kept->boot == boot && kept->worker == worker && kept->flow.flow_idx == flow->flow_idx &&
           kept->flow.version == flow->version;
}
// The text at *at of a flow's texts, and *at moves behind it. False: there is none more, or they cannot be right.
bool jn_annotated_next(const struct jn_annotated_flow *kept, size_t *at, uint8_t *kind, const char **text,
                       size_t *length);

// Most bytes of the kind; 0: no such kind.
unsigned int jn_annotation_most(unsigned int kind);
// The character of UTF-8 (RFC 3629) at `at`, of which `left` bytes, at least one, may be read: its bytes, 0 when there is none
// that is right. allowed: may a text have it?
unsigned int jn_annotation_character(const uint8_t *at, size_t left, bool *allowed);
// Is the text what the kind allows: no longer, UTF-8 (RFC 3629), no control character (C0, DEL, C1), and none that turns the
// direction of writing (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069)?
bool jn_annotation_is_sound(unsigned int kind, const char *text, size_t length);
