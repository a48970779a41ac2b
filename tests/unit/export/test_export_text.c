// SPDX-License-Identifier: BSD-3-Clause
// The document writer's pieces against the C library's.
#include <arpa/inet.h>
#include <jansson.h>
#include <time.h>

#include "random.h"
#include "test.h"
#include "text.h"

static uint64_t seed = RANDOM_SEED;

static uint64_t
random_word(void) {
    return random_next(&seed);
}

static void
test_integers(void **state) {
    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t value = i < 1000 ? (uint64_t)i : random_word() >> random_word() % 64;
        char ours[32], theirs[32];
        *put_u64(ours, value) = '\0';
        snprintf(theirs, sizeof(theirs), "%lu", (unsigned long)value);
        assert_string_equal(ours, theirs);
        *put_hex16(ours, value) = '\0';
        snprintf(theirs, sizeof(theirs), "%016lx", (unsigned long)value);
        assert_string_equal(ours, theirs);
    }
    char ours[32];
    *put_u64(ours, UINT64_MAX) = '\0';
    assert_string_equal(ours, "18446744073709551615");
}

static void
test_addresses(void **state) {
    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint8_t address[16];
        char ours[TEXT_IP_ROOM + 1], theirs[INET6_ADDRSTRLEN];
        uint64_t zeros = random_word();
        for (int b = 0; b < 16; b++) // long and short runs of zeros
            address[b] = zeros >> (b / 2) & 1 ? 0 : zeros >> (16 + b) & 1 ? (uint8_t)random_word() : 0;
        *put_ipv6(ours, address) = '\0';
        assert_string_equal(ours, inet_ntop(AF_INET6, address, theirs, sizeof(theirs)));
        *put_ipv4(ours, address) = '\0';
        assert_string_equal(ours, inet_ntop(AF_INET, address, theirs, sizeof(theirs)));
    }
    static const struct {
        uint8_t address[16];
        const char *text;
    } rows[] = {
        {{0}, "::"},
        {{[15] = 1}, "::1"},
        {{0xfd, [15] = 1}, "fd00::1"},
        {{[10] = 0xff, 0xff, 198, 18, 0, 1}, "::ffff:198.18.0.1"},
        {{0xfd, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0}, "fd00:0:1:1:1:1:1:0"}, // one group is not shortened
        {{0xfd, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}, "fd00:0:0:1::1"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char ours[TEXT_IP_ROOM + 1];
        *put_ipv6(ours, rows[i].address) = '\0';
        assert_string_equal(ours, rows[i].text);
    }
}

static void
test_times(void **state) {
    (void)state;
    struct time_cache cache = {0};
    for (int i = 0; i < 200000; i++) {
        uint64_t ns = i == 0 ? 0 : i == 1 ? UINT64_MAX : random_word() >> random_word() % 8;
        time_t seconds = (time_t)(ns / 1000000000);
        char ours[TIME_TEXT_LENGTH + 1], theirs[64], date[32];
        struct tm tm;
        *put_time(&cache, ours, ns) = '\0';
        gmtime_r(&seconds, &tm);
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(theirs, sizeof(theirs), "%s.%09luZ", date, (unsigned long)(ns % 1000000000));
        assert_string_equal(ours, theirs);
    }
}

static void
test_any_bytes_make_a_json_string(void **state) {
    (void)state;
    for (int i = 0; i < 100000; i++) {
        char bytes[160], text[TEXT_STRING_ROOM + 3];
        size_t length = random_word() % sizeof(bytes);
        for (size_t b = 0; b < length; b++)
            bytes[b] = (char)random_word();
        char *at = text;
        *at++ = '"';
        at = put_escaped(at, bytes, length);
        *at++ = '"';
        json_t *parsed = json_loadb(text, (size_t)(at - text), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(parsed);
        json_decref(parsed);
    }
}

static void
test_escapes(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"plain", "plain"},
        {"a\"b\\c", "a\\\"b\\\\c"},
        {"\n\x01", "\\u000a\\u0001"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"\xff", "\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf0\x9f\x93\xb7", "\xf0\x9f\x93\xb7"},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[TEXT_STRING_ROOM + 1];
        *put_escaped(out, rows[i].in, strlen(rows[i].in)) = '\0';
        assert_string_equal(out, rows[i].out);
    }
}

static void
test_what_is_not_utf8_is_replaced(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"edge-1", "edge-1"},
        {"n\xc3\xb8", "n\xc3\xb8"},
        {"\xff", "?"},
        {"a\xc3", "a?"},
        {"\xc0\x80", "??"},
        {"\xe2\x82", "??"},
        {"\xed\xa0\x80"
         "b",
         "???b"},
        {"\"\\", "\"\\"},
        {"\xf0\x9f\x98\x80\xf0", "\xf0\x9f\x98\x80?"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[32];
        snprintf(text, sizeof(text), "%s", rows[i][0]);
        text_make_utf8(text);
        assert_string_equal(text, rows[i][1]);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers), cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_times),    cmocka_unit_test(test_any_bytes_make_a_json_string),
        cmocka_unit_test(test_escapes),  cmocka_unit_test(test_what_is_not_utf8_is_replaced),
    };
    return cmocka_run_group_tests_name("export text", tests, NULL, NULL);
}
