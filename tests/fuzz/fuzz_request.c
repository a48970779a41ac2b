// SPDX-License-Identifier: BSD-3-Clause
// One line from junction-control's socket: always one answer of JSON, and a handler sees only parameters that fit the table.
#include <stdarg.h>

#include "../../control/junction-control/request.h"
#include "fuzz.h"

static json_t *
handled(const json_t *params, const char *const *strings, const char *boolean, size_t count) {
    if (json_object_size(params) != count)
        abort();
    for (; *strings != NULL; strings++)
        if (!json_is_string(json_object_get(params, *strings)))
            abort();
    if (boolean != NULL && !json_is_boolean(json_object_get(params, boolean)))
        abort();
    return json_object();
}

#define HANDLER(name, boolean, count, ...)                                                                             \
    json_t *name(struct control *control, const json_t *params, struct failure *failure) {                             \
        (void)control, (void)failure;                                                                                  \
        return handled(params, (const char *const[]){__VA_ARGS__}, boolean, count);                                    \
    }
HANDLER(method_status, NULL, 0, NULL)
HANDLER(method_policy, NULL, 0, NULL)
HANDLER(method_vpgs, NULL, 0, NULL)
HANDLER(method_reload, NULL, 0, NULL)
HANDLER(method_vpg_inspection, "enabled", 2, "vpg", NULL)
HANDLER(method_mirror_remove, NULL, 2, "vpg", "address", NULL)
HANDLER(method_mirror_enable, NULL, 2, "vpg", "address", NULL)
HANDLER(method_mirror_disable, NULL, 2, "vpg", "address", NULL)
HANDLER(method_gate, "enabled", 2, "vpg", NULL)
HANDLER(method_gate_peer_remove, NULL, 2, "vpg", "outer", NULL)
HANDLER(method_redirect_unset, NULL, 1, "vpg", NULL)

// Options are of their type, null, or not there.
static json_t *
with_options(const json_t *params) {
    size_t count = 2;
    static const struct {
        const char *name;
        json_type type;
    } options[] = {
#define O(name, type) {name, type},
        PEER_OPTIONS(O){"enabled", JSON_TRUE},
#undef O
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const json_t *value = json_object_get(params, options[i].name);
        count += value != NULL;
        if (value != NULL && !json_is_null(value) && json_typeof(value) != options[i].type && !json_is_false(value))
            abort();
        if (json_is_false(value) && options[i].type != JSON_TRUE)
            abort();
    }
    return handled(params, (const char *const[]){"vpg", "address", NULL}, NULL, count);
}

json_t *
method_mirror_add(struct control *control, const json_t *params, struct failure *failure) {
    (void)control, (void)failure;
    return with_options(params);
}

json_t *
method_mirror_set(struct control *control, const json_t *params, struct failure *failure) {
    (void)control, (void)failure;
    return with_options(params);
}

// Texts that may be left out or null.
static json_t *
with_texts(const json_t *params, const char *const *strings, size_t count, const char *const *optional) {
    for (; *optional != NULL; optional++) {
        const json_t *value = json_object_get(params, *optional);
        count += value != NULL;
        if (value != NULL && !json_is_null(value) && !json_is_string(value))
            abort();
    }
    return handled(params, strings, NULL, count);
}

json_t *
method_gate_peer_add(struct control *control, const json_t *params, struct failure *failure) {
    (void)control, (void)failure;
    return with_texts(params, (const char *const[]){"vpg", "outer", "inner", NULL}, 3,
                      (const char *const[]){"inner_ipv6", "group", "description", NULL});
}

json_t *
method_redirect_set(struct control *control, const json_t *params, struct failure *failure) {
    (void)control, (void)failure;
    return with_texts(params, (const char *const[]){"vpg", "gateway", NULL}, 2,
                      (const char *const[]){"standby", "on_failure", NULL});
}

json_t *
method_gate_vni(struct control *control, const json_t *params, struct failure *failure) {
    (void)control, (void)failure;
    if (!json_is_integer(json_object_get(params, "vni")))
        abort();
    return handled(params, (const char *const[]){"vpg", NULL}, NULL, 2);
}

// This one fails and echoes what it was given, as a real one may.
json_t *
method_log(struct control *control, const json_t *params, struct failure *failure) {
    (void)control;
    control_fail(failure, "bad_params", "found %.32s", json_string_value(json_object_get(params, "level")));
    return NULL;
}

int
control_fail(struct failure *failure, const char *code, const char *format, ...) {
    va_list arguments;
    failure->code = code;
    va_start(arguments, format);
    vsnprintf(failure->message, sizeof(failure->message), format, arguments);
    va_end(arguments);
    return -1;
}

void
jn_mistakes_free(struct jn_mistakes *mistakes) {
    if (mistakes->count != 0)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct peer peer = {1, 1};
    bool close = false;
    jn_log_set_level(JN_LOG_ERROR);
    char *answer = request_answer(NULL, &peer, (const char *)data, size, &close);
    if (answer == NULL)
        abort();
    json_t *object = json_loads(answer, 0, NULL);
    json_t *error = json_object_get(object, "error"), *result = json_object_get(object, "result");
    if (object == NULL || json_object_size(object) != 2 || strchr(answer, '\n') != NULL ||
        (error == NULL) == (result == NULL))
        abort();
    if (error != NULL &&
        (!json_is_string(json_object_get(error, "code")) || !json_is_string(json_object_get(error, "message"))))
        abort();
    if (close && error == NULL)
        abort();
    json_decref(object);
    free(answer);
    return 0;
}
