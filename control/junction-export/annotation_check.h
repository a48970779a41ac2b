// SPDX-License-Identifier: BSD-3-Clause
// junction-classify reads hostile bytes and may have been taken over: nothing of an annotation is believed before this.
#pragma once

#include "annotations.h"

// annotation: a private copy. Why it cannot be right, or NULL. The text may go into a document as its kind's field then: of a
// date it is a day that there is, of an address one that can be read.
const char *annotation_error(const struct jn_annotation *annotation);

// The bit mask that a sound text of kind RISKS stands for.
uint64_t annotation_risks(const char text[16]);
