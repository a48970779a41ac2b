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
