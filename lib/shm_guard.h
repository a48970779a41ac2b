// SPDX-License-Identifier: BSD-3-Clause
// A region is its writer's file, and a writer that was taken over can cut it short under who reads it: the kernel answers
// the next read with SIGBUS. A guarded mapping is replaced by zeros then, and the read goes on: what reads zeros finds them
// wrong like anything else in a region. A SIGBUS elsewhere ends the process as ever.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Guard a mapping, or leave it. Main thread; sees to the handler. At most 32 at a time: beyond, the process
// is as without.
void jn_shm_guard(void *base, size_t size);
void jn_shm_unguard(const void *base);

// Was any mapping of this process replaced so far?
bool jn_shm_was_cut(void);
