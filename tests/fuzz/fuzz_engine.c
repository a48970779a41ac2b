// SPDX-License-Identifier: BSD-3-Clause
// The engine over sequences of samples, nDPI in it: what it says is what a worker and the exporter believe. nDPI itself is not
// instrumented where it comes from the system: of its own faults only those are found that end the process.
#include "fuzz.h"

#include <stdio.h>

#include "engine.h"
#include "ip_numbers.h"

// Before each packet: the flow's number, then bits (1: from the other end, 2: its end, 4: the next flow of the entry, 8: IPv6,
// 16: UDP, 32: as it is, with its own IP header), the server's port, and two bytes of length.
enum { HEAD = 6, FLOWS = 8 };

static struct engine *engine;
static struct jn_classify_counters counters;

int
LLVMFuzzerInitialize(int *argc, char ***argv) {
    char err[JN_ERR_MAX];
    engine = engine_make(FLOWS / 2, &counters, err);
    (void)argc;
    (void)argv;
    demand(engine != NULL);
    return 0;
}

static void
put16(uint8_t *at, size_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void
make_packet(struct jn_sample *s, const uint8_t *payload, size_t length) {
    size_t ip = s->family == 4 ? 20 : 40, transport = s->protocol == JN_IP_TCP ? 20 : 8,
           width = s->family == 4 ? 4 : 16;
    uint8_t *at = s->bytes + ip;
    if (length > JN_SAMPLE_BYTES - ip - transport)
        length = JN_SAMPLE_BYTES - ip - transport;
    s->bytes[0] = s->family == 4 ? 0x45 : 0x60;
    put16(s->bytes + (s->family == 4 ? 2 : 4), transport + length + (s->family == 4 ? ip : 0));
    s->bytes[s->family == 4 ? 9 : 6] = s->protocol;
    memcpy(s->bytes + (s->family == 4 ? 12 : 8), s->address[s->from_b], width);
    memcpy(s->bytes + (s->family == 4 ? 12 : 8) + width, s->address[!s->from_b], width);
    put16(at, s->port[s->from_b]);
    put16(at + 2, s->port[!s->from_b]);
    if (s->protocol == JN_IP_TCP)
        put16(at + 12, 0x5018);
    else
        put16(at + 4, 8 + length);
    memcpy(at + transport, payload, length);
    s->length = (uint16_t)(ip + transport + length);
}

static void
check(const struct engine_output *out, const struct jn_sample *sample) {
    demand(out->annotation_count <= ENGINE_TEXTS);
    demand(out->answer.application < JN_APPLICATION_NUMBERS && out->answer.master < JN_APPLICATION_NUMBERS);
    demand((out->answer.flags & ~JN_ANSWER_FLAGS) == 0);
    demand(memcmp(&out->answer.flow, &sample->flow, sizeof(sample->flow)) == 0);
    for (unsigned int i = 0; i < out->annotation_count; i++) {
        const struct jn_annotation *a = &out->annotations[i];
        demand(jn_annotation_is_sound(a->kind, a->text, a->length));
    }
    demand(counters.flows_held <= FLOWS / 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct engine_output out;
    static struct jn_sample sample;
    uint8_t given[FLOWS] = {0};
    while (size >= HEAD) {
        uint8_t flow = data[0] % FLOWS, bits = data[1];
        size_t told = (size_t)(data[4] << 8 | data[5]) % JN_SAMPLE_BYTES,
               length = told < size - HEAD ? told : size - HEAD;
        memset(&sample, 0, sizeof(sample));
        sample.flow = (struct jn_flow_identity){1, flow, bits & 4 ? 4 : 2};
        sample.family = bits & 8 ? 6 : 4;
        sample.protocol = bits & 16 ? JN_IP_UDP : JN_IP_TCP;
        memset(sample.address, flow + 1, sizeof(sample.address[0]));
        sample.port[0] = 40000;
        sample.port[1] = (uint16_t)(data[2] << 8 | data[3]);
        sample.from_b = bits & 1;
        memcpy(sample.tcp_flags, "\x12\x12", 2);
        sample.number = ++given[flow];
        sample.kind = bits & 2 ? JN_SAMPLE_END : JN_SAMPLE_PACKET;
        if (bits & 32) {
            memcpy(sample.bytes, data + HEAD, length);
            sample.length = (uint16_t)length;
        } else if (sample.kind == JN_SAMPLE_PACKET) {
            make_packet(&sample, data + HEAD, length);
        }
        sample.ip_length = sample.length;
        if (engine_sample_is_sound(&sample)) {
            engine_take(engine, 0, &sample, bits & 64, &out);
            check(&out, &sample);
        }
        data += HEAD + length;
        size -= HEAD + length;
    }
    engine_forget_worker(engine, 0);
    return 0;
}
