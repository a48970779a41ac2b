// SPDX-License-Identifier: BSD-3-Clause
#include "heartbeat.h"

#include "clock_read.h"

uint64_t
jn_heartbeat_now_ms(void) {
    return jn_clock_read(CLOCK_MONOTONIC) / 1000000;
}

enum jn_heartbeat_news
jn_heartbeat_look(struct jn_heartbeat *heartbeat, uint64_t beats, uint64_t now_ms) {
    uint64_t elapsed = now_ms - heartbeat->looked_ms;
    bool grew = !heartbeat->seen || beats != heartbeat->beats, said = heartbeat->said;
    if (!grew) {
        heartbeat->silent_ms += elapsed < JN_HEARTBEAT_LOOK_MS ? elapsed : JN_HEARTBEAT_LOOK_MS;
    } else {
        heartbeat->before_ms = heartbeat->silent_ms;
        heartbeat->silent_ms = 0;
    }
    heartbeat->beats = beats;
    heartbeat->looked_ms = now_ms;
    heartbeat->seen = true;
    heartbeat->said = !grew && heartbeat->silent_ms >= JN_HEARTBEAT_SAID_MS;
    if (said && grew)
        return JN_HEARTBEAT_BACK;
    return heartbeat->said && !said ? JN_HEARTBEAT_SILENT : JN_HEARTBEAT_NOTHING;
}
