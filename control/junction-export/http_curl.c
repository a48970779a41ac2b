// SPDX-License-Identifier: BSD-3-Clause
// HTTP by libcurl's multi interface, on the caller's thread; names are resolved by threads of libcurl's.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "world_http.h"

enum {
    CONNECT_MS = 10000,
    KEEP_S = 30, // a connection that was idle for longer is not used again: what is between may have forgotten it
    SEND_BYTES = 512 * 1024,
};

// One for all of the client's requests at a time; those that are idle are kept, so that their memory is used again.
struct exchange {
    struct exchange *next;
    struct http_client *client;
    CURL *easy;
    struct curl_slist *headers;
    struct http_request request;
    size_t sent; // bytes of the body
    char *body;
    size_t length, room;
    bool headers_whole;
    bool too_large;
    bool running;
    char words[CURL_ERROR_SIZE];
};

struct http_client {
    CURLM *multi;
    struct exchange *exchanges;
    char **headers;
    size_t header_count;
    char *ca_file;
    uint64_t timeout_ms;
    size_t answer_max;
    bool cut_answer;
};

static enum http_outcome
outcome_of(CURLcode code, const struct exchange *x) {
    switch (code) {
    case CURLE_OK: return x->headers_whole ? HTTP_ANSWERED : HTTP_CUT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return HTTP_NO_NAME;
    case CURLE_COULDNT_CONNECT: return HTTP_NO_CONNECTION;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS: return HTTP_NO_TLS;
    case CURLE_OPERATION_TIMEDOUT: return HTTP_TIMED_OUT;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_FAIL_REWIND: return HTTP_CUT;
    case CURLE_UNSUPPORTED_PROTOCOL: // HTTP/0.9
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return HTTP_NOT_HTTP;
    case CURLE_WRITE_ERROR: return x->too_large ? HTTP_TOO_LARGE : HTTP_FAILED;
    default: return HTTP_FAILED;
    }
}

static size_t
on_send(char *into, size_t size, size_t count, void *user) {
    struct exchange *x = user;
    size_t left = x->request.length - x->sent, length = size * count < left ? size * count : left;
    memcpy(into, (const char *)x->request.body + x->sent, length);
    x->sent += length;
    return length;
}

// libcurl would send a request anew when a connection that it kept is cut. Who asked decides that: it may have been done.
static int
on_rewind(void *user, curl_off_t offset, int origin) {
    (void)user, (void)offset, (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

// Where the connection ends within the headers, libcurl takes them for whole. Trailers come behind the body, without an empty
// line at their end; another status line comes where the one before was not the answer yet.
static size_t
on_header(char *line, size_t size, size_t count, void *user) {
    struct exchange *x = user;
    size_t length = size * count;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
        x->headers_whole = false;
    else if (length <= 2 && (line[0] == '\r' || line[0] == '\n'))
        x->headers_whole = true;
    return length;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *user) {
    struct exchange *x = user;
    size_t whole = size * count, most = x->client->answer_max - x->length;
    size_t length = whole > most ? most : whole;
    if (length < whole && !x->client->cut_answer) {
        x->too_large = true;
        return 0;
    }
    if (x->length + length >= x->room) {
        size_t room = (x->length + length) * 2 + 1;
        char *larger = realloc(x->body, room);
        if (larger == NULL)
            return 0;
        x->body = larger;
        x->room = room;
    }
    memcpy(x->body + x->length, bytes, length);
    x->length += length;
    return whole;
}

static struct exchange *
idle_exchange(struct http_client *client) {
    for (struct exchange *x = client->exchanges; x != NULL; x = x->next)
        if (!x->running)
            return x;
    struct exchange *x = calloc(1, sizeof(*x));
    if (x == NULL)
        return NULL;
    x->client = client;
    x->room = 4096;
    x->body = malloc(x->room);
    x->easy = curl_easy_init();
    if (x->body == NULL || x->easy == NULL) {
        curl_easy_cleanup(x->easy);
        free(x->body);
        free(x);
        return NULL;
    }
    x->next = client->exchanges;
    client->exchanges = x;
    return x;
}

// They may hold secrets.
static void
free_headers(struct exchange *x) {
    for (struct curl_slist *h = x->headers; h != NULL; h = h->next)
        explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(x->headers);
    x->headers = NULL;
}

static bool
add_headers(struct exchange *x, const char *const *headers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct curl_slist *longer = curl_slist_append(x->headers, headers[i]);
        if (longer == NULL)
            return false;
        x->headers = longer;
    }
    return true;
}

// The result of the first option that is not taken.
#define SET(easy, result, option, value)                                                                               \
    ((result) == CURLE_OK ? (result) = curl_easy_setopt(easy, option, value) : (result))

static CURLcode
set_connection(CURL *easy, const struct http_client *client) {
    CURLcode rc = CURLE_OK;
    SET(easy, rc, CURLOPT_NOSIGNAL, 1L);
    SET(easy, rc, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(easy, rc, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, rc, CURLOPT_FOLLOWLOCATION, 0L);
    SET(easy, rc, CURLOPT_PROXY, ""); // and none of the environment
    SET(easy, rc, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(easy, rc, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(easy, rc, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(easy, rc, CURLOPT_SSL_VERIFYHOST, 2L);
    if (client->ca_file != NULL)
        SET(easy, rc, CURLOPT_CAINFO, client->ca_file);
    SET(easy, rc, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    SET(easy, rc, CURLOPT_TIMEOUT_MS, (long)client->timeout_ms);
    SET(easy, rc, CURLOPT_MAXAGE_CONN, (long)KEEP_S);
    SET(easy, rc, CURLOPT_QUICK_EXIT, 1L); // do not wait for a name server that does not answer
    return rc;
}

static CURLcode
set_request(CURL *easy, struct exchange *x) {
    CURLcode rc = CURLE_OK;
    SET(easy, rc, CURLOPT_URL, x->request.url);
    SET(easy, rc, CURLOPT_POST, 1L);
    SET(easy, rc, CURLOPT_CUSTOMREQUEST, x->request.method);
    SET(easy, rc, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->request.length);
    SET(easy, rc, CURLOPT_READFUNCTION, on_send);
    SET(easy, rc, CURLOPT_READDATA, x);
    SET(easy, rc, CURLOPT_SEEKFUNCTION, on_rewind);
    SET(easy, rc, CURLOPT_SEEKDATA, x);
    SET(easy, rc, CURLOPT_HEADERFUNCTION, on_header);
    SET(easy, rc, CURLOPT_HEADERDATA, x);
    SET(easy, rc, CURLOPT_WRITEFUNCTION, on_body);
    SET(easy, rc, CURLOPT_WRITEDATA, x);
    SET(easy, rc, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BYTES);
    SET(easy, rc, CURLOPT_HTTPHEADER, x->headers);
    SET(easy, rc, CURLOPT_ERRORBUFFER, x->words);
    SET(easy, rc, CURLOPT_PRIVATE, x);
    return rc;
}

static int
curl_start(struct http_client *client, const struct http_request *request) {
    static const char *const always[] = {"Expect:", "User-Agent: junction-export/" JN_VERSION};
    struct exchange *x = idle_exchange(client);
    if (x == NULL)
        return -ENOMEM;
    x->request = *request;
    x->sent = x->length = 0;
    x->headers_whole = x->too_large = false;
    x->words[0] = '\0';
    curl_easy_reset(x->easy);
    int rc = 0;
    if (!add_headers(x, always, sizeof(always) / sizeof(always[0])) ||
        !add_headers(x, (const char *const *)client->headers, client->header_count) ||
        !add_headers(x, request->headers, request->header_count) || set_connection(x->easy, client) != CURLE_OK ||
        set_request(x->easy, x) != CURLE_OK || curl_multi_add_handle(client->multi, x->easy) != CURLM_OK)
        rc = -ENOMEM;
    x->running = rc == 0;
    if (rc < 0)
        free_headers(x);
    return rc;
}

static const char *
words_of(CURLcode code, const struct exchange *x, const struct http_answer *answer) {
    if (answer->outcome == HTTP_TOO_LARGE)
        return "the answer is larger than the limit";
    if (answer->outcome == HTTP_NOT_HTTP && answer->sent)
        return "the answer is not HTTP";
    if (code == CURLE_SEND_FAIL_REWIND)
        return "the connection, which was kept, ended without an answer";
    if (code == CURLE_OK)
        return "the connection ended within the answer's header";
    return x->words[0] != '\0' ? x->words : curl_easy_strerror(code);
}

static void
fill_answer(struct http_answer *answer, CURLcode code, struct exchange *x) {
    long status = 0, connections = 1, request_bytes = 0;
    curl_off_t wait = 0;
    char *type = NULL, *location = NULL;
    curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &connections);
    bool again =
        code == CURLE_SEND_FAIL_REWIND; // of a kept connection: libcurl has made another, and sent nothing there
    *answer = (struct http_answer){.outcome = outcome_of(code, x),
                                   .sent = again || request_bytes > 0,
                                   .kept = again || connections == 0,
                                   .type = "",
                                   .location = "",
                                   .body = "",
                                   .words = ""};
    if (answer->outcome != HTTP_ANSWERED) {
        answer->words = words_of(code, x, answer);
        if (answer->outcome == HTTP_TIMED_OUT && !answer->sent)
            answer->outcome = HTTP_NO_CONNECTION;
        return;
    }
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &wait);
    curl_easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(x->easy, CURLINFO_REDIRECT_URL, &location);
    x->body[x->length] = '\0';
    answer->status = (unsigned int)status;
    answer->retry_after = wait > 0 ? (uint64_t)wait : 0;
    answer->type = type != NULL ? type : "";
    answer->location = location != NULL ? location : "";
    answer->body = x->body;
    answer->length = x->length;
}

static void
curl_poll(struct http_client *client) {
    int running, left;
    curl_multi_perform(client->multi, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(client->multi, &left)) != NULL;) {
        struct exchange *x = NULL;
        struct http_answer answer;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&x);
        fill_answer(&answer, code, x);
        curl_multi_remove_handle(client->multi, x->easy);
        free_headers(x);
        x->request.done(x->request.context, &answer); // it may start another, which does not take this one's memory
        x->running = false;
    }
}

static void
curl_close(struct http_client *client) {
    for (struct exchange *x = client->exchanges, *next; x != NULL; x = next) {
        next = x->next;
        if (x->running)
            curl_multi_remove_handle(client->multi, x->easy);
        curl_easy_cleanup(x->easy);
        free_headers(x);
        free(x->body);
        free(x);
    }
    for (size_t i = 0; i < client->header_count; i++) {
        explicit_bzero(client->headers[i], strlen(client->headers[i]));
        free(client->headers[i]);
    }
    curl_multi_cleanup(client->multi);
    free(client->headers);
    free(client->ca_file);
    free(client);
}

static bool
copy_options(struct http_client *client, const struct http_options *options) {
    client->timeout_ms = options->timeout_ms;
    client->answer_max = options->answer_max;
    client->cut_answer = options->cut_answer;
    client->headers = calloc(options->header_count + 1, sizeof(*client->headers));
    client->ca_file = options->ca_file != NULL ? strdup(options->ca_file) : NULL;
    if (client->headers == NULL || (client->ca_file == NULL && options->ca_file != NULL))
        return false;
    for (size_t i = 0; i < options->header_count; i++) {
        client->headers[i] = strdup(options->headers[i]);
        if (client->headers[i] == NULL)
            return false;
        client->header_count++;
    }
    return true;
}

// For good, at the first client: before the sandbox is entered.
static bool
initialised(char err[JN_ERR_MAX]) {
    static bool done;
    CURLcode rc = done ? CURLE_OK : curl_global_init(CURL_GLOBAL_DEFAULT);
    done = rc == CURLE_OK;
    if (!done)
        snprintf(err, JN_ERR_MAX, "libcurl: %s", curl_easy_strerror(rc));
    return done;
}

static struct http_client *
curl_open(const struct http_options *options, char err[JN_ERR_MAX]) {
    if (!initialised(err))
        return NULL;
    if (options->ca_file != NULL && access(options->ca_file, R_OK) < 0) {
        snprintf(err, JN_ERR_MAX, "ca_file: %s: %s", options->ca_file, strerror(errno));
        return NULL;
    }
    struct http_client *client = calloc(1, sizeof(*client));
    if (client != NULL)
        client->multi = curl_multi_init();
    if (client != NULL && client->multi != NULL && copy_options(client, options))
        return client;
    if (client != NULL)
        curl_close(client);
    snprintf(err, JN_ERR_MAX, "no memory for HTTP");
    return NULL;
}

const struct world_http world_http_curl = {curl_open, curl_start, curl_poll, curl_close};
