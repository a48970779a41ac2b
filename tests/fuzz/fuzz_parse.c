// SPDX-License-Identifier: BSD-3-Clause
// First byte: link type, and whether four bytes with the length on the wire follow; the rest: the frame. What the parser says
// must hold within the frame, whatever it had on the wire.
#include "flow/flow_key.h"
#include "fuzz.h"
#include "packet/bytes.h"
#include "packet/parse.h"
#include "packet/unfinished.h"
#include "path/path.h"

static struct jn_flow_table_header header = {.capacity = 1};
static struct jn_flow_bucket buckets[2];
static const struct jn_flow_table table = {.header = &header,
                                           .buckets = buckets,
                                           .bucket_count = 2,
                                           .key = {{3, 5, 7, 11}},
                                           .no_ports = UINT64_C(0x123456789abcdef1)};

// What lies in columns is what the packet says, and its key is that of the packet alone, whether that is written or not.
static void
check_columns(const struct jn_path *path, struct jn_burst *burst) {
    struct jn_columns alone;
    struct jn_flow_burst f;
    uint64_t place[JN_BURST];
    uint64_t flows = 0;
    for (unsigned int i = 0; i < burst->count; i++) {
        const struct jn_columns *columns = &burst->columns;
        struct jn_packet packet;
        jn_parse_frame(burst->data[i], burst->length[i], burst->bytes[i], burst->link_type, &packet);
        jn_columns_set(&alone, i, &packet);
        demand(columns->kind[i] == alone.kind[i] && columns->ip_length[i] == alone.ip_length[i] &&
               columns->ports[i] == alone.ports[i] && columns->vlan_tci[i] == alone.vlan_tci[i] &&
               columns->tcp_flags[i] == alone.tcp_flags[i]);
        flows |= (uint64_t)((packet.flags & (JN_PACKET_IP | JN_PACKET_FRAGMENT)) == JN_PACKET_IP) << i;
        burst->vlan_id[i] = 7;
        if (!(columns->unwritten >> i & 1))
            burst->parsed[i].vlan_id = 7;
        burst->vpg_idx[i] = 5;
        place[i] = jn_flow_place(7, 5);
    }
    burst->placed = true;
    path->flow_burst_find(&table, burst, place, flows, &f);
    for (; flows != 0; flows &= flows - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(flows);
        struct jn_flow_key key;
        jn_flow_key(&table, jn_burst_packet(burst, i), 5, &key);
        demand(f.key0[i] == key.key0 && f.key1[i] == key.key1 && f.end[i] == key.swapped && (f.v6 >> i & 1) == key.v6);
    }
}

// Bursts of the frame with ever more of it cut off, whose sizes leave over every number of what a vector takes: each copy of the
// packet path says of each what jn_parse_frame does.
static void
check_paths(const uint8_t *frame, uint32_t length, uint32_t wire, enum jn_link_type link_type) {
    static struct jn_burst burst;
    burst.count = 1 + length % 33;
    burst.link_type = link_type;
    for (unsigned int i = 0; i < burst.count; i++) {
        uint32_t cut = i / 2 < length ? i / 2 : length;
        burst.data[i] = frame;
        burst.length[i] = length - cut;
        burst.bytes[i] = wire;
    }
    for (unsigned int n = 0; jn_path_at(n, jn_isa_here()) != NULL; n++) {
        uint32_t exceptions = 0;
        memset(burst.parsed, 0xa5, sizeof(burst.parsed)); // what a former burst left
        burst.lazy = (length + n) % 2;
        jn_path_at(n, jn_isa_here())->parse(NULL, &burst);
        check_columns(jn_path_at(n, jn_isa_here()), &burst);
        for (unsigned int i = 0; i < burst.count; i++) {
            struct jn_packet p = {0};
            jn_parse_frame(frame, burst.length[i], wire, link_type, &p);
            p.vlan_id = 7;
            demand(memcmp(&p, jn_burst_packet(&burst, i), offsetof(struct jn_packet, address) + sizeof(p.address)) ==
                   0);
            exceptions |= p.exceptions;
        }
        demand(exceptions == burst.exceptions && burst.columns.unwritten == 0);
    }
}

static bool
same_key(const struct jn_flow_key *a, const struct jn_flow_key *b) {
    return a->key0 == b->key0 && a->key1 == b->key1 && a->hash == b->hash && a->v6 == b->v6;
}

// An answer is of its question's flow.
static void
check_key(const struct jn_packet *packet) {
    struct jn_flow_key key, back;
    struct jn_packet answer = *packet;
    jn_flow_key(&table, packet, 5, &key);
    for (int end = 0; end < 2; end++) {
        answer.port[end] = packet->port[!end];
        memcpy(answer.address[end], packet->address[!end], sizeof(answer.address[end]));
    }
    jn_flow_key(&table, &answer, 5, &back);
    bool alike = packet->port[0] == packet->port[1] && memcmp(packet->address[0], packet->address[1], 16) == 0;
    bool one_way = packet->flags & JN_PACKET_ONE_WAY;
    if (same_key(&key, &back) != (!one_way || alike) || (!one_way && !alike && key.swapped == back.swapped) ||
        (one_way && key.swapped))
        abort();
    // End a has the smaller address and port, as lib/flow.h says.
    const uint8_t *a = packet->address[key.swapped], *b = packet->address[!key.swapped];
    int order = memcmp(a, b, 16);
    if (!one_way && (order > 0 || (order == 0 && packet->port[key.swapped] > packet->port[!key.swapped])))
        abort();
    if ((uint16_t)key.key1 != packet->port[key.swapped] || (uint16_t)(key.key1 >> 16) != packet->port[!key.swapped] ||
        (uint8_t)(key.key1 >> 32) != packet->protocol || key.key1 >> 52 != 5)
        abort();
    if (!key.v6 && (key.key0 ^ (packet->flags & JN_PACKET_PORTS ? 0 : table.no_ports)) !=
                       ((uint64_t)jn_be32(a) << 32 | jn_be32(b)))
        abort();
}

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
    check_paths(frame, length, wire, link_type);
    if (p.flags & JN_PACKET_IP)
        check_key(&p);
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
