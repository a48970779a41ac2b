// SPDX-License-Identifier: BSD-3-Clause
// Claims on what the instances of this host share: interfaces, and NICs by their PCI address. A claim is a locked file beside
// the instances' directories (lib/place.h), and ends with the process that holds it.
#pragma once

#include "core/options.h"

// Claim `name`: a descriptor that is the claim as long as it is open, or negative errno with a sentence in err: -EBUSY
// another process has it. Main thread.
int jn_claim_take(const char *name, char err[JN_ERR_MAX]);
void jn_claim_give_back(int claim); // -1: nothing

// The NICs of all ports, for the life of the process: also while one is unplugged. The instance's directories are there.
struct jn_nic_claims {
    unsigned int count;
    int claims[JN_MAX_PORTS];
};
int jn_nic_claims_take(struct jn_nic_claims *claims, const struct jn_options *options, char err[JN_ERR_MAX]);
void jn_nic_claims_give_back(struct jn_nic_claims *claims);
