// SPDX-License-Identifier: BSD-3-Clause
// Answers of Elasticsearch and OpenSearch, from anybody: what does not fit what was asked is not believed at all.
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "bulk_fate.h"
#include "document.h"

enum { BULK_WHY_MAX = 256 };

struct bulk_answer {
    json_t *root;
    json_t *items;
};

struct bulk_verdict {
    enum bulk_fate fate;
    unsigned int status;
    const char *type, *reason; // of the error; "": none. As long as the answer
    const char *advice;        // or NULL
};

// body: that of an answer with status 2xx. documents: those that were asked for, by whose order verdicts are numbered. False: it is not the
// answer to them, with the reason in why.
bool bulk_answer_read(struct bulk_answer *answer, const char *body, size_t length,
                      const struct document *const *documents, size_t count, char why[BULK_WHY_MAX]);
struct bulk_verdict bulk_answer_verdict(const struct bulk_answer *answer, size_t index);
void bulk_answer_free(struct bulk_answer *answer);

// The words of a whole answer that is an error: "TYPE: REASON", or its first bytes. Returns its type, "" for none.
void bulk_error_words(const char *body, size_t length, char type[64], char words[BULK_WHY_MAX]);

// Did every shard do what was asked: refresh, search? Else the reason in why.
bool bulk_shards_well(const char *body, size_t length, char why[BULK_WHY_MAX]);

// found[i]: document i is there. False: the answer is not to be believed, with the reason in why.
bool bulk_found(const char *body, size_t length, const struct document *const *documents, size_t count, bool *found,
                char why[BULK_WHY_MAX]);
