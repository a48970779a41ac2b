// SPDX-License-Identifier: BSD-3-Clause
// A heartbeat is a count that grows as long as somebody is well. Who looks at it measures silence by the looks it has had
// itself: after a time in which nobody ran, as with a suspend or SIGSTOP, nobody has been silent.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    JN_HEARTBEAT_SAID_MS = 1000, // silence is said from here on
    JN_HEARTBEAT_LOOK_MS = 500,  // what one look counts for at most
};

// One heartbeat, as one looker sees it. Zeroed: not seen yet.
struct jn_heartbeat {
    uint64_t beats;     // as last seen
    uint64_t looked_ms; // when
    uint64_t silent_ms; // since it grew, as far as looks bear witness
    uint64_t before_ms; // the silence that its last growth has ended
    bool seen, said;
};

enum jn_heartbeat_news { JN_HEARTBEAT_NOTHING, JN_HEARTBEAT_SILENT, JN_HEARTBEAT_BACK };

// Look at it. now_ms: monotonic. SILENT and BACK come once each; BACK only after SILENT.
enum jn_heartbeat_news jn_heartbeat_look(struct jn_heartbeat *heartbeat, uint64_t beats, uint64_t now_ms);

// Milliseconds of the monotonic clock, which stands while the machine is suspended.
uint64_t jn_heartbeat_now_ms(void);
