// SPDX-License-Identifier: BSD-3-Clause
// The writer's flow documents are those of a plain writer by jansson, byte for byte, whatever a record says.
#include "flow_document.h"
#include "flow_mix.h"
#include "plain_document.h"
#include "protocols.h"
#include "random.h"
#include "record_check.h"
#include "sound_record.h"
#include "test.h"

enum { RECORDS = 5000 };

static struct jn_record mix[MIX_RECORDS];
static struct names names, none;
static const char ports[JN_MAX_PORTS][JN_NAME_MAX] = {"access0", "network0", "a\"b\\c", "n\xc3\xb8"};
static uint64_t seed = RANDOM_SEED;

static uint64_t
random_word(void) {
    return random_next(&seed);
}

// Of all lengths.
static uint64_t
random_number(void) {
    return random_word() % 8 == 0 ? 0 : random_word() >> random_word() % 64;
}

// Long and short runs of zeroes, and IPv4 addresses within.
static void
random_address(uint8_t address[16]) {
    uint64_t zeroes = random_word();
    for (int b = 0; b < 16; b++)
        address[b] = zeroes >> (b / 2) & 1 ? 0 : (uint8_t)random_word();
    if (zeroes >> 60 == 0)
        memcpy(address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
}

static void
random_flow(struct jn_record_flow *f) {
    for (int end = 0; end < 2; end++) {
        if (random_word() % 2)
            random_address(f->address[end]);
        for (int b = 0; b < 6; b++)
            f->mac[end][b] = random_word() % 4 ? (uint8_t)random_word() : 0;
        f->port[end] = (uint16_t)random_number();
        f->packets[end] = (uint32_t)random_number();
        f->bytes[end] = random_number();
        f->mirrored[end] = (uint32_t)random_number();
        f->tcp_flags[end] = (uint8_t)random_word();
    }
    static const uint8_t protocols[] = {JN_IP_TCP, JN_IP_UDP, JN_IP_ICMP, JN_IP_ICMPV6};
    f->protocol = random_word() % 2 ? protocols[random_word() % 4] : (uint8_t)random_word();
    f->start_ns = random_number();
    f->end_ns = random_number();
    f->flow_start_ns = random_number();
    f->flags = (uint16_t)random_word();
    f->verdict = (uint16_t)random_word();
    f->vlan_tci = random_word() % 2 ? 0xffff : (uint16_t)random_word();
    f->end_reason = (uint8_t)random_word();
    f->ingress = (uint8_t)(random_word() % 5);
    f->application = random_word() % 2 ? JN_APPLICATION_NONE : (uint16_t)random_word();
    f->application_master = random_word() % 2 ? 0 : (uint16_t)random_word();
    f->application_category = (uint8_t)random_word();
    f->application_confidence = (uint8_t)random_word();
    f->redirected = (uint32_t)random_number();
    f->returned = (uint32_t)random_number();
    f->returned_bytes = random_number();
}

static void
random_record(struct jn_record *r) {
    *r = mix[random_word() % MIX_RECORDS];
    random_flow(&r->flow);
    r->worker = (uint8_t)random_word();
    r->sequence = random_number();
    r->generation = random_number();
    r->interval = (uint32_t)random_number();
    r->interval_start = random_number();
    r->interval_end = random_number();
    r->marks = random_word() % 2 ? 0 : (uint16_t)random_word();
    if (random_word() % 8 == 0)
        r->boot = random_word();
    if (random_word() % 4 == 0)
        snprintf(r->vpg_id, sizeof(r->vpg_id), "vpg \"%lu\"", (unsigned long)random_number());
    make_sound(r);
}

static void
compare(const struct names *with, bool lean) {
    static struct flow_document document;
    static struct flow_writer writer;
    static const char node[] = "edge \"1\" \xe6\x9d\xb1";
    const struct plain_writer plain = {.names = with, .node = node, .ports = ports, .lean = lean};
    flow_writer_open(&writer, node, with);
    flow_writer_ports(&writer, ports);
    writer.lean = lean;
    for (int i = 0; i < RECORDS; i++) {
        struct jn_record r;
        random_record(&r);
        assert_null(record_error(&r, r.worker));
        flow_document_write(&writer, &r, &document);
        char *expected = plain_document(&plain, &r);
        assert_non_null(expected);
        if (document.length != strlen(expected) || memcmp(document.text, expected, document.length) != 0)
            fail_msg("expected %s\nfound    %.*s", expected, (int)document.length, document.text);
        free(expected);
    }
}

static void
test_random_records(void **state) {
    (void)state;
    compare(&none, false);
    compare(&none, true);
    compare(&names, false);
    compare(&names, true);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_records)};
    protocols_init();
    mix_records(mix);
    names_open(&none, "none");
    names_open(&names, "named");
    names_use(&names, mix_policy(mix));
    int failed = cmocka_run_group_tests_name("export plain", tests, NULL, NULL);
    names_close(&names);
    return failed;
}
