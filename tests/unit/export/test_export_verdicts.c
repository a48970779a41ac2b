// SPDX-License-Identifier: BSD-3-Clause
// Every verdict, from a packet through the stages to a record, a document in words, and a summary that it adds up to.
#include "export_records.h"
#include "export_summary.h"
#include "flow_document.h"
#include "protocols.h"
#include "record_check.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define T0     UINT64_C(1700000000000000000)
#define DEVICE 0x0a800005u
#define OTHER  0x0a800006u
#define SERVER 0xc6130209u
#define HOST   0x0afe0002u
#define VPG(rest)                                                                                                      \
    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/16\"],\"devices\":[{\"address\":\"10.128.0.5\",\"name\":\"a\","   \
    "\"group\":\"cameras\"},{\"address\":\"10.128.0.6\",\"name\":\"b\",\"group\":\"meters\"}]" rest "}]"
#define GATE(keys)                                                                                                     \
    ",\"gate\":{\"address\":\"10.254.0.1/16\"" keys ",\"peers\":[{\"outer\":\"198.19.2.20\",\"inner\":\"10.254.0.2\"}" \
    "]}"
#define MIRRORING ",\"mirroring\":{\"peers\":[{\"address\":\"198.19.2.10\"},{\"address\":\"198.19.2.11\"}]}"

static const struct row {
    const char *what, *vpgs;
    uint32_t source, destination;
    uint16_t verdict;
    bool headerless; // fragments of which the first has no room for a transport header
} rows[] = {
    {"inspected", VPG(""), DEVICE, SERVER, JN_VERDICT_INSPECT, false},
    {"dropped by a rule", VPG(",\"rules\":[{\"match\":{},\"drop\":true}]"), DEVICE, SERVER,
     JN_VERDICT_INSPECT | JN_VERDICT_DROP, false},
    {"copied to both peers", VPG(MIRRORING), DEVICE, SERVER,
     JN_VERDICT_INSPECT | JN_VERDICT_MIRROR0 | JN_VERDICT_MIRROR1, false},
    {"through the gateway", VPG(GATE("") ",\"redirection\":{\"gateway\":\"10.254.0.2\"}"), DEVICE, SERVER,
     JN_VERDICT_INSPECT | JN_VERDICT_REDIRECT, false},
    {"to a host of the network", VPG(GATE("")), DEVICE, HOST, JN_VERDICT_INSPECT | JN_VERDICT_GATE, false},
    {"devices of two groups", VPG(GATE(",\"privacy_separator\":true")), DEVICE, OTHER,
     JN_VERDICT_INSPECT | JN_VERDICT_DROP | JN_VERDICT_PRIVACY, false},
    {"the same, to be redirected",
     VPG(GATE(",\"privacy_separator\":true") ",\"redirection\":{\"gateway\":\"10.254.0.2\"}"), DEVICE, OTHER,
     JN_VERDICT_INSPECT | JN_VERDICT_DROP | JN_VERDICT_PRIVACY | JN_VERDICT_REDIRECT, false},
    {"without transport header", VPG(",\"fragments\":{\"headerless\":\"drop\"}"), DEVICE, SERVER,
     JN_VERDICT_INSPECT | JN_VERDICT_DROP | JN_VERDICT_HEADERLESS, true},
};

static struct aggregator aggregator;
static struct flow_writer writer;
static struct names names;

static bool
has_word(json_t *list, const char *word) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), word) == 0)
            return true;
    return false;
}

// The words are those of the record's bits, and of no other.
static void
check_words(const char *what, json_t *document, uint16_t verdict) {
    json_t *found = at_path(document, "junction/verdict");
    size_t expected = 0;
#define X(id, bit, word, shown, text)                                                                                  \
    if ((verdict >> (bit)&1) && (word)[0] != '\0' && !has_word(found, word))                                           \
        fail_msg("%s: \"%s\" is not in the document", what, word);                                                     \
    expected += (verdict >> (bit)&1) && (word)[0] != '\0' && JN_VERDICT_##id != JN_VERDICT_MIRROR1;
    JN_VERDICTS(X)
#undef X
    assert_int_equal(json_array_size(found), expected);
    assert_int_equal(has_word(at_path(document, "event/type"), "denied"), (verdict & JN_VERDICT_DROP) != 0);
    assert_int_equal(json_is_true(at_path(document, "junction/gate")), (verdict & JN_VERDICT_GATE) != 0);
}

static json_t *
flow_document(const struct jn_record *record) {
    static struct flow_document document;
    flow_document_write(&writer, record, &document);
    json_t *parsed = json_loadb(document.text, document.length, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    return parsed;
}

// The records of the rig go into the sums as the exporter takes them. Returns packets and bytes of flow documents.
static uint16_t
export_records(const struct row *row, struct rig *rig, uint64_t position, uint64_t counted[2]) {
    uint16_t verdict = 0;
    for (const struct jn_record *r; (r = rig_record(rig)) != NULL; position++) {
        const char *error = record_error(r, 0);
        if (error != NULL)
            fail_msg("%s: the exporter refuses the record: %s", row->what, error);
        assert_int_equal(aggregate_record(&aggregator, 0, position, r), 0);
        if (r->type != JN_RECORD_FLOW)
            continue;
        json_t *d = flow_document(r);
        verdict |= r->flow.verdict;
        check_words(row->what, d, r->flow.verdict);
        counted[0] += (uint64_t)number_at(d, "network/packets");
        counted[1] += (uint64_t)number_at(d, "network/bytes");
        json_decref(d);
    }
    return verdict;
}

static uint32_t
build(const struct row *row, uint8_t *frame) {
    const struct frame_spec spec = {.source = row->source,
                                    .destination = row->destination,
                                    .protocol = 17,
                                    .fragment = row->headerless ? JN_IPV4_MF : 0};
    uint32_t length = frame_build(&spec, frame);
    if (!row->headerless)
        return length;
    uint8_t *ip = frame + 14;
    ip[3] -= JN_UDP_BYTES; // of the total length
    ip[10] = ip[11] = 0;
    jn_put_be16(ip + 10, frame_checksum(ip, JN_IPV4_BYTES));
    return length - JN_UDP_BYTES;
}

static void
test_from_packet_to_document(void **state) {
    (void)state;
    enum { FRAMES = 3 };
    static const uint64_t zero[1], far[1] = {1000};
    uint16_t driven = 0;
    for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
        const struct row *row = &rows[n];
        uint64_t counted[2] = {0, 0};
        uint8_t frame[128];
        char instance[JN_INSTANCE_MAX], err[JN_ERR_MAX];
        struct rig rig;
        random_instance(instance);
        assert_true(aggregate_open(&aggregator, instance, 64, err) >= 0);
        assert_true(aggregate_attach(&aggregator, 1, 1, zero, far));
        rig_open(&rig, row->vpgs, 0);
        rig_resolve(&rig, true);
        uint32_t length = build(row, frame);
        for (int i = 0; i < FRAMES; i++)
            rig_frame(&rig, frame, length, 0, false, T0 + (uint64_t)i);
        rig_finish(&rig);
        uint16_t verdict = export_records(row, &rig, 0, counted);
        if (verdict != row->verdict)
            fail_msg("%s: verdict %x, expected %x", row->what, verdict, row->verdict);
        json_t *summary = summary_document(&aggregator, aggregate_complete(&aggregator), 0, 10);
        assert_int_equal(number_at(summary, "traffic.statistics/ip.packets"), FRAMES);
        assert_int_equal(number_at(summary, "traffic.statistics/ip.packets"), counted[0]);
        assert_int_equal(number_at(summary, "traffic.statistics/ip.bytes"), counted[1]);
        if (number_at(summary, "traffic.statistics/discarded.bytes") !=
            (verdict & JN_VERDICT_DROP ? (long long)counted[1] : 0))
            fail_msg("%s: discarded.bytes is not what was dropped", row->what);
        json_decref(summary);
        aggregate_close(&aggregator, true);
        rig_close(&rig);
        driven |= verdict;
    }
    assert_int_equal(driven, JN_VERDICTS_ALL);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_from_packet_to_document)};
    protocols_init();
    names_open(&names, "test");
    flow_writer_open(&writer, "edge-1", &names);
    rig_start_dpdk();
    int failed = cmocka_run_group_tests_name("export verdicts", tests, NULL, NULL);
    names_close(&names);
    return failed;
}
