// SPDX-License-Identifier: BSD-3-Clause
// The directory of a sink's spool, made by who starts junction-export, which may be root.
#pragma once

#include "shm.h"

// Make it and what is above it, and give it to junction-export. path: absolute. Each step is taken by a descriptor, and no
// link is followed: what is above may be junction-export's own, which could put links there in the meantime. 0, or a negative
// errno with a sentence in err.
int spool_place_make(const char *path, char err[JN_ERR_MAX]);
