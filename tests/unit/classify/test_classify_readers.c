// SPDX-License-Identifier: BSD-3-Clause
// The readers of junction-classify: names that are whole or not at all, in any pieces, and texts that may stand in documents.
#include "test.h"

#include "classify/hello.h"
#include "dns_answers.h"
#include "host_stream.h"
#include "mqtt_client.h"
#include "sound_text.h"
#include "tls_name.h"

static void
tls_names_come_in_any_pieces(void **state) {
    static uint8_t hello[HELLO_MOST];
    static char long_name[65520];
    memset(long_name, 'x', sizeof(long_name));
    static const struct {
        size_t length, record;
        uint16_t kept;
        bool cut;
    } rows[] = {
        {11, 16384, 11, false},  {11, 7, 11, false},        {79, 16384, 79, false},
        {80, 16384, 80, false},  {255, 16384, 255, false},  {255, 1, 255, false},
        {256, 16384, 255, true}, {65000, 16384, 255, true}, {65520, 300, 255, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t length = hello_make(hello, long_name, rows[i].length, rows[i].record);
        for (size_t piece = 1; piece <= length; piece = piece < 9 ? piece + 1 : piece * 2) {
            struct tls_name tls = {0};
            enum tls_name_result result = TLS_NAME_MORE;
            assert_true(tls_name_begins(hello, piece));
            for (size_t at = 0; at < length && result == TLS_NAME_MORE; at += piece)
                result = tls_name_take(&tls, hello + at, length - at < piece ? length - at : piece);
            assert_int_equal(result, TLS_NAME_FOUND);
            assert_int_equal(tls.kept, rows[i].kept);
            assert_int_equal(tls_name_is_cut(&tls), rows[i].cut);
            assert_memory_equal(tls.name, long_name, tls.kept);
        }
    }
    (void)state;
}

static void
what_is_no_whole_hello_has_no_name(void **state) {
    static uint8_t hello[HELLO_MOST];
    struct tls_name tls = {0};
    size_t length = hello_make(hello, NULL, 0, 16384);
    assert_int_equal(tls_name_take(&tls, hello, length), TLS_NAME_NONE);
    length = hello_make(hello, "example.org", 11, 16384);
    static const struct {
        size_t at; // byte that is made another one
        uint8_t value;
    } wrong[] = {{0, 23},    {1, 4},  {3, 0xff},   {5, 2},   {8, 40},  {43, 255}, {76, 0xff},
                 {88, 0xff}, {99, 1}, {100, 0xff}, {103, 5}, {104, 1}, {106, 12}, {106, 0}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        uint8_t bad[512];
        memcpy(bad, hello, length);
        bad[wrong[i].at] = wrong[i].value;
        tls = (struct tls_name){0};
        enum tls_name_result result = tls_name_take(&tls, bad, length);
        if (result == TLS_NAME_FOUND)
            fail_msg("byte %zu as %u: a name was found", wrong[i].at, wrong[i].value);
    }
    for (size_t cut = 1; cut < 118; cut++) {
        tls = (struct tls_name){0};
        assert_int_equal(tls_name_take(&tls, hello, cut), TLS_NAME_MORE);
    }
    (void)state;
}

static void
requests_name_host_and_path(void **state) {
    static const struct {
        const char *request, *host, *path; // NULL: none
    } rows[] = {
        {"GET /a/b?c=d HTTP/1.1\r\nHost: www.Example.org\r\n\r\n", "www.Example.org", "/a/b"},
        {"POST / HTTP/1.1\r\nAccept: */*\r\nhOSt:x.org:8080\r\n", "x.org", "/"},
        {"GET http://a.org/p HTTP/1.1\nHost: a.org\n", "a.org", "/p"},
        {"GET http://a.org HTTP/1.1\nHost: a.org\n", "a.org", ""},
        {"OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n", "[::1]", ""},
        {"CONNECT b.org:443 HTTP/1.1\r\nHost: b.org:443 \r\n", "b.org", ""},
        {"GET / HTTP/1.1\r\nHostess: x\r\nXHost: y\r\nHost: z\r\n", "z", "/"},
        {"GET / HTTP/1.0\r\n\r\nHost: late.org\r\n", NULL, NULL},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", NULL, NULL},
        {"GET / HTTP/1.1\r\nHost: unfinished", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t piece = 1; piece < 80; piece += 13) {
            struct http_host http = {0};
            const uint8_t *bytes = (const uint8_t *)rows[i].request;
            size_t length = strlen(rows[i].request), path_length;
            enum http_host_result result = HTTP_HOST_MORE;
            assert_true(http_host_begins(bytes, piece < length ? piece : length));
            for (size_t at = 0; at < length && result == HTTP_HOST_MORE; at += piece)
                result = http_host_take(&http, bytes + at, length - at < piece ? length - at : piece);
            assert_int_equal(result == HTTP_HOST_FOUND, rows[i].host != NULL);
            if (rows[i].host == NULL)
                continue;
            const char *path = http_host_path(&http, &path_length);
            assert_int_equal(http.host_length, strlen(rows[i].host));
            assert_memory_equal(http.host, rows[i].host, http.host_length);
            assert_int_equal(path_length, strlen(rows[i].path));
            assert_memory_equal(path, rows[i].path, path_length);
        }
    }
    assert_false(http_host_begins((const uint8_t *)"HTTP/1.1 200 OK", 15));
    assert_false(http_host_begins((const uint8_t *)"PRI * HTTP/2.0", 14));
    (void)state;
}

static void
targets_name_hosts(void **state) {
    static const struct {
        const char *request, *host; // "": none
    } rows[] = {
        {"GET http://a.org/p HTTP/1.1\r\nHost: b.org\r\n", "a.org"},
        {"GET http://a.org:8080?q HTTP/1.1\r\nHost: b.org\r\n", "a.org"},
        {"GET http://user:1@a.org HTTP/1.1\r\nHost: b.org\r\n", "a.org"},
        {"GET ftp://[::1]:80/ HTTP/1.0\r\n\r\n", "[::1]"},
        {"GET http://a.org/ HTTP/1.1\r\nHost:\r\n", "a.org"},
        {"CONNECT a.org:443 HTTP/1.1\r\nHost: b.org\r\n", "a.org"},
        {"\r\n\r\nGET /a://c.org HTTP/1.1\r\nHost: b.org\r\n", ""},
        {"OPTIONS * HTTP/1.1\r\nHost: b.org\r\n", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_host http = {0};
        size_t length;
        bool cut;
        assert_true(http_host_begins((const uint8_t *)rows[i].request, strlen(rows[i].request)));
        assert_int_equal(http_host_take(&http, (const uint8_t *)rows[i].request, strlen(rows[i].request)),
                         HTTP_HOST_FOUND);
        const char *host = http_host_target(&http, &length, &cut);
        if (length != strlen(rows[i].host) || memcmp(host, rows[i].host, length) != 0 || cut)
            fail_msg("%s: %.*s", rows[i].request, (int)length, host);
    }
    assert_false(http_host_begins((const uint8_t *)"\r\n", 2));
    (void)state;
}

static void
a_target_that_was_cut_names_no_host(void **state) {
    struct http_host http = {0};
    char request[400] = "GET http://";
    size_t length;
    bool cut;
    memset(request + 11, 'x', 300);
    strcpy(request + 311, " HTTP/1.1\r\nHost: b.org\r\n");
    assert_int_equal(http_host_take(&http, (const uint8_t *)request, strlen(request)), HTTP_HOST_FOUND);
    http_host_target(&http, &length, &cut);
    assert_true(cut && length > 0);
    (void)state;
}

static void
a_long_host_is_cut_and_an_endless_head_is_left(void **state) {
    static uint8_t request[40000];
    struct http_host http = {0};
    memset(request, 'h', sizeof(request));
    memcpy(request, "GET / HTTP/1.1\r\nHost: ", 22);
    request[400] = '\n';
    assert_int_equal(http_host_take(&http, request, sizeof(request)), HTTP_HOST_FOUND);
    assert_true(http.host_cut);
    assert_int_equal(http.host_length, HTTP_HOST_MOST);
    request[400] = 'h';
    http = (struct http_host){0};
    assert_int_equal(http_host_take(&http, request, sizeof(request)), HTTP_HOST_NONE);
    (void)state;
}

// Segments of 40 bytes of one hello, in any order that one held segment can put right.
static void
segments_are_put_in_order(void **state) {
    static const struct {
        unsigned int count, order[8]; // numbers of segments, by 100 also: sent by the other end
        bool found, pending;
    } rows[] = {
        {3, {0, 1, 2}, true, false},    {3, {0, 2, 1}, true, false},    {3, {1, 0, 2}, true, false},
        {4, {0, 0, 1, 2}, true, false}, {4, {0, 1, 0, 2}, true, false}, {2, {0, 2}, false, true},
        {2, {1, 2}, false, false},      {3, {0, 100, 1}, false, false}, {4, {0, 100, 1, 2}, true, false},
    };
    uint8_t hello[HELLO_MOST];
    size_t length = hello_make(hello, "www.example.org", 15, 16384), piece = (length + 2) / 3;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct host_stream stream = {0};
        enum host_stream_reader found = HOST_STREAM_NONE;
        for (unsigned int s = 0; s < rows[i].count; s++) {
            unsigned int number = rows[i].order[s] % 100, start = (unsigned int)(number * piece);
            struct packet_payload segment = {.bytes = hello + start, .seq = 0xffffffc0u + start, .protocol = 6};
            segment.length = length - start < piece ? length - start : piece;
            enum host_stream_reader now = host_stream_take(&stream, rows[i].order[s] < 100, &segment);
            found = now != HOST_STREAM_NONE ? now : found;
        }
        assert_int_equal(found, rows[i].found ? HOST_STREAM_TLS : HOST_STREAM_NONE);
        assert_int_equal(host_stream_pending(&stream), rows[i].pending);
        if (rows[i].found)
            assert_memory_equal(stream.tls.name, "www.example.org", 15);
    }
    (void)state;
}

#define DNS_HEAD(flags, questions, answers) "\x12\x34" flags "\0" questions "\0" answers "\0\0\0\0"
#define BYTES(bytes)                        bytes, sizeof(bytes) - 1

static void
dns_messages_are_read(void **state) {
    static const struct {
        const char *bytes;
        size_t length;
        bool tcp, sound;
        const char *question;
        unsigned int answers;
    } rows[] = {
        {BYTES(DNS_HEAD("\1\0", "\1", "\0") "\3www\7example\3org\0\0\1\0\1"), false, true, "www.example.org", 0},
        {BYTES(DNS_HEAD("\x81\x80", "\1", "\2") "\1a\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc6\x12\0\1"
                                                "\xc0\x0c\0\x1c\0\1\0\0\0\1\0\x10\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"),
         false, true, "a", 2},
        {BYTES(DNS_HEAD("\x81\x80", "\1", "\2") "\1a\0\0\1\0\1\xc0\x0c\0\5\0\1\0\0\0\1\0\2\xc0\x0c"
                                                "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc6\x12\0\1"),
         false, true, "a", 1},
        {BYTES("\0\x13" DNS_HEAD("\1\0", "\1", "\0") "\1a\0\0\1\0\1"), true, true, "a", 0},
        {BYTES(DNS_HEAD("\1\0", "\1", "\0") "\3w.w\2\x80\x7f\0\0\1\0\1"), false, true, "w_w.\x80\x7f", 0},
        {BYTES(DNS_HEAD("\1\0", "\1", "\0") "\0\0\2\0\1"), false, true, "", 0},
        {BYTES(DNS_HEAD("\1\0", "\1", "\0") "\1a\xc0\x0c\0\1\0\1"), false, false, "", 0}, // points at itself
        {BYTES(DNS_HEAD("\1\0", "\1", "\0") "\xc0\xff\0\1\0\1"), false, false, "", 0},
        {BYTES(DNS_HEAD("\1\0", "\1", "\0") "\7exam"), false, false, "", 0},
        {BYTES(DNS_HEAD("\1\0", "\1", "\0") "\x41x"), false, false, "", 0},
        {BYTES(DNS_HEAD("\x81\x80", "\1", "\x7f") "\1a\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\1\xff\xff\1"), false, true, "a",
         0},
        {BYTES(DNS_HEAD("\x81\x80", "\1", "\1") "\1a\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\1\0\3\xc6\x12\0"), false, true,
         "a", 0},
        // mDNS answers without a question, as all its servers do; an inverse query has what it asks for as an answer.
        {BYTES(DNS_HEAD("\x84\0", "\0", "\1") "\5_dacp\4_tcp\0\0\x0c\0\1\0\0\0\1\0\2\xc0\x0c"), false, true,
         "_dacp._tcp", 0},
        {BYTES(DNS_HEAD("\x84\0", "\0", "\1") "\1a\0\0\1\x80\1\0\0\0\1\0\4\xc6\x12\0\1"), false, true, "a", 1},
        {BYTES(DNS_HEAD("\x09\0", "\0", "\1") "\1x\1y\2zz\0\0\1\0\1\0\0\0\0\0\0"), false, true, "x.y.zz", 0},
        {BYTES(DNS_HEAD("\x89\x84", "\0", "\0")), false, true, "", 0},
        {BYTES("\x12\x34\1\0\0"), false, false, "", 0},
        {BYTES("\0"), true, false, "", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dns_answers dns;
        bool sound = dns_answers_read((const uint8_t *)rows[i].bytes, rows[i].length, rows[i].tcp, &dns);
        if (sound != rows[i].sound || dns.count != rows[i].answers || dns.question_length != strlen(rows[i].question) ||
            memcmp(dns.question, rows[i].question, dns.question_length) != 0)
            fail_msg("row %zu: %d, %u answers, \"%.*s\"", i, sound, dns.count, dns.question_length, dns.question);
    }
    (void)state;
}

static void
at_most_eight_answers_and_255_bytes(void **state) {
    uint8_t message[1500] = {0, 1, 0x81, 0x80, 0, 1, 0, 20, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
    struct dns_answers dns;
    for (unsigned int i = 0; i < 20; i++)
        memcpy(message + 19 + 16 * i, "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc6\x12\0\1", 16);
    assert_true(dns_answers_read(message, 19 + 320, false, &dns));
    assert_int_equal(dns.count, DNS_ANSWERS_MOST);
    for (unsigned int i = 0; i < 5; i++) {
        message[12 + 64 * i] = 63;
        memset(message + 13 + 64 * i, 'a', 63);
    }
    message[12 + 64 * 4] = 0;
    assert_true(dns_answers_read(message, sizeof(message), false, &dns)); // 255 with their dots
    assert_int_equal(dns.question_length, 255);
    message[12 + 64 * 4] = 1;
    assert_false(dns_answers_read(message, sizeof(message), false, &dns));
    (void)state;
}

static void
mqtt_clients_are_found(void **state) {
    static const struct {
        const char *bytes;
        size_t length;
        const char *client; // NULL: none
    } rows[] = {
        {BYTES("\x10\x11\0\4MQTT\4\2\0\x3c\0\5dev-1"), "dev-1"},
        {BYTES("\x10\x13\0\6MQIsdp\3\2\0\x3c\0\5dev-1"), "dev-1"},
        {BYTES("\x10\x17\0\4MQTT\5\2\0\x3c\5\x11\0\0\0\1\0\5dev-5"), "dev-5"},
        {BYTES("\x10\x91\x80\0\0\4MQTT\4\2\0\x3c\0\5dev-1"), "dev-1"}, // a length longer than it need be
        {BYTES("\x10\x0f\0\4MQTT\4\2\0\x3c\0\5dev-1"), "dev"},         // less than the identifier says
        {BYTES("\x10\x0c\0\4MQTT\4\2\0\x3c\0\0"), NULL},
        {BYTES("\x10\x11\0\4MQTX\4\2\0\x3c\0\5dev-1"), NULL},
        {BYTES("\x30\x11\0\4MQTT\4\2\0\x3c\0\5dev-1"), NULL},
        {BYTES("\x10\xff\xff\xff\xff\x7f\0\4MQTT"), NULL},
        {BYTES("\x10\x17\0\4MQTT\5\2\0\x3c\xff\x7f"), NULL},
        {BYTES("\x10\x11\0\4MQTT\4\2\0"), NULL},
        {BYTES("\x10\x11\xff\xffMQTT"), NULL},
        {BYTES("\x10"), NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const uint8_t *client;
        size_t kept;
        bool found = mqtt_client_find((const uint8_t *)rows[i].bytes, rows[i].length, &client, &kept);
        assert_int_equal(found, rows[i].client != NULL);
        if (found && (kept != strlen(rows[i].client) || memcmp(client, rows[i].client, kept) != 0))
            fail_msg("row %zu: \"%.*s\"", i, (int)kept, client);
    }
    (void)state;
}

static void
texts_are_made_sound(void **state) {
    static const struct {
        unsigned int kind;
        const char *bytes;
        size_t length;
        const char *text;
        bool cut, cleaned;
    } rows[] = {
        {JN_ANNOTATION_SERVER_NAME, BYTES("WWW.Example.ORG"), "www.example.org", false, false},
        {JN_ANNOTATION_USER_AGENT, BYTES("Mo\"zilla\\/5"), "Mo\"zilla\\/5", false, false},
        {JN_ANNOTATION_SERVER_NAME, BYTES("a\0b\x1b[31m\x7f"), "a_b_[31m_", false, true},
        {JN_ANNOTATION_SERVER_NAME, BYTES("gro.\xe2\x80\xaegpj"), "gro._gpj", false, true},
        {JN_ANNOTATION_SERVER_NAME,
         BYTES("b\xc3\xbc"
               "cher\xff\xc3"),
         "b\xc3\xbc"
         "cher\xef\xbf\xbd\xef\xbf\xbd",
         false, true},
        {JN_ANNOTATION_TLS_VERSION, BYTES("1234567\xc3\xbc"), "1234567", true, false},
        {JN_ANNOTATION_TLS_VERSION, BYTES("\xff\xff\xff"), "\xef\xbf\xbd\xef\xbf\xbd", true, true},
        {99, BYTES("x"), "", true, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text text;
        text_make(&text, rows[i].kind, rows[i].bytes, rows[i].length);
        if (strcmp(text.bytes, rows[i].text) != 0 || text.cut != rows[i].cut || text.cleaned != rows[i].cleaned)
            fail_msg("row %zu: \"%s\", %d, %d", i, text.bytes, text.cut, text.cleaned);
        assert_true(text.length == 0 || jn_annotation_is_sound(rows[i].kind, text.bytes, text.length));
    }
    (void)state;
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_names_come_in_any_pieces),
        cmocka_unit_test(what_is_no_whole_hello_has_no_name),
        cmocka_unit_test(requests_name_host_and_path),
        cmocka_unit_test(targets_name_hosts),
        cmocka_unit_test(a_target_that_was_cut_names_no_host),
        cmocka_unit_test(a_long_host_is_cut_and_an_endless_head_is_left),
        cmocka_unit_test(segments_are_put_in_order),
        cmocka_unit_test(dns_messages_are_read),
        cmocka_unit_test(at_most_eight_answers_and_255_bytes),
        cmocka_unit_test(mqtt_clients_are_found),
        cmocka_unit_test(texts_are_made_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
