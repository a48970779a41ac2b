// SPDX-License-Identifier: BSD-3-Clause
// What is told beside a document's text: where its id and date stand, its key, what it counts.
#include <arpa/inet.h>

#include "export_document.h"
#include "protocols.h"

static void
test_keys(void **state) {
    (void)state;
    static const struct {
        const char *vpg, *a, *b, *key;
        uint16_t flags;
    } rows[] = {
        {"vpg-1", "10.128.0.5", "198.18.0.1", "vpg-1/10.128.0.5", JN_FLOW_DEVICE_A},
        {"vpg-2", "10.128.0.5", "198.18.0.1", "vpg-2/10.128.0.5", JN_FLOW_DEVICE_A},
        {"vpg-1", "10.128.0.5", "198.18.0.1", "vpg-1/198.18.0.1", JN_FLOW_DEVICE_B},
        {"vpg-1", "10.128.0.5", "198.18.0.1", "vpg-1/10.128.0.5", JN_FLOW_DEVICE_A | JN_FLOW_INITIATOR_B},
        {"vpg-1", "10.128.0.5", "198.18.0.1", "vpg-1/198.18.0.1", JN_FLOW_INITIATOR_B},
        {"v", "fd00::5", "fd00::100", "v/fd00::5", JN_FLOW_IPV6 | JN_FLOW_DEVICE_A},
        {"01234567890123456789012345678901234567890123456", "fd00:1111:2222:3333:4444:5555:6666:7777", "fd00::100",
         "01234567890123456789012345678901234567890123456/fd00:1111:2222:3333:4444:5555:6666:7777",
         JN_FLOW_IPV6 | JN_FLOW_DEVICE_A},
    };
    static struct flow_document document;
    struct names names;
    struct flow_writer writer;
    names_open(&names, "test");
    flow_writer_open(&writer, "edge-1", &names);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
        int family = rows[i].flags & JN_FLOW_IPV6 ? AF_INET6 : AF_INET;
        inet_pton(family, rows[i].a, r.flow.address[0]);
        inet_pton(family, rows[i].b, r.flow.address[1]);
        snprintf(r.vpg_id, sizeof(r.vpg_id), "%s", rows[i].vpg);
        r.flow.flags = rows[i].flags;
        flow_document_write(&writer, &r, &document);
        json_decref(checked_document(&document));
        assert_text_is(document.key, document.key_length, rows[i].key);
        assert_int_equal(document.packets, 3);
        assert_int_equal(document.bytes, 260);
    }
    names_close(&names);
}

// A name that JSON escapes stands escaped in the id too.
static void
test_escaped_node(void **state) {
    (void)state;
    static const char *const nodes[] = {"edge-1", "a\"b\\c", "\"", "\",\"dataset\":", "\x01\x1f", "n\xc3\xb8"};
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        char id[128];
        struct names names;
        struct flow_writer writer;
        struct jn_record r = udp_record(3, 0, 5, 40000, 53, 2);
        names_open(&names, "test");
        flow_writer_open(&writer, nodes[i], &names);
        json_t *d = write_with(&writer, &r);
        snprintf(id, sizeof(id), "%s-0123456789abcdef-3-0", nodes[i]);
        assert_string_equal(text_at(d, "event/id"), id);
        json_decref(d);
        names_close(&names);
    }
}

static struct jn_policy *
one_vpg(const char *id, const char *name) {
    static const char strings[1] = "";
    size_t vpg_at = (sizeof(struct jn_policy) + 7) / 8 * 8, string_at = vpg_at + sizeof(struct jn_vpg);
    struct jn_policy *p = calloc(1, string_at + sizeof(strings));
    assert_non_null(p);
    *p = (struct jn_policy){.length = (uint32_t)(string_at + sizeof(strings)),
                            .vpg_count = 1,
                            .vpg_offset = (uint32_t)vpg_at,
                            .string_bytes = sizeof(strings),
                            .string_offset = (uint32_t)string_at};
    struct jn_vpg *vpg = (struct jn_vpg *)jn_policy_vpgs(p);
    snprintf(vpg->id, sizeof(vpg->id), "%s", id);
    snprintf(vpg->name, sizeof(vpg->name), "%s", name);
    return p;
}

// What was looked up in one policy is not believed of another, even if that lies where the first one lay.
static void
test_names_follow_the_policy(void **state) {
    (void)state;
    static const struct {
        const char *id, *name, *expected;
        bool document; // is one written with this policy?
    } rows[] = {
        {VPG_ID, "first", "first", true},  {VPG_ID, "second", "second", true},   {OTHER_VPG, "other", "(none)", false},
        {OTHER_VPG, "other", NULL, false}, {OTHER_VPG, "other", "(none)", true}, {VPG_ID, "between", NULL, false},
        {VPG_ID, "last", "last", true},
    };
    struct names names;
    struct flow_writer writer;
    struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
    names_open(&names, "test");
    flow_writer_open(&writer, "edge-1", &names);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        names_use(&names, one_vpg(rows[i].id, rows[i].name));
        if (!rows[i].document)
            continue;
        json_t *d = write_with(&writer, &r);
        assert_string_equal(text_at(d, "junction/vpg/name"), rows[i].expected);
        json_decref(d);
    }
    names_close(&names);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_escaped_node),
        cmocka_unit_test(test_names_follow_the_policy),
    };
    protocols_init();
    return cmocka_run_group_tests_name("export places", tests, NULL, NULL);
}
