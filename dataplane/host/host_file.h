// SPDX-License-Identifier: BSD-3-Clause
// Small files of the kernel. Paths are printf formats, relative to the host's root.
#pragma once

#include "host/host.h"

// The first line, without its end. False: there is no such file, or it cannot be read.
bool jn_host_line(const struct jn_host *host, char *line, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// A whole number at the beginning of the file, or `otherwise`.
uint64_t jn_host_number(const struct jn_host *host, uint64_t otherwise, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A list of CPUs or nodes as the kernel writes it ("0-3,8"). False: there is no such file.
bool jn_host_list(const struct jn_host *host, cpu_set_t *set, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The same list of a set, for a sentence. Returns text.
const char *jn_host_list_text(const cpu_set_t *set, char *text, size_t size);
