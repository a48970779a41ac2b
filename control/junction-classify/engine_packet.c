// SPDX-License-Identifier: BSD-3-Clause
#include "engine_packet.h"

#include <string.h>

#include "byte_span.h"
#include "ip_numbers.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, TCP_HEADER = 20, UDP_HEADER = 8 };

static void
put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void
put32(uint8_t *at, uint32_t value) {
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

// nDPI leaves a packet alone whose header says more than is here, or 0 (segmented by the sender's device).
static uint16_t
make_length_true(uint8_t *packet, uint8_t family, uint16_t length) {
    uint8_t *field = packet + (family == 4 ? 2 : 4);
    uint32_t headers = family == 4 ? 0 : IPV6_HEADER, told = number16(field);
    if (told == 0 || told + headers > length)
        put16(field, length - headers);
    else
        length = (uint16_t)(told + headers); // without what pads the frame
    return length;
}

uint16_t
engine_packet_copy(struct engine *engine, const struct jn_sample *sample) {
    memcpy(engine->packet, sample->bytes, sample->length);
    uint16_t length = make_length_true(engine->packet, sample->family, sample->length);
    memset(engine->packet + length, 0, ENGINE_SLACK);
    return length;
}

static uint8_t *
build_ip(uint8_t *packet, const struct jn_sample *sample, bool from_b, uint16_t payload) {
    const uint8_t *source = sample->address[from_b], *destination = sample->address[!from_b];
    if (sample->family == 4) {
        packet[0] = 0x45;
        put16(packet + 2, (uint32_t)(IPV4_HEADER + payload));
        packet[8] = 64;
        packet[9] = sample->protocol;
        memcpy(packet + 12, source, 4);
        memcpy(packet + 16, destination, 4);
        return packet + IPV4_HEADER;
    }
    packet[0] = 0x60;
    put16(packet + 4, payload);
    packet[6] = sample->protocol;
    packet[7] = 64;
    memcpy(packet + 8, source, 16);
    memcpy(packet + 24, destination, 16);
    return packet + IPV6_HEADER;
}

uint16_t
engine_packet_build(struct engine *engine, const struct jn_sample *sample, bool from_b, uint8_t tcp_flags,
                    const uint32_t seq_ack[2]) {
    bool tcp = sample->protocol == JN_IP_TCP, udp = sample->protocol == JN_IP_UDP;
    uint16_t transport = tcp ? TCP_HEADER : udp ? UDP_HEADER : 0;
    memset(engine->packet, 0, IPV6_HEADER + TCP_HEADER + ENGINE_SLACK);
    uint8_t *at = build_ip(engine->packet, sample, from_b, transport);
    uint16_t length = (uint16_t)(at - engine->packet + transport);
    if (transport == 0)
        return length;
    put16(at, sample->port[from_b]);
    put16(at + 2, sample->port[!from_b]);
    if (udp) {
        put16(at + 4, UDP_HEADER);
        return length;
    }
    put32(at + 4, seq_ack[0]);
    put32(at + 8, seq_ack[1]);
    at[12] = TCP_HEADER / 4 << 4;
    at[13] = tcp_flags;
    put16(at + 14, 0xffff);
    return length;
}
