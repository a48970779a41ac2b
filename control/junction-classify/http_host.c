// SPDX-License-Identifier: BSD-3-Clause
#include "http_host.h"

#include <string.h>

enum step { METHOD, TARGET, REST, FIELD, BEFORE_VALUE, VALUE };

static const char *const methods[] = {"GET ",      "POST ",      "HEAD ",   "PUT ",      "DELETE ",
                                      "OPTIONS ",  "PATCH ",     "TRACE ",  "MKCOL ",    "COPY ",
                                      "PROPFIND ", "PROPPATCH ", "MOVE ",   "LOCK ",     "UNLOCK ",
                                      "REPORT ",   "SUBSCRIBE ", "NOTIFY ", "M-SEARCH ", "CONNECT "};

// NUL is none of them.
static bool
is_one_of(char c, const char *characters) {
    return c != '\0' && strchr(characters, c) != NULL;
}

// A method, a target, and the version, with a space between them.
static bool
is_request_line(const uint8_t *bytes, size_t length) {
    static const char version[] = " HTTP/1.";
    const uint8_t *end = memchr(bytes, '\n', length), *target = memchr(bytes, ' ', length);
    if (end == NULL || target == NULL || target == bytes || target > end)
        return false;
    end -= end[-1] == '\r';
    return end - target > (ptrdiff_t)sizeof(version) + 1 &&
           memcmp(end - sizeof(version), version, sizeof(version) - 1) == 0;
}

// Servers pass over empty lines before a request.
bool
http_host_begins(const uint8_t *bytes, size_t length) {
    while (length > 1 && (*bytes == '\r' || *bytes == '\n')) {
        bytes++;
        length--;
    }
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        size_t width = strlen(methods[i]);
        if (memcmp(bytes, methods[i], width < length ? width : length) == 0)
            return true;
    }
    return is_request_line(bytes, length);
}

// "host:443" is "host"; "[::1]:443" is "[::1]".
static void
strip_port(struct http_host *http) {
    size_t length = http->host_length;
    while (length > 0 && http->host[length - 1] >= '0' && http->host[length - 1] <= '9')
        length--;
    if (length == 0 || http->host[length - 1] != ':' || http->host_cut)
        return;
    bool bare_ipv6 = http->host[0] != '[' && memchr(http->host, ':', length - 1) != NULL;
    if (!bare_ipv6)
        http->host_length = (uint16_t)(length - 1);
}

const char *
http_host_target(const struct http_host *http, size_t *length, bool *cut) {
    const char *at = http->path, *end = http->path + http->path_length, *stop = at;
    *length = 0;
    *cut = false;
    if (at == end || *at == '/' || *at == '*')
        return at;
    for (const char *c = at; c + 3 <= end && *c != '/' && at == http->path; c++)
        if (memcmp(c, "://", 3) == 0)
            at = c + 3;
    for (stop = at; stop < end && !is_one_of(*stop, "/?#"); stop++)
        if (*stop == '@') // before it: who asks
            at = stop + 1;
    *cut = stop == end && http->path_length == HTTP_PATH_MOST;
    const char *digits = stop;
    while (digits > at && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    *length = (size_t)((digits > at && digits[-1] == ':' ? digits - 1 : stop) - at);
    return at;
}

// Without a host there may still be one in the target.
static void
end_head(struct http_host *http) {
    size_t length;
    bool cut;
    http_host_target(http, &length, &cut);
    http->result = http->host_length > 0 || length > 0 ? HTTP_HOST_FOUND : HTTP_HOST_NONE;
}

static void
end_value(struct http_host *http) {
    while (http->host_length > 0 && is_one_of(http->host[http->host_length - 1], " \t\r"))
        http->host_length--;
    strip_port(http);
    end_head(http);
}

static void
keep_host(struct http_host *http, char c) {
    if (http->host_length < HTTP_HOST_MOST)
        http->host[http->host_length++] = c;
    else if (c != ' ' && c != '\t' && c != '\r')
        http->host_cut = true;
}

// Of a field's name. What is not "host" is passed over, with its value.
static void
take_field(struct http_host *http, char c) {
    static const char name[] = "host";
    if (c == '\r' && http->matched == 0)
        return;
    char small = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    if (c == '\n')
        end_head(http);
    else if (http->matched == sizeof(name) - 1 && c == ':')
        http->step = BEFORE_VALUE;
    else if (http->matched < sizeof(name) - 1 && small == name[http->matched])
        http->matched++;
    else
        http->step = REST;
}

static void
take_byte(struct http_host *http, char c) {
    switch ((enum step)http->step) {
    case METHOD:
        if (c == ' ')
            http->step = TARGET;
        return;
    case TARGET:
        if (c == ' ' || c == '\r')
            http->step = REST;
        else if (http->path_length < HTTP_PATH_MOST && c != '\n')
            http->path[http->path_length++] = c;
        break;
    case FIELD: take_field(http, c); return;
    case BEFORE_VALUE:
        if (c == ' ' || c == '\t')
            return;
        http->step = VALUE;
        // fall through
    case VALUE:
        if (c == '\n')
            end_value(http);
        else
            keep_host(http, c);
        return;
    case REST: break;
    }
    if (c == '\n') {
        http->step = FIELD;
        http->matched = 0;
    }
}

enum http_host_result
http_host_take(struct http_host *http, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length && http->result == HTTP_HOST_MORE; i++) {
        take_byte(http, (char)bytes[i]);
        if (++http->taken == HTTP_HEAD_MOST && http->result == HTTP_HOST_MORE)
            http->result = HTTP_HOST_NONE;
    }
    return (enum http_host_result)http->result;
}

const char *
http_host_path(const struct http_host *http, size_t *length) {
    const char *at = http->path, *end = http->path + http->path_length;
    const char *query = memchr(at, '?', http->path_length);
    if (query != NULL)
        end = query;
    for (const char *c = at; c + 3 <= end && *at != '/'; c++) {
        if (memcmp(c, "://", 3) != 0)
            continue;
        const char *slash = memchr(c + 3, '/', (size_t)(end - c - 3));
        at = slash == NULL ? end : slash;
        break;
    }
    *length = at < end && *at == '/' ? (size_t)(end - at) : 0;
    return at;
}
