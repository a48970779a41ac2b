// SPDX-License-Identifier: BSD-3-Clause
// A client's first packet of QUIC version 1 (RFC 9000, RFC 9001), protected as it is on the wire, for tests.
#pragma once

#include <string.h>

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>

#include "hello.h"

#define QUIC_BYTES 1200u

static inline void
quic_expand(const uint8_t secret[32], const char *label, size_t length, uint8_t *out) {
    uint8_t info[64] = {0, (uint8_t)length, (uint8_t)(6 + strlen(label))};
    struct hmac_sha256_ctx hmac;
    memcpy(info + 3, "tls13 ", 6);
    memcpy(info + 9, label, strlen(label));
    hmac_sha256_set_key(&hmac, 32, secret);
    hkdf_expand(&hmac, (nettle_hash_update_func *)hmac_sha256_update, (nettle_hash_digest_func *)hmac_sha256_digest, 32,
                9 + strlen(label) + 1, info, length, out);
}

// Keys of what the client sends, by the connection's identifier.
static inline void
quic_keys(const uint8_t id[8], uint8_t key[16], uint8_t iv[12], uint8_t header_key[16]) {
    static const uint8_t salt[] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                   0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
    struct hmac_sha256_ctx hmac;
    uint8_t initial[32], client[32];
    hmac_sha256_set_key(&hmac, sizeof(salt), salt);
    hkdf_extract(&hmac, (nettle_hash_update_func *)hmac_sha256_update, (nettle_hash_digest_func *)hmac_sha256_digest,
                 32, 8, id, initial);
    quic_expand(initial, "client in", 32, client);
    quic_expand(client, "quic key", 16, key);
    quic_expand(client, "quic iv", 12, iv);
    quic_expand(client, "quic hp", 16, header_key);
}

// A name of at most 600 bytes.
static inline void
quic_initial(uint8_t out[QUIC_BYTES], const char *name, size_t name_length) {
    enum { HEADER = 22, PAYLOAD = QUIC_BYTES - HEADER - 16 };
    static const uint8_t id[8] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};
    uint8_t header[HEADER] = {0xc3, 0, 0, 0, 1, 8}, plain[PAYLOAD] = {0}, key[16], iv[12], header_key[16], mask[16];
    static uint8_t hello[HELLO_MOST];
    size_t length = hello_make(hello, name, name_length, 16384) - 5;
    memcpy(header + 6, id, 8);
    hello_put16(header + 16, 0x4000 | (4 + PAYLOAD + 16)); // no source identifier, no token
    plain[0] = 6;                                          // CRYPTO at offset 0
    hello_put16(plain + 2, 0x4000 | length);
    memcpy(plain + 4, hello + 5, length);
    quic_keys(id, key, iv, header_key);
    struct gcm_aes128_ctx gcm;
    gcm_aes128_set_key(&gcm, key);
    gcm_aes128_set_iv(&gcm, 12, iv);
    gcm_aes128_update(&gcm, HEADER, header);
    memcpy(out, header, HEADER);
    gcm_aes128_encrypt(&gcm, PAYLOAD, out + HEADER, plain);
    gcm_aes128_digest(&gcm, 16, out + HEADER + PAYLOAD);
    struct aes128_ctx aes;
    aes128_set_encrypt_key(&aes, header_key);
    aes128_encrypt(&aes, 16, mask, out + HEADER);
    out[0] ^= mask[0] & 0x0f;
    for (unsigned int i = 0; i < 4; i++)
        out[HEADER - 4 + i] ^= mask[1 + i];
}
