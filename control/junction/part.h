// SPDX-License-Identifier: BSD-3-Clause
// One process that junction run keeps alive. What dies is started again after a pause that doubles from death to death.
// Only a dataplane that never came up is given up: whatever is beside it must not end the traffic, however often it dies.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "launch.h"

enum {
    PART_FIRST_PAUSE_MS = 100,
    PART_DATAPLANE_PAUSE_MS = 5000, // the longest pause of the dataplane: traffic waits for it
    PART_BESIDE_PAUSE_MS = 60000,   // and of the others
    PART_STABLE_MS = 30000,         // having lived so long, a part begins with the first pause again
    PART_START_UP_MS = 5000,        // dying sooner is a failure to start; so is a dataplane's death before it serves
    PART_START_UP_DEATHS = 5,       // so many in a row, before it was ever up, and the dataplane is given up
};

// Times are of milliseconds_now. A part that was never started has restart_ms 0: it is due.
struct part {
    const char *name;
    enum jn_part number;
    pid_t pid;       // 0: not running
    long started_ms; // the last time
    long restart_ms; // when not running: start it then
    long pause_ms;   // before the next start but one
    int start_up_deaths;
    bool unwanted;                // the configuration does without it
    bool was_up;                  // has once lived longer than a start-up
    bool serves;                  // of a dataplane: in this life it has come so far
    struct jn_launch_part *shown; // in the launch region, or NULL when there is none
};

// It runs now; or, with pid -1, it could not be started, which was logged: tried again after the longest pause.
void part_started(struct part *part, pid_t pid, long now_ms);

// The dataplane serves: huge pages and many ports may take it long to come so far, or to fail.
void part_serves(struct part *part);

// It died unasked, with a status as of waitpid; logged. False: it is to be given up.
bool part_died(struct part *part, int status, long now_ms);

// It ended after it was asked to. False, and logged: not in order.
bool part_ended(struct part *part, int status);

// Start it as soon as can be if it waits, with the first pause: what it died of may have been mended.
void part_hurry(struct part *part, long now_ms);
