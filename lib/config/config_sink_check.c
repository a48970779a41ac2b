// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_sink_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/config_sink.h"
#include "config/config_value.h"

// The parts of "http://host:port/path".
struct url {
    char host[JN_SINK_URL_MAX];
    bool secure;
};

static bool
port_sound(const char *text, size_t length) {
    char digits[6], *end;
    if (length == 0 || length >= sizeof(digits) || text[0] < '0' || text[0] > '9')
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    long port = strtol(digits, &end, 10);
    return *end == '\0' && port >= 1 && port <= 65535;
}

// "host", "host:port", "[address]" or "[address]:port".
static bool
authority_sound(const char *text, size_t length, struct url *url) {
    const char *close = text[0] == '[' ? memchr(text, ']', length) : NULL;
    const char *colon = close != NULL ? close + 1 : memchr(text, ':', length);
    size_t host = colon != NULL ? (size_t)(colon - text) : length;
    if ((text[0] == '[' && close == NULL) || host == 0)
        return false;
    snprintf(url->host, sizeof(url->host), "%.*s", (int)host, text);
    if (host == length)
        return true;
    return *colon == ':' && port_sound(colon + 1, length - host - 1);
}

// NULL when it is sound, else what is wrong with it.
static const char *
url_wrong(const char *text, bool query_allowed, struct url *url) {
    static const char expected[] = "expected http:// or https://, a host, perhaps a port and a path";
    const char *colon = strstr(text, "://");
    size_t scheme = colon != NULL ? (size_t)(colon - text) : 0;
    url->secure = scheme == 5 && strncasecmp(text, "https", 5) == 0;
    if (!url->secure && (scheme != 4 || strncasecmp(text, "http", 4) != 0))
        return expected;
    const char *authority = colon + 3;
    size_t length = strcspn(authority, "/?#");
    if (memchr(authority, '@', length) != NULL)
        return "a user in the URL would be shown: use username and password, or a header";
    if (strpbrk(text, " \\\"<>^`{|}#") != NULL || (!query_allowed && strchr(text, '?') != NULL) ||
        !authority_sound(authority, length, url))
        return expected;
    return NULL;
}

static bool
loopback(const char *host) {
    return strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0;
}

// A URL with a user in it is not shown.
static void
check_url(struct jn_reader *reader, const char *text, bool query_allowed, bool secrets, const struct jn_json_step *at) {
    char shown[JN_SHOWN_MAX];
    struct url url;
    const char *wrong = url_wrong(text, query_allowed, &url);
    if (wrong != NULL && strchr(text, '@') != NULL)
        jn_reader_error(reader, at, "%s", wrong);
    else if (wrong != NULL)
        jn_reader_error(reader, at, "%s, found %s", wrong, jn_text_shown(text, shown));
    else if (secrets && !url.secure && !loopback(url.host))
        jn_reader_warn(reader, at, "the secret goes there unencrypted; use https://");
}

static void
check_absolute(struct jn_reader *reader, const char *path, const struct jn_json_step *at) {
    char shown[JN_SHOWN_MAX];
    if (path[0] != '\0' && path[0] != '/')
        jn_reader_error(reader, at, "expected an absolute path, found %s", jn_text_shown(path, shown));
}

// As Elasticsearch and OpenSearch have it.
static void
check_index(struct jn_reader *reader, const char *name, const struct jn_json_step *at) {
    char shown[JN_SHOWN_MAX];
    bool sound = strchr("_-+", name[0]) == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
                 strpbrk(name, "\\/*?\"<>| ,#:ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
    if (!sound)
        jn_reader_error(
            reader, at,
            "expected lower case, not beginning with _ - +, and none of \\ / * ? \" < > | , # : or a space, "
            "found %s",
            jn_text_shown(name, shown));
}

static void
check_credentials(struct jn_reader *reader, const struct jn_config_elasticsearch *e, const struct jn_json_step *at) {
    bool key = e->api_key.name != NULL, user = e->username.name != NULL, password = e->password.name != NULL;
    if (key && (user || password))
        jn_reader_error(reader, JN_MEMBER(at, "api_key"), "given beside username or password; one way is enough");
    else if (user && !password)
        jn_reader_error(reader, JN_MEMBER(at, "password"), "missing; there is a username");
    else if (password && !user)
        jn_reader_error(reader, JN_MEMBER(at, "username"), "missing; there is a password");
    if (e->username.value != NULL && strchr(e->username.value, ':') != NULL)
        jn_reader_error(reader, JN_MEMBER(at, "username"),
                        "holds a colon, which HTTP's basic authentication cannot carry");
}

static void
check_elasticsearch(struct jn_reader *reader, const struct jn_config_elasticsearch *e, const struct jn_json_step *at) {
    const struct jn_json_step *urls = JN_MEMBER(at, "urls"), *indices = JN_MEMBER(at, "indices");
    bool secrets = e->api_key.name != NULL || e->password.name != NULL;
    for (unsigned int i = 0; i < e->url_count; i++)
        check_url(reader, e->urls[i], false, secrets, JN_ITEM(urls, i));
    check_index(reader, e->index_summary, JN_MEMBER(indices, "summary"));
    check_index(reader, e->index_flow, JN_MEMBER(indices, "flow"));
    check_credentials(reader, e, at);
    check_absolute(reader, e->ca_file, JN_MEMBER(at, "ca_file"));
}

// RFC 9110, 5.6.2.
static bool
token(const char *name) {
    return name[0] != '\0' && strlen(name) < 128 &&
           name[strspn(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static void
check_header(struct jn_reader *reader, const struct jn_config_http *h, size_t number, const struct jn_json_step *at) {
    static const char *const own[] = {"Content-Length", "Content-Encoding", "Transfer-Encoding",
                                      "Connection",     "Expect",           "Host"};
    const char *name = h->headers[number].name;
    if (name == NULL)
        return;
    if (!token(name))
        jn_reader_error(reader, at,
                        "expected the name of a header field, of 1 to 127 letters, digits or !#$%%&'*+-.^_`|~");
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (strcasecmp(name, own[i]) == 0)
            jn_reader_error(reader, at, "is refused: %s is made by Junction, as the request needs it", own[i]);
    for (size_t i = 0; i < number; i++)
        if (h->headers[i].name != NULL && strcasecmp(name, h->headers[i].name) == 0)
            jn_reader_error(reader, at, "is given twice; names of header fields have no case");
}

static void
check_http(struct jn_reader *reader, const struct jn_config_http *h, const struct jn_json_step *at) {
    bool secrets = false;
    for (size_t i = 0; i < h->header_count; i++) {
        check_header(reader, h, i, JN_MEMBER(JN_MEMBER(at, "headers"), h->headers[i].name));
        secrets = secrets || h->headers[i].source != JN_SECRET_PLAIN;
    }
    if (h->url[0] != '\0')
        check_url(reader, h->url, true, secrets, JN_MEMBER(at, "url"));
    check_absolute(reader, h->ca_file, JN_MEMBER(at, "ca_file"));
}

void
jn_config_check_sink(struct jn_reader *reader, const struct jn_config_sink *sink, const struct jn_json_step *at) {
    if (sink->name[0] == '.')
        jn_reader_error(reader, JN_MEMBER(at, "name"), "begins with a dot; it is the name of a directory of the spool");
    check_elasticsearch(reader, &sink->elasticsearch, JN_MEMBER(at, "elasticsearch"));
    check_http(reader, &sink->http, JN_MEMBER(at, "http"));
    check_absolute(reader, sink->spool.directory, JN_MEMBER(JN_MEMBER(at, "spool"), "directory"));
}

void
jn_config_check_sinks_together(struct jn_reader *reader) {
    const struct jn_config_sink *sinks = reader->config->sinks;
    for (unsigned int i = 0; i < reader->config->sink_count; i++) {
        struct jn_json_step place[2];
        const struct jn_json_step *at = jn_sink_place(reader->config, i, place);
        for (unsigned int j = 0; j < i; j++) {
            if (sinks[j].type != sinks[i].type)
                continue;
            if (sinks[i].type == JN_SINK_STDOUT)
                jn_reader_error(reader, JN_MEMBER(at, "type"), "sinks[%u] writes to standard output, too", j);
            else if (sinks[i].type == JN_SINK_FILE && sinks[i].path[0] != '\0' &&
                     strcmp(sinks[i].path, sinks[j].path) == 0)
                jn_reader_error(reader, JN_MEMBER(JN_MEMBER(at, "file"), "path"), "sinks[%u] writes into it, too", j);
        }
    }
}
