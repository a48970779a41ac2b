// SPDX-License-Identifier: BSD-3-Clause
#include "request.h"

#include <string.h>
#include <unistd.h>

#include "change.h"
#include "config/config_load.h"

struct handler {
    json_t *(*query)(struct control *control); // or NULL
    int (*change)(struct change *change);
};

static const struct handler handlers[JN_METHOD_COUNT] = {
#define X(name, ...) [JN_METHOD_##name] = {.query = query_##name},
    JN_QUERIES(X)
#undef X
#define X(name, ...) [JN_METHOD_##name] = {.change = change_##name},
        JN_CHANGES(X)
#undef X
};

static const char *
type_word(json_type type) {
    switch (type) {
    case JSON_STRING: return "a string";
    case JSON_TRUE:
    case JSON_FALSE: return "true or false";
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "a list";
    case JSON_NULL: return "null";
    default: return "a number";
    }
}

static const struct jn_method *
find_method(const char *name) {
    for (size_t i = 0; i < JN_METHOD_COUNT; i++)
        if (strcmp(jn_methods[i].name, name) == 0)
            return &jn_methods[i];
    return NULL;
}

static bool
takes(const struct jn_parameter *parameters, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(parameters[i].name, name) == 0)
            return true;
    return false;
}

static int
check_params(const struct jn_method *method, json_t *params, struct failure *failure) {
    struct jn_parameter parameters[JN_MAX_PARAMETERS];
    size_t count = jn_method_parameters(method, parameters);
    const char *name;
    json_t *value;
    json_object_foreach(params, name, value) {
        if (!takes(parameters, count, name))
            return control_fail(failure, "bad_params", "%s takes no parameter %.64s", method->name, name);
    }
    for (const struct jn_parameter *p = parameters; p < parameters + count; p++) {
        value = json_object_get(params, p->name);
        if (p->word == NULL && (value == NULL || json_is_null(value)))
            continue;
        if (value == NULL)
            return control_fail(failure, "bad_params", "%s: %s is missing: expected %s", method->name, p->name,
                                type_word(p->type));
        // jansson has two types for a boolean.
        if (json_is_boolean(value) ? p->type != JSON_TRUE : json_typeof(value) != p->type)
            return control_fail(failure, "bad_params", "%s: %s: expected %s, found %s", method->name, p->name,
                                type_word(p->type), type_word(json_typeof(value)));
    }
    return 0;
}

static json_t *
error_object(const struct failure *failure) {
    json_t *error = json_pack("{s:s, s:s?}", "code", failure->code, "message", failure->message);
    if (error == NULL) // bytes of the request that came back in the message were not UTF-8
        error = json_pack("{s:s, s:s}", "code", failure->code, "message", "not UTF-8");
    if (failure->errors.count == 0)
        return error;
    json_t *errors = json_array();
    for (size_t i = 0; i < failure->errors.count; i++)
        json_array_append_new(errors, json_string(failure->errors.text[i]));
    json_object_set_new(error, "errors", errors);
    return error;
}

// The group is there to read; and the other processes of an instance are in it.
bool
request_may_change(const struct peer *peer) {
    return peer->uid == 0 || peer->uid == geteuid();
}

static json_t *
run_method(struct control *control, const struct peer *peer, const struct jn_method *method, const json_t *params,
           struct failure *failure) {
    const struct handler *handler = &handlers[method - jn_methods];
    struct publication publication;
    static struct jn_log_limit limit;
    if (handler->query != NULL)
        return handler->query(control);
    if (!request_may_change(peer)) {
        jn_log_limited(&limit, 5, JN_LOG_WARNING, "%s refused to uid %u, pid %d", method->name, peer->uid, peer->pid);
        control_fail(failure, "forbidden", "%s: only root may change anything; group " JN_READERS_GROUP " reads",
                     method->name);
        return NULL;
    }
    int rc = handler->change(
        &(struct change){.control = control, .params = params, .failure = failure, .publication = &publication});
    json_t *result = rc < 0 ? NULL : change_result(control, &publication, failure);
    jn_log(JN_LOG_INFO, "%s asked by uid %u, pid %d: %s", method->name, peer->uid, peer->pid,
           result != NULL ? "done" : failure->message);
    return result;
}

static json_t *
handle(struct control *control, const struct peer *peer, json_t *request, struct failure *failure) {
    json_t *name = json_object_get(request, "method"), *params = json_object_get(request, "params");
    const struct jn_method *method = json_is_string(name) ? find_method(json_string_value(name)) : NULL;
    if (!json_is_string(name))
        control_fail(failure, "bad_request", "method: expected a string");
    else if (method == NULL)
        control_fail(failure, "unknown_method", "method: %.64s is not known", json_string_value(name));
    else if (params != NULL && !json_is_object(params))
        control_fail(failure, "bad_params", "params: expected an object, found %s", type_word(json_typeof(params)));
    if (failure->code != NULL || check_params(method, params, failure) < 0)
        return NULL;
    return run_method(control, peer, method, params, failure);
}

static char *
dump(json_t *id, json_t *result, const struct failure *failure) {
    json_t *answer = json_object();
    json_object_set_new(answer, "id", json_is_integer(id) || json_is_string(id) ? json_incref(id) : json_null());
    if (result != NULL)
        json_object_set_new(answer, "result", result);
    else
        json_object_set_new(answer, "error", error_object(failure));
    char *text = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    return text;
}

char *
request_answer(struct control *control, const struct peer *peer, const char *line, size_t length, bool *close) {
    struct failure failure = {0};
    json_error_t syntax;
    json_t *result = NULL;
    json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, &syntax);
    *close = !json_is_object(request);
    if (request == NULL)
        control_fail(&failure, "bad_request", "not JSON: %s", syntax.text);
    else if (!json_is_object(request))
        control_fail(&failure, "bad_request", "expected an object, found %s", type_word(json_typeof(request)));
    else
        result = handle(control, peer, request, &failure);
    char *text = dump(json_object_get(request, "id"), result, &failure);
    jn_config_errors_free(&failure.errors);
    json_decref(request);
    return text;
}

char *
request_refusal(const char *code, const char *message) {
    struct failure failure = {0};
    control_fail(&failure, code, "%s", message);
    return dump(NULL, NULL, &failure);
}
