// SPDX-License-Identifier: BSD-3-Clause
// One writer at a time: what a process holds in its directory (place.h) as long as it lives. Two files:
//     lock    mode 0600. Whoever holds its lock is the writer. Nobody else can open it, so nobody else can hold it.
//     alive   mode 0640. New with each life, locked before it has its name, so that no reader's lock can keep the writer
//             from it. Readers ask who holds a write lock there, and so tell a live writer from a dead one without trusting
//             a process id.
// A life has a random number. It stands in `alive` and in each region that the writer has made or taken over.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "place.h"

struct jn_life;

// Become the writer, or be it once more: each call is given back. The directories are there (jn_instance_make). Returns
// NULL with a negative errno in *rc and a sentence in err: -EBUSY another one lives. Main thread.
struct jn_life *jn_writer_take(const char *instance, enum jn_writer writer, int *rc, char err[JN_ERR_MAX]);

// Given back the last time, both files go, and directories that are empty then.
void jn_writer_give_back(struct jn_life *life);

// Hold the lock of a file of that name, mode 0600, in the directory, as long as the descriptor that is returned is open. It is
// made when it is not there; what is not the writer's is refused. -EBUSY: another holds it. directory: for sentences.
int jn_lock_take(int at, const char *name, enum jn_writer writer, const char *directory, char err[JN_ERR_MAX]);

// Its number, never 0.
uint64_t jn_life_number(const struct jn_life *life);

// Does the writer with that number live? 0: any.
bool jn_writer_lives(const char *instance, enum jn_writer writer, uint64_t number);

// Of an instance whose processes have ended, or were killed: locks that nobody holds are removed, and directories that are
// empty then. For who has the right to; else nothing happens.
void jn_instance_tidy(const char *instance);
