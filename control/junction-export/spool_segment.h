// SPDX-License-Identifier: BSD-3-Clause
// Parts of the spool that its files share: names, headers, and what is found in a segment that was left.
#pragma once

#include "spool.h"

#define SPOOL_NAME_ROOM 48
#define SPOOL_MAGIC     UINT64_C(0x4c4f4f50534e4a) // "JNSPOOL"

void spool_segment_name(uint64_t first, char name[SPOOL_NAME_ROOM]);
bool spool_segment_number(const char *name, uint64_t *first);

uint32_t spool_header_crc(const struct spool_header *header);
uint32_t spool_position_crc(const struct spool_position *position);

// Write the position into its file. It need not stay: with an older one documents come again.
int spool_save_position(struct spool *spool);

// Find segments and position, cut a torn end off, and set the reader to the position.
int spool_recover(struct spool *spool, char err[JN_ERR_MAX]);

// Read from this segment's beginning next; NULL: nothing.
void spool_read_from(struct spool *spool, struct spool_segment *segment);

// Unlink a segment and forget it. It is not the one that is written.
void spool_forget(struct spool *spool, struct spool_segment *segment);

struct spool_scan {
    bool any;                          // there is a whole frame
    struct jn_sink_amount first, seen; // where whole frames begin; behind the last
    struct jn_sink_amount kept;        // behind the last that was not made again
    uint64_t kept_size;                // where that ends in the file; 0: there is none
    uint64_t marked;                   // were made again, and are marked now
    int mark_error;                    // not all could be: negative errno
};

// What the whole frames of a segment are: 0 or a negative errno. Those that are made again are marked.
int spool_scan(int file, uint64_t size, const uint64_t let_go[JN_SINK_SOURCES], struct spool_scan *scan);
