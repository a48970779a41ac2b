// SPDX-License-Identifier: BSD-3-Clause
// Commands that change something: junction-control does it, and says how far it got.
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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

// What was given of options.
struct given_option {
    const char *option, *name; // on the command line, and in the request
    size_t offset;             // in struct invocation
    bool number;
};

static json_t *
option_value(const struct given_option *option, const char *text) {
    char *end;
    if (strcmp(text, "default") == 0)
        return json_null();
    if (!option->number)
        return json_string(text);
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0)
        return json_integer(number);
    fprintf(stderr, "junctionctl: %s: expected a number or \"default\", found %s\n", option->option, text);
    return NULL;
}

// The parameters, and whichever of the options were given. NULL with the mistake said.
static json_t *
add_options(const struct invocation *invocation, json_t *params, const struct given_option *options, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *text = *(const char *const *)((const char *)invocation + options[i].offset);
        json_t *value = text == NULL ? NULL : option_value(&options[i], text);
        if (text != NULL && value == NULL) {
            json_decref(params);
            return NULL;
        }
        if (value != NULL)
            json_object_set_new(params, options[i].name, value);
    }
    return params;
}

#define TEXT(option, member)                                                                                           \
    { option, #member, offsetof(struct invocation, member), false }
#define NUMBER(option, member)                                                                                         \
    { option, #member, offsetof(struct invocation, member), true }

static json_t *
peer_params(const struct invocation *invocation, const char *address) {
    static const struct given_option options[] = {
        TEXT("--description", description),
        TEXT("--encapsulation", encapsulation),
        NUMBER("--key", key),
        NUMBER("--session", session),
        NUMBER("--ttl", ttl),
        NUMBER("--dscp", dscp),
        NUMBER("--snap-length", snap_length),
        NUMBER("--sample-packets", sample_packets),
        NUMBER("--sample-flows", sample_flows),
        NUMBER("--rate-mbps", rate_mbps),
        TEXT("--direction", direction),
        TEXT("--too-long", too_long),
    };
    json_t *params = json_pack("{s:s, s:s}", "vpg", invocation->arguments[0], "address", address);
    if (invocation->sequence || invocation->no_sequence)
        json_object_set_new(params, "sequence", invocation->sequence ? json_true() : json_null());
    if (invocation->disabled)
        json_object_set_new(params, "enabled", json_false());
    return add_options(invocation, params, options, sizeof(options) / sizeof(options[0]));
}

static int
change_peer(const struct invocation *invocation, const char *method, const char *address) {
    json_t *params = peer_params(invocation, address);
    return params == NULL ? COMMAND_USAGE : change(invocation, method, params);
}

int
change_mirror_add(const struct invocation *invocation) {
    return change_peer(invocation, "vpg.mirror.add", invocation->arguments[1]);
}

int
change_mirror_set(const struct invocation *invocation) {
    return change_peer(invocation, "vpg.mirror.set", invocation->arguments[1]);
}

int
change_mirror(const struct invocation *invocation) {
    char method[32];
    snprintf(method, sizeof(method), "vpg.mirror.%s", invocation->arguments[1]);
    return change_peer(invocation, method, invocation->arguments[2]);
}

int
change_redirect_set(const struct invocation *invocation) {
    static const struct given_option options[] = {TEXT("--standby", standby), TEXT("--on-failure", on_failure)};
    json_t *params = json_pack("{s:s, s:s}", "vpg", invocation->arguments[0], "gateway", invocation->arguments[1]);
    return change(invocation, "vpg.redirect.set", add_options(invocation, params, options, 2));
}

int
change_redirect_unset(const struct invocation *invocation) {
    return change(invocation, "vpg.redirect.unset", json_pack("{s:s}", "vpg", invocation->arguments[0]));
}

int
change_gate(const struct invocation *invocation) {
    return change(invocation, "vpg.gate",
                  json_pack("{s:s, s:b}", "vpg", invocation->arguments[0], "enabled",
                            strcmp(invocation->arguments[1], "open") == 0));
}

int
change_gate_vni(const struct invocation *invocation) {
    static const struct given_option option = {"set-vni", "vni", 0, true};
    json_t *vni = option_value(&option, invocation->arguments[1]);
    if (vni == NULL)
        return COMMAND_USAGE;
    return change(invocation, "vpg.gate.vni", json_pack("{s:s, s:o}", "vpg", invocation->arguments[0], "vni", vni));
}

int
change_gate_peer_add(const struct invocation *invocation) {
    static const struct given_option options[] = {TEXT("--inner-ipv6", inner_ipv6), TEXT("--group", group),
                                                  TEXT("--description", description)};
    json_t *params = json_pack("{s:s, s:s, s:s}", "vpg", invocation->arguments[0], "outer", invocation->arguments[1],
                               "inner", invocation->arguments[2]);
    return change(invocation, "vpg.gate.peer.add", add_options(invocation, params, options, 3));
}

int
change_gate_peer_remove(const struct invocation *invocation) {
    return change(invocation, "vpg.gate.peer.remove",
                  json_pack("{s:s, s:s}", "vpg", invocation->arguments[0], "outer", invocation->arguments[1]));
}

int
change_reload(const struct invocation *invocation) {
    return change(invocation, "reload", NULL);
}

int
change_log(const struct invocation *invocation) {
    return change(invocation, "log", json_pack("{s:s}", "level", invocation->arguments[0]));
}
