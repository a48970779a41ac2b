// SPDX-License-Identifier: BSD-3-Clause
// HTTP exchanges that never wait. One thread: `done` is called from within poll alone. The real one is libcurl's: TLS,
// connections that are kept, chunked answers and names with several addresses are not to be written anew.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm.h"

// X(ID, "what it was"). How an exchange ends.
#define HTTP_OUTCOMES(X)                                                                                               \
    X(ANSWERED, "a whole answer came")                                                                                 \
    X(NO_NAME, "the host's name does not resolve")                                                                     \
    X(NO_CONNECTION, "there is no connection")                                                                         \
    X(NO_TLS, "TLS does not agree, or a certificate is not trusted")                                                   \
    X(TIMED_OUT, "no whole answer came in time")                                                                       \
    X(CUT, "the connection ended before the answer did")                                                               \
    X(NOT_HTTP, "what came is not HTTP")                                                                               \
    X(TOO_LARGE, "the answer is larger than the limit")                                                                \
    X(FAILED, "something else")

enum http_outcome {
#define X(id, text) HTTP_##id,
    HTTP_OUTCOMES(X)
#undef X
        HTTP_OUTCOME_COUNT
};

struct http_answer {
    enum http_outcome outcome;
    bool sent;         // something of the request has left: unless it was answered, the server may have done it or not
    bool kept;         // over a connection that had served another exchange: if cut, the server may be well
    const char *words; // what went wrong, without a full stop; "" when it was answered
    unsigned int status;  // of HTTP; 0 unless it was answered
    uint64_t retry_after; // seconds that the server asked to wait; 0: none
    const char *type;     // Content-Type; "": none
    const char *location; // where a redirection, which is never followed, leads; "": nowhere
    const char *body;     // as long as `done` runs; a NUL follows
    size_t length;
};

struct http_request {
    const char *method;
    const char *url;
    const char *const *headers; // "Name: value", beside those of the client
    size_t header_count;
    const void *body;
    size_t length;
    void (*done)(void *context, const struct http_answer *answer);
    void *context;
};

struct http_options {
    const char *ca_file;        // PEM; NULL: those of the host
    const char *const *headers; // "Name: value" of each request; they may be secret, and are in no sentence
    size_t header_count;
    uint64_t timeout_ms; // of a whole exchange
    size_t answer_max;   // bytes of an answer's body
    bool cut_answer;     // what is beyond is left out; else such an answer is none: HTTP_TOO_LARGE
};

struct http_client;

struct world_http {
    // NULL with a sentence in err. The options are copied. The first one comes before the sandbox is entered.
    struct http_client *(*open)(const struct http_options *options, char err[JN_ERR_MAX]);
    // Begin. What the request points to, but for the headers, stays as it is until it is done. 0 or a negative errno:
    // it will never be done.
    int (*start)(struct http_client *client, const struct http_request *request);
    // Move all that was begun; never waits.
    void (*poll)(struct http_client *client);
    // What is not done never will be.
    void (*close)(struct http_client *client);
};

extern const struct world_http world_http_curl;
