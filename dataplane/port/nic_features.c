// SPDX-License-Identifier: BSD-3-Clause
#include "port/nic_features.h"

#include <stddef.h>
#include <string.h>

bool
jn_nic_leaves_unfinished(const char *device) {
    static const char *const kinds[] = {"net_af_xdp", "net_af_packet", "net_pcap", "net_tap"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strncmp(device, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return false;
}
