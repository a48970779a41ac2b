// SPDX-License-Identifier: BSD-3-Clause
#include "spool_segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

uint32_t
spool_header_crc(const struct spool_header *header) {
    struct spool_header copy = *header;
    copy.crc = 0;
    return (uint32_t)crc32(0, (const Bytef *)&copy, sizeof(copy));
}

uint32_t
spool_position_crc(const struct spool_position *position) {
    return (uint32_t)crc32(0, (const Bytef *)position, offsetof(struct spool_position, crc));
}

void
spool_segment_name(uint64_t first, char name[SPOOL_NAME_ROOM]) {
    snprintf(name, SPOOL_NAME_ROOM, "%020llu.spool", (unsigned long long)first);
}

bool
spool_segment_number(const char *name, uint64_t *first) {
    char again[SPOOL_NAME_ROOM];
    *first = strtoull(name, NULL, 10);
    spool_segment_name(*first, again);
    return *first < FRAME_NUMBERS && strcmp(name, again) == 0;
}

int
spool_set_aside(const struct spool *spool, const char *name, char aside[SPOOL_ASIDE_ROOM]) {
    snprintf(aside, SPOOL_ASIDE_ROOM, "%s.aside", name);
    return world->files->rename(spool->directory, name, aside);
}

// What lies before the acknowledged ones nobody asks for any more. Where there are too many the oldest go: what stood there
// would be taken for damage.
void
spool_add_gap(struct spool_position *position, uint64_t from, uint64_t to) {
    struct spool_gap *gaps = position->gaps;
    unsigned int count = 0;
    for (unsigned int i = 0; i < SPOOL_GAPS; i++)
        if (gaps[i].to > position->acknowledged.records)
            gaps[count++] = gaps[i];
    if (count > 0 && gaps[count - 1].to == from)
        from = gaps[--count].from;
    if (count == SPOOL_GAPS)
        memmove(&gaps[0], &gaps[1], --count * sizeof(gaps[0]));
    gaps[count++] = (struct spool_gap){from, to};
    memset(&gaps[count], 0, (SPOOL_GAPS - count) * sizeof(gaps[0]));
}

bool
spool_gap_between(const struct spool_position *position, uint64_t from, uint64_t to) {
    for (unsigned int i = 0; i < SPOOL_GAPS; i++)
        if (position->gaps[i].from < to && position->gaps[i].to > from)
            return true;
    return false;
}
