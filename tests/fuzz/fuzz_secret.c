// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a secret's file, as the value that names its place, and as a sentence in which it is hidden.
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../control/junction-export/secret_file.h"
#include "../../control/junction-export/secrets.h"
#include "config/config_load.h"
#include "config/config_secret.h"
#include "fuzz.h"
#include "secret.h"

static void
must(bool holds) {
    if (!holds)
        abort();
}

static void
must_be_a_sentence(const char *sentence) {
    must(sentence[0] != '\0');
    for (; *sentence != '\0'; sentence++)
        must((unsigned char)*sentence >= 0x20 && *sentence != 0x7f);
}

// A secret is what the file holds but for one newline at its end.
static void
as_file(const uint8_t *data, size_t size) {
    static int fd = -1;
    char path[32], sentence[JN_SENTENCE_MAX], warning[JN_SENTENCE_MAX];
    if (fd < 0)
        fd = memfd_create("secret", MFD_CLOEXEC);
    must(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    char *secret = secret_file_read(path, sentence, warning);
    size_t length = size > 0 && data[size - 1] == '\n' ? size - 1 : size;
    bool sound = length > 0 && size <= SECRET_FILE_MAX && memchr(data, '\0', length) == NULL;
    must((secret != NULL) == sound);
    if (sound)
        must(strlen(secret) == length && memcmp(secret, data, length) == 0);
    else
        must_be_a_sentence(sentence);
    jn_secret_forget(secret);
}

static void
as_value(const uint8_t *data, size_t size) {
    struct jn_config_property property;
    struct jn_reader reader = {0};
    char sentence[JN_SENTENCE_MAX];
    json_t *value = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
    if (value == NULL)
        return;
    if (jn_secret_sound(value, 0, JN_SECRET_MAX, sentence)) {
        jn_secret_read(&reader, &property, "name", value);
        must(!reader.out_of_memory && (property.value == NULL) == (property.source != JN_SECRET_PLAIN));
        must((property.reference == NULL) == (property.source == JN_SECRET_PLAIN));
        jn_secret_free(&property);
    } else {
        must_be_a_sentence(sentence);
    }
    json_decref(value);
}

#define SECRET "hunter2222"

static void
hide(struct jn_reader *reader, const struct jn_config_sink *sink, const struct jn_json_step *at) {
    (void)sink, (void)at;
    secrets_resolve(reader, SECRETS_CHECK);
}

static void
hide_one(void) {
    static const char text[] = "{\"dataplane\":{\"ports\":[{\"name\":\"a\",\"device\":\"d\"},{\"name\":\"n\","
                               "\"device\":\"e\"}],\"wires\":[{\"name\":\"w\",\"access\":\"a\",\"network\":\"n\"}]},"
                               "\"sink\":{\"properties\":{\"sasl.password\":\"" SECRET "\"}}}";
    struct jn_config_errors errors;
    FILE *file = fopen("/dev/shm/junction-fuzz-secret", "w");
    must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    struct jn_config *config = jn_config_load_checked("/dev/shm/junction-fuzz-secret", hide, &errors);
    unlink("/dev/shm/junction-fuzz-secret");
    must(config != NULL);
    jn_config_free(config);
    jn_config_errors_free(&errors);
}

// Wherever the secret stands, it is not there afterwards; and what is hidden makes no sentence longer.
static void
as_sentence(const uint8_t *data, size_t size) {
    static bool hidden;
    char sentence[4200];
    size_t before = size < 4000 ? size : 4000, at = before > 0 ? data[0] % before : 0;
    if (!hidden)
        hide_one();
    hidden = true;
    memcpy(sentence, data, at);
    memcpy(sentence + at, SECRET, sizeof(SECRET) - 1);
    memcpy(sentence + at + sizeof(SECRET) - 1, data + at, before - at);
    sentence[before + sizeof(SECRET) - 1] = '\0';
    size_t length = strlen(sentence);
    secrets_hide(sentence);
    must(strlen(sentence) <= length && strstr(sentence, SECRET) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    as_file(data, size);
    as_value(data, size);
    as_sentence(data, size);
    return 0;
}
