// SPDX-License-Identifier: BSD-3-Clause
#include "community_id.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <string.h>

#include "address.h"

void
jn_community_id(uint8_t family, const uint8_t address[2][16], uint8_t protocol, bool has_ports, const uint16_t ports[2],
                bool one_way, char out[JN_COMMUNITY_ID_SIZE]) {
    size_t width = jn_address_bytes(family), n = 2; // the seed's two zero bytes come first
    int order = memcmp(address[0], address[1], width);
    bool swap = !one_way && (order > 0 || (order == 0 && has_ports && ports[0] > ports[1]));
    uint8_t input[40] = {0}, digest[SHA1_DIGEST_SIZE];
    memcpy(input + n, address[swap], width);
    memcpy(input + n + width, address[!swap], width);
    n += 2 * width;
    input[n++] = protocol;
    input[n++] = 0;
    for (int end = 0; has_ports && end < 2; end++) {
        uint16_t port = ports[end ^ (int)swap];
        input[n++] = (uint8_t)(port >> 8);
        input[n++] = (uint8_t)port;
    }
    struct sha1_ctx sha1;
    sha1_init(&sha1);
    sha1_update(&sha1, n, input);
    sha1_digest(&sha1, sizeof(digest), digest);
    memcpy(out, "1:", 2);
    base64_encode_raw(out + 2, sizeof(digest), digest);
    out[JN_COMMUNITY_ID_SIZE - 1] = '\0';
}
