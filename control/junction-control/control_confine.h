// SPDX-License-Identifier: BSD-3-Clause
// What junction-control may do: nothing as root, and once it serves no more than answering junctionctl.
#pragma once

#include "shm.h"

// Become junction-control, without any capability. 0, or negative errno with a sentence in err.
int control_confine_user(char err[JN_ERR_MAX]);

// From here on a system call that is not on the list kills the process.
// 0, or negative errno with a sentence in err.
int control_confine_calls(char err[JN_ERR_MAX]);
