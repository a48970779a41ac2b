// SPDX-License-Identifier: BSD-3-Clause
// Any number of datagrams at once, in fragments of any order, by several ways, received by any worker: each fragment comes to
// the owner of its flow in two hand-overs at most, or to the worker of its addresses while its first one was not seen.
#include "rig/frame.h"
#include "test.h"
#include "worker/fragment_owner.h"

enum { DATAGRAMS = 40, FRAGMENTS = 5, PIECE = 16, ROUNDS = 2000, WORKERS_MOST = 5, ROOM = 128 };

static struct jn_app app;
static struct jn_thread *threads[WORKERS_MOST];

// A datagram on one of its ways, and how far it has come.
static struct datagram {
    struct frame_spec spec;
    uint16_t way;
    unsigned int left, order[FRAGMENTS];
    bool first_seen, twice; // on two ways
} datagrams[DATAGRAMS];

static uint64_t seed;

static uint32_t
any(void) {
    return (uint32_t)(jn_hash_key_of(++seed).word[0] >> 32);
}

static void
begin(struct datagram *d, uint16_t id) {
    *d = (struct datagram){.spec = {.source = 0x0a800001 + any() % 3,
                                    .destination = 0xc6120001 + any() % 3,
                                    .source_port = (uint16_t)(1024 + any() % 64),
                                    .destination_port = 53,
                                    .protocol = any() % 2 ? JN_IP_UDP : JN_IP_TCP,
                                    .vlan = (uint16_t)(any() % 2 * 7),
                                    .id = id},
                           .way = any() % 2 ? jn_way_of_wire((uint16_t)(any() % 2)) : jn_way_of_tunnel(3),
                           .left = FRAGMENTS};
    for (unsigned int i = 0; i < FRAGMENTS; i++)
        d->order[i] = i;
    for (unsigned int i = FRAGMENTS - 1; i > 0; i--) { // mostly in order
        unsigned int j = any() % 4 ? i : any() % (i + 1), moved = d->order[i];
        d->order[i] = d->order[j];
        d->order[j] = moved;
    }
}

// The same datagram once more, on another way.
static void
begin_again(struct datagram *d, struct datagram *other) {
    begin(d, other->spec.id);
    d->spec = other->spec;
    d->twice = other->twice = true;
    d->way = other->way == jn_way_of_wire(0) ? jn_way_of_tunnel(3) : jn_way_of_wire(0);
}

static struct jn_packet
next_fragment(struct datagram *d, uint8_t frame[ROOM]) {
    unsigned int number = d->order[FRAGMENTS - d->left--];
    uint16_t transport = d->spec.protocol == JN_IP_TCP ? JN_TCP_BYTES : JN_UDP_BYTES;
    struct frame_spec spec = d->spec;
    struct jn_packet packet;
    spec.payload = number == 0 ? (uint16_t)(40 - transport) : PIECE;
    spec.fragment = (uint16_t)((number == 0 ? 0 : 40 + (number - 1) * PIECE) / 8);
    spec.fragment |= number < FRAGMENTS - 1 ? JN_IPV4_MF : 0;
    uint32_t length = frame_build(&spec, frame);
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &packet);
    assert_true(packet.flags & JN_PACKET_FRAGMENT);
    return packet;
}

// The worker where it ends, however often it is handed over.
static unsigned int
route(const struct datagram *d, const struct jn_packet *packet, const uint8_t *frame) {
    unsigned int at = any() % app.options.worker_count;
    for (unsigned int hops = 0; hops <= 2; hops++) {
        threads[at]->handed_over = hops > 0;
        unsigned int owner = jn_thread_owner(threads[at], packet, frame, d->way);
        if (owner == at)
            return at;
        at = owner;
    }
    fail_msg("a fragment is handed over without end");
    return 0;
}

static unsigned int
owner_of_flow(const struct datagram *d) {
    struct frame_spec whole = d->spec;
    uint8_t frame[ROOM];
    struct jn_packet packet;
    uint32_t length = frame_build(&whole, frame);
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &packet);
    return jn_owner(&app.owners, &packet);
}

static void
send_next(struct datagram *d) {
    uint8_t frame[ROOM];
    struct jn_packet packet = next_fragment(d, frame);
    d->first_seen |= !(packet.flags & JN_PACKET_LATER_FRAGMENT);
    unsigned int wanted = d->first_seen ? owner_of_flow(d) : jn_owner(&app.owners, &packet);
    unsigned int found = route(d, &packet, frame);
    if (found != wanted)
        fail_msg("way %#x, datagram %u: %u fragments left, the first was %sseen: worker %u, expected %u", d->way,
                 d->spec.id, d->left, d->first_seen ? "" : "not ", found, wanted);
}

static void
check_with(enum jn_owner_hash hash, unsigned int workers) {
    uint16_t id = 0;
    app.options.worker_count = workers;
    jn_owners_toeplitz(&app.owners, hash, 128, workers);
    for (unsigned int i = 0; i < DATAGRAMS; i++)
        begin(&datagrams[i], ++id);
    for (unsigned int n = 0; n < ROUNDS; n++) {
        struct datagram *d = &datagrams[any() % DATAGRAMS], *other = &datagrams[any() % DATAGRAMS];
        if (d->left != 0)
            send_next(d);
        else if (other->left == FRAGMENTS && !other->twice)
            begin_again(d, other);
        else
            begin(d, ++id);
    }
}

static void
test_any_fragments(void **state) {
    (void)state;
    for (unsigned int i = 0; i < WORKERS_MOST; i++) {
        threads[i] = calloc(1, sizeof(struct jn_thread));
        assert_non_null(threads[i]);
        threads[i]->app = &app;
        threads[i]->worker.index = i;
        threads[i]->worker.now_ns = 1;
        threads[i]->homed =
            (struct jn_fragment_table){.entries = calloc(1024 * JN_FRAGMENT_WAYS, sizeof(struct jn_fragment)),
                                       .bucket_count = 1024,
                                       .timeout_ns = 1000,
                                       .key = jn_hash_key_of(i)};
        assert_non_null(threads[i]->homed.entries);
    }
    for (unsigned int workers = 2; workers <= WORKERS_MOST; workers++)
        check_with(JN_OWNER_PORTS, workers);
    for (unsigned int i = 0; i < WORKERS_MOST; i++) {
        free(threads[i]->homed.entries);
        free(threads[i]);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_fragments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
