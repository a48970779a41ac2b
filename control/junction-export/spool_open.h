// SPDX-License-Identifier: BSD-3-Clause
// A spool is taken over as it was left, or begun.
#pragma once

#include "spool.h"

// Take over what is there, or begin. NULL with a sentence in err: another process has it, or it is not ours to use.
struct spool *spool_open(const struct spool_options *options, char err[JN_ERR_MAX]);
