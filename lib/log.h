// SPDX-License-Identifier: BSD-3-Clause
// One log for all processes: a line to standard error, "<level> <program>: <text>". Never called on the packet path.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define JN_LOG_LEVELS(X)                                                                                               \
    X(ERROR, "error")                                                                                                  \
    X(WARNING, "warning")                                                                                              \
    X(INFO, "info")                                                                                                    \
    X(DEBUG, "debug")

enum jn_log_level {
#define X(e, w) JN_LOG_##e,
    JN_LOG_LEVELS(X)
#undef X
        JN_LOG_LEVEL_COUNT
};

// Name the program in every line that follows. Not copied. Default level: info.
void jn_log_open(const char *program);

// Thread-safe; takes effect at once. A level out of range is ignored.
void jn_log_set_level(enum jn_log_level level);
enum jn_log_level jn_log_get_level(void);

// `hide` takes out of every line that follows what nobody may see, in place: it may become shorter, never longer. Set before
// there are other threads, any of which may call it.
void jn_log_hide(void (*hide)(char *text));

// The level of that word ("error", "warning", "info", "debug"), or -1.
int jn_log_level_from_word(const char *word);
const char *jn_log_level_word(enum jn_log_level level);

// One line (newlines in it become spaces). Thread-safe, never allocates.
void jn_log(enum jn_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

// At most `burst` lines a second from one place; what was held back is counted, and said with the next line of that place.
// state: static, zero at first, one a place.
struct jn_log_limit {
    uint64_t window_s;
    uint32_t lines;
    uint32_t suppressed;
};
void jn_log_limited(struct jn_log_limit *state, uint32_t burst, enum jn_log_level level, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
