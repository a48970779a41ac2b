// SPDX-License-Identifier: BSD-3-Clause
// Whose a packet is: the same both ways, spread evenly, and not to be chosen by who sends.
#include "packet/owner.h"
#include "test.h"

enum { WORKERS = 8, PACKETS = 8000 };

static struct jn_packet
packet_of(uint32_t source, uint32_t destination) {
    struct jn_packet packet = {.flags = JN_PACKET_IP};
    memcpy(packet.address[0], &source, sizeof(source));
    memcpy(packet.address[1], &destination, sizeof(destination));
    return packet;
}

static struct jn_owners
keyed(uint64_t seed) {
    const struct jn_hash_key key = jn_hash_key_of(seed);
    struct jn_owners owners;
    jn_owners_keyed(&owners, &key, WORKERS);
    return owners;
}

static void
test_both_directions_have_one_owner(void **state) {
    (void)state;
    const struct jn_owners owners = keyed(42);
    for (uint32_t n = 0; n < PACKETS; n++) {
        struct jn_packet forth = packet_of(n, n * 2654435761u), back = packet_of(n * 2654435761u, n);
        forth.address[0][12] = back.address[1][12] = (uint8_t)n;
        assert_int_equal(jn_owner(&owners, &forth), jn_owner(&owners, &back));
    }
}

// The ways in which a device can choose addresses. Without a key the first went to one worker each.
static struct jn_packet
chosen(unsigned int way, uint32_t n) {
    switch (way) {
    case 0: return packet_of(n, 0x10000000u - n); // one sum
    case 1: return packet_of(n, ~n);              // one sum, one exclusive or
    case 2: return packet_of(n << 24, 0);         // few bits
    case 3: return packet_of(htobe32(0x0a800000 + n), htobe32(0xc6120001));
    default: return packet_of(n, n);
    }
}

static void
test_addresses_do_not_choose_the_owner(void **state) {
    (void)state;
    for (unsigned int way = 0; way < 5; way++) {
        const struct jn_owners owners = keyed(way + 1);
        unsigned int owned[WORKERS] = {0}, packets = way == 2 ? 256 : PACKETS;
        for (uint32_t n = 0; n < packets; n++) {
            struct jn_packet packet = chosen(way, n);
            owned[jn_owner(&owners, &packet)]++;
        }
        for (unsigned int w = 0; w < WORKERS; w++)
            if (owned[w] < packets / WORKERS / 2 || owned[w] > packets / WORKERS * 2)
                fail_msg("way %u: worker %u owns %u of %u", way, w, owned[w], packets);
    }
}

// Two processes deal out differently.
static void
test_keys_differ(void **state) {
    (void)state;
    const struct jn_owners a = keyed(1), b = keyed(2);
    unsigned int same = 0;
    for (uint32_t n = 0; n < PACKETS; n++) {
        struct jn_packet packet = packet_of(n, 7);
        same += jn_owner(&a, &packet) == jn_owner(&b, &packet);
    }
    assert_in_range(same, PACKETS / WORKERS / 2, PACKETS / WORKERS * 2);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_directions_have_one_owner),
        cmocka_unit_test(test_addresses_do_not_choose_the_owner),
        cmocka_unit_test(test_keys_differ),
    };
    return cmocka_run_group_tests_name("keyed_hash", tests, NULL, NULL);
}
