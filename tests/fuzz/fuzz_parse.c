// SPDX-License-Identifier: BSD-3-Clause
// First byte: link type, and whether four bytes with the length on the wire follow; the rest: the frame. What the parser says
// must hold within the frame, whatever it had on the wire.
#include "fuzz.h"
#include "packet/bytes.h"
#include "packet/parse.h"
#include "packet/unfinished.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    // Ethernet first, as the seeds have it.
    static const enum jn_link_type link_types[] = {JN_LINKTYPE_ETHERNET,
#define X(id, number, name) JN_LINKTYPE_##id,
                                                   JN_LINK_TYPES(X)
#undef X
    };
    if (size == 0)
        return 0;
    enum jn_link_type link_type = link_types[data[0] % (sizeof(link_types) / sizeof(link_types[0]))];
    struct jn_packet p;
    bool apart = data[0] >= 128 && size >= 5;
    const uint8_t *frame = data + (apart ? 5 : 1);
    uint32_t length = (uint32_t)(size - (apart ? 5 : 1)), wire = apart ? jn_be32(data + 1) : length;
    jn_parse_frame(frame, length, wire, link_type, &p);
    // The short way for common frames decides nothing else.
    struct jn_packet bulk;
    jn_parse_frames(&frame, &length, &wire, link_type, &bulk, 1);
    if (memcmp(&p, &bulk, offsetof(struct jn_packet, address) + sizeof(p.address)) != 0)
        abort();
    if ((p.flags & JN_PACKET_IP) && p.l3_offset + 20u > length)
        abort();
    if ((p.flags & JN_PACKET_PORTS) && p.l4_offset + 2u > length)
        abort();
    if ((p.flags & JN_PACKET_TCP) && p.l4_offset + 14u > length)
        abort();
    if (p.exceptions == 0 && !(p.flags & JN_PACKET_IP))
        abort();
    if ((p.flags & JN_PACKET_PORTS) && (p.flags & JN_PACKET_LATER_FRAGMENT))
        abort();
    struct jn_finish finish;
    if (link_type == JN_LINKTYPE_ETHERNET && jn_find_unfinished(frame, length, &p, &finish) &&
        (finish.at < p.l4_offset || finish.at + finish.length > length))
        abort();
    return 0;
}
