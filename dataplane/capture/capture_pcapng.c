// SPDX-License-Identifier: BSD-3-Clause
// pcapng: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
#include "capture/capture_pcapng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture_file.h"

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define NO_SNAP_LENGTH   0u

enum block {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, // obsolete
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,
    BLOCK_SECTION = 0x0a0d0d0a, // the same in both byte orders
};

enum { BLOCK_HEADER = 8, BLOCK_OVERHEAD = 12, SECTION_BYTES = 28, INTERFACE_BYTES = 20, MAJOR = 1 };
enum { OPTION_END = 0, OPTION_RESOLUTION = 9, OPTION_OFFSET = 14, RESOLUTION_BINARY = 0x80, MICROSECONDS = 6 };
enum { LONGEST_OPTIONS = 65536, MOST_INTERFACES = 65536 };

// A block that is being read: where, and how long as it says itself.
struct place {
    uint64_t at;
    uint32_t type, length;
};

// The units of an interface's clock in nanoseconds, and whether an epoch time that records can hold comes of it.
static bool
time_of(const struct jn_capture_interface *interface, uint64_t units, uint64_t *time_ns) {
    unsigned int exponent = interface->resolution & 0x7fu;
    unsigned __int128 ns = units;
    if (interface->resolution & RESOLUTION_BINARY) {
        ns = ns * 1000000000u >> exponent;
    } else {
        for (; exponent < 9; exponent++)
            ns *= 10;
        for (; exponent > 9 && ns != 0; exponent--)
            ns /= 10;
    }
    __int128 epoch = (__int128)ns + (__int128)(int64_t)interface->offset_s * 1000000000;
    if (epoch < 0 || epoch > (__int128)JN_CAPTURE_LATEST)
        return false;
    *time_ns = (uint64_t)epoch;
    return true;
}

static uint64_t
u64(const struct jn_capture *c, const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof(value));
    return c->swapped ? __builtin_bswap64(value) : value;
}

static void
read_options(const struct jn_capture *c, const uint8_t *at, uint32_t left, struct jn_capture_interface *interface) {
    while (left >= 4) {
        uint16_t code = capture_u16(c, at), length = capture_u16(c, at + 2);
        uint32_t padded = 4 + (length + 3u) / 4 * 4;
        if (code == OPTION_END || padded > left)
            return;
        if (code == OPTION_RESOLUTION && length == 1)
            interface->resolution = at[4];
        if (code == OPTION_OFFSET && length == 8)
            interface->offset_s = u64(c, at + 4);
        at += padded;
        left -= padded;
    }
}

static int
make_room(struct jn_capture *c, char err[JN_ERR_MAX]) {
    if (c->interface_count < c->interface_room)
        return 0;
    if (c->interface_count == MOST_INTERFACES)
        return capture_error(err, "more than %d interfaces in a section", MOST_INTERFACES);
    uint32_t room = c->interface_room != 0 ? 2 * c->interface_room : 8;
    void *larger = realloc(c->interfaces, room * sizeof(*c->interfaces));
    if (larger == NULL)
        return capture_error(err, "no memory for %u interfaces", room);
    c->interfaces = larger;
    c->interface_room = room;
    return 0;
}

static int
take_interface(struct jn_capture *c, const struct place *block, char err[JN_ERR_MAX]) {
    const uint8_t *bytes;
    uint32_t wanted = block->length - 4 < LONGEST_OPTIONS ? block->length - 4 : LONGEST_OPTIONS;
    int rc = make_room(c, err);
    if (rc < 0)
        return rc;
    if (block->length < INTERFACE_BYTES || capture_look(c, block->at, wanted, &bytes) < wanted)
        return capture_error(err, "an interface's block is cut");
    struct jn_capture_interface *interface = &c->interfaces[c->interface_count++];
    *interface = (struct jn_capture_interface){
        .link_type = capture_u16(c, bytes + 8), .snap_length = capture_u32(c, bytes + 12), .resolution = MICROSECONDS};
    read_options(c, bytes + 16, wanted - 16, interface);
    return 0;
}

// The bytes of a packet behind `header` bytes of its block.
static int
take_frame(struct jn_capture *c, const struct place *block, uint32_t header, struct jn_capture_frame *frame,
           char err[JN_ERR_MAX]) {
    const uint8_t *bytes;
    if (frame->length > JN_CAPTURE_LONGEST)
        return capture_error(err, "a packet of %u bytes: expected at most %u", frame->length, JN_CAPTURE_LONGEST);
    if (frame->length > block->length - header - 4)
        return capture_error(err, "a packet of %u bytes in a block of %u", frame->length, block->length);
    frame->offset = block->at + header;
    if (capture_look(c, frame->offset, frame->length, &bytes) < frame->length)
        return capture_error(err, "truncated inside a packet");
    return 1;
}

static int
take_packet(struct jn_capture *c, const struct place *block, struct jn_capture_frame *frame, char err[JN_ERR_MAX]) {
    const uint32_t header = BLOCK_HEADER + 20;
    const uint8_t *bytes;
    if (block->length < header + 4 || capture_look(c, block->at, header, &bytes) < header)
        return capture_error(err, "a packet's block is cut");
    uint32_t number = block->type == BLOCK_PACKET ? capture_u16(c, bytes + 8) : capture_u32(c, bytes + 8);
    if (number >= c->interface_count)
        return capture_error(err, "a packet of interface %u: the section has %u", number, c->interface_count);
    const struct jn_capture_interface *interface = &c->interfaces[number];
    uint64_t units = (uint64_t)capture_u32(c, bytes + 12) << 32 | capture_u32(c, bytes + 16);
    frame->has_time = time_of(interface, units, &frame->time_ns);
    frame->link_type = interface->link_type;
    frame->length = capture_u32(c, bytes + 20);
    frame->wire_length = capture_u32(c, bytes + 24);
    return take_frame(c, block, header, frame, err);
}

// Without a time, of the first interface, cut to its snap length.
static int
take_simple(struct jn_capture *c, const struct place *block, struct jn_capture_frame *frame, char err[JN_ERR_MAX]) {
    const uint32_t header = BLOCK_HEADER + 4;
    const uint8_t *bytes;
    if (block->length < header + 4 || capture_look(c, block->at, header, &bytes) < header)
        return capture_error(err, "a packet's block is cut");
    if (c->interface_count == 0)
        return capture_error(err, "a packet before the first interface");
    const struct jn_capture_interface *interface = &c->interfaces[0];
    uint32_t room = block->length - header - 4;
    frame->link_type = interface->link_type;
    frame->wire_length = capture_u32(c, bytes + 8);
    frame->length = frame->wire_length < room ? frame->wire_length : room;
    if (interface->snap_length != NO_SNAP_LENGTH && frame->length > interface->snap_length)
        frame->length = interface->snap_length;
    return take_frame(c, block, header, frame, err);
}

// A section may have another byte order than the one before; its interfaces are its own.
static int
take_section(struct jn_capture *c, uint64_t at, char err[JN_ERR_MAX]) {
    const uint8_t *bytes;
    if (capture_look(c, at, SECTION_BYTES, &bytes) < SECTION_BYTES)
        return capture_error(err, "truncated inside a section's header");
    c->swapped = false;
    c->swapped = capture_u32(c, bytes + 8) != BYTE_ORDER_MAGIC;
    if (capture_u32(c, bytes + 8) != BYTE_ORDER_MAGIC)
        return capture_error(err, "a section without byte-order magic");
    if (capture_u16(c, bytes + 12) != MAJOR)
        return capture_error(err, "pcapng of version %u.%u: expected %d.x", capture_u16(c, bytes + 12),
                             capture_u16(c, bytes + 14), MAJOR);
    c->interface_count = 0;
    return 0;
}

// The next block: 1, 0 at the end, or -EINVAL.
static int
next_block(struct jn_capture *c, struct place *block, char err[JN_ERR_MAX]) {
    const uint8_t *bytes;
    block->at = c->at;
    int64_t got = capture_look(c, c->at, BLOCK_HEADER, &bytes);
    if (got < 0)
        return capture_error(err, "%s", strerror((int)-got));
    if (got == 0)
        return 0;
    if (got < BLOCK_HEADER)
        return capture_error(err, "truncated inside a block's header");
    block->type = capture_u32(c, bytes);
    if (block->type == BLOCK_SECTION) {
        int rc = take_section(c, c->at, err);
        if (rc < 0)
            return rc;
        capture_look(c, c->at, BLOCK_HEADER, &bytes);
    }
    block->length = capture_u32(c, bytes + 4);
    if (block->length < BLOCK_OVERHEAD || block->length % 4 != 0)
        return capture_error(err, "a block of %u bytes: expected at least %d, in fours", block->length, BLOCK_OVERHEAD);
    c->at += block->length;
    return 1;
}

static int
take_block(struct jn_capture *c, const struct place *block, struct jn_capture_frame *frame, char err[JN_ERR_MAX]) {
    switch (block->type) {
    case BLOCK_INTERFACE: return take_interface(c, block, err);
    case BLOCK_ENHANCED:
    case BLOCK_PACKET: return take_packet(c, block, frame, err);
    case BLOCK_SIMPLE: return take_simple(c, block, frame, err);
    }
    return 0;
}

// A block says its length at both ends: where they differ, what follows would be read from a wrong place.
static int
check_end(struct jn_capture *c, const struct place *block, char err[JN_ERR_MAX]) {
    const uint8_t *bytes;
    uint32_t behind = block->length < CAPTURE_WINDOW ? block->length - 4 : 0; // the whole block into the window
    uint64_t at = behind != 0 ? block->at : block->at + block->length - 4;
    if (capture_look(c, at, behind + 4, &bytes) < behind + 4)
        return capture_error(err, "truncated inside a block of %u bytes", block->length);
    if (capture_u32(c, bytes + behind) != block->length)
        return capture_error(err, "a block of %u bytes says %u at its end", block->length,
                             capture_u32(c, bytes + behind));
    return 0;
}

static int
next_packet(struct jn_capture *c, struct jn_capture_frame *frame, char err[JN_ERR_MAX]) {
    struct place block = {0};
    int rc;
    while ((rc = next_block(c, &block, err)) == 1) {
        rc = check_end(c, &block, err);
        if (rc == 0)
            rc = take_block(c, &block, frame, err);
        if (rc != 0)
            return rc;
    }
    return rc;
}

int
capture_begin_pcapng(struct jn_capture *c, const uint8_t head[24], char err[JN_ERR_MAX]) {
    c->swapped = false;
    if (capture_u32(c, head) != BLOCK_SECTION)
        return 0;
    c->next = next_packet;
    c->first = 0;
    int rc = take_section(c, 0, err);
    return rc < 0 ? rc : 1;
}
