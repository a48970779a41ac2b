// SPDX-License-Identifier: BSD-3-Clause
// A list of words stands once, as an X-macro of rows X(ID, "word", "explanation"), or of counters X(member,
// "explanation"), whose word is the member's name. From the rows come the enum or the struct, and a struct jn_list: the
// words that stand in shared memory, that the command line shows, and that the documents explain.
#pragma once

#define JN_NAME_MAX 32

struct jn_list_row {
    const char *word, *text;
};

struct jn_list {
    const struct jn_list_row *rows; // by the number that the enum gives
    unsigned int count;
};

// What X makes of a row of each kind of list.
#define JN_LIST_ROW(id, word, text)   {word, text},
#define JN_LIST_COUNTER(member, text) {#member, text},

static inline const char *
jn_list_word(const struct jn_list *list, unsigned int number) {
    return number < list->count ? list->rows[number].word : "unknown";
}
