// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ip_numbers.h"

static bool
digits(const char *text, size_t most) {
    size_t length = strspn(text, "0123456789");
    return length > 0 && length <= most && text[length] == '\0' && (length == 1 || text[0] != '0');
}

bool
jn_text_printable(const char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

bool
jn_mac_parse(const char *text, uint8_t mac[6]) {
    static const uint8_t zero[6];
    for (unsigned int i = 0; i < 6; i++, text += 3) {
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) || text[2] != (i < 5 ? ':' : '\0'))
            return false;
        mac[i] = (uint8_t)strtoul(text, NULL, 16);
    }
    return (mac[0] & 1) == 0 && memcmp(mac, zero, sizeof(zero)) != 0;
}

bool
jn_port_range_parse(const json_t *value, uint16_t range[2]) {
    char first[8];
    unsigned long low, high;
    if (json_is_integer(value)) {
        json_int_t port = json_integer_value(value);
        if (port < 0 || port > 65535)
            return false;
        range[0] = range[1] = (uint16_t)port;
        return true;
    }
    const char *text = json_string_value(value);
    size_t length = text == NULL ? 0 : strcspn(text, "-");
    if (length == 0 || length >= sizeof(first) || text[length] != '-')
        return false;
    memcpy(first, text, length);
    first[length] = '\0';
    if (!digits(first, 5) || !digits(text + length + 1, 5))
        return false;
    low = strtoul(first, NULL, 10);
    high = strtoul(text + length + 1, NULL, 10);
    if (low > high || high > 65535)
        return false;
    range[0] = (uint16_t)low;
    range[1] = (uint16_t)high;
    return true;
}

uint8_t
jn_protocol_parse(const json_t *value) {
    static const struct {
        const char *name;
        uint8_t number;
    } protocols[] = {
        {"icmp", JN_IP_ICMP}, {"tcp", JN_IP_TCP}, {"udp", JN_IP_UDP}, {"icmpv6", JN_IP_ICMPV6}, {"sctp", JN_IP_SCTP}};
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        return number < 1 || number > 255 ? 0 : (uint8_t)number;
    }
    for (size_t i = 0; json_is_string(value) && i < sizeof(protocols) / sizeof(protocols[0]); i++)
        if (strcmp(json_string_value(value), protocols[i].name) == 0)
            return protocols[i].number;
    return 0;
}

const char *
jn_value_shown(const json_t *value, char out[JN_SHOWN_MAX]) {
    if (json_is_object(value) || json_is_array(value)) {
        snprintf(out, JN_SHOWN_MAX, "%s", json_is_object(value) ? "an object" : "an array");
        return out;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
    if (text == NULL || strlen(text) < JN_SHOWN_MAX)
        snprintf(out, JN_SHOWN_MAX, "%s", text == NULL ? "a value" : text);
    else
        snprintf(out, JN_SHOWN_MAX, "%.*s...", JN_SHOWN_MAX - 4, text);
    free(text);
    for (char *at = out; *at != '\0'; at++)
        if (*at == 0x7f) // the one control character that JSON leaves as it is
            *at = '?';
    return out;
}

const char *
jn_text_shown(const char *text, char out[JN_SHOWN_MAX]) {
    json_t *value = json_string(text);
    jn_value_shown(value, out);
    json_decref(value);
    return out;
}

// Comparing takes time, and a suggestion out of very many is none.
enum { MOST_CANDIDATES = 512, LONGEST_WORD = JN_WORD_LONGEST };

static int
by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
jn_names_sort(struct jn_names *names) {
    size_t kept = 0;
    if (names->count == 0)
        return;
    qsort(names->text, names->count, sizeof(*names->text), by_text);
    for (size_t i = 1; i < names->count; i++)
        if (strcmp(names->text[i], names->text[kept]) != 0)
            names->text[++kept] = names->text[i];
    names->count = kept + 1;
}

long
jn_names_find(const struct jn_names *names, const char *name) {
    if (names->count == 0)
        return -1;
    const char **found = bsearch(&name, names->text, names->count, sizeof(*names->text), by_text);
    return found == NULL ? -1 : found - names->text;
}

static bool
differ(char a, char b) {
    return tolower((unsigned char)a) != tolower((unsigned char)b);
}

static unsigned int
smaller(unsigned int a, unsigned int b) {
    return a < b ? a : b;
}

unsigned int
jn_word_distance(const char *a, const char *b) {
    unsigned int row[3][LONGEST_WORD + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST_WORD || m > LONGEST_WORD)
        return UINT32_MAX;
    for (unsigned int j = 0; j <= m; j++)
        row[0][j] = j;
    for (unsigned int i = 1; i <= n; i++) {
        unsigned int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (unsigned int j = 1; j <= m; j++) {
            now[j] = smaller(last[j - 1] + differ(a[i - 1], b[j - 1]), smaller(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && !differ(a[i - 1], b[j - 2]) && !differ(a[i - 2], b[j - 1]))
                now[j] = smaller(now[j], before[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

const char *
jn_names_nearest(const struct jn_names *names, const char *word) {
    const char *nearest = NULL;
    unsigned int best = 2 + (unsigned int)(strlen(word) / 3); // a third of the word may be wrong
    for (size_t i = 0; i < names->count && names->count <= MOST_CANDIDATES; i++) {
        unsigned int d = jn_word_distance(word, names->text[i]);
        if (d < best && names->text[i][0] != '\0') {
            best = d;
            nearest = names->text[i];
        }
    }
    return nearest;
}

const char *
jn_did_you_mean(const char *nearest, char out[JN_SHOWN_MAX + 24]) {
    char shown[JN_SHOWN_MAX];
    out[0] = '\0';
    if (nearest != NULL)
        snprintf(out, JN_SHOWN_MAX + 24, "; did you mean %s?", jn_text_shown(nearest, shown));
    return out;
}
