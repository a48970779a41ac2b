// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE // tdestroy
#include "samples_of.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "packet/parse.h"

struct key {
    uint8_t address[2][16]; // of ends a and b
    uint16_t port[2];
    uint8_t protocol, family;
    uint16_t vlan;
};

struct known {
    struct key key;
    uint32_t flow_idx;
    uint64_t start_ns;
    uint8_t tcp_flags[2], number;
    bool initiator_b;
    struct known *next; // in the order in which they began
};

struct reading {
    struct samples_of *out;
    void *tree;
    struct known *first, **last;
    size_t room;
};

static int
compare(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct key));
}

static void
keep_tree(void *known) {
    (void)known;
}

static struct known *
find(struct reading *r, const struct key *key, bool from_b, uint64_t time_ns) {
    struct known *known = calloc(1, sizeof(*known));
    known->key = *key;
    struct known *found = *(struct known **)tsearch(known, &r->tree, compare);
    if (found != known) {
        free(known);
        return found;
    }
    known->flow_idx = r->out->flows++;
    known->start_ns = time_ns;
    known->initiator_b = from_b;
    *r->last = known;
    r->last = &known->next;
    return known;
}

static struct jn_sample *
add(struct reading *r, const struct known *known, uint64_t time_ns, uint8_t kind) {
    if (r->out->count == r->room) {
        r->room = r->room == 0 ? 1024 : r->room * 2;
        r->out->samples = realloc(r->out->samples, r->room * sizeof(struct jn_sample));
    }
    struct jn_sample *s = &r->out->samples[r->out->count++];
    memset(s, 0, sizeof(*s));
    s->flow = (struct jn_flow_identity){known->start_ns, known->flow_idx, 2};
    s->time_ns = time_ns;
    memcpy(s->address, known->key.address, sizeof(s->address));
    memcpy(s->port, known->key.port, sizeof(s->port));
    memcpy(s->tcp_flags, known->tcp_flags, sizeof(s->tcp_flags));
    s->kind = kind;
    s->family = known->key.family;
    s->protocol = known->key.protocol;
    s->initiator_b = known->initiator_b;
    s->metadata = JN_METADATA_ALL;
    s->number = known->number;
    return s;
}

static bool
has_payload(const struct jn_packet *p, const uint8_t *frame, uint32_t l3_end) {
    if (p->protocol == 6)
        return (p->flags & JN_PACKET_TCP) && p->l4_offset + 4u * (frame[p->l4_offset + 12] >> 4) < l3_end;
    return p->protocol != 17 || p->l4_offset + 8u < l3_end;
}

static void
take(struct reading *r, const struct jn_packet *p, const uint8_t *frame, const struct jn_capture_frame *about) {
    if (!(p->flags & JN_PACKET_IP) || p->flags & JN_PACKET_LATER_FRAGMENT)
        return;
    struct key key = {.protocol = p->protocol, .family = jn_packet_family(p), .vlan = p->vlan_tci};
    bool ports = p->protocol == 6 || p->protocol == 17;
    int order = memcmp(p->address[0], p->address[1], 16);
    bool from_b = order > 0 || (order == 0 && ports && p->port[0] > p->port[1]);
    for (int end = 0; end < 2; end++) {
        memcpy(key.address[end], p->address[from_b ^ end], 16);
        key.port[end] = ports ? p->port[from_b ^ end] : 0;
    }
    struct known *known = find(r, &key, from_b, about->time_ns);
    known->tcp_flags[from_b] |= p->flags & JN_PACKET_TCP ? p->tcp_flags : 0;
    r->out->packets++;
    r->out->bytes += p->ip_length;
    uint32_t here = about->length - p->l3_offset;
    here = here < p->ip_length ? here : p->ip_length;
    if (known->number == JN_SAMPLES_A_FLOW || p->l4_offset == 0 || !has_payload(p, frame, p->l3_offset + here))
        return;
    known->number++;
    struct jn_sample *s = add(r, known, about->time_ns, JN_SAMPLE_PACKET);
    s->from_b = from_b;
    s->length = (uint16_t)(here < JN_SAMPLE_BYTES ? here : JN_SAMPLE_BYTES);
    s->ip_length = p->ip_length < s->length ? s->length : p->ip_length;
    memcpy(s->bytes, frame + p->l3_offset, s->length);
}

bool
samples_of_capture(const char *path, struct samples_of *out) {
    char err[JN_ERR_MAX];
    struct jn_capture capture;
    struct jn_capture_frame about;
    struct reading r = {.out = out};
    r.last = &r.first;
    *out = (struct samples_of){0};
    int rc = jn_capture_open(&capture, path, err);
    while (rc == 0 && (rc = jn_capture_next(&capture, &about, err)) == 1) {
        struct jn_packet p;
        const uint8_t *frame = jn_capture_bytes(&capture, &about);
        jn_parse_frame(frame, about.length, about.wire_length, (enum jn_link_type)about.link_type, &p);
        take(&r, &p, frame, &about);
        rc = 0;
    }
    jn_capture_close(&capture);
    tdestroy(r.tree, keep_tree);
    while (r.first != NULL) {
        struct known *known = r.first;
        add(&r, known, known->start_ns, JN_SAMPLE_END);
        r.first = known->next;
        free(known);
    }
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", path, err);
    return rc == 0;
}

void
samples_of_free(struct samples_of *samples) {
    free(samples->samples);
}
