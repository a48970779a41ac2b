// SPDX-License-Identifier: BSD-3-Clause
#include "text.h"

char *
put_hex16(char *at, uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8, at += 2)
        memcpy(at, text_hex_bytes[value >> shift & 255], 2);
    return at;
}

// Without the zeroes before it, and with the colon behind it.
static inline char *
put_group(char *at, uint16_t group) {
    uint16_t high, low;
    unsigned int zeroes = ((unsigned int)__builtin_clz(group | 1u) - 16) / 4;
    memcpy(&high, text_hex_bytes[group >> 8], sizeof(high));
    memcpy(&low, text_hex_bytes[group & 255], sizeof(low));
    uint32_t text = (high | (uint32_t)low << 16) >> 8 * zeroes;
    memcpy(at, &text, sizeof(text));
    at += 4 - zeroes;
    *at++ = ':';
    return at;
}

// RFC 5952 section 4.2: of the groups that are zero, a bit each, the first longest run of at least two. Its length, 0 when
// there is none.
static inline unsigned int
longest_zero_run(unsigned int zero, unsigned int *first) {
    unsigned int length = 1;
    *first = 8;
    for (; (zero & zero >> 1) != 0; length++) // a bit stays where a run goes on for that much longer
        zero &= zero >> 1;
    if (length == 1)
        return 0;
    *first = (unsigned int)__builtin_ctz(zero);
    return length;
}

char *
put_ipv6(char *at, const uint8_t address[16]) {
    uint16_t groups[8];
    unsigned int zero = 0, first;
    for (unsigned int i = 0; i < 8; i++) {
        groups[i] = (uint16_t)(address[2 * i] << 8 | address[2 * i + 1]);
        zero |= (unsigned int)(groups[i] == 0) << i;
    }
    unsigned int run = longest_zero_run(zero, &first);
    for (unsigned int i = 0; i < first; i++)
        at = put_group(at, groups[i]);
    if (run == 0)
        return at - 1;
    if (first == 0)
        *at++ = ':';
    *at++ = ':';
    // RFC 5952 section 5: an embedded IPv4 address is shown as one.
    if (first == 0 && run == 6)
        return put_ipv4(at, address + 12);
    if (first == 0 && run == 5 && groups[5] == 0xffff)
        return put_ipv4(put_group(at, groups[5]), address + 12);
    for (unsigned int i = first + run; i < 8; i++)
        at = put_group(at, groups[i]);
    return first + run < 8 ? at - 1 : at;
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

// Up to eight bytes of a text, the first lowest, and zeroes behind its end.
static inline uint64_t
load_eight(const char *text, size_t left) {
    uint64_t eight;
    uint32_t first, last;
    if (left >= sizeof(eight)) {
        memcpy(&eight, text, sizeof(eight));
        return eight;
    }
    if (left >= sizeof(first)) {
        memcpy(&first, text, sizeof(first));
        memcpy(&last, text + left - sizeof(last), sizeof(last));
        return first | (uint64_t)last << 8 * (left - sizeof(last));
    }
    uint8_t begin = (uint8_t)text[0], middle = (uint8_t)text[left / 2], end = (uint8_t)text[left - 1];
    return begin | (uint64_t)middle << 8 * (left / 2) | (uint64_t)end << 8 * (left - 1);
}

// How many of the eight bytes come before the first that is below a space, a quote, a backslash, or not ASCII. What a
// subtraction borrows is from bytes behind such a one.
static inline unsigned int
count_plain(uint64_t text) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t quotes = text ^ ones * '"', backslashes = text ^ ones * '\\';
    uint64_t special = (text | (text - ones * 0x20) | (quotes - ones) | (backslashes - ones)) & ones << 7;
    return special == 0 ? 8 : (unsigned int)__builtin_ctzll(special) / 8;
}

char *
put_escaped_whole(char *at, const char *text, size_t length) {
    size_t i = 0, used;
    while (i < length) {
        uint64_t eight = load_eight(text + i, length - i);
        unsigned int plain = count_plain(eight);
        memcpy(at, &eight, sizeof(eight));
        at += plain;
        i += plain;
        if (plain == sizeof(eight) || i == length)
            continue;
        at = put_special(at, (const uint8_t *)text + i, length - i, &used);
        i += used;
    }
    return at;
}

// Seconds of a day as "hh:mm:ss": three numbers taken apart at once, as text_digits does.
static inline void
put_clock(char *at, uint32_t of_day) {
    uint32_t minutes = of_day / 60, hours = of_day / 3600;
    uint64_t parts = hours | (uint64_t)(minutes - 60 * hours) << 24 | (uint64_t)(of_day - 60 * minutes) << 48;
    uint64_t tens = parts * 103 >> 10 & UINT64_C(0x000f00000f00000f);
    uint64_t text = (tens | (parts - 10 * tens) << 8) + UINT64_C(0x30303a30303a3030); // "00:00:00"
    memcpy(at, &text, sizeof(text));
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
    char date[8];
    put_eight(date, (uint32_t)(year * 10000 + month * 100 + of_year - (153 * from_march + 2) / 5 + 1));
    memcpy(cache->midnight, "YYYY-MM-DDT00:00:00.000000000Z", TIME_TEXT_LENGTH);
    memcpy(cache->midnight, date, 4);
    memcpy(cache->midnight + 5, date + 4, 2);
    memcpy(cache->midnight + 8, date + 6, 2);
    cache->day = day + 1;
}

char *
put_time(struct time_cache *cache, char *at, uint64_t ns) {
    const uint64_t second_ns = 1000000000, day_ns = 86400 * second_ns;
    uint64_t day = ns / day_ns, of_day_ns = ns % day_ns;
    uint32_t of_day = (uint32_t)(of_day_ns / second_ns), of_second = (uint32_t)(of_day_ns % second_ns);
    if (cache->day != day + 1)
        fill_date(cache, day);
    memcpy(at, cache->midnight, TIME_TEXT_LENGTH);
    put_clock(at + 11, of_day);
    at[20] = (char)('0' + of_second / TEXT_EIGHT_DIGITS);
    put_eight(at + 21, of_second % TEXT_EIGHT_DIGITS);
    return at + TIME_TEXT_LENGTH;
}
