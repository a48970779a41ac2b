// SPDX-License-Identifier: BSD-3-Clause
#include "text.h"

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
    "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
    "9899";

char *
put_2(char *at, uint32_t value) {
    return put_bytes(at, pairs + 2 * value, 2);
}

static inline unsigned int
count_digits(uint64_t value) {
    unsigned int digits = 1;
    for (; value >= 10000; value /= 10000)
        digits += 4;
    return digits + (value >= 10) + (value >= 100) + (value >= 1000);
}

char *
put_u64(char *at, uint64_t value) {
    char *end = at + count_digits(value);
    for (at = end; value >= 100; value /= 100)
        memcpy(at -= 2, pairs + 2 * (value % 100), 2);
    if (value >= 10)
        memcpy(at - 2, pairs + 2 * value, 2);
    else
        at[-1] = (char)('0' + value);
    return end;
}

char *
put_fixed(char *at, uint64_t value, unsigned int digits) {
    unsigned int left = digits;
    for (; left >= 2; value /= 100)
        memcpy(at + (left -= 2), pairs + 2 * (value % 100), 2);
    if (left == 1)
        at[0] = (char)('0' + value % 10);
    return at + digits;
}

char *
put_hex16(char *at, uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[value >> shift & 15];
    return at;
}

static inline char *
put_octet(char *at, uint8_t value) {
    if (value >= 100) {
        *at++ = (char)('0' + value / 100);
        return put_2(at, value % 100);
    }
    if (value >= 10)
        return put_2(at, value);
    *at++ = (char)('0' + value);
    return at;
}

char *
put_ipv4(char *at, const uint8_t address[4]) {
    at = put_octet(at, address[0]);
    for (int i = 1; i < 4; i++) {
        *at++ = '.';
        at = put_octet(at, address[i]);
    }
    return at;
}

static inline char *
put_group(char *at, uint16_t group) {
    static const char hex[] = "0123456789abcdef";
    if (group >= 0x1000)
        *at++ = hex[group >> 12];
    if (group >= 0x100)
        *at++ = hex[group >> 8 & 15];
    if (group >= 0x10)
        *at++ = hex[group >> 4 & 15];
    *at++ = hex[group & 15];
    return at;
}

// RFC 5952 section 4.2: the first longest run of at least two zero groups. Its length, 0 when there is none.
static int
longest_zero_run(const uint16_t groups[8], int *first) {
    int best = 0;
    for (int i = 0; i < 8; i++) {
        int run = 0;
        while (i + run < 8 && groups[i + run] == 0)
            run++;
        if (run > best && run >= 2) {
            best = run;
            *first = i;
        }
        i += run;
    }
    return best;
}

char *
put_ipv6(char *at, const uint8_t address[16]) {
    uint16_t groups[8];
    int first = 8;
    for (int i = 0; i < 8; i++)
        groups[i] = (uint16_t)(address[2 * i] << 8 | address[2 * i + 1]);
    int run = longest_zero_run(groups, &first);
    for (int i = 0; i < 8; i++) {
        if (run > 0 && i == first) {
            *at++ = ':';
            i += run - 1;
            if (i == 7)
                *at++ = ':';
            continue;
        }
        if (i > 0)
            *at++ = ':';
        // RFC 5952 section 5: an embedded IPv4 address is shown as one.
        if (i == 6 && first == 0 && (run == 6 || (run == 5 && groups[5] == 0xffff)))
            return put_ipv4(at, address + 12);
        at = put_group(at, groups[i]);
    }
    return at;
}

char *
put_address(char *at, uint8_t family, const uint8_t *address) {
    return family == 6 ? put_ipv6(at, address) : put_ipv4(at, address);
}

char *
put_mac(char *at, const uint8_t mac[6]) {
    static const char hex[] = "0123456789ABCDEF";
    for (int i = 0; i < 6; i++) {
        at[0] = hex[mac[i] >> 4];
        at[1] = hex[mac[i] & 15];
        at[2] = '-';
        at += 3;
    }
    return at - 1;
}

size_t
text_utf8_length(const uint8_t *text, size_t left) {
    uint8_t lead = text[0];
    if (lead < 0x80)
        return 1;
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    // Overlong forms, surrogates, and what lies beyond U+10FFFF.
    if ((lead == 0xe0 && text[1] < 0xa0) || (lead == 0xed && text[1] > 0x9f) || (lead == 0xf0 && text[1] < 0x90) ||
        (lead == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

void
text_make_utf8(char *text) {
    size_t length = strlen(text), character;
    for (size_t i = 0; i < length; i += character) {
        character = text_utf8_length((const uint8_t *)text + i, length - i);
        if (character == 0)
            text[i] = '?';
        character = character == 0 ? 1 : character;
    }
}

static char *
put_special(char *at, const uint8_t *text, size_t left, size_t *used) {
    *used = 1;
    if (text[0] == '"' || text[0] == '\\') {
        at[0] = '\\';
        at[1] = (char)text[0];
        return at + 2;
    }
    if (text[0] < 0x20) {
        at = PUT(at, "\\u00");
        *at++ = (char)('0' + (text[0] >> 4));
        *at++ = "0123456789abcdef"[text[0] & 15];
        return at;
    }
    size_t length = text_utf8_length(text, left);
    if (length == 0)
        return PUT(at, "\xef\xbf\xbd"); // U+FFFD
    *used = length;
    return put_bytes(at, (const char *)text, length);
}

char *
put_escaped(char *at, const char *text, size_t length) {
    return put_escaped_whole(at, text, length > TEXT_STRING_MAX ? TEXT_STRING_MAX : length);
}

char *
put_escaped_whole(char *at, const char *text, size_t length) {
    for (size_t i = 0; i < length;) {
        uint8_t c = (uint8_t)text[i];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            *at++ = (char)c;
            i++;
            continue;
        }
        size_t used;
        at = put_special(at, (const uint8_t *)text + i, length - i, &used);
        i += used;
    }
    return at;
}

// Civil date from a day number in the proleptic Gregorian calendar, eras of 400 years beginning in March.
static void
fill_date(struct time_cache *cache, uint64_t day) {
    uint64_t shifted = day + 719468, era = shifted / 146097, of_era = shifted % 146097;
    uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t from_march = (5 * of_year + 2) / 153;
    uint64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    uint64_t year = year_of_era + era * 400 + (month <= 2);
    char *at = put_fixed(cache->date, year, 4);
    *at++ = '-';
    at = put_2(at, (uint32_t)month);
    *at++ = '-';
    at = put_2(at, (uint32_t)(of_year - (153 * from_march + 2) / 5 + 1));
    *at = 'T';
    cache->day = day + 1;
}

char *
put_time(struct time_cache *cache, char *at, uint64_t ns) {
    uint64_t seconds = ns / 1000000000, day = seconds / 86400;
    uint32_t of_day = (uint32_t)(seconds % 86400), of_second = (uint32_t)(ns % 1000000000);
    if (cache->day != day + 1)
        fill_date(cache, day);
    at = put_bytes(at, cache->date, sizeof(cache->date));
    at = put_2(at, of_day / 3600);
    *at++ = ':';
    at = put_2(at, of_day / 60 % 60);
    *at++ = ':';
    at = put_2(at, of_day % 60);
    *at++ = '.';
    at = put_fixed(at, of_second, 9);
    *at++ = 'Z';
    return at;
}
