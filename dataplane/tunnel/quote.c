// SPDX-License-Identifier: BSD-3-Clause
#include "tunnel/quote.h"

#include <string.h>

#include "packet/checksum.h"

enum { LEAST_QUOTE = 8, TTL_AT = 8, CHECKSUM_AT = 10, OFFSET6 = 0xfff8 };

static bool
read4(const uint8_t *ip, uint32_t held, struct jn_quote *quote) {
    uint32_t field = jn_be16(ip + 6);
    quote->protocol = ip[9];
    quote->transport = ip + JN_IPV4_BYTES;
    quote->held = held - JN_IPV4_BYTES;
    quote->payload = quote->length - JN_IPV4_BYTES;
    return ip[0] == 0x45 && (field & (JN_IPV4_DF | JN_IPV4_MF | JN_IPV4_OFFSET)) == JN_IPV4_DF;
}

static bool
read6(const uint8_t *ip, uint32_t held, struct jn_quote *quote) {
    uint32_t header = JN_IPV6_BYTES;
    quote->protocol = ip[6];
    if (quote->protocol == JN_IP_FRAGMENT) {
        if (held < header + JN_IPV6_FRAGMENT_BYTES || (jn_be16(ip + header + 2) & OFFSET6) != 0)
            return false;
        quote->protocol = ip[header];
        header += JN_IPV6_FRAGMENT_BYTES;
    }
    quote->transport = ip + header;
    quote->held = held - header;
    quote->payload = quote->length - header;
    return quote->length >= header;
}

bool
jn_quote_read(const uint8_t *ip, uint32_t held, struct jn_quote *quote) {
    memset(quote, 0, sizeof(*quote));
    if (held < JN_IPV4_BYTES || (jn_ip_family(ip) != 4 && jn_ip_family(ip) != 6))
        return false;
    bool v6 = jn_ip_family(ip) == 6;
    uint32_t header = jn_ip_header_bytes(jn_family(v6));
    if (held < header)
        return false;
    quote->ip = ip;
    quote->length = jn_ip_length(ip);
    if (quote->length < header || !(v6 ? read6 : read4)(ip, held, quote))
        return false;
    return quote->held >= LEAST_QUOTE && quote->payload >= LEAST_QUOTE;
}

static bool
checksum_right(const uint8_t *ip, uint8_t sent_ttl) {
    uint8_t header[JN_IPV4_BYTES];
    memcpy(header, ip, sizeof(header));
    if (jn_checksum(header, sizeof(header)) == 0)
        return true;
    header[TTL_AT] = sent_ttl;
    return jn_checksum(header, sizeof(header)) == 0;
}

bool
jn_quote_has_header(const struct jn_quote *quote, const uint8_t *sent) {
    uint8_t family = jn_ip_family(sent);
    uint32_t at = jn_ip_source_at(sent), ends = 2u * (uint32_t)jn_address_bytes(family);
    return jn_ip_family(quote->ip) == family && quote->protocol == jn_ip_protocol(sent) &&
           memcmp(quote->ip + at, sent + at, ends) == 0 && (family == 6 || checksum_right(quote->ip, sent[TTL_AT]));
}

uint32_t
jn_quote_mtu(uint32_t said, uint32_t length, uint32_t now) {
    static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296};
    uint32_t below = length < now ? length : now; // some routers say a length that is too large (RFC 1191 section 5)
    if (said != 0)
        return said;
    for (unsigned int i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++)
        if (plateaus[i] < below)
            return plateaus[i] > JN_LEAST_PATH_MTU4 || below <= JN_LEAST_PATH_MTU4 ? plateaus[i] : JN_LEAST_PATH_MTU4;
    return 0;
}
