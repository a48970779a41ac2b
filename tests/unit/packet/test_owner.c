// SPDX-License-Identifier: BSD-3-Clause
// The owner that software computes is the worker whose queue a NIC chooses: both are held to Toeplitz as Microsoft describes
// it ("RSS hashing functions"), bit by bit.
#include <arpa/inet.h>

#include "packet/owner.h"
#include "test.h"

static uint32_t
toeplitz(const uint8_t *key, const uint8_t *input, unsigned int bytes) {
    uint32_t hash = 0;
    for (unsigned int bit = 0; bit < bytes * 8; bit++) {
        uint64_t window = 0;
        for (unsigned int i = 0; i < 5; i++)
            window = window << 8 | key[bit / 8 + i];
        if (input[bit / 8] >> (7 - bit % 8) & 1)
            hash ^= (uint32_t)(window >> (8 - bit % 8));
    }
    return hash;
}

// What a NIC hashes: source, destination, and perhaps both ports.
static unsigned int
input_of(const struct jn_packet *packet, bool ports, uint8_t out[36]) {
    unsigned int bytes = packet->flags & JN_PACKET_IPV6 ? 16 : 4;
    memcpy(out, packet->address[0], bytes);
    memcpy(out + bytes, packet->address[1], bytes);
    for (unsigned int i = 0; i < 2 && ports; i++) {
        out[2 * bytes + 2 * i] = (uint8_t)(packet->port[i] >> 8);
        out[2 * bytes + 2 * i + 1] = (uint8_t)packet->port[i];
    }
    return 2 * bytes + (ports ? 4 : 0);
}

static struct jn_packet
packet_of(const char *source, uint16_t source_port, const char *destination, uint16_t destination_port) {
    bool v6 = strchr(source, ':') != NULL;
    struct jn_packet packet = {.flags = JN_PACKET_IP | JN_PACKET_PORTS | (v6 ? JN_PACKET_IPV6 : 0u),
                               .protocol = JN_IP_TCP,
                               .port = {source_port, destination_port}};
    assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, source, packet.address[0]), 1);
    assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, destination, packet.address[1]), 1);
    return packet;
}

static uint64_t seed;

static uint32_t
any(void) {
    return (uint32_t)(jn_hash_key_of(++seed).word[0] >> 32);
}

static struct jn_packet
any_packet(void) {
    static const uint8_t protocols[] = {JN_IP_TCP, JN_IP_UDP, JN_IP_SCTP, JN_IP_ICMP, JN_IP_GRE};
    struct jn_packet packet = {.flags = JN_PACKET_IP | JN_PACKET_PORTS,
                               .protocol = protocols[any() % sizeof(protocols)],
                               .port = {(uint16_t)any(), (uint16_t)any()}};
    bool v6 = any() % 2;
    packet.flags |= v6 ? JN_PACKET_IPV6 : 0u;
    for (unsigned int i = 0; i < (v6 ? 16 : 4); i++) {
        packet.address[0][i] = (uint8_t)any();
        packet.address[1][i] = (uint8_t)any();
    }
    return packet;
}

static struct jn_packet
turned(const struct jn_packet *packet) {
    struct jn_packet back = *packet;
    memcpy(back.address[0], packet->address[1], 16);
    memcpy(back.address[1], packet->address[0], 16);
    back.port[0] = packet->port[1];
    back.port[1] = packet->port[0];
    return back;
}

// The reference itself, with Microsoft's key and vectors.
static void
test_reference(void **state) {
    (void)state;
    static const uint8_t key[45] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
                                    0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
                                    0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};
    static const struct {
        const char *source, *destination;
        uint16_t source_port, destination_port;
        uint32_t addresses, ports;
    } rows[] = {
        {"66.9.149.187", "161.142.100.80", 2794, 1766, 0x323e8fc2, 0x51ccc178},
        {"199.92.111.2", "65.69.140.83", 14230, 4739, 0xd718262a, 0xc626b0ea},
        {"3ffe:2501:200:1fff::7", "3ffe:2501:200:3::1", 2794, 1766, 0x2cc18cd5, 0x40207d3d},
        {"3ffe:501:8::260:97ff:fe40:efab", "ff02::1", 14230, 4739, 0x0f0c461c, 0xdde51bbf},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct jn_packet packet =
            packet_of(rows[i].source, rows[i].source_port, rows[i].destination, rows[i].destination_port);
        uint8_t input[36];
        assert_int_equal(toeplitz(key, input, input_of(&packet, false, input)), rows[i].addresses);
        assert_int_equal(toeplitz(key, input, input_of(&packet, true, input)), rows[i].ports);
    }
}

// Any packet, tables of any size, any number of workers: the worker is that of the table's entry, and that of the other
// direction.
static void
test_owner_is_what_a_nic_chooses(void **state) {
    (void)state;
    static const struct {
        unsigned int table, workers;
    } rows[] = {{128, 2}, {128, 3}, {512, 4}, {64, 5}, {32, 32}, {512, 7}, {4, 4}, {1, 2}};
    uint8_t key[JN_OWNER_KEY_BYTES], input[36];
    jn_owner_key(key);
    for (size_t row = 0; row < COUNT(rows); row++)
        for (int ports = 0; ports < 2; ports++) {
            struct jn_owners owners;
            jn_owners_toeplitz(&owners, ports ? JN_OWNER_PORTS : JN_OWNER_ADDRESSES, rows[row].table,
                               rows[row].workers);
            for (unsigned int n = 0; n < 500; n++) {
                struct jn_packet packet = any_packet(), back = turned(&packet);
                bool with = ports && (packet.protocol == JN_IP_TCP || packet.protocol == JN_IP_UDP);
                uint32_t hash = toeplitz(key, input, input_of(&packet, with, input));
                unsigned int owner = hash % rows[row].table % rows[row].workers;
                assert_int_equal(jn_owner(&owners, &packet), owner);
                assert_int_equal(jn_owner(&owners, &back), owner);
                assert_int_equal(jn_owner_of_entry(&owners, hash & 511), owner);
            }
        }
}

// Fragments go by their addresses, be there ports or not: so all of them have one owner.
static void
test_fragments_go_by_addresses(void **state) {
    (void)state;
    struct jn_owners owners, of_addresses;
    jn_owners_toeplitz(&owners, JN_OWNER_PORTS, 128, 4);
    jn_owners_toeplitz(&of_addresses, JN_OWNER_ADDRESSES, 128, 4);
    for (unsigned int n = 0; n < 1000; n++) {
        struct jn_packet packet = any_packet(), later;
        packet.flags |= JN_PACKET_FRAGMENT;
        later = packet;
        later.flags = (packet.flags & ~(uint32_t)JN_PACKET_PORTS) | JN_PACKET_LATER_FRAGMENT;
        later.port[0] = later.port[1] = 0;
        assert_int_equal(jn_owner(&owners, &packet), jn_owner(&of_addresses, &packet));
        assert_int_equal(jn_owner(&owners, &packet), jn_owner(&owners, &later));
    }
}

static void
test_sizes_of_tables(void **state) {
    (void)state;
    static const struct {
        unsigned int entries, used;
    } rows[] = {{0, JN_OWNER_ANY_TABLE}, {1, 1}, {128, 128}, {192, 128}, {512, 512}, {2048, 512}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct jn_owners owners;
        jn_owners_toeplitz(&owners, JN_OWNER_ADDRESSES, rows[i].entries, 3);
        assert_int_equal(owners.mask + 1, rows[i].used);
    }
}

// Addresses as networks have them: no worker has twice its share.
static void
test_spread(void **state) {
    (void)state;
    struct jn_owners owners;
    jn_owners_toeplitz(&owners, JN_OWNER_ADDRESSES, 128, 4);
    unsigned int owned[4] = {0};
    for (uint32_t n = 0; n < 4096; n++) {
        struct jn_packet packet = {.flags = JN_PACKET_IP};
        uint32_t source = htobe32(0x0a800000 + n), destination = htobe32(0xc6120001 + n % 7);
        memcpy(packet.address[0], &source, 4);
        memcpy(packet.address[1], &destination, 4);
        owned[jn_owner(&owners, &packet)]++;
    }
    for (unsigned int w = 0; w < 4; w++)
        assert_in_range(owned[w], 4096 / 4 / 2, 4096 / 4 * 2);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_owner_is_what_a_nic_chooses),
        cmocka_unit_test(test_fragments_go_by_addresses),
        cmocka_unit_test(test_sizes_of_tables),
        cmocka_unit_test(test_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
