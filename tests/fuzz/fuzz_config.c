// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a configuration: refused with sentences of one printable line each, or accepted; and what is accepted
// compiles to a sound policy, is its own equal, and is accepted again as it is written back.
#include <stdio.h>
#include <sys/mman.h>

#include "config/config.h"
#include "config/config_compile.h"
#include "config/config_load.h"
#include "config/config_restart.h"
#include "fuzz.h"

static void
must(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static void
check_sentences(char **text, size_t count) {
    for (size_t i = 0; i < count; i++) {
        must(text[i][0] != '\0', "a sentence says something");
        for (const char *at = text[i]; *at != '\0'; at++)
            must((unsigned char)*at >= 0x20 && *at != 0x7f, "a sentence is one printable line");
    }
}

// Compiled, published, compiled again over itself: the same but for the generation and the checksum.
static void
check_policy(const struct jn_config *config) {
    static struct jn_policy_region *region;
    char err[JN_ERR_MAX];
    if (region == NULL) {
        region = mmap(NULL, jn_policy_region_size(), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        must(region != MAP_FAILED, "memory");
        jn_policy_region_init(region);
    }
    struct jn_policy *first = jn_config_compile(config, NULL, err);
    must(first != NULL, "what is accepted compiles");
    must(jn_policy_publish(region, first, err) == 0, "what is compiled is sound");
    struct jn_policy *second = jn_config_compile(config, first, err);
    must(second != NULL && second->length == first->length, "it compiles again");
    second->generation = first->generation;
    second->crc = first->crc;
    must(memcmp(first, second, first->length) == 0, "indexes are kept");
    free(first);
    free(second);
}

static void
check_written(const struct jn_config *config) {
    struct jn_config_errors errors;
    char paths[256];
    char *text = json_dumps(config->document, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    must(text != NULL, "memory");
    struct jn_config *again = jn_config_parse(text, strlen(text), "again", &errors);
    must(again != NULL, "what is written is accepted");
    must(!jn_config_needs_restart(config, config, paths, sizeof(paths)), "it equals itself");
    jn_config_free(again);
    jn_config_errors_free(&errors);
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct jn_config_errors errors;
    struct jn_config *config = jn_config_parse((const char *)data, size, "file", &errors);
    must((config == NULL) == (errors.count > 0), "refused with a sentence, or accepted without");
    check_sentences(errors.text, errors.count);
    check_sentences(errors.warning, errors.warning_count);
    if (config != NULL) {
        check_policy(config);
        check_written(config);
    }
    jn_config_free(config);
    jn_config_errors_free(&errors);
    return 0;
}
