// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_losses.h"

#include "log.h"

uint64_t
jn_loss_note(struct jn_loss *loss, uint64_t counter, uint64_t now_ms) {
    uint64_t more = counter >= loss->seen ? counter - loss->seen : counter;
    loss->seen = counter;
    loss->unsaid += more;
    if (more != 0)
        loss->grew_ms = now_ms;
    loss->growing = more != 0 || (loss->growing && now_ms - loss->grew_ms < JN_LOSS_SHOWN_MS);
    if (loss->unsaid == 0 || (loss->was_said && now_ms - loss->said_ms < JN_LOSS_SAID_MS))
        return 0;
    uint64_t said = loss->unsaid;
    loss->unsaid = 0;
    loss->said_ms = now_ms;
    loss->was_said = true;
    return said;
}

void
jn_port_losses_watch(unsigned int port_idx, struct jn_port_state *shown, uint64_t now_ms) {
    static struct jn_loss losses[JN_MAX_PORTS][JN_PORT_LOSS_COUNT];
    const uint64_t counters[JN_PORT_LOSS_COUNT] = {
        [JN_PORT_LOSS_NOMBUF] = shown->rx_nombuf, [JN_PORT_LOSS_MISSED] = shown->rx_missed};
    static const char *const why[JN_PORT_LOSS_COUNT] = {
        [JN_PORT_LOSS_NOMBUF] = "found no packet buffer (rx_nombuf): more dataplane.memory_mb or dataplane.mbufs",
        [JN_PORT_LOSS_MISSED] = "were not taken from the device in time (rx_missed): a worker is busy or was stopped"};
    uint32_t losing = 0;
    for (unsigned int i = 0; i < JN_PORT_LOSS_COUNT; i++) {
        uint64_t lost = jn_loss_note(&losses[port_idx][i], counters[i], now_ms);
        losing |= losses[port_idx][i].growing ? UINT32_C(1) << i : 0;
        if (lost != 0)
            jn_log(JN_LOG_WARNING, "port %s: %lu more frames %s", shown->name, (unsigned long)lost, why[i]);
    }
    shown->losing = losing;
}
