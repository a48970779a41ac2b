// SPDX-License-Identifier: BSD-3-Clause
// One line from junction-control's socket: always one answer of JSON, and a handler sees only parameters that its method
// takes, those that it must have, each of its type.
#include <stdarg.h>

#include "../../control/junction-control/change.h"
#include "../../control/junction-control/request.h"
#include "config/config_load.h"
#include "fuzz.h"

static void
handled(const struct jn_method *method, const json_t *params) {
    struct jn_parameter parameters[JN_MAX_PARAMETERS];
    size_t count = jn_method_parameters(method, parameters), found = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(params, parameters[i].name);
        bool required = parameters[i].word != NULL;
        found += value != NULL;
        if (value == NULL || json_is_null(value) ? required : json_typeof(value) != parameters[i].type)
            if (!json_is_false(value) || parameters[i].type != JSON_TRUE)
                abort();
    }
    if (json_object_size(params) != found)
        abort();
}

#define X(handler, ...)                                                                                                \
    json_t *query_##handler(struct control *control) {                                                                 \
        (void)control;                                                                                                 \
        return json_object();                                                                                          \
    }
JN_QUERIES(X)
#undef X

// The one of a log level fails and echoes what it was given, as a real one may.
#define X(handler, ...)                                                                                                \
    int change_##handler(struct change *change) {                                                                      \
        handled(&jn_methods[JN_METHOD_##handler], change->params);                                                     \
        if (JN_METHOD_##handler == JN_METHOD_log)                                                                      \
            return control_fail(change->failure, "bad_params", "found %.32s",                                          \
                                json_string_value(json_object_get(change->params, "level")));                          \
        return 0;                                                                                                      \
    }
JN_CHANGES(X)
#undef X

json_t *
change_result(struct control *control, const struct publication *publication, const struct failure *failure) {
    (void)control, (void)publication, (void)failure;
    return json_object();
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
jn_config_errors_free(struct jn_config_errors *errors) {
    if (errors->count != 0)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct peer peer = {1, 0}; // root, who may change things
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
