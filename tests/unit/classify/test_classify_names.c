// SPDX-License-Identifier: BSD-3-Clause
// Which names rules may compare: host names as they came, of the end that began the flow.
#include "classify/engine_rig.h"

#define HOST(host)                                                                                                     \
    { 6, 80, BYTES("GET / HTTP/1.1\r\nHost: " host "\r\n\r\n") }
#define TARGET(uri)                                                                                                    \
    { 6, 80, BYTES("GET " uri " HTTP/1.1\r\nHost: x.org\r\n\r\n") }
#define SNI(name)                                                                                                      \
    { 6, 443, BYTES(name) }
#define QUIC_NAME(name)                                                                                                \
    { 17, 443, BYTES(name) }
#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// Rules compare what stands on the wire, not what documents make of it.
static void
what_is_no_host_name_matches_nothing(void **state) {
    static const struct {
        struct {
            uint8_t protocol;
            uint16_t server;
            const char *bytes;
            size_t length;
        } from;
        const char *name; // as rules have it; NULL: none
    } names[] = {
        {SNI("A_b-9.devices.example.com"), "a_b-9.devices.example.com"},
        {SNI("a.devices.example.com."), "a.devices.example.com"},
        {SNI(LABEL_63 ".example.com"), LABEL_63 ".example.com"},
        {SNI("b" LABEL_63 ".example.com"), NULL},
        {SNI("evil\0.devices.example.com"), NULL},
        {SNI("a.devices.example.com\0"), NULL},
        {SNI("evil\x1b.devices.example.com"), NULL},
        {SNI("gro\xe2\x80\xae.devices.example.com"), NULL},
        {SNI("b\xc3\xbc.devices.example.com"), NULL},
        {SNI("\xff.devices.example.com"), NULL},
        {SNI("a\".devices.example.com"), NULL},
        {SNI("a b.devices.example.com"), NULL},
        {SNI("evil.org/.devices.example.com"), NULL},
        {SNI("evil.org:1.devices.example.com"), NULL},
        {SNI("a..devices.example.com"), NULL},
        {SNI(".devices.example.com"), NULL},
        {SNI("a.devices.example.com.."), NULL},
        {SNI("."), NULL},
        {HOST("A.devices.example.com:8080"), "a.devices.example.com"},
        {HOST("198.18.0.1"), "198.18.0.1"},
        {HOST("[::1]:8080"), NULL},
        {HOST("a.devices.example.com\0"), NULL},
        {HOST("evil\0.devices.example.com"), NULL},
        {HOST("evil.org/.devices.example.com"), NULL},
        {HOST("evil@a.devices.example.com"), NULL},
        {HOST("evil.org, a.devices.example.com"), NULL},
        {HOST("evil.org:80.devices.example.com"), NULL},
        {TARGET("http://a.devices.example.com/"), "a.devices.example.com"},
        {TARGET("http://a.devices.example.com\0.evil.org/"), NULL},
        {TARGET("http://evil.org\\.devices.example.com/"), NULL},
        {QUIC_NAME("a.devices.example.com"), "a.devices.example.com"},
        {QUIC_NAME("evil\0.devices.example.com"), "evil"}, // nDPI has no more of it
        {QUIC_NAME("gro\xe2\x80\xae.devices.example.com"), NULL},
        {QUIC_NAME("a b.devices.example.com"), NULL},
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        static uint8_t packet[HELLO_MOST];
        const char *bytes = names[i].from.bytes;
        size_t length = names[i].from.length;
        struct flow_of flow = flow_make(names[i].from.protocol, (uint16_t)(40000 + i), names[i].from.server);
        flow.flow_idx = (uint32_t)i;
        if (names[i].from.protocol == 17)
            quic_initial(packet, bytes, length);
        else if (names[i].from.server == 443)
            length = hello_make(packet, bytes, length, 16384);
        else
            memcpy(packet, bytes, length);
        give(&flow, false, packet, names[i].from.protocol == 17 ? QUIC_BYTES : length);
        bool counts = out.answer.name_length > 0 && !(out.answer.flags & JN_ANSWER_NAME_CUT);
        if (counts != (names[i].name != NULL) || (counts && strcmp(out.answer.name, names[i].name) != 0))
            fail_msg("row %zu: %d, \"%s\"", i, counts, out.answer.name);
        assert_string_not_equal(told(names[i].from.server == 80 ? JN_ANNOTATION_HTTP_HOST : JN_ANNOTATION_SERVER_NAME),
                                "");
        finish(&flow);
    }
    (void)state;
}

// Whom a connection is for says the end that began it, in the head of its request or in its hello.
static void
a_server_names_nobody(void **state) {
    static uint8_t hello[HELLO_MOST], quic[QUIC_BYTES];
    size_t length = hello_make(hello, "a.example.com", 13, 16384);
    quic_initial(quic, "a.example.com", 13);
#define LINE "Host: a.example.com\r\n\r\n"
    const struct {
        uint8_t protocol;
        uint16_t server;
        bool b_begins;
        struct {
            bool from_b;
            const void *bytes;
            size_t length;
        } packets[3];
        const char *name;
    } talks[] = {
        {6, 80, false, {{false, BYTES("GET / HTTP/1.1\r\n\r\n")}, {true, BYTES("HTTP/1.1 200 OK\r\n" LINE)}}, ""},
        {6, 80, false, {{false, BYTES("BREW / HTTP/1.1\r\n\r\n")}, {true, BYTES("HTTP/1.1 200 OK\r\n" LINE)}}, ""},
        {6, 80, false, {{false, BYTES("GET / HTTP/1.0\r\n\r\n")}, {true, BYTES("GET / HTTP/1.1\r\n" LINE)}}, ""},
        {6, 80, false, {{false, BYTES("POST / HTTP/1.0\r\n\r\n")}, {false, BYTES(LINE)}}, ""},
        {6, 80, false, {{false, BYTES("BREW / HTTP/1.0\r\n\r\n")}, {false, BYTES(LINE)}}, ""},
        {6, 80, false, {{false, BYTES("BREW / HTTP/1.0\r\n\r\n" LINE)}}, ""},
        {6, 80, false, {{false, BYTES("x")}, {true, BYTES("GET / HTTP/1.1\r\n" LINE)}}, ""},
        {6, 80, false, {{true, BYTES("BREW / HTTP/1.1\r\n" LINE)}, {false, BYTES("HTTP/1.1 200 OK\r\n\r\n")}}, ""},
        {6,
         80,
         false,
         {{false, BYTES("GET / HTTP/1.1\r\nHost: x.org\r\n\r\n")}, {true, BYTES("HTTP/1.1 200 OK\r\n" LINE)}},
         "x.org"},
        {6,
         80,
         true,
         {{true, BYTES("GET / HTTP/1.1\r\n" LINE)}, {false, BYTES("HTTP/1.1 200 OK\r\n\r\n")}},
         "a.example.com"},
        {6, 80, true, {{false, BYTES("GET / HTTP/1.1\r\n" LINE)}, {true, BYTES("HTTP/1.1 200 OK\r\n\r\n")}}, ""},
        {6, 443, false, {{true, hello, length}, {false, BYTES("\x15\3\3\0\2\1\0")}}, ""},
        {6, 443, true, {{true, hello, length}}, "a.example.com"},
        {17, 443, false, {{false, BYTES("x")}, {true, quic, sizeof(quic)}}, ""},
        {17, 443, true, {{true, quic, sizeof(quic)}}, "a.example.com"},
    };
    for (uint32_t i = 0; i < COUNT(talks); i++) {
        struct flow_of flow = flow_make(talks[i].protocol, (uint16_t)(40000 + i), talks[i].server);
        struct jn_sample sample;
        flow.flow_idx = i;
        for (size_t p = 0; p < 3 && talks[i].packets[p].bytes != NULL; p++) {
            sample_packet(&sample, &flow, talks[i].packets[p].from_b, talks[i].packets[p].bytes,
                          talks[i].packets[p].length);
            sample.initiator_b = talks[i].b_begins;
            engine_take(engine, 0, &sample, true, &out);
            const char *host = told(talks[i].server == 80 ? JN_ANNOTATION_HTTP_HOST : JN_ANNOTATION_SERVER_NAME);
            if (strcmp(out.answer.name, talks[i].name) != 0 || (*host != '\0' && strcmp(host, talks[i].name) != 0))
                fail_msg("row %u, packet %zu: \"%s\", \"%s\"", i, p, out.answer.name, host);
        }
        finish(&flow);
        assert_string_equal(out.answer.name, talks[i].name);
    }
    (void)state;
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_no_host_name_matches_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_server_names_nobody, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
