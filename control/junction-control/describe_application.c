// SPDX-License-Identifier: BSD-3-Clause
// What a rule says of the application, by the names that a configuration has for it.
#include "describe_application.h"

#include <stdio.h>

#include "applications/applications.h"

static const char *
application_name(unsigned int number) {
    const struct jn_application *application = jn_application_by_number((uint16_t)number);
    return application == NULL ? NULL : application->name;
}

// Of each bit the name, or the number where this program knows none; null without a bit.
static json_t *
names_of(const uint64_t *bits, unsigned int count, const char *(*name)(unsigned int number)) {
    json_t *list = json_array();
    char text[16];
    for (unsigned int i = 0; i < count; i++) {
        if (!(bits[i / 64] >> i % 64 & 1))
            continue;
        snprintf(text, sizeof(text), "%u", i);
        json_array_append_new(list, json_string(name(i) != NULL ? name(i) : text));
    }
    if (json_array_size(list) > 0)
        return list;
    json_decref(list);
    return json_null();
}

static json_t *
server_names(const struct jn_policy *policy, const struct jn_application_match *match) {
    const struct jn_server_name *names = jn_policy_server_names(policy) + match->server_name_first;
    if (match->server_name_count == 0)
        return json_null();
    json_t *list = json_array();
    for (uint32_t i = 0; i < match->server_name_count; i++) {
        char text[JN_SERVER_NAME_MAX + 3];
        snprintf(text, sizeof(text), "%s%.*s", names[i].wildcard ? "*." : "", names[i].length,
                 jn_policy_string(policy, names[i].string_offset));
        json_array_append_new(list, json_string(text));
    }
    return list;
}

void
describe_application(json_t *object, const struct jn_policy *policy, const struct jn_rule *rule) {
    static const struct jn_application_match nothing;
    const struct jn_application_match *match =
        rule->application_match == 0 ? &nothing : &jn_policy_application_matches(policy)[rule->application_match - 1];
    json_object_set_new(object, "application",
                        match->undecided ? json_pack("[s]", "undecided")
                                         : names_of(match->applications, JN_APPLICATION_NUMBERS, application_name));
    json_object_set_new(object, "category", names_of(match->categories, JN_CATEGORY_NUMBERS, jn_category_name));
    json_object_set_new(object, "server_name", server_names(policy, match));
    json_object_set_new(object, "risk", names_of(&match->risks, 64, jn_risk_name));
    json_object_set_new(object, "new_flows_only", json_boolean(rule->new_flows_only));
}
