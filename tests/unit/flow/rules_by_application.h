// SPDX-License-Identifier: BSD-3-Clause
// In place of the rules (linked with --wrap=jn_classify): a verdict that the test gives by what is known of a flow.
#pragma once

#include "policy/classify.h"

struct jn_classified __wrap_jn_classify(const struct jn_ruleset *rules, struct jn_flow_entry *entry,
                                        const struct jn_application_known *known);
struct jn_classified __real_jn_classify(const struct jn_ruleset *rules, struct jn_flow_entry *entry,
                                        const struct jn_application_known *known);

static struct jn_application_known asked;       // last
static char asked_name[JN_SERVER_NAME_MAX + 1]; // of that
static unsigned int times_asked;
static uint16_t (*verdict_by)(const struct jn_application_known *known); // NULL: as the configuration has it

struct jn_classified
__wrap_jn_classify(const struct jn_ruleset *rules, struct jn_flow_entry *entry,
                   const struct jn_application_known *known) {
    struct jn_classified classified = __real_jn_classify(rules, entry, known);
    asked = *known;
    memset(asked_name, 0, sizeof(asked_name));
    if (known->name != NULL)
        memcpy(asked_name, known->name, known->name_length);
    times_asked++;
    if (verdict_by != NULL)
        classified.verdict = verdict_by(known);
    return classified;
}
