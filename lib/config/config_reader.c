// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_value.h"

// Each error's line is looked up in the text: a file wrong all over must not take minutes.
enum { MAX_ERRORS = 1000 };

static void
add_note(struct jn_reader *reader, bool warning, size_t offset, const char *sentence) {
    if (reader->note_count == reader->note_room) {
        size_t room = reader->note_room * 2 + 16;
        struct jn_note *notes = realloc(reader->notes, room * sizeof(*notes));
        if (notes == NULL) {
            reader->out_of_memory = true;
            return;
        }
        reader->notes = notes;
        reader->note_room = room;
    }
    char *copy = strdup(sentence);
    if (copy == NULL) {
        reader->out_of_memory = true;
        return;
    }
    reader->notes[reader->note_count] = (struct jn_note){offset, reader->note_count, warning, copy};
    reader->note_count++;
}

// named: the place whose path is said; lined: the one whose line is.
static void
add_at(struct jn_reader *reader, bool warning, const struct jn_json_step *named, const struct jn_json_step *lined,
       const char *what) {
    char path[256], sentence[sizeof(path) + JN_SENTENCE_MAX + 32];
    size_t offset = jn_json_offset(reader->text, reader->length, lined);
    jn_json_path(named, path, sizeof(path));
    snprintf(sentence, sizeof(sentence), "%.255s: %s (line %u)", path[0] == '\0' ? reader->file : path, what,
             jn_json_line(reader->text, offset));
    add_note(reader, warning, offset, sentence);
}

static void
format_at(struct jn_reader *reader, bool warning, const struct jn_json_step *at, const char *format,
          va_list arguments) {
    char what[JN_SENTENCE_MAX];
    vsnprintf(what, sizeof(what), format, arguments);
    add_at(reader, warning, at, at, what);
}

void
jn_reader_error(struct jn_reader *reader, const struct jn_json_step *at, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (++reader->error_count <= MAX_ERRORS)
        format_at(reader, false, at, format, arguments);
    va_end(arguments);
}

void
jn_reader_warn(struct jn_reader *reader, const struct jn_json_step *at, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    format_at(reader, true, at, format, arguments);
    va_end(arguments);
}

void
jn_reader_unknown_key(struct jn_reader *reader, const struct jn_json_step *at, const char *name, const char *nearest) {
    char what[JN_SENTENCE_MAX], shown[JN_SHOWN_MAX], meant[JN_SHOWN_MAX + 24];
    if (++reader->error_count > MAX_ERRORS)
        return;
    snprintf(what, sizeof(what), "unknown key %s%s", jn_text_shown(name, shown), jn_did_you_mean(nearest, meant));
    add_at(reader, false, at, JN_MEMBER(at, name), what);
}

void
jn_reader_file_error(struct jn_reader *reader, const char *format, ...) {
    char sentence[JN_SENTENCE_MAX + 264];
    int used = snprintf(sentence, sizeof(sentence), "%.255s: ", reader->file);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence + used, JN_SENTENCE_MAX, format, arguments);
    va_end(arguments);
    reader->error_count++;
    add_note(reader, false, SIZE_MAX, sentence);
}

static int
by_offset(const void *a, const void *b) {
    const struct jn_note *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

bool
jn_reader_finish(struct jn_reader *reader, struct jn_config_errors *errors) {
    bool sound = reader->error_count == 0 && !reader->out_of_memory;
    if (reader->note_count > 0)
        qsort(reader->notes, reader->note_count, sizeof(*reader->notes), by_offset);
    if (reader->error_count > MAX_ERRORS) {
        char sentence[512];
        snprintf(sentence, sizeof(sentence), "%.255s: and %zu more errors", reader->file,
                 reader->error_count - MAX_ERRORS);
        add_note(reader, false, SIZE_MAX, sentence);
    }
    errors->text = calloc(reader->note_count + 1, sizeof(char *));
    errors->warning = calloc(reader->note_count + 1, sizeof(char *));
    for (size_t i = 0; i < reader->note_count; i++) {
        struct jn_note *note = &reader->notes[i];
        if (errors->text == NULL || errors->warning == NULL) {
            free(note->sentence);
            sound = false;
        } else if (note->warning) {
            errors->warning[errors->warning_count++] = note->sentence;
        } else {
            errors->text[errors->count++] = note->sentence;
        }
    }
    free(reader->notes);
    reader->notes = NULL;
    return sound;
}

void *
jn_reader_allocate(struct jn_reader *reader, size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        reader->out_of_memory = true;
    return memory;
}

static int
by_unique_key(const void *a, const void *b) {
    const struct jn_unique_key *x = a, *y = b;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    int order = memcmp(x->bytes, y->bytes, x->length);
    return order != 0 ? order : x->index < y->index ? -1 : 1;
}

void
jn_reader_duplicates(struct jn_reader *reader, const struct jn_json_step *at, const char *key,
                     struct jn_unique_key *keys, size_t count) {
    char first[256], shown[JN_SHOWN_MAX];
    if (count < 2)
        return;
    qsort(keys, count, sizeof(*keys), by_unique_key);
    for (size_t i = 1, run = 0; i < count; i++) {
        if (keys[i].length != keys[run].length || memcmp(keys[i].bytes, keys[run].bytes, keys[i].length) != 0) {
            run = i;
            continue;
        }
        jn_json_path(JN_ITEM(at, keys[run].index), first, sizeof(first));
        jn_reader_error(reader, JN_MEMBER(JN_ITEM(at, keys[i].index), key), "%s is already taken by %s",
                        jn_text_shown(keys[i].text, shown), first);
    }
}
