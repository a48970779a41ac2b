// SPDX-License-Identifier: BSD-3-Clause
// A region of another process: it comes later than the dataplane, goes, and comes again. All for the main thread.
#pragma once

#include "shm.h"

struct jn_follow {
    struct jn_shm now, former; // read only; former: until no worker reads it any more. base NULL: none
};

// Look for it. True: `now` is another one than before; what it was is `former`, and may still be read. lacks: what is not
// known without it, for the log.
bool jn_follow(struct jn_follow *follow, const char *instance, enum jn_region region, size_t least, const char *lacks);

// No worker reads the former one any more.
void jn_follow_forget(struct jn_follow *follow);

// Leave both.
void jn_follow_close(struct jn_follow *follow);
