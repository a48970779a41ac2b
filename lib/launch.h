// SPDX-License-Identifier: BSD-3-Clause
// The launch region: what junction run knows of the processes that it has started. Its writer is junction run; junctionctl
// reads it. Not there when the processes were started by hand.
#pragma once

#include "shm.h"

// X(ID, program). In the order in which they are stopped: the dataplane flushes its last records and samples, the classifier
// reads those, and the exporter delivers the records with what was read.
#define JN_PARTS(X)                                                                                                    \
    X(DATAPLANE, "junction-dataplane")                                                                                 \
    X(CLASSIFY, "junction-classify")                                                                                   \
    X(EXPORT, "junction-export")                                                                                       \
    X(CONTROL, "junction-control")

enum jn_part {
#define X(id, program) JN_PART_##id,
    JN_PARTS(X)
#undef X
        JN_PART_COUNT
};

// The exit status of a dataplane whose device, or CPU, cannot do what is configured: starting it again does not help.
enum { JN_EXIT_CANNOT = 3 };

// One process. Every field is written by junction run alone, by itself (jn_store): a reader may see two of them from
// before and after a change, and shows no more than that.
struct jn_launch_part {
    uint32_t pid;         // 0: not running
    uint32_t deaths;      // in a row, each soon after its start
    int32_t status;       // of the last death, as waitpid gives it; of use when died_ns is not 0
    uint32_t reserved0;   // 0
    uint64_t died_ns;     // CLOCK_MONOTONIC, nanoseconds; 0: never
    uint64_t restart_ns;  // CLOCK_MONOTONIC: when it is to be started again; 0: it is running
    uint64_t reserved[3]; // 0
};

struct jn_launch_region {
    struct jn_region_header header;
    struct jn_launch_part parts[JN_PART_COUNT];
};
_Static_assert(sizeof(struct jn_launch_part) == 56 && sizeof(struct jn_launch_region) == 128 + 4 * 56,
               "the launch region is ABI");

// A status as waitpid gives it, in words: "exited with status 1", "was killed by signal 9 (Killed)". Returns out.
const char *jn_exit_text(int status, char *out, size_t size);

// Why the part does not run, and until when: "exited with status 1 3 s ago, 7 times in a row; next start in 12 s", or ""
// for one that runs or never died. part: a copy. now_ns: CLOCK_MONOTONIC. Returns out.
const char *jn_launch_part_text(const struct jn_launch_part *part, uint64_t now_ns, char *out, size_t size);
