// SPDX-License-Identifier: BSD-3-Clause
// pcap: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html, and the two older ways of it that are still met.
#include "capture/capture_pcap.h"

#include <string.h>

#include "capture/capture_file.h"

#define MAGIC           0xa1b2c3d4u
#define MAGIC_NS        0xa1b23c4du
#define MAGIC_KUZNETZOV 0xa1b2cd34u // eight more bytes in each record's header

enum { FILE_HEADER = 24, RECORD_HEADER = 16, KUZNETZOV_HEADER = 24, MAJOR = 2 };
enum { LENGTHS_SWAPPED_BEFORE = 3, LINK_TYPE_MASK = 0xffff };

static int
next_record(struct jn_capture *c, struct jn_capture_frame *frame, char err[JN_ERR_MAX]) {
    const uint8_t *header;
    int64_t got = capture_look(c, c->at, c->record_header, &header);
    if (got < 0)
        return capture_error(err, "%s", strerror((int)-got));
    if (got == 0)
        return 0;
    if (got < c->record_header)
        return capture_error(err, "truncated inside a record's header");
    uint32_t seconds = capture_u32(c, header), fraction = capture_u32(c, header + 4);
    uint32_t length = capture_u32(c, header + 8), wire_length = capture_u32(c, header + 12);
    if (c->lengths_swapped) {
        uint32_t other = length;
        length = wire_length;
        wire_length = other;
    }
    if (length > JN_CAPTURE_LONGEST)
        return capture_error(err, "a record of %u bytes: expected at most %u", length, JN_CAPTURE_LONGEST);
    *frame = (struct jn_capture_frame){.time_ns = seconds * UINT64_C(1000000000) +
                                                  fraction * (c->nanoseconds ? UINT64_C(1) : UINT64_C(1000)),
                                       .offset = c->at + c->record_header,
                                       .length = length,
                                       .wire_length = wire_length,
                                       .link_type = c->link_type,
                                       .has_time = true};
    got = capture_look(c, frame->offset, length, &header);
    if (got < length)
        return capture_error(err, "truncated: a record has %ld of %u bytes", (long)(got < 0 ? 0 : got), length);
    c->at = frame->offset + length;
    return 1;
}

int
capture_begin_pcap(struct jn_capture *c, const uint8_t head[FILE_HEADER], char err[JN_ERR_MAX]) {
    static const uint32_t magics[] = {MAGIC, MAGIC_NS, MAGIC_KUZNETZOV};
    uint32_t magic = 0;
    for (unsigned int i = 0; i < 2 * sizeof(magics) / sizeof(magics[0]) && magic == 0; i++) {
        c->swapped = i & 1;
        if (capture_u32(c, head) == magics[i / 2])
            magic = magics[i / 2];
    }
    if (magic == 0)
        return 0;
    uint16_t major = capture_u16(c, head + 4), minor = capture_u16(c, head + 6);
    if (major != MAJOR)
        return capture_error(err, "pcap of version %u.%u: expected %d.x", major, minor, MAJOR);
    c->next = next_record;
    c->first = FILE_HEADER;
    c->nanoseconds = magic == MAGIC_NS;
    c->record_header = magic == MAGIC_KUZNETZOV ? KUZNETZOV_HEADER : RECORD_HEADER;
    c->lengths_swapped = minor < LENGTHS_SWAPPED_BEFORE;
    c->link_type = capture_u32(c, head + 20) & LINK_TYPE_MASK; // above: how long a frame check sequence is
    return 1;
}
