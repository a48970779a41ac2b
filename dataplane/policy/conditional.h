// SPDX-License-Identifier: BSD-3-Clause
// A VPG's conditional rules, which no index has: those that look at the application, and those for new flows alone. A flow is
// held beside each of them that can match at all; of a flow whose application is still looked for that are few.
#pragma once

#include "policy/classify.h"

enum jn_conditional_kind {
    JN_CONDITIONAL_SOUGHT, // that can match while the application is looked for
    JN_CONDITIONAL_ENDED,  // that can once the search has ended
    JN_CONDITIONAL_ALL,
    JN_CONDITIONAL_KINDS,
};

struct jn_conditional {
    uint16_t count[JN_CONDITIONAL_KINDS];
    uint16_t place[]; // in the VPG, rising: of the first kind, then of the next
};

static inline const uint16_t *
jn_conditional_places(const struct jn_conditional *conditional, enum jn_conditional_kind kind) {
    const uint16_t *places = conditional->place;
    for (unsigned int i = 0; i < kind; i++)
        places += conditional->count[i];
    return places;
}

// Those of the VPG into the ruleset, with what it says of them. 0 or -ENOMEM. Main thread.
int jn_conditional_add(struct jn_ruleset *rules, const struct jn_vpg *vpg);

// Does what the rule says of the application hold, now that the search has ended? Also if it says nothing.
bool jn_conditional_holds(const struct jn_policy *policy, const struct jn_rule *rule,
                          const struct jn_application_known *known);
