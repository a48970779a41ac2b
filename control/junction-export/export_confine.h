// SPDX-License-Identifier: BSD-3-Clause
// What junction-export may do: nothing as root, and once its sink is open no more than moving documents to it.
#pragma once

#include <stdbool.h>

#include "shm.h"

// Become junction-export, without any capability. What only root may read has been read by then. 0, or negative errno with
// a sentence in err.
int export_confine_user(char err[JN_ERR_MAX]);

// From here on a system call that is not on the list kills the process. network: the sink needs it.
// 0, or negative errno with a sentence in err.
int export_confine_calls(bool network, char err[JN_ERR_MAX]);
