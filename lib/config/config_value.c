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
