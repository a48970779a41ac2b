// SPDX-License-Identifier: BSD-3-Clause
// For tests of junctionctl: run it, and take what it prints.
#pragma once

#include "control_process.h"
#include "test.h"

enum { OUTPUT_BYTES = 1 << 20 };

static char output[OUTPUT_BYTES];

// Run junctionctl with the words; its standard output is in `output`.
static inline int
run(const char *const *words) {
    const char *arguments[46] = {"--instance", instance, "--socket", socket_path};
    for (int i = 0; words[i] != NULL && i < 40; i++)
        arguments[4 + i] = words[i];
    struct child child = start_program("junctionctl", arguments, STDOUT_FILENO);
    size_t length = fread(output, 1, sizeof(output) - 1, child.log);
    output[length] = '\0';
    return end_child(&child, 0);
}
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static inline char *
project_file(const char *name) {
    static char content[OUTPUT_BYTES];
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", JN_SOURCE_ROOT, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s: %s", path, strerror(errno));
    content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
    fclose(file);
    return content;
}

// Every member of what is printed is documented.
static inline void
expect_documented(const json_t *value, const char *document) {
    const char *key;
    json_t *member;
    size_t i;
    char quoted[64];
    json_object_foreach((json_t *)value, key, member) {
        snprintf(quoted, sizeof(quoted), "`%s`", key);
        if (strstr(document, quoted) == NULL)
            fail_msg("docs/junctionctl.md: %s is missing", quoted);
        expect_documented(member, document);
    }
    json_array_foreach(value, i, member) {
        expect_documented(member, document);
    }
}

static inline json_t *
run_json(const char *subject, const char *list) {
    assert_int_equal(RUN("show", subject, "--json"), 0);
    json_t *answer = json_loads(output, 0, NULL);
    if (!json_is_array(json_object_get(answer, list)))
        fail_msg("show %s: no list %s in %s", subject, list, output);
    expect_documented(answer, project_file("docs/junctionctl.md"));
    return answer;
}

static inline json_t *
first(const json_t *answer, const char *list) {
    return json_array_get(json_object_get(answer, list), 0);
}

// Whatever is in the regions, junctionctl answers, as text and JSON, or says that it cannot.
static inline void
expect_survival(const char *subject) {
    int status = RUN("show", subject, "--json");
    json_t *answer = json_loads(output, 0, NULL);
    if ((status != 0 && status != 1) || (status == 0 && answer == NULL))
        fail_msg("show %s: ended with %d: %s", subject, status, output);
    json_decref(answer);
    assert_in_range(RUN("show", subject), 0, 1);
}
