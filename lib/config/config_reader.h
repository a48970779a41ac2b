// SPDX-License-Identifier: BSD-3-Clause
// What the parts of the configuration's parser share: the place for errors, and values read by key.
#pragma once

#include "config/config_keys.h"
#include "config/json_line.h"

#define JN_SENTENCE_MAX 320
#define JN_SHOWN_MAX    72

struct jn_note {
    size_t offset; // in the text; SIZE_MAX: of the whole file
    size_t order;
    bool warning;
    char *sentence;
};

struct jn_reader;
struct jn_json_step;
struct jn_config_sink;

// A check of the sink's settings by whoever delivers to it, called when they are without error; at: their place. It says
// what it finds by jn_reader_error and jn_reader_warn.
typedef void jn_sink_check(struct jn_reader *reader, const struct jn_config_sink *sink, const struct jn_json_step *at);

struct jn_reader {
    const char *text;
    size_t length;
    const char *file;
    struct jn_config *config;
    struct jn_note *notes;
    size_t note_count, note_room;
    size_t error_count; // also of those beyond the limit
    bool out_of_memory;
    jn_sink_check *check_sink; // NULL: none
    bool underlay_unsure;      // an address or a route is an error: what can be reached is not known
};

// Say an error or a warning at a place in the document: "<path>: <sentence> (line N)".
void jn_reader_error(struct jn_reader *reader, const struct jn_json_step *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void jn_reader_warn(struct jn_reader *reader, const struct jn_json_step *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Say that the object at `at` has a key of no meaning, on that key's line; nearest: a known one, or NULL.
void jn_reader_unknown_key(struct jn_reader *reader, const struct jn_json_step *at, const char *name,
                           const char *nearest);

// Say an error of the whole file, whose line, if any, is in the sentence: "<file>: <sentence>".
void jn_reader_file_error(struct jn_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Hand the sentences over in the document's order; frees the reader's own. False when any is an error, or memory ran
// out.
bool jn_reader_finish(struct jn_reader *reader, struct jn_config_errors *errors);

// calloc; a failure is kept in reader->out_of_memory.
void *jn_reader_allocate(struct jn_reader *reader, size_t count, size_t size);

// A key that must be unique in an array: `bytes` are compared, `text` is named in the error.
struct jn_unique_key {
    const void *bytes;
    size_t length;
    size_t index;
    const char *text;
};
// Report each item of array `at` whose member `key` an earlier item has, too. Sorts the keys.
void jn_reader_duplicates(struct jn_reader *reader, const struct jn_json_step *at, const char *key,
                          struct jn_unique_key *keys, size_t count);
