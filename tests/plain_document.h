// SPDX-License-Identifier: BSD-3-Clause
// A flow document by jansson and the C library, for what junction-export's writer says in its own way to be held against.
#pragma once

#include "names.h"
#include "record.h"

struct plain_writer {
    const struct names *names;
    const char *node; // like all names here valid UTF-8 without control characters, which jansson writes otherwise
    const char (*ports)[JN_NAME_MAX];
    bool lean;
};

// Without texts of annotations. The record is a sound flow record, its numbers below 2^63. The caller frees it.
char *plain_document(const struct plain_writer *writer, const struct jn_record *record);
