// SPDX-License-Identifier: BSD-3-Clause
#include "frame.h"

#include <string.h>
#include <zlib.h>

void
frame_write(char *to, const struct document *document, uint64_t sequence, const struct jn_sink_amount *before) {
    struct frame header = {
        .magic = FRAME_MAGIC,
        .length = (uint32_t)document->length,
        .sequence = sequence,
        .packets = document->packets,
        .bytes = document->bytes,
        .packets_before = before->packets,
        .bytes_before = before->bytes,
        .id_at = (uint32_t)(document->id - document->text),
        .date_at = (uint32_t)(document->date - document->text),
        .id_length = (uint16_t)document->id_length,
        .key_length = (uint16_t)document->key_length,
        .kind = (uint8_t)document->kind,
        .source = document->source,
        .earlier = document->earlier,
    };
    size_t size = frame_size(document->length, document->key_length);
    memset(to + size - 8, 0, 8);
    memcpy(to, &header, sizeof(header));
    memcpy(to + sizeof(header), document->text, document->length);
    memcpy(to + sizeof(header) + document->length, document->key, document->key_length);
}

static uint32_t
header_crc(const struct frame *header) {
    size_t from = offsetof(struct frame, body_crc);
    return (uint32_t)crc32(0, (const Bytef *)header + from, (uInt)(sizeof(*header) - from));
}

static uint32_t
body_crc(const char *at, const struct frame *header) {
    return (uint32_t)crc32(0, (const Bytef *)at + sizeof(*header), header->length + header->key_length);
}

void
frame_sign(char *at) {
    struct frame header;
    memcpy(&header, at, sizeof(header));
    header.body_crc = body_crc(at, &header);
    header.header_crc = header_crc(&header);
    memcpy(at, &header, sizeof(header));
}

static bool
header_sound(const struct frame *header) {
    return header->magic == FRAME_MAGIC && header->header_crc == header_crc(header) &&
           header->length <= FRAME_LARGEST && header->sequence < FRAME_NUMBERS && header->kind < DOCUMENT_KIND_COUNT &&
           header->id_at <= header->length && header->id_length <= header->length - header->id_at &&
           header->date_at <= header->length && header->length - header->date_at >= DOCUMENT_DATE_MIN;
}

size_t
frame_wanted(const char *at, size_t room) {
    struct frame header;
    if (room < sizeof(header))
        return sizeof(header);
    memcpy(&header, at, sizeof(header));
    return header_sound(&header) ? frame_size(header.length, header.key_length) : 0;
}

size_t
frame_check(const char *at, size_t room) {
    struct frame header;
    size_t size = frame_wanted(at, room);
    if (size == 0 || size > room)
        return 0;
    memcpy(&header, at, sizeof(header));
    return header.body_crc == body_crc(at, &header) ? size : 0;
}

struct frame
frame_made_again(const char *at) {
    struct frame header;
    memcpy(&header, at, sizeof(header));
    header.made_again = 1;
    header.header_crc = header_crc(&header);
    return header;
}

struct document
frame_document(const char *at) {
    struct frame header;
    memcpy(&header, at, sizeof(header));
    const char *text = at + sizeof(header);
    return (struct document){
        .text = text,
        .length = header.length,
        .key = text + header.length,
        .key_length = header.key_length,
        .id = text + header.id_at,
        .id_length = header.id_length,
        .date = text + header.date_at,
        .packets = header.packets,
        .bytes = header.bytes,
        .kind = header.kind,
        .source = header.source,
        .earlier = header.earlier != 0,
    };
}
