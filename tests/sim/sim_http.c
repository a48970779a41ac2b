// SPDX-License-Identifier: BSD-3-Clause
// Servers on the other side of HTTP, an index and a web service: they do what was asked, half of it or nothing, and their
// answer comes late, is cut, or says that there is too much to do. The URL's host is the number of the remote.
#include "sim.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "world_http.h"

enum { EXCHANGES = 8 };

struct http_client {
    struct http_request requests[EXCHANGES];
    unsigned int count;
};

static struct http_client *
open_client(const struct http_options *options, char err[JN_ERR_MAX]) {
    (void)options;
    (void)err;
    return calloc(1, sizeof(struct http_client));
}

static int
start(struct http_client *client, const struct http_request *request) {
    if (client->count == EXCHANGES)
        return -EAGAIN;
    client->requests[client->count++] = *request;
    return 0;
}

// One item of a bulk request: what is there stays as it is.
static void
take_item(struct sim_remote *remote, const char *line, size_t length, bool busy, json_t *items) {
    json_t *document = json_loadb(line, length, 0, NULL);
    uint64_t number =
        (uint64_t)json_integer_value(json_object_get(json_object_get(document, "network"), "bytes")) - SIM_BYTES;
    int status = busy ? 429 : 201;
    const char *type = "es_rejected_execution_exception";
    if (document == NULL)
        remote->wrong = "a line that is not JSON";
    else if (!busy && number < SIM_RECORDS && remote->has[number]) {
        status = 409;
        type = "version_conflict_engine_exception";
    } else if (!busy && number < SIM_RECORDS && remote->refuse != 0 && number % remote->refuse == 0) {
        status = 400;
        type = "document_parsing_exception";
        remote->refused[number] = true;
    } else if (!busy)
        sim_take(remote, document);
    json_t *id = json_object_get(json_object_get(document, "event"), "id");
    json_t *item = json_pack("{s:{s:i, s:O}}", "create", "status", status, "_id", id);
    if (status >= 300)
        json_object_set_new(json_object_get(item, "create"), "error",
                            json_pack("{s:s, s:s}", "type", type, "reason", "so it is"));
    json_array_append_new(items, item);
    json_decref(document);
}

// The first items of it. With some of them there is too much to do.
static json_t *
take_bulk(struct sim_remote *remote, const char *body, size_t length, bool half, bool busy) {
    json_t *items = json_array();
    const char *end = body + length;
    for (const char *at = body; at < end && !(half && sim_one_in(8));) {
        const char *document = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
        const char *newline = memchr(document, '\n', (size_t)(end - document));
        if (strncmp(at, "{\"create\"", 9) != 0 || newline == NULL) {
            remote->wrong = "a bulk request that would write over what is there";
            break;
        }
        take_item(remote, document, (size_t)(newline - document), busy && sim_one_in(4), items);
        at = newline + 1;
    }
    return json_pack("{s:b, s:o}", "errors", busy, "items", items);
}

static json_t *
take_envelope(struct sim_remote *remote, const char *body, size_t length, bool half) {
    json_t *root = json_loadb(body, length, 0, NULL), *document;
    size_t i;
    if (root == NULL || json_array_size(json_object_get(root, "payloads")) == 0)
        remote->wrong = "a request without documents";
    json_array_foreach(json_object_get(root, "payloads"), i, document) {
        if (half && sim_one_in(8))
            break;
        sim_take(remote, document);
    }
    json_decref(root);
    return json_object();
}

static void
answer(const struct http_request *request, struct http_answer *answer) {
    answer->type = "application/json";
    answer->location = "";
    answer->words = answer->words != NULL ? answer->words : "";
    answer->body = answer->body != NULL ? answer->body : "";
    answer->length = strlen(answer->body);
    request->done(request->context, answer);
}

// In trouble anything of this may be; else all is well.
static void
serve(struct sim_remote *remote, const struct http_request *request) {
    enum { WELL = 8, HALF, CUT, BUSY_ITEMS, BROKEN_ANSWER, BUSY, UNAVAILABLE, UNSENT, FATES };
    unsigned int fate = remote->lose_answer != 0 ? (unsigned int)sim_below(FATES) : WELL;
    struct http_answer a = {.outcome = HTTP_ANSWERED, .sent = true, .status = 200};
    if (fate == BUSY || fate == UNAVAILABLE) {
        a.status = fate == BUSY ? 429 : 503;
        a.retry_after = sim_below(3);
        answer(request, &a);
        return;
    }
    if (fate == UNSENT) {
        a = (struct http_answer){.outcome = HTTP_NO_CONNECTION, .words = "there is none"};
        answer(request, &a);
        return;
    }
    json_t *told = strstr(request->url, "/_bulk") != NULL
                       ? take_bulk(remote, request->body, request->length, fate == HALF, fate == BUSY_ITEMS)
                       : take_envelope(remote, request->body, request->length, fate == HALF);
    char *text = json_dumps(told, JSON_COMPACT);
    if (fate == HALF || fate == CUT)
        a = (struct http_answer){.outcome = HTTP_CUT, .sent = true, .words = "it was cut"};
    else if (fate == BROKEN_ANSWER)
        text[strlen(text) / 2] = '\0';
    a.body = a.outcome == HTTP_ANSWERED ? text : NULL;
    answer(request, &a);
    free(text);
    json_decref(told);
}

static void
poll(struct http_client *client) {
    for (unsigned int i = 0; i < client->count;) {
        struct http_request request = client->requests[i];
        struct sim_remote *remote = &sim_remotes[atoi(request.url + strlen("http://"))];
        if (remote->down || sim_one_in(3)) {
            i++;
            continue;
        }
        client->count--;
        memmove(&client->requests[i], &client->requests[i + 1], (client->count - i) * sizeof(request));
        serve(remote, &request);
    }
}

// What was on its way may be done yet.
static void
close_client(struct http_client *client) {
    for (unsigned int i = 0; i < client->count; i++) {
        const struct http_request *request = &client->requests[i];
        struct sim_remote *remote = &sim_remotes[atoi(request->url + strlen("http://"))];
        if (remote->down || sim_one_in(2))
            continue;
        json_decref(strstr(request->url, "/_bulk") != NULL
                        ? take_bulk(remote, request->body, request->length, true, false)
                        : take_envelope(remote, request->body, request->length, true));
    }
    free(client);
}

const struct world_http sim_http = {open_client, start, poll, close_client};
