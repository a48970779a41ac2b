// SPDX-License-Identifier: BSD-3-Clause
#include "block.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT = 64 };

// AddressSanitizer has to see what is used after it was let go.
#if defined(__SANITIZE_ADDRESS__)
static const bool keeps = false;
#elif defined(__has_feature)
static const bool keeps = !__has_feature(address_sanitizer);
#else
static const bool keeps = true;
#endif

// Blocks of full size that nobody needs, for the next: of new ones the system would zero each page.
static struct block *kept[KEPT];
static unsigned int kept_count;

static void
release(struct block *block) {
    free(block->bytes);
    free(block->at);
    free(block->opaque);
    free(block);
}

static struct block *
take_kept(void) {
    struct block *block = kept[--kept_count];
    *block = (struct block){
        .holders = 1, .room = block->room, .bytes = block->bytes, .at = block->at, .opaque = block->opaque};
    return block;
}

static struct block *
allocate(bool with_owners) {
    if (with_owners && kept_count > 0)
        return take_kept();
    struct block *block = calloc(1, sizeof(*block));
    if (block == NULL)
        return NULL;
    block->holders = 1;
    block->room = BLOCK_BYTES;
    block->bytes = malloc(BLOCK_BYTES);
    block->at = malloc(BLOCK_DOCUMENTS * sizeof(*block->at));
    block->opaque = with_owners ? malloc(BLOCK_DOCUMENTS * sizeof(*block->opaque)) : NULL;
    if (block->bytes != NULL && block->at != NULL && (block->opaque != NULL || !with_owners))
        return block;
    release(block);
    return NULL;
}

struct block *
block_make(uint64_t first, const struct jn_sink_amount *before, uint64_t now_ns) {
    struct block *block = allocate(true);
    if (block != NULL) {
        block->first = first;
        block->before = *before;
        block->born_ns = now_ns;
    }
    return block;
}

static bool
make_room(struct block *block, size_t needed) {
    if (needed <= block->room - block->size)
        return true;
    char *larger = block->count == 0 ? realloc(block->bytes, needed) : NULL;
    if (larger == NULL)
        return false;
    block->bytes = larger;
    block->room = needed;
    return true;
}

bool
block_add(struct block *block, const struct document *document, uint64_t opaque) {
    size_t needed = frame_size(document->length, document->key_length);
    if (block->count == BLOCK_DOCUMENTS || !make_room(block, needed))
        return false;
    struct jn_sink_amount before = {0, block->before.packets + block->amount.packets,
                                    block->before.bytes + block->amount.bytes};
    frame_write(block->bytes + block->size, document, block->first + block->count, &before);
    block->at[block->count] = (struct block_place){(uint32_t)block->size, (uint32_t)document->length};
    block->opaque[block->count++] = opaque;
    block->size += needed;
    block->amount.records++;
    block->amount.packets += document->packets;
    block->amount.bytes += document->bytes;
    return true;
}

void
block_seal(struct block *block) {
    if (block->size >= block->room / 2)
        return;
    char *bytes = realloc(block->bytes, block->size);
    if (bytes == NULL)
        return;
    struct block_place *at = realloc(block->at, block->count * sizeof(*at));
    uint64_t *opaque = realloc(block->opaque, block->count * sizeof(*opaque));
    block->bytes = bytes;
    block->room = block->size;
    block->at = at != NULL ? at : block->at;
    block->opaque = opaque != NULL ? opaque : block->opaque;
}

void
block_sign(struct block *block) {
    for (uint32_t i = 0; !block->is_signed && i < block->count; i++)
        frame_sign(block->bytes + block->at[i].from);
    block->is_signed = true;
}

static struct frame
header_at(const char *at) {
    struct frame header;
    memcpy(&header, at, sizeof(header));
    return header;
}

struct block *
block_make_read(const struct jn_sink_amount *before) {
    struct block *block = allocate(false);
    if (block != NULL) {
        block->first = before->records;
        block->before = *before;
        block->is_signed = true;
    }
    return block;
}

bool
block_take(struct block *block, const char *frame, size_t size) {
    struct frame header = header_at(frame);
    if (block->count == BLOCK_DOCUMENTS || !make_room(block, size))
        return false;
    if (block->count == 0) {
        block->first = header.sequence;
        block->before = (struct jn_sink_amount){0, header.packets_before, header.bytes_before};
    }
    memcpy(block->bytes + block->size, frame, size);
    block->at[block->count++] = (struct block_place){(uint32_t)block->size, header.length};
    block->size += size;
    block->amount.records++;
    block->amount.packets += header.packets;
    block->amount.bytes += header.bytes;
    return true;
}

struct document
block_document(const struct block *block, uint32_t number) {
    return frame_document(block->bytes + block->at[number].from);
}

uint32_t
block_length(const struct block *block, uint32_t number) {
    return block->at[number].length;
}

uint64_t
block_sequence(const struct block *block, uint32_t number) {
    return header_at(block->bytes + block->at[number].from).sequence;
}

struct jn_sink_amount
block_behind(const struct block *block) {
    if (block->opaque == NULL)
        return block->behind;
    return (struct jn_sink_amount){block->first + block->count, block->before.packets + block->amount.packets,
                                   block->before.bytes + block->amount.bytes};
}

size_t
block_memory(const struct block *block) {
    return sizeof(*block) + block->room + block->count * (sizeof(*block->at) + sizeof(*block->opaque));
}

void
block_hold(struct block *block) {
    block->holders++;
}

void
block_let_go(struct block *block) {
    if (--block->holders > 0)
        return;
    if (keeps && block->room == BLOCK_BYTES && block->opaque != NULL && kept_count < KEPT)
        kept[kept_count++] = block;
    else
        release(block);
}
