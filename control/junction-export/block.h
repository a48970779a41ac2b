// SPDX-License-Identifier: BSD-3-Clause
// Documents that go together: about 256 KiB of frames, one after the other, as they stand in the spool. Several lanes share
// one; the last that lets go of it frees it, or keeps its memory for the next. All of a process's are one thread's.
#pragma once

#include "frame.h"

#define BLOCK_BYTES     (UINT32_C(256) << 10)
#define BLOCK_DOCUMENTS UINT32_C(1024)

// Where a frame begins, and how long its text is: when the document arrives, its header is no more in the cache.
struct block_place {
    uint32_t from, length;
};

struct block {
    unsigned int holders;   // who needs it
    unsigned int unsecured; // lanes for which its documents are neither acknowledged nor in a spool
    uint64_t first;         // sequence of its first document
    uint32_t count;
    uint64_t born_ns;              // when it got its first document
    struct jn_sink_amount amount;  // of all its documents
    struct jn_sink_amount before;  // of all documents before it
    struct jn_sink_amount damaged; // of a spool: what could not be read before the first document, or behind the last
    struct jn_sink_amount behind;  // of a spool: where it is read to
    bool is_signed;                // checksums are in
    char *bytes;
    size_t size, room;
    struct block_place *at; // of each document
    uint64_t *opaque;       // of each document: whose it is; NULL in a block that was read from a spool
};

// Empty, with one holder; the next document's number is `first`. NULL: no memory.
struct block *block_make(uint64_t first, const struct jn_sink_amount *before, uint64_t now_ns);

// False when it is full: make another. A document that is larger than a block has one to itself.
bool block_add(struct block *block, const struct document *document, uint64_t opaque);

// No more is added: give back what is not used.
void block_seal(struct block *block);

// Checksums for the disk, once.
void block_sign(struct block *block);

// The same for documents of a spool, whose numbers may have gaps: frames that were checked are copied into it.
struct block *block_make_read(const struct jn_sink_amount *before);
bool block_take(struct block *block, const char *frame, size_t size);

struct document block_document(const struct block *block, uint32_t number);
uint32_t block_length(const struct block *block, uint32_t number); // of its text
uint64_t block_sequence(const struct block *block, uint32_t number);

// Behind its last document: the next number; packets and bytes of all before.
struct jn_sink_amount block_behind(const struct block *block);

// Memory that it takes.
size_t block_memory(const struct block *block);

void block_hold(struct block *block);
void block_let_go(struct block *block);
