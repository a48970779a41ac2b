// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "record.h"

// What is wrong with a record (a private copy) of ring `ring`, or NULL. Nothing of a record is used before.
const char *record_error(const struct jn_record *record, unsigned int ring);
