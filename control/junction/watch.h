// SPDX-License-Identifier: BSD-3-Clause
// The dataplane watches its workers itself. Whether its main thread still does is seen from here, by its heartbeat in the
// counters region.
#pragma once

#include <sys/types.h>

#include "counters_view.h"
#include "heartbeat.h"

// Beyond hang_seconds: the main thread may take so long for a policy, or for a port.
enum { WATCH_MAIN_EXTRA_S = 30 };

struct watch {
    struct jn_counters_view counters;
    struct jn_heartbeat heartbeat;
    pid_t pid;   // whose
    bool beaten; // it has been seen to beat
    int signals; // sent to it so far
};

// How long to wait until it has to be looked at again; wanted: milliseconds, negative for ever.
long watch_timeout(long wanted);

// Look at the dataplane with that process id, 0: there is none. A main thread that has been silent for hang_seconds (0: it may
// be) and thirty more is ended: by SIGABRT, and five seconds later by SIGKILL.
void watch_dataplane(struct watch *watch, const char *instance, pid_t pid, unsigned int hang_seconds);

// The same at a time of the monotonic clock: for the test.
void watch_dataplane_at(struct watch *watch, const char *instance, pid_t pid, unsigned int hang_seconds,
                        uint64_t now_ms);

// Has that dataplane's main thread been seen to beat? It does so when the ports are open.
bool watch_has_beaten(const struct watch *watch);
