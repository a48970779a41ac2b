// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "contract.h"

enum { LINE_MAX_BYTES = 1024 };

static const char *program_name = "junction";
static void (*hide_in)(char *text);
static int current_level = JN_LOG_INFO;

static const char *const words[] = {
#define X(e, w) w,
    JN_LOG_LEVELS(X)
#undef X
};

void
jn_log_open(const char *program) {
    jn_require(program != NULL);
    program_name = program;
}

void
jn_log_hide(void (*hide)(char *text)) {
    hide_in = hide;
}

void
jn_log_set_level(enum jn_log_level level) {
    if ((unsigned int)level < JN_LOG_LEVEL_COUNT)
        __atomic_store_n(&current_level, (int)level, __ATOMIC_RELAXED);
}

enum jn_log_level
jn_log_get_level(void) {
    return (enum jn_log_level)__atomic_load_n(&current_level, __ATOMIC_RELAXED);
}

int
jn_log_level_from_word(const char *word) {
    for (int i = 0; i < JN_LOG_LEVEL_COUNT; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

const char *
jn_log_level_word(enum jn_log_level level) {
    return (unsigned int)level < JN_LOG_LEVEL_COUNT ? words[level] : "unknown";
}

// One write a line: lines of several threads and processes never mix.
static void
write_line(enum jn_log_level level, const char *suffix, const char *format, va_list arguments) {
    char line[LINE_MAX_BYTES];
    int n = snprintf(line, sizeof(line), "%s %s: ", jn_log_level_word(level), program_name);
    int m = vsnprintf(line + n, sizeof(line) - (size_t)n, format, arguments);
    size_t length = (size_t)n + (m < 0 ? 0 : (size_t)m);
    if (hide_in != NULL && m > 0) {
        hide_in(line + n);
        length = strlen(line);
    }
    if (length > sizeof(line) - 64)
        length = sizeof(line) - 64;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = ' '; // a server's words may be there, and a terminal would do as they say
    length += (size_t)snprintf(line + length, sizeof(line) - length, "%s\n", suffix);
    ssize_t written = write(STDERR_FILENO, line, length);
    (void)written; // nobody is left to be told
}

void
jn_log(enum jn_log_level level, const char *format, ...) {
    jn_require((unsigned int)level < JN_LOG_LEVEL_COUNT);
    if (level > jn_log_get_level())
        return;
    va_list arguments;
    va_start(arguments, format);
    write_line(level, "", format, arguments);
    va_end(arguments);
}

void
jn_log_limited(struct jn_log_limit *state, uint32_t burst, enum jn_log_level level, const char *format, ...) {
    struct timespec now;
    char suffix[64] = "";
    jn_require(burst > 0 && (unsigned int)level < JN_LOG_LEVEL_COUNT);
    if (level > jn_log_get_level())
        return;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    uint64_t second = (uint64_t)now.tv_sec + 1;
    if (__atomic_exchange_n(&state->window_s, second, __ATOMIC_RELAXED) != second)
        __atomic_store_n(&state->lines, 0, __ATOMIC_RELAXED);
    if (__atomic_add_fetch(&state->lines, 1, __ATOMIC_RELAXED) > burst) {
        __atomic_add_fetch(&state->suppressed, 1, __ATOMIC_RELAXED);
        return;
    }
    uint32_t suppressed = __atomic_exchange_n(&state->suppressed, 0, __ATOMIC_RELAXED);
    if (suppressed > 0)
        snprintf(suffix, sizeof(suffix), " (%u like it were held back)", suppressed);
    va_list arguments;
    va_start(arguments, format);
    write_line(level, suffix, format, arguments);
    va_end(arguments);
}
