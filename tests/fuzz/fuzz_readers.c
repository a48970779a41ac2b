// SPDX-License-Identifier: BSD-3-Clause
// The readers of junction-classify over any bytes: the first byte says in which pieces they come. What they keep is within its
// bounds, what becomes text is sound, and a name does not depend on the pieces.
#include "fuzz.h"

#include "dns_answers.h"
#include "host_stream.h"
#include "mqtt_client.h"
#include "sound_text.h"

// Copied, so that the first byte read past the end is found.
static uint8_t *
copy(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(size + (size == 0));
    memcpy(bytes, data, size);
    return bytes;
}

static void
check_text(const void *bytes, size_t length) {
    struct text text;
    for (unsigned int kind = 0; kind <= JN_ANNOTATION_RISKS + 1u; kind++) {
        text_make(&text, kind, bytes, length);
        demand(text.length <= jn_annotation_most(kind) && strlen(text.bytes) == text.length);
        demand(text.length == 0 || jn_annotation_is_sound(kind, text.bytes, text.length));
    }
}

static void
check_messages(const uint8_t *data, size_t size) {
    uint8_t *bytes = copy(data, size);
    struct dns_answers dns;
    struct packet_payload payload;
    const uint8_t *client;
    size_t kept;
    for (int tcp = 0; tcp < 2; tcp++) {
        dns_answers_read(bytes, size, tcp, &dns);
        demand(dns.question_length <= DNS_NAME_MOST && dns.count <= DNS_ANSWERS_MOST);
    }
    if (mqtt_client_find(bytes, size, &client, &kept))
        demand(kept > 0 && client >= bytes && client + kept <= bytes + size);
    if (packet_payload_find(bytes, size, &payload))
        demand(payload.bytes >= bytes && payload.bytes + payload.length <= bytes + size);
    check_text(bytes, size);
    free(bytes);
}

static enum tls_name_result
read_tls(struct tls_name *tls, const uint8_t *data, size_t size, size_t piece) {
    enum tls_name_result result = TLS_NAME_MORE;
    memset(tls, 0, sizeof(*tls));
    for (size_t at = 0; at < size && result == TLS_NAME_MORE; at += piece)
        result = tls_name_take(tls, data + at, size - at < piece ? size - at : piece);
    return result;
}

static void
check_tls(const uint8_t *data, size_t size, size_t piece) {
    struct tls_name whole, pieces;
    enum tls_name_result result = read_tls(&whole, data, size, size + 1);
    demand(read_tls(&pieces, data, size, piece) == result);
    demand(memcmp(&whole, &pieces, sizeof(whole)) == 0);
    demand(whole.kept <= TLS_NAME_MOST);
}

static void
check_http(const uint8_t *data, size_t size, size_t piece) {
    struct http_host whole = {0}, pieces = {0};
    enum http_host_result result = http_host_take(&whole, data, size), again = HTTP_HOST_MORE;
    size_t length;
    bool cut;
    for (size_t at = 0; at < size && again == HTTP_HOST_MORE; at += piece)
        again = http_host_take(&pieces, data + at, size - at < piece ? size - at : piece);
    demand(again == result && memcmp(&whole, &pieces, sizeof(whole)) == 0);
    const char *target = http_host_target(&whole, &length, &cut);
    demand(target >= whole.path && target + length <= whole.path + whole.path_length);
    demand(whole.host_length <= HTTP_HOST_MOST && (result != HTTP_HOST_FOUND || whole.host_length + length > 0));
    const char *path = http_host_path(&whole, &length);
    demand(path >= whole.path && path + length <= whole.path + whole.path_length);
}

// Segments of a connection, of which some come late, twice or from the other end.
static void
check_stream(const uint8_t *data, size_t size, size_t piece) {
    static struct host_stream stream;
    memset(&stream, 0, sizeof(stream));
    for (size_t at = 0; at < size; at += piece) {
        size_t from = data[at] % 5 == 0 && at + piece < size ? at + piece : at, left = size - from;
        size_t length = left < piece ? left : piece;
        uint8_t *bytes = copy(data + from, length);
        struct packet_payload segment = {.bytes = bytes, .length = length, .seq = (uint32_t)from - 50, .protocol = 6};
        host_stream_take(&stream, data[at] % 11 != 0, &segment);
        demand(stream.held_length <= HOST_SEGMENT_MOST);
        free(bytes);
    }
}

int
LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    size_t piece = data[0] + 1u;
    data++;
    size--;
    check_messages(data, size);
    check_tls(data, size, piece);
    check_http(data, size, piece);
    check_stream(data, size, piece);
    return 0;
}
