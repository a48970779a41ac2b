// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"

static bool
digits(const char *text, size_t most) {
    size_t length = strspn(text, "0123456789");
    return length > 0 && length <= most && text[length] == '\0' && (length == 1 || text[0] != '0');
}

bool
jn_address_parse(const char *text, struct jn_prefix *out) {
    memset(out, 0, sizeof(*out)); // padding too: prefixes are compared as bytes
    if (inet_pton(AF_INET, text, out->address) == 1) {
        out->family = 4;
        out->length = 32;
        return true;
    }
    if (inet_pton(AF_INET6, text, out->address) == 1) {
        out->family = 6;
        out->length = 128;
        return true;
    }
    return false;
}

bool
jn_prefix_parse(const char *text, struct jn_prefix *out) {
    char address[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "/");
    if (length >= sizeof(address))
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    if (!jn_address_parse(address, out))
        return false;
    if (text[length] == '\0')
        return true;
    if (!digits(text + length + 1, 3))
        return false;
    unsigned long bits = strtoul(text + length + 1, NULL, 10);
    if (bits > out->length)
        return false;
    out->length = (uint8_t)bits;
    return true;
}

// Byte `i` of a mask of so many bits.
static uint8_t
mask_byte(unsigned int bits, unsigned int i) {
    if (bits >= 8 * (i + 1))
        return 0xff;
    return bits <= 8 * i ? 0 : (uint8_t)(0xff00 >> (bits - 8 * i));
}

void
jn_prefix_mask(struct jn_prefix *prefix) {
    jn_require(prefix->length <= 8 * sizeof(prefix->address));
    for (unsigned int i = 0; i < sizeof(prefix->address); i++)
        prefix->address[i] &= mask_byte(prefix->length, i);
}

bool
jn_prefix_contains(const struct jn_prefix *outer, const struct jn_prefix *inner) {
    if (outer->family != inner->family || outer->length > inner->length)
        return false;
    for (unsigned int i = 0; i < 16; i++)
        if ((outer->address[i] ^ inner->address[i]) & mask_byte(outer->length, i))
            return false;
    return true;
}

const char *
jn_address_kind(const struct jn_prefix *address) {
    static const struct {
        struct jn_prefix range;
        const char *kind;
    } kinds[] = {
        {{.family = 4, .length = 8}, "unspecified"},
        {{.family = 4, .length = 8, .address = {127}}, "loopback"},
        {{.family = 4, .length = 4, .address = {224}}, "multicast"},
        {{.family = 4, .length = 32, .address = {255, 255, 255, 255}}, "broadcast"},
        {{.family = 4, .length = 4, .address = {240}}, "reserved"},
        {{.family = 6, .length = 128}, "unspecified"},
        {{.family = 6, .length = 128, .address = {[15] = 1}}, "loopback"},
        {{.family = 6, .length = 8, .address = {0xff}}, "multicast"},
        {{.family = 6, .length = 96, .address = {[10] = 0xff, [11] = 0xff}}, "IPv4-mapped"},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (jn_prefix_contains(&kinds[i].range, address))
            return kinds[i].kind;
    return NULL;
}

const char *
jn_address_kind_in(const struct jn_prefix *address, unsigned int length) {
    unsigned int whole = address->family == 4 ? 32 : 128;
    jn_require(length <= whole);
    bool zeros = true, ones = true;
    if (length + 1 >= whole) // RFC 3021, RFC 6164: both addresses of such a subnet are hosts
        return NULL;
    for (unsigned int i = 0; i < whole / 8; i++) {
        uint8_t host = (uint8_t)~mask_byte(length, i);
        zeros &= (address->address[i] & host) == 0;
        ones &= (address->address[i] & host) == host;
    }
    if (zeros)
        return address->family == 4 ? "network address" : "subnet-router anycast";
    return ones && address->family == 4 ? "broadcast" : NULL;
}

const char *
jn_prefix_text(const struct jn_prefix *prefix, char out[64]) {
    char address[INET6_ADDRSTRLEN];
    inet_ntop(prefix->family == 4 ? AF_INET : AF_INET6, prefix->address, address, sizeof(address));
    if (prefix->length == (prefix->family == 4 ? 32 : 128))
        snprintf(out, 64, "%s", address);
    else
        snprintf(out, 64, "%s/%u", address, prefix->length);
    return out;
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
    } protocols[] = {{"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"icmpv6", 58}, {"sctp", 132}};
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
