// SPDX-License-Identifier: BSD-3-Clause
// Parts of the spool that its files share: names, numbers and checksums.
#pragma once

#include "spool.h"

#define SPOOL_NAME_ROOM 48
#define SPOOL_MAGIC     UINT64_C(0x4c4f4f50534e4a) // "JNSPOOL"

void spool_segment_name(uint64_t first, char name[SPOOL_NAME_ROOM]);
bool spool_segment_number(const char *name, uint64_t *first);

// Keep the file of that name under another, NAME.aside: 0 or a negative errno. Whoever calls says so.
#define SPOOL_ASIDE_ROOM (SPOOL_NAME_ROOM + 8)
int spool_set_aside(const struct spool *spool, const char *name, char aside[SPOOL_ASIDE_ROOM]);

// A gap in what is there: its documents are counted.
void spool_add_gap(struct spool_position *position, uint64_t from, uint64_t to);

// Is there one that has something of what lies between these numbers?
bool spool_gap_between(const struct spool_position *position, uint64_t from, uint64_t to);

uint32_t spool_header_crc(const struct spool_header *header);
uint32_t spool_position_crc(const struct spool_position *position);
