// SPDX-License-Identifier: BSD-3-Clause
#include "sound_text.h"

#include <string.h>

bool
text_is_name(unsigned int kind) {
    switch (kind) {
#define X(id, number, bytes, most, name, field)                                                                        \
    case number: return name;
        JN_ANNOTATION_KINDS(X)
#undef X
    default: return false;
    }
}

static bool
is_host_character(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool
text_is_host(const void *bytes, size_t length) {
    enum { LABEL_MOST = 63 };
    const unsigned char *at = bytes;
    size_t label = 0;
    for (size_t i = 0; i < length; i++) {
        bool dot = at[i] == '.';
        if (dot ? label == 0 : label == LABEL_MOST || !is_host_character(at[i]))
            return false;
        label = dot ? 0 : label + 1;
    }
    return length > 0;
}

static char
lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

// False when there is no room for it.
static bool
append(struct text *out, size_t most, const char *bytes, size_t length) {
    if (out->length + length > most)
        return false;
    memcpy(out->bytes + out->length, bytes, length);
    out->length = (uint16_t)(out->length + length);
    return true;
}

void
text_make(struct text *out, unsigned int kind, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    size_t most = jn_annotation_most(kind);
    out->length = 0;
    out->cut = out->cleaned = false;
    for (size_t i = 0; i < length && !out->cut;) {
        bool allowed = false;
        unsigned int width = jn_annotation_character(at + i, length - i, &allowed);
        out->cleaned |= !allowed;
        if (width == 0)
            out->cut = !append(out, most, "\xef\xbf\xbd", 3);
        else if (!allowed)
            out->cut = !append(out, most, "_", 1);
        else
            out->cut = !append(out, most, (const char *)at + i, width);
        i += width == 0 ? 1 : width;
    }
    if (text_is_name(kind))
        for (size_t i = 0; i < out->length; i++)
            out->bytes[i] = lower(out->bytes[i]);
    out->bytes[out->length] = '\0';
}
