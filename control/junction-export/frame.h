// SPDX-License-Identifier: BSD-3-Clause
// A document in memory and in the spool: the same bytes in both. A header, the text, the key, zeros up to a multiple of 8.
// Numbers are in the machine's byte order: a spool is read by the machine that wrote it.
#pragma once

#include "document.h"
#include "sinks.h"

#define FRAME_MAGIC   UINT32_C(0x4d41524a) // "JRAM"
#define FRAME_LARGEST (UINT32_C(64) << 20)
#define FRAME_NUMBERS (UINT64_C(1) << 62) // sequences are below

struct frame {
    uint32_t magic;
    uint32_t header_crc;     // CRC-32 of the header's bytes behind this field
    uint32_t body_crc;       // of text and key
    uint32_t length;         // bytes of the text
    uint64_t sequence;       // of the document: without gaps within a life of the exporter, never lower in the next
    uint64_t packets, bytes; // that the document stands for
    uint64_t packets_before, bytes_before; // the same of all documents before: tells what a damaged one stood for
    uint32_t id_at, date_at;               // offsets in the text
    uint16_t id_length, key_length;
    uint8_t kind;       // enum document_kind
    uint8_t source;     // as the document says
    uint8_t made_again; // 1: its records were still there when another exporter began, which has made it again
    uint8_t earlier;    // 1: as the document says
};
_Static_assert(sizeof(struct frame) == 72, "the spool's format");

static inline size_t
frame_size(size_t length, size_t key_length) {
    return (sizeof(struct frame) + length + key_length + 7) & ~(size_t)7;
}

// Lay a document down at `to`, which has room for frame_size; without checksums.
void frame_write(char *to, const struct document *document, uint64_t sequence, const struct jn_sink_amount *before);

// Put the checksums in: needed on disk alone.
void frame_sign(char *at);

// The frame at `at`, of which `room` bytes are there: its size when it is whole and nothing in it has changed, else 0.
size_t frame_check(const char *at, size_t room);

// Is it said to be longer than `room`, by a header that is right?
size_t frame_wanted(const char *at, size_t room);

// The header of a frame that is to be passed over: it was made again.
struct frame frame_made_again(const char *at);

// What it holds. The frame stays where it is.
struct document frame_document(const char *at);
