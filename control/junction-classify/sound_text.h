// SPDX-License-Identifier: BSD-3-Clause
// What strangers wrote, as documents may have it.
#pragma once

#include "annotations.h"

struct text {
    uint16_t length; // 0: nothing is left
    bool cut;        // it was longer than the kind allows
    bool cleaned;    // bytes that are no UTF-8 became U+FFFD, control characters '_'
    char bytes[JN_ANNOTATION_MAX + 1];
};

// Make a sound text of the kind (jn_annotation_is_sound) of any bytes. Host names in lower case of ASCII.
void text_make(struct text *out, unsigned int kind, const void *bytes, size_t length);

// Is the kind a host name? (enum jn_annotation_kind)
bool text_is_name(unsigned int kind);

// Is it, as it came, a host name that rules may compare: labels of 1 to 63 letters, digits, '-' and '_' with a dot between
// them, and maybe one of the root at the end?
bool text_is_host(const void *bytes, size_t length);
