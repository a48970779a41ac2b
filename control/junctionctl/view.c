// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "view.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"

static void
print_json(const json_t *value) {
    json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));
}

static char *
si_text(double value) {
    static const char *const units[] = {"", " k", " M", " G", " T", " P"};
    size_t unit = 0;
    char *text = NULL;
    while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    return asprintf(&text, unit == 0 ? "%.0f%s" : "%.2f%s", value, units[unit]) < 0 ? NULL : text;
}

static char *
list_text(const json_t *list) {
    char *text = strdup(json_array_size(list) == 0 ? "none" : "");
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        char *longer = NULL;
        const char *word = json_string_value(item);
        if (text != NULL && asprintf(&longer, "%s%s%s", text, i > 0 ? ", " : "", word != NULL ? word : "?") < 0)
            longer = NULL;
        free(text);
        text = longer;
    }
    return text;
}

static char *
cell_text(const json_t *value, enum column_format format) {
    char *text = NULL;
    int n = 0;
    if (value == NULL || json_is_null(value))
        return strdup("-");
    if (json_is_string(value))
        return strdup(json_string_value(value));
    if (json_is_boolean(value))
        return strdup(json_is_true(value) ? "yes" : "no");
    if (json_is_array(value))
        return list_text(value);
    double number = json_number_value(value);
    if (format == COLUMN_SI)
        return si_text(number);
    if (format == COLUMN_PERCENT)
        n = asprintf(&text, "%.1f%%", number * 100);
    else if (format == COLUMN_SECONDS)
        n = asprintf(&text, number < 100 ? "%.1f s" : "%.0f s", number);
    else if (json_is_integer(value))
        n = asprintf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        n = asprintf(&text, "%g", number);
    return n < 0 ? NULL : text;
}

static void
print_head(const json_t *head) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)head, key, value) {
        char *text = cell_text(value, COLUMN_TEXT), words[64];
        snprintf(words, sizeof(words), "%s", key);
        for (char *c = words; *c != '\0'; c++)
            if (*c == '_')
                *c = ' ';
        printf("%-26s %s\n", words, text != NULL ? text : "?");
        free(text);
    }
}

void
view_open(struct view *view, bool json, json_t *head) {
    const char *key;
    json_t *value;
    *view = (struct view){.json = json};
    if (json) {
        putchar('{');
        json_object_foreach(head, key, value) {
            printf("%s\"%s\":", view->began ? "," : "", key);
            print_json(value);
            view->began = true;
        }
    } else {
        print_head(head);
    }
    view->began = json_object_size(head) > 0;
    json_decref(head);
}

static bool
right_aligned(const struct column *column) {
    return column->format != COLUMN_TEXT;
}

static void
print_cells(const struct view *view, char *const *cells) {
    for (size_t c = 0; c < view->column_count; c++) {
        const char *text = cells[c] != NULL ? cells[c] : "?";
        bool last = c + 1 == view->column_count;
        int width = last && !right_aligned(&view->columns[c]) ? 0 : (int)view->width[c];
        printf(right_aligned(&view->columns[c]) ? "%*s%s" : "%-*s%s", width, text, last ? "\n" : "  ");
    }
}

// Print what was kept: the title line, and the rows so far with widths that fit them.
static void
flush_rows(struct view *view) {
    char *titles[VIEW_MAX_COLUMNS];
    size_t kept = view->row_count < VIEW_BUFFERED_ROWS ? view->row_count : VIEW_BUFFERED_ROWS;
    for (size_t c = 0; c < view->column_count; c++)
        titles[c] = (char *)view->columns[c].title;
    print_cells(view, titles);
    for (size_t r = 0; r < kept; r++) {
        print_cells(view, view->cells + r * view->column_count);
        for (size_t c = 0; c < view->column_count; c++)
            free(view->cells[r * view->column_count + c]);
    }
    free(view->cells);
    view->cells = NULL;
}

static void
end_list(struct view *view) {
    if (!view->listing)
        return;
    view->listing = false;
    if (view->json)
        fputs("]", stdout);
    else if (view->cells != NULL)
        flush_rows(view);
}

void
view_list(struct view *view, const char *name, const struct column *columns, size_t count) {
    jn_require_always(count <= VIEW_MAX_COLUMNS);
    end_list(view);
    if (view->json)
        printf("%s\"%s\":[", view->began ? "," : "", name);
    else if (view->began)
        putchar('\n');
    view->began = view->listing = true;
    view->columns = columns;
    view->column_count = count;
    view->row_count = 0;
    for (size_t c = 0; c < count; c++)
        view->width[c] = strlen(columns[c].title);
    if (!view->json)
        view->cells = calloc(VIEW_BUFFERED_ROWS * count, sizeof(char *));
}

static void
table_row(struct view *view, const json_t *row) {
    char *unkept[VIEW_MAX_COLUMNS];
    bool keep = view->cells != NULL && view->row_count < VIEW_BUFFERED_ROWS;
    if (view->cells != NULL && !keep)
        flush_rows(view);
    char **cells = keep ? view->cells + view->row_count * view->column_count : unkept;
    for (size_t c = 0; c < view->column_count; c++) {
        cells[c] = cell_text(json_object_get(row, view->columns[c].key), view->columns[c].format);
        if (keep && cells[c] != NULL && strlen(cells[c]) > view->width[c])
            view->width[c] = strlen(cells[c]);
    }
    if (keep)
        return;
    print_cells(view, cells);
    for (size_t c = 0; c < view->column_count; c++)
        free(cells[c]);
}

void
view_row(struct view *view, json_t *row) {
    if (view->json) {
        fputs(view->row_count > 0 ? ",\n" : "\n", stdout);
        print_json(row);
    } else {
        table_row(view, row);
    }
    view->row_count++;
    json_decref(row);
}

void
view_close(struct view *view) {
    end_list(view);
    if (view->json)
        puts("}");
}

void
row_set_counters(json_t *row, const struct jn_list *list, const void *counters) {
    for (unsigned int i = 0; i < list->count; i++)
        json_object_set_new(row, list->rows[i].word, json_integer((json_int_t)((const uint64_t *)counters)[i]));
}

json_t *
counter_object(const struct jn_list *list, const void *counters) {
    json_t *object = json_object();
    row_set_counters(object, list, counters);
    return object;
}
