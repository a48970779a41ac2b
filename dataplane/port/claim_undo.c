// SPDX-License-Identifier: BSD-3-Clause
#include "port/claim_undo.h"

#include <net/if.h>
#include <string.h>

#include "log.h"
#include "port/nic_ethtool.h"
#include "port/xdp.h"

static bool
is_of(const struct jn_claim_note *note, const char *interface) {
    uint8_t mac[6];
    return jn_nic_mac(interface, mac) && memcmp(mac, note->mac, sizeof(mac)) == 0;
}

static int
set_up(const struct jn_claim_note *note, const char *interface) {
    if (!note->down || jn_xdp_is_enabled(interface))
        return 0;
    jn_log(JN_LOG_INFO, "interface %s: bringing up what was left down", interface);
    return jn_xdp_enable(interface, true);
}

static int
set_mtu(const struct jn_claim_note *note, const char *interface) {
    bool ours = note->mtu_set != 0 && note->mtu_before != 0 && jn_xdp_mtu(interface) == note->mtu_set;
    return ours && note->mtu_set != note->mtu_before ? jn_xdp_set_mtu(interface, note->mtu_before) : 0;
}

void
jn_claim_undo(unsigned int index, const struct jn_claim_note *note, bool own) {
    char interface[IF_NAMESIZE];
    if ((!note->down && note->mtu_set == 0) || if_indextoname(index, interface) == NULL ||
        (!own && !is_of(note, interface)))
        return;
    int up = set_up(note, interface), mtu = set_mtu(note, interface);
    if (up < 0)
        jn_log(JN_LOG_WARNING, "interface %s stays down: %s", interface, strerror(-up));
    if (mtu < 0)
        jn_log(JN_LOG_WARNING, "interface %s keeps an MTU of %u: it cannot be set back to %u: %s", interface,
               note->mtu_set, note->mtu_before, strerror(-mtu));
}
