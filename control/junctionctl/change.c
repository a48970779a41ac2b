// SPDX-License-Identifier: BSD-3-Clause
// Commands that change something: junction-control does it, and says how far it got.
#include <stdio.h>
#include <string.h>

#include "client.h"

static int
change(const struct invocation *invocation, const char *method, json_t *params) {
    json_t *warning, *result = client_result(invocation, method, params);
    size_t i;
    if (result == NULL)
        return COMMAND_FAILED;
    const char *message = json_string_value(json_object_get(result, "message"));
    const char *restart = json_string_value(json_object_get(result, "restart_needed"));
    if (invocation->json) {
        json_dumpf(result, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        puts(message != NULL ? message : "done");
        json_array_foreach(json_object_get(result, "warnings"), i, warning) {
            printf("warning: %s\n", json_string_value(warning));
        }
        if (restart != NULL)
            printf("in force only after a restart of the dataplane: %s\n", restart);
    }
    json_decref(result);
    return COMMAND_DONE;
}

int
change_inspection(const struct invocation *invocation) {
    return change(invocation, "vpg.inspection",
                  json_pack("{s:s, s:b}", "vpg", invocation->arguments[0], "enabled",
                            strcmp(invocation->arguments[1], "on") == 0));
}

int
change_reload(const struct invocation *invocation) {
    return change(invocation, "reload", NULL);
}

int
change_log(const struct invocation *invocation) {
    return change(invocation, "log", json_pack("{s:s}", "level", invocation->arguments[0]));
}
