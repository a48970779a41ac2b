// SPDX-License-Identifier: BSD-3-Clause
#include "gate/vnet.h"

#include <stdlib.h>

void
jn_vnet_free(struct jn_vnet *vnet) {
    if (vnet == NULL)
        return;
    for (unsigned int peer_idx = 0; peer_idx < JN_GATE_PEERS; peer_idx++)
        free(vnet->tunnel[peer_idx]);
    free(vnet);
}
