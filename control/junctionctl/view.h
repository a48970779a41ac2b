// SPDX-License-Identifier: BSD-3-Clause
// What a command shows, as a table or as JSON, from one call site: a head of single values, then lists of rows.
// As JSON: {head..., "name": [row, ...], ...}, rows with all their members; as a table: the columns named.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lists.h"

enum column_format {
    COLUMN_TEXT,
    COLUMN_COUNT,   // right-aligned, as it is
    COLUMN_SI,      // 1.2 M
    COLUMN_PERCENT, // of a share between 0 and 1
    COLUMN_SECONDS,
};

struct column {
    const char *key, *title;
    enum column_format format;
};

enum { VIEW_BUFFERED_ROWS = 1000, VIEW_MAX_COLUMNS = 24 };

// Of view_list: the columns, and how many. More than a view has room for do not compile.
#define COLUMN_COUNT_OF(columns) (sizeof(columns) / sizeof((columns)[0]))
#define COLUMNS(columns)                                                                                               \
    columns, COLUMN_COUNT_OF(columns) + 0 * sizeof(char[COLUMN_COUNT_OF(columns) <= VIEW_MAX_COLUMNS ? 1 : -1])

struct view {
    bool json;
    bool began; // something was printed before
    bool listing;
    const struct column *columns;
    size_t column_count, row_count;
    size_t width[VIEW_MAX_COLUMNS];
    char **cells; // of the first rows, kept until the widths are known
};

void view_open(struct view *view, bool json, json_t *head); // takes head, which may be NULL
void view_list(struct view *view, const char *name, const struct column *columns, size_t count);
void view_row(struct view *view, json_t *row); // takes row
void view_close(struct view *view);

// Counters as members of a row, or as an object of their own, by the words of their list.
void row_set_counters(json_t *row, const struct jn_list *list, const void *counters);
json_t *counter_object(const struct jn_list *list, const void *counters);
