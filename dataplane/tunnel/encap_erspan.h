// SPDX-License-Identifier: BSD-3-Clause
// What an ERSPAN header says of each frame.
#pragma once

#include "tunnel/encap_frame.h"

// Of jn_encap_write: the fields of an ERSPAN header, which ends where the payload begins.
void jn_encap_write_erspan(unsigned int version, uint8_t *payload, const struct jn_encap_frame *frame, bool truncated);
