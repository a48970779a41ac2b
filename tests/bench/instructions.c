// SPDX-License-Identifier: BSD-3-Clause
// Instructions a packet, for instructions.py: `instructions KIND` plays packets of one kind through the product's code, and
// callgrind counts what `counted` runs, less what `swallow` does in place of a driver.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "../rig/rig.h"
#include "../rig/rig_classifier.h"
#include "bench.h"
#include "replay_gateway.h"

enum { BURSTS = 32, ROOM = 160, ACCESS = 0, TUNNEL = 2 };

struct kind {
    const char *name, *vpgs;
    uint32_t (*frame)(uint32_t flow, uint8_t *out);
    void (*play)(struct rig *rig);
    bool first;    // no flow is known before
    bool returned; // the packets come back from the gateway
    bool sampled;  // with a classifier, which is given every packet
    bool decided;  // with a classifier, which knows all flows
    unsigned int sent;
};

static uint8_t bytes[BURSTS][JN_BURST][ROOM];
static const uint8_t *data[BURSTS][JN_BURST];
static uint32_t length[BURSTS][JN_BURST];
static unsigned int sent;

static uint16_t
swallow(struct jn_tx *tx, struct rte_mbuf **packets, uint16_t count) {
    (void)tx;
    rte_pktmbuf_free_bulk(packets, count);
    sent += count;
    return count;
}

static void
outward(struct rig *rig) {
    jn_pipeline(rig->worker, &rig->burst);
}

static void
back(struct rig *rig) {
    rig_take_usual(rig);
    jn_reinject_send(rig->worker);
}

// The name by which callgrind knows where to count.
static __attribute__((noinline)) void
counted(void (*play)(struct rig *rig), struct rig *rig) {
    play(rig);
    __asm__ volatile("" ::: "memory"); // no jump in place of the call
}

static void
make_frames(const struct kind *kind) {
    for (uint32_t b = 0; b < BURSTS; b++)
        for (uint32_t i = 0; i < JN_BURST; i++) {
            length[b][i] = kind->frame(b * JN_BURST + i, bytes[b][i]);
            data[b][i] = bytes[b][i];
        }
}

// Frames that were sent to the gateway take the place of those that they carry, as it gives them back.
static void
reflect(struct rig *rig, uint32_t b) {
    for (uint32_t i = 0; i < JN_BURST; i++) {
        struct rig_sent *out = &rig->sent[(rig->sent_count - JN_BURST + i) % RIG_SENT];
        if (out->port != TUNNEL || out->length > ROOM || !jn_replay_reflect(out->data, out->length))
            abort();
        length[b][i] = out->length;
        memcpy(bytes[b][i], out->data, out->length);
    }
}

// Every flow is known then, and every path taken once.
static void
warm_up(struct rig *rig, bool returned) {
    for (uint32_t b = 0; b < BURSTS; b++) {
        rig_load(rig, data[b], length[b], JN_BURST, ACCESS);
        outward(rig);
        if (returned)
            reflect(rig, b);
    }
}

// It knows all flows: none of their packets is wanted any more.
static void
decide(struct rig *rig, struct rig_classifier *classifier) {
    for (uint32_t flow_idx = 0; flow_idx < rig->worker->flow->table.header->high_water; flow_idx++) {
        struct jn_answer answer = rig_answer_for(rig, flow_idx);
        answer.flags = JN_ANSWER_DECIDED | JN_ANSWER_LAST;
        answer.application = 5;
        rig_answer(classifier, &answer);
        rig_idle(rig, rig->worker->now_ns);
    }
}

static void
run(const struct kind *kind) {
    struct rig rig;
    struct rig_classifier classifier;
    rig_start_dpdk();
    rig_open(&rig, kind->vpgs, 0);
    rig_resolve(&rig, true);
    rig_target(&rig, JN_TARGET_PEER, 0, (const uint8_t[]){2, 0, 0, 0, 0, 3});
    make_frames(kind);
    if (kind->sampled || kind->decided) {
        rig_classifier_open(&classifier, &rig, 2 * BURSTS * JN_BURST);
        rig_classifier_comes(&classifier);
        rig_idle(&rig, 1);
    }
    if (!kind->first)
        warm_up(&rig, kind->returned);
    if (kind->decided)
        decide(&rig, &classifier);
    for (int port = 0; port < RIG_PORTS; port++)
        rig.tx[port].transmit = swallow;
    for (uint32_t b = 0; b < BURSTS; b++) {
        rig_load(&rig, data[b], length[b], JN_BURST, kind->returned ? TUNNEL : ACCESS);
        counted(kind->play, &rig);
    }
    if (kind->sampled && rig_samples(&classifier) != 2 * BURSTS * JN_BURST)
        abort();
    if (sent != kind->sent * BURSTS * JN_BURST)
        abort();
    printf("%u\n", BURSTS * JN_BURST);
}

#define VPG(rest) "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\",\"fd00:80::/32\"]" rest "}]"
#define MIRROR    ",\"mirroring\":{\"peers\":[{\"address\":\"198.19.0.10\"}]}"
#define REDIRECT                                                                                                       \
    ",\"gate\":{\"address\":\"100.64.0.1/24\",\"peers\":[{\"outer\":\"198.19.0.20\",\"inner\":\"100.64.0.2\"}]},"      \
    "\"redirection\":{\"gateway\":\"100.64.0.2\"}"

int
main(int argc, char **argv) {
    static const struct kind kinds[] = {
        {.name = "known-ipv4", .vpgs = VPG(""), .frame = bench_frame, .play = outward, .sent = 1},
        {.name = "known-ipv6", .vpgs = VPG(""), .frame = bench_ipv6, .play = outward, .sent = 1},
        {.name = "first-packet", .vpgs = VPG(""), .frame = bench_frame, .play = outward, .first = true, .sent = 1},
        {.name = "classified", .vpgs = VPG(""), .frame = bench_frame, .play = outward, .decided = true, .sent = 1},
        {.name = "sampled", .vpgs = VPG(""), .frame = bench_frame, .play = outward, .sampled = true, .sent = 1},
        {.name = "one-copy", .vpgs = VPG(MIRROR), .frame = bench_frame, .play = outward, .sent = 2},
        {.name = "redirected", .vpgs = VPG(REDIRECT), .frame = bench_frame, .play = outward, .sent = 1},
        {.name = "returned", .vpgs = VPG(REDIRECT), .frame = bench_frame, .play = back, .returned = true, .sent = 1},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (argc == 1)
            puts(kinds[i].name);
        else if (strcmp(argv[1], kinds[i].name) == 0) {
            run(&kinds[i]);
            return 0;
        }
    }
    return argc == 1 ? 0 : 2;
}
