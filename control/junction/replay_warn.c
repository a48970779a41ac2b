// SPDX-License-Identifier: BSD-3-Clause
#include "replay_warn.h"

#include <stdio.h>

static void
warn_about_other_wires(const struct jn_config *config) {
    for (unsigned int i = 0; i < config->vpg_count; i++)
        if (!(config->vpgs[i].wires & 1))
            fprintf(stderr, "warning: VPG %s is on %s: a capture is played on the first wire alone\n",
                    config->vpgs[i].id, config->dataplane.wires[__builtin_ctzll(config->vpgs[i].wires)].name);
}

static void
warn_about_no_copies(const struct jn_config *config) {
    for (unsigned int i = 0; i < config->vpg_count; i++) {
        const struct jn_config_vpg *vpg = &config->vpgs[i];
        for (unsigned int j = 0; j < vpg->peer_count; j++)
            if ((vpg->wires & 1) && vpg->peers[j].peer.flags & JN_PEER_ENABLED)
                return;
        if ((vpg->wires & 1) && vpg->gate.gate.flags & JN_GATE_REDIRECT)
            return;
    }
    fputs("warning: --write-tunnel: no VPG of the first wire has an enabled mirroring peer, or is redirected: the file "
          "will be empty\n",
          stderr);
}

void
replay_warn(const struct jn_config *config, bool writes_tunnel) {
    warn_about_other_wires(config);
    if (writes_tunnel)
        warn_about_no_copies(config);
}
