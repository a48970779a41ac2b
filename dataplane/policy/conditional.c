// SPDX-License-Identifier: BSD-3-Clause
#include "policy/conditional.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rule_match.h"

static const struct jn_application_match *
match_of(const struct jn_policy *policy, const struct jn_rule *rule) {
    return rule->application_match == 0 ? NULL : &jn_policy_application_matches(policy)[rule->application_match - 1];
}

static bool
is_of(const struct jn_policy *policy, const struct jn_rule *rule, enum jn_conditional_kind kind) {
    const struct jn_application_match *match = match_of(policy, rule);
    if (match == NULL)
        return rule->new_flows_only;
    return kind == JN_CONDITIONAL_ALL || match->undecided == (kind == JN_CONDITIONAL_SOUGHT);
}

static void
note(struct jn_ruleset *rules, const struct jn_vpg *vpg, const struct jn_rule *rule) {
    const struct jn_application_match *match = match_of(rules->policy, rule);
    rules->has_application_rules[vpg->vpg_idx] |= match != NULL;
    rules->has_server_names[vpg->vpg_idx] |= match != NULL && match->server_name_count > 0;
}

int
jn_conditional_add(struct jn_ruleset *rules, const struct jn_vpg *vpg) {
    const struct jn_rule *rule = jn_policy_rules(rules->policy) + vpg->rule_first;
    uint32_t count = 0, used = 0;
    for (uint32_t i = 0; i < vpg->rule_count; i++)
        count += jn_rule_is_conditional(&rule[i]);
    if (count == 0)
        return 0;
    struct jn_conditional *out = calloc(1, sizeof(*out) + JN_CONDITIONAL_KINDS * count * sizeof(out->place[0]));
    if (out == NULL)
        return -ENOMEM;
    for (unsigned int kind = 0; kind < JN_CONDITIONAL_KINDS; kind++)
        for (uint32_t i = 0; i < vpg->rule_count; i++)
            if (is_of(rules->policy, &rule[i], kind)) {
                out->place[used++] = (uint16_t)i;
                out->count[kind]++;
                note(rules, vpg, &rule[i]);
            }
    rules->conditional[vpg->vpg_idx] = out;
    return 0;
}

static bool
has(const uint64_t *words, size_t numbers, unsigned int number) {
    return number < numbers && (words[number / 64] >> number % 64 & 1);
}

// Without a master the application carries itself: 0 is not "Unknown" there.
static bool
application_holds(const struct jn_application_match *match, uint16_t application, uint16_t master) {
    return has(match->applications, JN_APPLICATION_NUMBERS, application) ||
           (master != 0 && has(match->applications, JN_APPLICATION_NUMBERS, master)) ||
           !jn_mask_has_any(match->applications, JN_APPLICATION_NUMBERS / 64);
}

static bool
category_holds(const struct jn_application_match *match, uint8_t category) {
    return has(match->categories, JN_CATEGORY_NUMBERS, category) ||
           !jn_mask_has_any(match->categories, JN_CATEGORY_NUMBERS / 64);
}

// The name itself; with a wildcard any that ends in a dot and it.
static bool
is_named(const char *said, const struct jn_server_name *one, const char *name, uint32_t length) {
    if (!one->wildcard)
        return length == one->length && memcmp(said, name, length) == 0;
    return length > one->length + 1u && name[length - one->length - 1] == '.' &&
           memcmp(said, name + length - one->length, one->length) == 0;
}

static bool
name_holds(const struct jn_policy *policy, const struct jn_application_match *match, const char *name,
           uint32_t length) {
    const struct jn_server_name *names = jn_policy_server_names(policy) + match->server_name_first;
    for (uint32_t i = 0; name != NULL && i < match->server_name_count; i++)
        if (is_named(jn_policy_string(policy, names[i].string_offset), &names[i], name, length))
            return true;
    return match->server_name_count == 0;
}

bool
jn_conditional_holds(const struct jn_policy *policy, const struct jn_rule *rule,
                     const struct jn_application_known *known) {
    const struct jn_application_match *match = match_of(policy, rule);
    bool decided = known->phase == JN_APPLICATION_DECIDED_PHASE; // else all that is known of it is guessed
    if (match == NULL)
        return true;
    return application_holds(match, decided ? known->application : 0, decided ? known->master : 0) &&
           category_holds(match, decided ? known->category : 0) &&
           (match->risks == 0 || (match->risks & known->risks) != 0) &&
           name_holds(policy, match, known->name, known->name_length);
}
