// SPDX-License-Identifier: BSD-3-Clause
// What the engine says of flows: applications as nDPI names them, names for rules, texts for documents; and that it has a bound.
#include <ctype.h>

#include "applications/applications.h"
#include "classify/engine_rig.h"

static const char *
name_of(uint16_t number) {
    return jn_application_by_number(number)->name;
}

#define ONCE(bytes)                                                                                                    \
    {                                                                                                                  \
        { false, BYTES(bytes) }                                                                                        \
    }
#define BOTH(bytes, other)                                                                                             \
    {                                                                                                                  \
        {false, BYTES(bytes)}, {                                                                                       \
            true, BYTES(other)                                                                                         \
        }                                                                                                              \
    }
#define DNS_QUESTION "\0\1\1\0\0\1\0\0\0\0\0\0\3www\7example\3org\0\0\1\0\1"
#define DNS_ANSWER   "\0\1\x81\x80\0\1\0\1\0\0\0\0\3www\7example\3org\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc6\x12\0\1"
#define REQUEST      "GET /a?b HTTP/1.1\r\nHost: WWW.Example.org:80\r\nUser-Agent: a \"thing\"\r\n\r\n"

// What each application's first packets look like.
static const struct {
    uint8_t protocol;
    uint16_t server;
    struct {
        bool from_b;
        const char *bytes;
        size_t length;
    } packets[2];
    const char *application, *master, *name; // of the flow's last answer
    unsigned int kind;                       // of a text that one of the packets brings
    const char *text;
} rows[] = {
    {6, 80, BOTH(REQUEST, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "HTTP", "", "www.example.org",
     JN_ANNOTATION_HTTP_HOST, "www.example.org"},
    {6, 80, ONCE(REQUEST), "HTTP", "", "www.example.org", JN_ANNOTATION_HTTP_PATH, "/a"},
    {6, 8081, ONCE(REQUEST), "HTTP", "", "www.example.org", JN_ANNOTATION_USER_AGENT, "a \"thing\""},
    {6, 80, BOTH("BREW /pot HTTP/1.1\r\nHost: www.Example.org\r\nAccept: */*\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"),
     "HTTP", "", "www.example.org", JN_ANNOTATION_HTTP_HOST, "www.example.org"}, // a method that nobody knows
    {17, 53, BOTH(DNS_QUESTION, DNS_ANSWER), "DNS", "", "", JN_ANNOTATION_DNS_QUESTION, "www.example.org"},
    {17, 53, BOTH(DNS_QUESTION, DNS_ANSWER), "DNS", "", "", JN_ANNOTATION_DNS_ANSWER, "198.18.0.1"},
    {6, 53, ONCE("\0\x21" DNS_QUESTION), "DNS", "", "", JN_ANNOTATION_DNS_QUESTION, "www.example.org"},
    {6, 22, BOTH("SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-dropbear\r\n"), "SSH", "", "", JN_ANNOTATION_SSH_SERVER,
     "SSH-2.0-dropbear"},
    {6, 2222, BOTH("SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-dropbear\r\n"), "SSH", "", "", JN_ANNOTATION_SSH_CLIENT,
     "SSH-2.0-OpenSSH_9.2"},
    {6, 1883, ONCE("\x10\x11\0\4MQTT\4\2\0\x3c\0\5dev\n1"), "MQTT", "", "", JN_ANNOTATION_MQTT_CLIENT, "dev_1"},
    {17, 1, ONCE("\x5a\x5a\x5a\x5a\x5a"), "Unknown", "", "", 0,
     ""}, // before BitTorrent, which nDPI remembers of the two hosts
    {6, 6881,
     ONCE("\x13"
          "BitTorrent protocol\0\0\0\0\0\0\0\0aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbb"),
     "BitTorrent", "", "", 0, ""},
    {6, 6379, ONCE("\x5a\x5a\x5a\x5a\x5a"), "Redis", "", "", 0, ""}, // by port
};

static void
applications_are_what_ndpi_says(void **state) {
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct flow_of flow = flow_make(rows[i].protocol, (uint16_t)(40000 + i), rows[i].server);
        char text[JN_ANNOTATION_MAX + 1] = "";
        flow.flow_idx = (uint32_t)i;
        for (size_t p = 0; p < 2 && rows[i].packets[p].bytes != NULL; p++) {
            give(&flow, rows[i].packets[p].from_b, rows[i].packets[p].bytes, rows[i].packets[p].length);
            if (rows[i].kind != 0 && told(rows[i].kind)[0] != '\0')
                snprintf(text, sizeof(text), "%s", told(rows[i].kind));
        }
        finish(&flow);
        if (rows[i].kind != 0 && told(rows[i].kind)[0] != '\0')
            snprintf(text, sizeof(text), "%s", told(rows[i].kind));
        const char *master = out.answer.master != 0 ? name_of(out.answer.master) : "";
        if (strcmp(name_of(out.answer.application), rows[i].application) != 0 || strcmp(master, rows[i].master) != 0 ||
            strcmp(out.answer.name, rows[i].name) != 0 || strcmp(text, rows[i].text) != 0)
            fail_msg("row %zu: %s, %s, \"%s\", \"%s\"", i, name_of(out.answer.application), master, out.answer.name,
                     text);
        assert_true(out.answered && out.answer.flags & JN_ANSWER_LAST);
    }
    assert_int_equal(counters.flows, COUNT(rows));
    assert_int_equal(counters.flows_decided, COUNT(rows) - 3);
    assert_int_equal(counters.flows_guessed, 2);
    assert_int_equal(counters.flows_unknown, 1);
    assert_int_equal(counters.flows_held, 0);
    (void)state;
}

// A hello of TLS in segments of so many bytes, to any port.
static void
hellos_have_their_names(void **state) {
    static char longest[255], hostile[] = "a\"b\x01"
                                          "c\xe2\x80\xae.Example.ORG.";
    memset(longest, 'L', sizeof(longest));
    longest[63] = longest[127] = longest[191] = '.';
    static const struct {
        uint16_t port;
        const char *name;
        size_t length, segment;
        unsigned int length_told;
        bool cut, decided; // by the hello alone
    } hellos[] = {
        {443, "www.example.org", 15, 1400, 15, false, true}, {8443, "www.example.org", 15, 1400, 15, false, true},
        {443, "www.example.org", 15, 60, 15, false, true},   {443, longest, 255, 100, 255, false, true},
        {443, longest, 255, 1400, 255, false, true},         {443, hostile, sizeof(hostile) - 1, 1400, 18, true, true},
    };
    for (size_t i = 0; i < COUNT(hellos); i++) {
        static uint8_t hello[HELLO_MOST];
        struct flow_of flow = flow_make(6, 40000, hellos[i].port);
        flow.flow_idx = (uint32_t)i;
        size_t length = hello_make(hello, hellos[i].name, hellos[i].length, 16384);
        for (size_t at = 0; at < length; at += hellos[i].segment) {
            assert_true(at == 0 || !(out.answer.flags & JN_ANSWER_DECIDED) || out.answer.name_length != 0);
            give(&flow, false, hello + at, length - at < hellos[i].segment ? length - at : hellos[i].segment);
        }
        assert_int_equal(out.answer.name_length, hellos[i].length_told);
        assert_int_equal((out.answer.flags & JN_ANSWER_NAME_CUT) != 0, hellos[i].cut);
        assert_int_equal((out.answer.flags & JN_ANSWER_DECIDED) != 0, hellos[i].decided);
        for (unsigned int c = 0; c < out.answer.name_length; c++)
            assert_false(isupper((unsigned char)out.answer.name[c]));
        finish(&flow);
        assert_string_equal(name_of(out.answer.application), "TLS");
    }
    (void)state;
}

// 64 KiB of name: no more than its first bytes are kept, and they are no name.
static void
an_endless_name_is_cut(void **state) {
    static uint8_t hello[HELLO_MOST];
    static char name[65000];
    memset(name, 'x', sizeof(name));
    struct flow_of flow = flow_make(6, 40000, 443);
    size_t length = hello_make(hello, name, sizeof(name), 16384);
    for (size_t at = 0; at < length && flow.number < JN_SAMPLES_A_FLOW; at += 1460) {
        give(&flow, false, hello + at, length - at < 1460 ? length - at : 1460);
        assert_int_equal(out.answer.name_length, 255);
        assert_true(out.answer.flags & JN_ANSWER_NAME_CUT);
    }
    assert_true(out.answer.flags & JN_ANSWER_LAST);
    assert_int_equal(counters.texts_cut, 1);
    (void)state;
}

static void
quic_has_a_name_if_ndpi_has_all_of_it(void **state) {
    static char name[78], longer[79];
    memset(name, 'q', sizeof(name));
    memset(longer, 'q', sizeof(longer));
    name[40] = longer[40] = '.';
    uint8_t packet[QUIC_BYTES];
    struct flow_of flow = flow_make(17, 40000, 443), other = flow_make(17, 40001, 443);
    other.flow_idx = 1;
    quic_initial(packet, name, sizeof(name));
    give(&flow, false, packet, sizeof(packet));
    assert_string_equal(name_of(out.answer.application), "QUIC");
    assert_int_equal(out.answer.name_length, sizeof(name));
    assert_false(out.answer.flags & JN_ANSWER_NAME_CUT);
    assert_memory_equal(told(JN_ANNOTATION_SERVER_NAME), name, sizeof(name));
    quic_initial(packet, longer, sizeof(longer));
    give(&other, false, packet, sizeof(packet));
    assert_true(out.answer.flags & JN_ANSWER_NAME_CUT);
    (void)state;
}

static void
names_alone_where_no_more_is_wanted(void **state) {
    struct flow_of flow = flow_make(6, 40000, 80), dns = flow_make(17, 40000, 53);
    flow.metadata = dns.metadata = JN_METADATA_NAMES;
    dns.flow_idx = 1;
    give(&flow, false, BYTES(REQUEST));
    assert_int_equal(out.annotation_count, 1);
    assert_string_equal(told(JN_ANNOTATION_HTTP_HOST), "www.example.org");
    give(&dns, false, BYTES(DNS_QUESTION));
    assert_int_equal(out.annotation_count, 1);
    give(&dns, true, BYTES(DNS_ANSWER));
    assert_int_equal(out.annotation_count, 0);
    (void)state;
}

// The private garden drops what nDPI calls DNS and cannot read.
static void
what_is_hardly_dns_is_malformed(void **state) {
#define HEAD(flags, counts) "\0\1" flags counts "\0\0\0\0"
    static const struct {
        const char *bytes;
        size_t length;
        bool malformed;
    } asked[] = {
        {BYTES(DNS_QUESTION), false},
        {BYTES(DNS_ANSWER), false},
        {BYTES(HEAD("\1\0", "\0\1\0\0") " any bytes that one likes"), true},
        {BYTES(HEAD("\x21\x7f", "\0\5\0\0") " any bytes that one likes"), true},
        {BYTES(HEAD("\x81\x80", "\0\1\0\1") " any bytes that one likes"), true},
    };
    int number = jn_risk_find("Malformed Packet");
    assert_true(number >= 0);
    for (uint32_t i = 0; i < COUNT(asked); i++) {
        struct flow_of flow = flow_make(17, (uint16_t)(40000 + i), 53);
        flow.flow_idx = i;
        give(&flow, false, asked[i].bytes, asked[i].length);
        assert_string_equal(name_of(out.answer.application), "DNS");
        assert_true(out.answer.flags & JN_ANSWER_DECIDED);
        assert_int_equal(out.answer.risks >> number & 1, asked[i].malformed);
    }
    (void)state;
}

// Longer than a sample, over IPv4 and IPv6; and of a length that a device would have filled in.
static void
a_cut_packet_is_read(void **state) {
    static char request[5000];
    memset(request, 'b', sizeof(request));
    memcpy(request, BYTES("POST / HTTP/1.1\r\nHost: cut.example.org\r\n\r\n"));
    for (uint32_t i = 0; i < 3; i++) {
        struct flow_of flow = flow_make(6, 40000, 8080);
        struct jn_sample sample;
        flow.family = i == 1 ? 6 : 4;
        flow.flow_idx = i;
        sample_packet(&sample, &flow, false, request, sizeof(request));
        if (i == 2)
            memset(sample.bytes + 2, 0, 2);
        assert_int_equal(sample.length, JN_SAMPLE_BYTES);
        assert_true(engine_sample_is_sound(&sample));
        engine_take(engine, 0, &sample, false, &out);
        assert_string_equal(name_of(out.answer.application), "HTTP");
        assert_string_equal(out.answer.name, "cut.example.org");
        assert_true(out.answer.flags & JN_ANSWER_DECIDED);
    }
    (void)state;
}

// Citrix is known by its third packet with payload, after a handshake alone.
static void
a_handshake_that_was_seen_is_known(void **state) {
    static const char *const payloads[] = {"x", "y",
                                           ("\x1a"
                                            "CGP/01 and what else follows")};
    for (uint32_t i = 0; i < 2; i++) {
        struct flow_of flow = flow_make(6, (uint16_t)(40000 + i), 9999);
        struct jn_sample sample;
        flow.flow_idx = i;
        for (unsigned int p = 0; p < COUNT(payloads); p++) {
            sample_packet(&sample, &flow, p == 1, payloads[p], strlen(payloads[p]));
            if (i == 1)
                memset(sample.tcp_flags, 0, sizeof(sample.tcp_flags));
            engine_take(engine, 0, &sample, false, &out);
        }
        assert_int_equal(strcmp(name_of(out.answer.application), "Citrix") == 0, i == 0);
    }
    (void)state;
}

// What is known already is no news: but the worker has to hear of it once.
static void
a_lost_answer_is_given_again(void **state) {
    static uint8_t hello[HELLO_MOST];
    struct flow_of flow = flow_make(6, 40000, 443);
    struct jn_sample sample;
    size_t length = hello_make(hello, "www.example.org", 15, 16384);
    for (unsigned int i = 0; i < 4; i++) {
        sample_packet(&sample, &flow, false, i == 0 ? hello : (const uint8_t *)"x", i == 0 ? length : 1);
        engine_take(engine, 0, &sample, false, &out);
        assert_int_equal(out.answered, i != 1 && i != 3);
        if (i == 1)
            engine_answer_lost(engine, 0, &sample.flow);
    }
    assert_int_equal(out.answer.flags, JN_ANSWER_DECIDED);
    sample.flow.version += 2;
    engine_answer_lost(engine, 0, &sample.flow); // of a flow that is not known
    (void)state;
}

// By what the server says, if it has acknowledged the request by itself; else by the host that was asked for.
static void
an_acknowledgement_alone_is_shown(void **state) {
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: www.google.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux)\r\n\r\n",
                      answer[] = "HTTP/1.1 302 Found\r\nServer: ntopng 5.0 (x86_64)\r\nContent-Length: 0\r\n\r\n";
    for (uint8_t bare = 0; bare < 3; bare++) {
        struct flow_of flow = flow_make(6, (uint16_t)(40000 + bare), 80);
        struct jn_sample sample;
        flow.flow_idx = bare;
        sample_packet(&sample, &flow, false, request, strlen(request));
        engine_take(engine, 0, &sample, false, &out);
        sample_packet(&sample, &flow, true, answer, strlen(answer));
        sample.bare = bare; // 2: the server's
        assert_true(engine_sample_is_sound(&sample));
        engine_take(engine, 0, &sample, false, &out);
        assert_string_equal(name_of(out.answer.application), bare == 2 ? "ntop" : "Google");
    }
    (void)state;
}

static void
give_syn(struct flow_of *flow, const void *payload, size_t length) {
    struct jn_sample sample;
    sample_packet(&sample, flow, false, payload, length);
    sample.bytes[20 + 13] = 2; // SYN alone
    flow->seq[0]++;            // which has a number of its own
    engine_take(engine, 0, &sample, false, &out);
    assert_int_equal(out.answer.flags, 0);
    assert_int_equal(out.answer.name_length, 0);
}

// What comes with a SYN a server may take, or wait for it to be sent again: maybe as something else.
static void
payload_of_a_syn_decides_nothing(void **state) {
    static uint8_t other[HELLO_MOST], hello[HELLO_MOST];
    size_t length = hello_make(hello, "www.example.org", 15, 16384);
    const struct {
        const void *syn;
        size_t syn_length, from; // of the hello, where it goes on behind the SYN's
        bool again;              // from the SYN's first byte on
        const char *name;
    } cases[] = {
        {hello, length, length, false, "www.example.org"},
        {hello, 40, 40, false, "www.example.org"},
        {hello, length, 0, true, "www.example.org"},
        {other, hello_make(other, "www.example.net", 15, 16384), 0, true, "www.example.org"},
        {BYTES("SSH-2.0-OpenSSH_9.2\r\n"), 0, true, "www.example.org"},
        {BYTES("GET / HTTP/1.1\r\nHost: www.example.net\r\n\r\n"), 0, true, "www.example.org"},
    };
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        struct flow_of flow = flow_make(6, (uint16_t)(40000 + i), 443);
        flow.flow_idx = i;
        give_syn(&flow, cases[i].syn, cases[i].syn_length);
        if (cases[i].again)
            flow.seq[0] = 1001;
        if (cases[i].from < length)
            give(&flow, false, hello + cases[i].from, length - cases[i].from);
        give(&flow, true, BYTES("\x15\x03\x03\0\2\1\0"));
        assert_string_equal(out.answer.name, cases[i].name);
        assert_string_equal(name_of(out.answer.application), "TLS");
        // Of a hello that is split so nDPI makes nothing.
        assert_int_equal(out.answer.flags & JN_ANSWER_DECIDED, i == 1 ? 0 : JN_ANSWER_DECIDED);
    }
    assert_int_equal(counters.flows, COUNT(cases));
    (void)state;
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lost_answer_is_given_again, begin, end),
        cmocka_unit_test_setup_teardown(payload_of_a_syn_decides_nothing, begin, end),
        cmocka_unit_test_setup_teardown(applications_are_what_ndpi_says, begin, end),
        cmocka_unit_test_setup_teardown(hellos_have_their_names, begin, end),
        cmocka_unit_test_setup_teardown(an_endless_name_is_cut, begin, end),
        cmocka_unit_test_setup_teardown(quic_has_a_name_if_ndpi_has_all_of_it, begin, end),
        cmocka_unit_test_setup_teardown(a_cut_packet_is_read, begin, end),
        cmocka_unit_test_setup_teardown(what_is_hardly_dns_is_malformed, begin, end),
        cmocka_unit_test_setup_teardown(a_handshake_that_was_seen_is_known, begin, end),
        cmocka_unit_test_setup_teardown(an_acknowledgement_alone_is_shown, begin, end),
        cmocka_unit_test_setup_teardown(names_alone_where_no_more_is_wanted, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
