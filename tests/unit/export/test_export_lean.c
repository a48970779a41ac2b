// SPDX-License-Identifier: BSD-3-Clause
// Lean flow documents: the full one without what is named here, and short.
#include <arpa/inet.h>

#include "export_document.h"
#include "flow_mix.h"
#include "protocols.h"

static struct names names;
static struct flow_writer full_writer, lean_writer;

// Byte for byte.
static void
test_whole_document(void **state) {
    (void)state;
    static struct flow_document document;
    struct jn_record r = whole_record();
    r.flow.vlan_tci = 100;
    flow_document_write(&lean_writer, &r, &document);
    assert_text_is(
        document.text, document.length,
        "{\"@timestamp\":\"2026-01-02T03:00:01.500000000Z\","
        "\"event\":{\"type\":[\"start\",\"end\"],\"action\":\"flow_ended\",\"id\":\"edge-1-0123456789abcdef-3-42\","
        "\"dataset\":\"junction.flow\","
        "\"duration\":500000000},"
        "\"source\":{\"ip\":\"10.128.0.5\",\"port\":40000,\"bytes\":200,\"packets\":2},"
        "\"destination\":{\"ip\":\"198.18.0.1\",\"port\":53,\"bytes\":60,\"packets\":1},"
        "\"network\":{\"transport\":\"udp\",\"protocol\":\"dns\",\"bytes\":260,\"packets\":3,"
        "\"community_id\":\"1:awE1zm+KKYfUFmfhZ45PLnuTHxg=\",\"direction\":\"outbound\",\"vlan\":{\"id\":\"100\"}},"
        "\"observer\":{\"name\":\"edge-1\"},"
        "\"junction\":{\"vpg\":{\"id\":\"" VPG_ID "\"},\"verdict\":[\"inspect\"],"
        "\"end_reason\":{\"name\":\"idle timeout\"},\"interval\":{\"number\":1}}}");
}

// What is wanted of one part of a document, NULL: that it is missing.
static void
assert_part(json_t *document, const char *path, const char *expected) {
    char *found = json_dumps(at_path(document, path), JSON_COMPACT | JSON_ENCODE_ANY);
    if ((found == NULL) != (expected == NULL) || (found != NULL && strcmp(found, expected) != 0))
        fail_msg("%s: expected %s, found %s", path, expected, found);
    free(found);
}

static const struct part_row {
    uint16_t flags, verdict;
    uint8_t protocol, tcp_flags[2], reason;
    uint32_t redirected, returned;
    const char *type, *tcp, *redirect, *number;
} part_rows[] = {
    {0, 0, 6, {0x1b, 0x1b}, JN_END_ACTIVE, 0, 0, "[\"start\"]", NULL, NULL, NULL},
    {JN_FLOW_REPORTED, 0, 6, {0x10, 0x18}, JN_END_ACTIVE, 0, 0, NULL, NULL, NULL, NULL},
    {JN_FLOW_REPORTED,
     0,
     6,
     {0x02, 0},
     JN_END_IDLE,
     0,
     0,
     "[\"end\"]",
     "{\"flags\":{\"source\":[\"syn\"],\"destination\":[]}}",
     NULL,
     NULL},
    {0,
     JN_VERDICT_DROP,
     6,
     {0x02, 0x14},
     JN_END_DETECTED,
     0,
     0,
     "[\"start\",\"end\",\"denied\"]",
     "{\"flags\":{\"source\":[\"syn\"],\"destination\":[\"rst\",\"ack\"]}}",
     NULL,
     NULL},
    {JN_FLOW_REPORTED, JN_VERDICT_REDIRECT, 17, {0, 0}, JN_END_ACTIVE, 0, 0, NULL, NULL, NULL, NULL},
    {JN_FLOW_REPORTED, JN_VERDICT_REDIRECT, 17, {0, 0}, JN_END_ACTIVE, 7, 0, NULL, NULL, "{\"packets\":7}", NULL},
    {JN_FLOW_REPORTED,
     JN_VERDICT_REDIRECT,
     17,
     {0, 0},
     JN_END_ACTIVE,
     7,
     6,
     NULL,
     NULL,
     "{\"packets\":7,\"returned_packets\":6,\"returned_bytes\":600}",
     NULL},
    {JN_FLOW_REPORTED,
     0,
     17,
     {0, 0},
     JN_END_ACTIVE,
     0,
     6,
     NULL,
     NULL,
     "{\"returned_packets\":6,\"returned_bytes\":600}",
     NULL},
    {JN_FLOW_REPORTED, 0, 200, {0, 0}, JN_END_ACTIVE, 0, 0, NULL, NULL, NULL, "\"200\""},
};

static void
test_parts_that_say_something(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(part_rows) / sizeof(part_rows[0]); i++) {
        const struct part_row *row = &part_rows[i];
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
        r.flow.flags = row->flags;
        r.flow.verdict = row->verdict;
        r.flow.protocol = row->protocol;
        memcpy(r.flow.tcp_flags, row->tcp_flags, 2);
        r.flow.end_reason = row->reason;
        r.flow.redirected = row->redirected;
        r.flow.returned = row->returned;
        r.flow.returned_bytes = row->returned * UINT64_C(100);
        json_t *d = write_with(&lean_writer, &r);
        assert_part(d, "event/type", row->type);
        assert_part(d, "junction/tcp", row->tcp);
        assert_part(d, "junction/redirect", row->redirect);
        assert_part(d, "network/iana_number", row->number);
        json_decref(d);
    }
}

// An end that sent nothing has no counts.
static void
test_silent_end(void **state) {
    (void)state;
    struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
    r.flow.packets[1] = 0;
    r.flow.bytes[1] = 0;
    json_t *d = write_with(&lean_writer, &r);
    assert_part(d, "destination", "{\"ip\":\"198.18.0.1\",\"port\":53}");
    assert_part(d, "network/packets", "2");
    json_decref(d);
}

static bool
may_lack(const char *path) {
    static const char *const paths[] = {
        "/ecs",
        "/event/kind",
        "/event/category",
        "/event/type",

        "/event/start",
        "/event/end",
        "/source/mac",
        "/destination/mac",
        "/network/type",
        "/network/iana_number",
        "/observer/type",
        "/observer/vendor",
        "/observer/product",
        "/observer/version",
        "/observer/ingress",
        "/junction/end_reason/id",
        "/junction/tcp",
        "/junction/flow",
        "/junction/worker",
        "/junction/sequence",
        "/junction/generation",
        "/junction/interval/start",
        "/junction/interval/end",
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (strcmp(path, paths[i]) == 0)
            return true;
    return false;
}

// Whatever the lean document has stands in the full one, and what it lacks is named above, or is 0.
static void
assert_within(json_t *full, json_t *lean, const char *path) {
    const char *key;
    json_t *value;
    json_object_foreach(lean, key, value) {
        json_t *same = json_object_get(full, key);
        if (same == NULL || (!json_is_object(value) && strcmp(key, "type") != 0 && !json_equal(value, same)))
            fail_msg("%s/%s: not as in the full document", path, key);
    }
    json_object_foreach(full, key, value) {
        char below[256];
        json_t *found = json_object_get(lean, key);
        snprintf(below, sizeof(below), "%s/%s", path, key);
        if (json_is_object(value) && found != NULL)
            assert_within(value, found, below);
        else if (found == NULL && !may_lack(below) && !(json_is_integer(value) && json_integer_value(value) == 0))
            fail_msg("%s is missing", below);
    }
}

static int
compare(const void *a, const void *b) {
    return (*(const size_t *)a > *(const size_t *)b) - (*(const size_t *)a < *(const size_t *)b);
}

// Of what a gateway of devices sees: nothing is lost but what is named, and half of the documents are short. Names come
// to that with their length: here 59 bytes.
static void
test_mix(void **state) {
    (void)state;
    static struct jn_record records[MIX_RECORDS];
    static struct flow_document document;
    static size_t lengths[MIX_RECORDS];
    static const size_t limits[2] = {700, 759};
    mix_records(records);
    for (int named = 0; named < 2; named++) {
        if (named)
            names_use(&names, mix_policy(records));
        for (int i = 0; i < MIX_RECORDS; i++) {
            flow_document_write(&lean_writer, &records[i], &document);
            lengths[i] = document.length;
            json_t *lean = checked_document(&document), *full = write_with(&full_writer, &records[i]);
            assert_within(full, lean, "");
            json_decref(lean);
            json_decref(full);
        }
        qsort(lengths, MIX_RECORDS, sizeof(lengths[0]), compare);
        print_message("bytes of a lean document %s: %zu in the middle, %zu at most\n",
                      named ? "with names" : "without names", lengths[MIX_RECORDS / 2], lengths[MIX_RECORDS - 1]);
        assert_true(lengths[MIX_RECORDS / 2] <= limits[named]);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_document),
        cmocka_unit_test(test_parts_that_say_something),
        cmocka_unit_test(test_silent_end),
        cmocka_unit_test(test_mix),
    };
    const char ports[JN_MAX_PORTS][JN_NAME_MAX] = {"access0"};
    protocols_init();
    names_open(&names, "test");
    flow_writer_open(&full_writer, "edge-1", &names);
    flow_writer_open(&lean_writer, "edge-1", &names);
    flow_writer_ports(&full_writer, ports);
    flow_writer_ports(&lean_writer, ports);
    lean_writer.lean = true;
    int failed = cmocka_run_group_tests_name("export lean", tests, NULL, NULL);
    names_close(&names);
    return failed;
}
