// SPDX-License-Identifier: BSD-3-Clause
#include "capture/capture_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "packet/packet.h"

#define KNOWN_LINK_TYPES "Ethernet, BSD loopback, raw IP, PPP, PPPoE, Cisco HDLC, or Linux cooked v1 or v2"

static int
note_link_type(struct jn_capture_order *o, uint16_t link_type, char err[JN_ERR_MAX]) {
    struct jn_capture_kind *kind = &o->kind;
    for (unsigned int i = 0; i < kind->link_type_count; i++)
        if (kind->link_types[i] == link_type)
            return 0;
    if (jn_link_type_known(link_type) && kind->link_type_count < JN_CAPTURE_LINK_TYPES) {
        kind->link_types[kind->link_type_count++] = link_type;
        return 0;
    }
    snprintf(err, JN_ERR_MAX, "link type %u, of frame %lu, is not supported: expected " KNOWN_LINK_TYPES, link_type,
             (unsigned long)o->count + 1);
    return -EINVAL;
}

static void
give_time(struct jn_capture_order *o, struct jn_capture_frame *frame) {
    if (!frame->has_time)
        frame->time_ns = o->last_ns;
    o->last_ns = frame->time_ns;
}

// Also what a damaged file has before its damage.
static int
look_through(struct jn_capture_order *o, char err[JN_ERR_MAX]) {
    struct jn_capture_frame frame;
    bool timed = false;
    while (jn_capture_next(o->capture, &frame, o->end) == 1) {
        int rc = note_link_type(o, frame.link_type, err);
        if (rc < 0)
            return rc;
        o->count++;
        if (!frame.has_time) {
            o->without_time++;
            continue;
        }
        o->steps_back += timed && frame.time_ns < o->last_ns;
        if (!timed)
            o->first_ns = frame.time_ns;
        timed = true;
        o->last_ns = frame.time_ns;
        if (frame.time_ns > o->kind.latest_ns)
            o->kind.latest_ns = frame.time_ns;
    }
    return 0;
}

static int
by_time(const void *a, const void *b) {
    const struct jn_capture_frame *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int
bring_into_order(struct jn_capture_order *o, char err[JN_ERR_MAX]) {
    uint64_t found = 0;
    char end[JN_ERR_MAX];
    o->frames = calloc(o->count, sizeof(*o->frames));
    if (o->frames == NULL) {
        snprintf(err, JN_ERR_MAX, "its frames are not in the order of their times, and there is no memory to sort %lu",
                 (unsigned long)o->count);
        return -ENOMEM;
    }
    while (found < o->count && jn_capture_next(o->capture, &o->frames[found], end) == 1)
        give_time(o, &o->frames[found++]);
    o->count = found; // fewer only when someone writes to the file
    qsort(o->frames, found, sizeof(*o->frames), by_time);
    return 0;
}

int
jn_capture_order_make(struct jn_capture_order *o, struct jn_capture *capture, char err[JN_ERR_MAX]) {
    *o = (struct jn_capture_order){.capture = capture};
    int rc = look_through(o, err);
    jn_capture_rewind(capture);
    o->last_ns = o->first_ns;
    o->kind.ordered = o->steps_back == 0;
    if (rc == 0 && !o->kind.ordered)
        rc = bring_into_order(o, err);
    return rc;
}

bool
jn_capture_order_next(struct jn_capture_order *o, struct jn_capture_frame *frame) {
    char end[JN_ERR_MAX];
    if (o->taken == o->count)
        return false;
    if (o->frames != NULL) {
        *frame = o->frames[o->taken++];
        return true;
    }
    if (jn_capture_next(o->capture, frame, end) != 1)
        return false;
    give_time(o, frame);
    o->taken++;
    return true;
}

void
jn_capture_order_free(struct jn_capture_order *o) {
    free(o->frames);
    o->frames = NULL;
}
