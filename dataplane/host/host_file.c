// SPDX-License-Identifier: BSD-3-Clause
#include "host/host_file.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
read_line(const struct jn_host *host, char *line, size_t size, const char *format, va_list arguments) {
    char path[PATH_MAX], name[PATH_MAX / 2];
    vsnprintf(name, sizeof(name), format, arguments);
    line[0] = '\0';
    if (snprintf(path, sizeof(path), "%s%s", host->root, name) >= (int)sizeof(path))
        return false;
    FILE *file = fopen(path, "re");
    bool found = file != NULL && fgets(line, (int)size, file) != NULL;
    if (file != NULL)
        fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return found;
}

bool
jn_host_line(const struct jn_host *host, char *line, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    bool found = read_line(host, line, size, format, arguments);
    va_end(arguments);
    return found;
}

uint64_t
jn_host_number(const struct jn_host *host, uint64_t otherwise, const char *format, ...) {
    char line[64], *end;
    va_list arguments;
    va_start(arguments, format);
    bool found = read_line(host, line, sizeof(line), format, arguments);
    va_end(arguments);
    uint64_t number = found ? strtoull(line, &end, 10) : 0;
    return found && end != line ? number : otherwise;
}

bool
jn_host_list(const struct jn_host *host, cpu_set_t *set, const char *format, ...) {
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    bool found = read_line(host, line, sizeof(line), format, arguments);
    va_end(arguments);
    CPU_ZERO(set);
    for (char *at = line, *end; found; at = end + 1) {
        unsigned long first = strtoul(at, &end, 10), last = first;
        if (end == at)
            break;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        for (unsigned long i = first; i <= last && i < CPU_SETSIZE; i++)
            CPU_SET(i, set);
        if (*end != ',')
            break;
    }
    return found;
}

const char *
jn_host_list_text(const cpu_set_t *set, char *text, size_t size) {
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < CPU_SETSIZE && length < size; i++) {
        if (!CPU_ISSET(i, set))
            continue;
        int last = i;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
            last++;
        length += (size_t)snprintf(text + length, size - length, last > i ? "%s%d-%d" : "%s%d", length > 0 ? "," : "",
                                   i, last);
        i = last;
    }
    return text;
}
