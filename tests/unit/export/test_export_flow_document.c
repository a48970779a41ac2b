// SPDX-License-Identifier: BSD-3-Clause
// Flow records in, flow documents out: every field by value, Community IDs as the reference implementation gives them.
#include <arpa/inet.h>

#include "export_document.h"
#include "protocols.h"
#include "random.h"
#include "record_check.h"
#include "test.h"

static struct names names;
static struct flow_writer writer;

static json_t *
write_document(const struct jn_record *record) {
    return write_with(&writer, record);
}

static void
assert_text(json_t *document, const char *path, const char *expected) {
    assert_string_equal(text_at(document, path), expected);
}

// The whole of it, byte for byte.
static void
test_whole_document(void **state) {
    (void)state;
    static struct flow_document document;
    struct jn_record r = whole_record();
    r.flow.vlan_tci = 0x6064; // priority 3, VLAN 100
    flow_document_write(&writer, &r, &document);
    document.text[document.length] = '\0';
    assert_string_equal(
        document.text,
        "{\"@timestamp\":\"2026-01-02T03:00:01.500000000Z\",\"ecs\":{\"version\":\"8.11.0\"},"
        "\"event\":{\"kind\":\"event\",\"category\":[\"network\"],\"type\":[\"connection\",\"start\",\"end\"],"
        "\"action\":\"flow_ended\",\"id\":\"edge-1-0123456789abcdef-3-42\",\"dataset\":\"junction.flow\","
        "\"start\":\"2026-01-02T03:00:01.000000000Z\",\"end\":\"2026-01-02T03:00:01.500000000Z\",\"duration\":"
        "500000000},"
        "\"source\":{\"ip\":\"10.128.0.5\",\"port\":40000,\"mac\":\"02-00-00-00-00-0A\",\"bytes\":200,\"packets\":2},"
        "\"destination\":{\"ip\":\"198.18.0.1\",\"port\":53,\"mac\":\"02-00-00-00-00-FF\",\"bytes\":60,\"packets\":1},"
        "\"network\":{\"type\":\"ipv4\",\"transport\":\"udp\",\"iana_number\":\"17\",\"protocol\":\"dns\",\"bytes\":"
        "260,"
        "\"packets\":3,\"community_id\":\"1:awE1zm+KKYfUFmfhZ45PLnuTHxg=\",\"direction\":\"outbound\",\"vlan\":{\"id\":"
        "\"100\"}},"
        "\"observer\":{\"name\":\"edge-1\",\"type\":\"sensor\",\"vendor\":\"Junction\",\"product\":\"Junction\","
        "\"version\":\"" JN_VERSION "\",\"ingress\":{\"interface\":{\"name\":\"access0\"}}},"
        "\"junction\":{\"vpg\":{\"id\":\"" VPG_ID "\",\"name\":\"Junction \\\"Test\\\"\"},"
        "\"device\":{\"name\":\"001010123456789\",\"group\":\"cameras\"},\"verdict\":[\"inspect\"],"
        "\"end_reason\":{\"id\":1,\"name\":\"idle timeout\"},\"flow\":{\"start\":\"2026-01-02T03:00:01.000000000Z\"},"
        "\"worker\":3,\"sequence\":42,\"generation\":7,"
        "\"interval\":{\"number\":1,\"start\":\"2026-01-02T03:00:00.000000000Z\",\"end\":\"2026-01-02T03:01:00."
        "000000000Z\"}}}");
}

struct end_row {
    const char *what, *a, *b;
    uint8_t protocol;
    uint16_t port_a, port_b, flags;
    const char *community_id, *transport;
    int source_port, icmp_type, icmp_code; // -1: the document must not have it
};

// Ends as jn_flow_key stores them; Community IDs from the communityid package, those without ports of TCP and UDP,
// which it refuses, from the specification's formula.
static const struct end_row end_rows[] = {
    {"UDP", "10.128.0.5", "198.18.0.1", 17, 40000, 53, JN_FLOW_DEVICE_A, "1:awE1zm+KKYfUFmfhZ45PLnuTHxg=", "udp", 40000,
     -1, -1},
    {"TCP over IPv6", "fd00::5", "fd00::100", 6, 40000, 443, JN_FLOW_IPV6 | JN_FLOW_DEVICE_A,
     "1:4FZlX8GMmJ0MVtIw6Ns0iGqdz78=", "tcp", 40000, -1, -1},
    {"SCTP", "10.128.0.5", "198.18.0.1", 132, 2905, 2905, 0, "1:BRrFpfQBhAwrkcEnnXgbxDkNu34=", "sctp", 2905, -1, -1},
    {"GRE", "10.128.0.5", "198.18.0.1", 47, 0, 0, JN_FLOW_NO_PORTS, "1:3IVS884LtzviGH6QmhEBs0W5MXA=", "gre", -1, -1,
     -1},
    {"UDP-Lite", "10.128.0.5", "198.18.0.1", 136, 4000, 5000, 0, "1:K2Ul8nSzFJsLpXT5uKLprEDnIX0=", "udplite", 4000, -1,
     -1},
    {"later fragments of UDP", "10.128.0.5", "198.18.0.1", 17, 0, 0, JN_FLOW_NO_PORTS,
     "1:rsQN18eV97LEss6h4VrJUsxShHo=", "udp", -1, -1, -1},
    {"later fragments of TCP", "10.128.0.5", "198.18.0.1", 6, 0, 0, JN_FLOW_NO_PORTS,
     "1:dOoOiy9cllTUhD+Y1mRloWoqPug=", "tcp", -1, -1, -1},
    {"TCP from port 0 to port 0", "10.128.0.5", "198.18.0.1", 6, 0, 0, 0, "1:iMFZnwXbcbPu8TdMFmaKPEZ2gBk=", "tcp", 0,
     -1, -1},
    {"UDP from port 0 to port 0", "10.128.0.5", "198.18.0.1", 17, 0, 0, 0, "1:+yHEnzc8Jbqkj4DZHfr3s4f57/k=", "udp", 0,
     -1, -1},
    {"UDP from port 0", "10.128.0.5", "198.18.0.1", 17, 0, 53, 0, "1:AX14MvSCvCccsvTO+gjtIuue5tc=", "udp", 0, -1, -1},
    {"SCTP from port 0 to port 0 over IPv6", "fd00::5", "fd00::100", 132, 0, 0, JN_FLOW_IPV6,
     "1:/9wIgDG7tEbHgGeD/eurPANxthA=", "sctp", 0, -1, -1},
    {"later fragments of ICMP", "10.128.0.5", "198.18.0.1", 1, 0, 0, JN_FLOW_NO_PORTS,
     "1:vH/W99cLeZqJO1BdQn3JqaApHU0=", "icmp", -1, -1, -1},
    {"echo", "10.128.0.5", "198.18.0.1", 1, 8, 0, 0, "1:ukWIlusiFzeMprRg181xI8viKHg=", "icmp", -1, 8, -1},
    {"echo from the other end", "10.128.0.5", "198.18.0.1", 1, 0, 8, JN_FLOW_INITIATOR_B,
     "1:pzbJ+cEBFqjTE00iy2+T8LEcklc=", "icmp", -1, 8, -1},
    {"timestamp request", "10.128.0.5", "198.18.0.1", 1, 13, 14, 0, "1:0K4/w9OCdEHSm/3Zu/sxGL8Lgew=", "icmp", -1, 13,
     -1},
    {"unreachable", "198.18.0.1", "10.128.0.5", 1, 3, 1, JN_FLOW_ONE_WAY | JN_FLOW_DEVICE_B,
     "1:ak+GxqaEeW034MeRaNp1Eldua0c=", "icmp", -1, 3, 1},
    {"unreachable the other way", "10.128.0.5", "198.18.0.1", 1, 3, 1, JN_FLOW_ONE_WAY,
     "1:S1kr4dduXtyR3PTCcXRaf+NJjpM=", "icmp", -1, 3, 1},
    {"echo over IPv6", "fd00::5", "fd00::100", 58, 128, 129, JN_FLOW_IPV6,
     "1:wEehZOUhmbpJZRbOyEZYYweLxLk=", "ipv6-icmp", -1, 128, -1},
    {"neighbour solicitation", "fd00::5", "fd00::100", 58, 135, 136, JN_FLOW_IPV6,
     "1:30E+/556GPjy0NrgH4BCU4ivIZQ=", "ipv6-icmp", -1, 135, -1},
    {"packet too big", "fd00::100", "fd00::5", 58, 2, 0, JN_FLOW_IPV6 | JN_FLOW_ONE_WAY,
     "1:LEKAbESOWWG5HXsvONwCISKOHkg=", "ipv6-icmp", -1, 2, 0},
};

static void
test_ends_and_community_ids(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(end_rows) / sizeof(end_rows[0]); i++) {
        const struct end_row *row = &end_rows[i];
        struct jn_record r = udp_record(0, 0, 5, row->port_a, row->port_b, 1);
        bool v6 = row->flags & JN_FLOW_IPV6;
        inet_pton(v6 ? AF_INET6 : AF_INET, row->a, r.flow.address[0]);
        inet_pton(v6 ? AF_INET6 : AF_INET, row->b, r.flow.address[1]);
        r.flow.protocol = row->protocol;
        r.flow.flags = row->flags;
        json_t *d = write_document(&r);
        unsigned int source = row->flags & (JN_FLOW_DEVICE_B | JN_FLOW_INITIATOR_B) ? 1 : 0;
        const char *id = text_at(d, "network/community_id");
        if (strcmp(id, row->community_id) != 0 || strcmp(text_at(d, "network/transport"), row->transport) != 0 ||
            strcmp(text_at(d, "source/ip"), source ? row->b : row->a) != 0 ||
            strcmp(text_at(d, "destination/ip"), source ? row->a : row->b) != 0 ||
            number_at(d, "source/port") != row->source_port || number_at(d, "junction/icmp/type") != row->icmp_type ||
            number_at(d, "junction/icmp/code") != row->icmp_code)
            fail_msg("%s: %s", row->what, json_dumps(d, 0));
        json_decref(d);
    }
}

static void
test_kinds_and_directions(void **state) {
    (void)state;
    static const struct {
        uint16_t flags, verdict;
        uint8_t reason;
        const char *action, *direction, *source;
    } rows[] = {
        {JN_FLOW_DEVICE_A, JN_VERDICT_INSPECT, JN_END_ACTIVE, "flow_started", "outbound", "10.128.0.5"},
        {JN_FLOW_DEVICE_A | JN_FLOW_REPORTED, JN_VERDICT_INSPECT, JN_END_ACTIVE, "flow_active", "outbound",
         "10.128.0.5"},
        {JN_FLOW_DEVICE_A | JN_FLOW_REPORTED, JN_VERDICT_INSPECT, JN_END_FORCED, "flow_ended", "outbound",
         "10.128.0.5"},
        {JN_FLOW_DEVICE_A, JN_VERDICT_DROP, JN_END_DETECTED, "flow_denied", "outbound", "10.128.0.5"},
        {JN_FLOW_DEVICE_A | JN_FLOW_INITIATOR_B | JN_FLOW_FROM_NETWORK, 0, JN_END_RESOURCES, "flow_ended", "inbound",
         "10.128.0.5"},
        {JN_FLOW_DEVICE_B, 0, JN_END_ACTIVE, "flow_started", "outbound", "198.18.0.1"},
        {JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B | JN_FLOW_INITIATOR_B, 0, JN_END_ACTIVE, "flow_started", "outbound",
         "198.18.0.1"},
        {JN_FLOW_INITIATOR_B | JN_FLOW_FROM_NETWORK, 0, JN_END_ACTIVE, "flow_started", "unknown", "198.18.0.1"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
        r.flow.flags = rows[i].flags;
        r.flow.verdict = rows[i].verdict;
        r.flow.end_reason = rows[i].reason;
        json_t *d = write_document(&r);
        assert_text(d, "event/action", rows[i].action);
        assert_text(d, "network/direction", rows[i].direction);
        assert_text(d, "source/ip", rows[i].source);
        assert_int_equal(number_at(d, "junction/end_reason/id"), rows[i].reason);
        assert_int_equal(number_at(d, "source/packets"), strcmp(rows[i].source, "10.128.0.5") == 0 ? 2 : 1);
        json_decref(d);
    }
}

static void
test_tcp_flags_and_verdicts_in_words(void **state) {
    (void)state;
    struct jn_record r = udp_record(0, -1, 9, 40000, 443, 2);
    r.flow.protocol = 6;
    r.flow.tcp_flags[0] = 0x02;
    r.flow.tcp_flags[1] = 0xff;
    r.flow.verdict = 0x37;
    json_t *d = write_document(&r);
    char *words = json_dumps(at_path(d, "junction/tcp"), JSON_COMPACT);
    assert_string_equal(words, "{\"flags\":{\"source\":[\"syn\"],\"destination\":"
                               "[\"fin\",\"syn\",\"rst\",\"psh\",\"ack\",\"urg\",\"ece\",\"cwr\"]}}");
    free(words);
    words = json_dumps(at_path(d, "junction/verdict"), JSON_COMPACT);
    assert_string_equal(words, "[\"drop\",\"inspect\",\"redirect\",\"mirror\"]");
    free(words);
    assert_null(at_path(d, "junction/interval")); // a replay has none
    assert_null(at_path(d, "junction/device"));   // not in the list of names
    assert_null(at_path(d, "source/mac"));
    assert_null(at_path(d, "network/vlan"));
    json_decref(d);
}

static void
test_mirror(void **state) {
    (void)state;
    static const struct {
        uint32_t mirrored[2];
        uint16_t verdict;
        const char *vpg, *mirror, *verdict_words;
    } rows[] = {
        {{0, 0}, JN_VERDICT_MIRROR1, VPG_ID, NULL, "[\"mirror\"]"},
        {{7, 0}, JN_VERDICT_MIRROR0, VPG_ID, "[{\"peer\":\"fd00:18::9\",\"frames\":7}]", "[\"mirror\"]"},
        {{UINT32_MAX, 1},
         JN_VERDICT_INSPECT | JN_VERDICT_MIRROR0 | JN_VERDICT_MIRROR1,
         VPG_ID,
         "[{\"peer\":\"fd00:18::9\",\"frames\":4294967295},{\"peer\":\"198.18.0.10\",\"frames\":1}]",
         "[\"inspect\",\"mirror\"]"},
        {{0, 3}, 0, VPG_ID, "[{\"peer\":\"198.18.0.10\",\"frames\":3}]", "[]"}, // switched off since
        {{2, 3},
         JN_VERDICT_MIRROR0,
         "unknown",
         "[{\"peer\":\"peer-0\",\"frames\":2},{\"peer\":\"peer-1\",\"frames\":3}]",
         "[\"mirror\"]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
        memset(r.vpg_id, 0, sizeof(r.vpg_id));
        strcpy(r.vpg_id, rows[i].vpg);
        memcpy(r.flow.mirrored, rows[i].mirrored, sizeof(r.flow.mirrored));
        r.flow.verdict = rows[i].verdict;
        json_t *d = write_document(&r), *mirror = at_path(d, "junction/mirror");
        char *text = json_dumps(mirror, JSON_COMPACT);
        char *words = json_dumps(at_path(d, "junction/verdict"), JSON_COMPACT);
        if (rows[i].mirror == NULL)
            assert_null(mirror);
        else
            assert_string_equal(text, rows[i].mirror);
        assert_string_equal(words, rows[i].verdict_words);
        free(text);
        free(words);
        json_decref(d);
    }
}

// Whatever a record holds that is let through: JSON, and within the room.
static void
test_random_records_make_json(void **state) {
    (void)state;
    uint64_t seed = RANDOM_SEED;
    for (int i = 0; i < 20000; i++) {
        struct jn_record r;
        for (size_t b = 0; b < sizeof(r) / 8; b++) {
            ((uint64_t *)&r)[b] = random_next(&seed) >> 2;
        }
        r.type = JN_RECORD_FLOW;
        r.interval_end = r.interval_start + 1;
        memset(r.vpg_id, 0, sizeof(r.vpg_id));
        memset(r.vpg_id, '"', (size_t)(1 + i % (JN_VPG_ID_MAX - 1)));
        r.marks &= JN_INTERVAL_MARKS_ALL & ~JN_INTERVAL_CUT;
        r.flow.flags &= JN_FLOW_FLAGS_ALL;
        r.flow.verdict &= JN_VERDICTS_ALL;
        r.flow.end_reason = (uint8_t)(1 + r.flow.end_reason % 5);
        r.flow.ingress %= JN_MAX_PORTS;
        r.flow.rule %= JN_MAX_RULES;
        r.flow.application %= JN_APPLICATION_NUMBERS;
        r.flow.application_master %= JN_APPLICATION_NUMBERS;
        r.flow.vlan_id = (uint16_t)(1 + r.flow.vlan_id % 4094);
        assert_null(record_error(&r, r.worker));
        json_decref(write_document(&r));
    }
}

static void
test_unsound_records_are_named(void **state) {
    (void)state;
    static const struct {
        const char *what;
        size_t offset, width;
        uint64_t value;
    } rows[] = {
        {"type 0", offsetof(struct jn_record, type), 1, 0},
        {"type 64", offsetof(struct jn_record, type), 1, 64},
        {"worker", offsetof(struct jn_record, worker), 1, 1},
        {"mark of the exporter's own", offsetof(struct jn_record, marks), 2, JN_INTERVAL_CUT},
        {"unknown mark", offsetof(struct jn_record, marks), 2, JN_INTERVAL_MARKS_ALL + 1},
        {"interval", offsetof(struct jn_record, interval_start), 8, UINT64_MAX},
        {"no VPG", offsetof(struct jn_record, vpg_id), 1, 0},
        {"VPG with a control character", offsetof(struct jn_record, vpg_id), 1, 7},
        {"VPG that is not UTF-8", offsetof(struct jn_record, vpg_id), 1, 0xff},
        {"VPG without an end", offsetof(struct jn_record, vpg_id), 1, 'a'},
        {"end reason 0", offsetof(struct jn_record, flow.end_reason), 1, 0},
        {"end reason 6", offsetof(struct jn_record, flow.end_reason), 1, 6},
        {"flags", offsetof(struct jn_record, flow.flags), 2, 0x8000},
        {"verdict", offsetof(struct jn_record, flow.verdict), 2, JN_VERDICTS_ALL + 1},
        {"port", offsetof(struct jn_record, flow.ingress), 1, JN_MAX_PORTS},
        {"rule", offsetof(struct jn_record, flow.rule), 2, JN_MAX_RULES},
        {"application", offsetof(struct jn_record, flow.application), 2, JN_APPLICATION_NUMBERS},
        {"master protocol", offsetof(struct jn_record, flow.application_master), 2, UINT16_MAX},
        {"VLAN ID of 13 bits", offsetof(struct jn_record, flow.vlan_id), 2, 0x1000},
        {"VLAN ID with a priority", offsetof(struct jn_record, flow.vlan_id), 2, 0x2005},
        {"bytes", offsetof(struct jn_record, flow.bytes), 8, UINT64_MAX},
        {"bytes without a packet", offsetof(struct jn_record, flow.packets[1]), 4, 0},
        {"returned bytes", offsetof(struct jn_record, flow.returned_bytes), 8, UINT64_MAX},
        {"returned bytes without a packet", offsetof(struct jn_record, flow.returned), 4, 0},
        {"sequence", offsetof(struct jn_record, sequence), 8, UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_record r = udp_record(0, 0, 5, 1, 2, 3);
        r.flow.returned = 1;
        r.flow.returned_bytes = 100;
        assert_null(record_error(&r, 0));
        memcpy((char *)&r + rows[i].offset, &rows[i].value, rows[i].width);
        if (strcmp(rows[i].what, "VPG without an end") == 0)
            memset(r.vpg_id, 'a', sizeof(r.vpg_id));
        if (record_error(&r, 0) == NULL)
            fail_msg("let through: %s", rows[i].what);
    }
}

// A policy as junction-control compiles it, with one VPG, one named device and two peers.
static struct jn_policy *
make_policy(void) {
    static const char strings[] = "\0"
                                  "001010123456789\0"
                                  "cameras"; // the arrays' last NUL ends the last one
    size_t vpg_at = (sizeof(struct jn_policy) + 7) / 8 * 8, device_at = vpg_at + sizeof(struct jn_vpg);
    size_t peer_at = (device_at + sizeof(struct jn_device) + 7) / 8 * 8;
    size_t string_at = (peer_at + 2 * sizeof(struct jn_peer) + 7) / 8 * 8, size = string_at + sizeof(strings);
    struct jn_policy *p = calloc(1, size);
    assert_non_null(p);
    *p = (struct jn_policy){.length = (uint32_t)size,
                            .vpg_count = 1,
                            .vpg_offset = (uint32_t)vpg_at,
                            .device_count = 1,
                            .device_offset = (uint32_t)device_at,
                            .peer_count = 2,
                            .peer_offset = (uint32_t)peer_at,
                            .string_bytes = sizeof(strings),
                            .string_offset = (uint32_t)string_at,
                            .log_level = JN_LOG_INFO};
    struct jn_vpg *vpg = (struct jn_vpg *)jn_policy_vpgs(p);
    *vpg = (struct jn_vpg){
        .id = VPG_ID, .name = "Junction \"Test\"", .vlan_id = JN_VLAN_ID_NONE, .device_count = 1, .peer_count = 2};
    struct jn_peer *peers = (struct jn_peer *)jn_policy_peers(p);
    peers[0] = (struct jn_peer){.address = {198, 18, 0, 10}, .family = 4, .peer_idx = 1};
    peers[1] = (struct jn_peer){.address = {0xfd, 0, 0, 0x18, [15] = 9}, .family = 6, .peer_idx = 0};
    struct jn_device *device = (struct jn_device *)jn_policy_devices(p);
    *device = (struct jn_device){.address = {10, 128, 0, 5}, .family = 4, .name_offset = 1, .group_name_offset = 17};
    memcpy((char *)p + string_at, strings, sizeof(strings));
    return p;
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_document),
        cmocka_unit_test(test_ends_and_community_ids),
        cmocka_unit_test(test_kinds_and_directions),
        cmocka_unit_test(test_tcp_flags_and_verdicts_in_words),
        cmocka_unit_test(test_mirror),
        cmocka_unit_test(test_random_records_make_json),
        cmocka_unit_test(test_unsound_records_are_named),
    };
    const char ports[JN_MAX_PORTS][JN_NAME_MAX] = {"access0"};
    protocols_init();
    names_open(&names, "test");
    names_use(&names, make_policy());
    flow_writer_open(&writer, "edge-1", &names);
    flow_writer_ports(&writer, ports);
    int failed = cmocka_run_group_tests_name("export flow document", tests, NULL, NULL);
    names_close(&names);
    return failed;
}
