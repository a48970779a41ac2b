// SPDX-License-Identifier: BSD-3-Clause
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

bool
jn_address_parse(const char *text, struct jn_prefix *out) {
    memset(out, 0, sizeof(*out)); // padding too: prefixes are compared as bytes
    if (inet_pton(AF_INET, text, out->address) == 1)
        out->family = 4;
    else if (inet_pton(AF_INET6, text, out->address) == 1)
        out->family = 6;
    else
        return false;
    out->length = jn_address_bits(out->family);
    return true;
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
    const char *number = text + length + 1;
    size_t digits = strspn(number, "0123456789");
    if (digits == 0 || digits > 3 || number[digits] != '\0' || (digits > 1 && number[0] == '0'))
        return false;
    unsigned long bits = strtoul(number, NULL, 10);
    if (bits > out->length)
        return false;
    out->length = (uint8_t)bits;
    return true;
}

const char *
jn_address_text(uint8_t family, const uint8_t *address, char out[JN_ADDRESS_TEXT]) {
    return inet_ntop(family == 4 ? AF_INET : AF_INET6, address, out, JN_ADDRESS_TEXT);
}

const char *
jn_subnet_text(uint8_t family, const uint8_t *address, unsigned int length, char out[JN_ADDRESS_TEXT]) {
    jn_address_text(family, address, out);
    size_t end = strlen(out);
    snprintf(out + end, JN_ADDRESS_TEXT - end, "/%u", length);
    return out;
}

const char *
jn_prefix_text(const struct jn_prefix *prefix, char out[JN_ADDRESS_TEXT]) {
    if (prefix->length == jn_address_bits(prefix->family))
        return jn_address_text(prefix->family, prefix->address, out);
    return jn_subnet_text(prefix->family, prefix->address, prefix->length, out);
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
    for (unsigned int i = 0; i < sizeof(prefix->address); i++)
        prefix->address[i] &= mask_byte(prefix->length, i);
}

bool
jn_prefix_contains(const struct jn_prefix *outer, const struct jn_prefix *inner) {
    return outer->family == inner->family && outer->length <= inner->length &&
           jn_prefix_holds(outer->address, outer->length, inner->address);
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
    unsigned int whole = jn_address_bits(address->family);
    bool zeros = true, ones = true;
    if (length + 1 >= whole) // RFC 3021, RFC 6164: both addresses of such a subnet are hosts
        return NULL;
    for (unsigned int i = 0; i < whole / 8; i++) {
        uint8_t host = (uint8_t)~mask_byte(length, i);
        zeros &= (address->address[i] & host) == 0;
        ones &= (address->address[i] & host) == host;
    }
    if (address->family == 6)
        return zeros ? "subnet-router anycast" : NULL;
    return zeros ? "network address" : ones ? "broadcast" : NULL;
}
