// SPDX-License-Identifier: BSD-3-Clause
#include "tls_name.h"

enum { HANDSHAKE = 22, CLIENT_HELLO = 1, SERVER_NAME = 0, HOST_NAME = 0, RECORD_HEADER = 5, RECORD_MOST = 1 << 14 };

enum step {
    TYPE,
    LENGTH,
    SESSION, // after version and random
    CIPHERS,
    COMPRESSIONS,
    EXTENSIONS,
    EXTENSION,
    EXTENSION_LENGTH,
    NAMES,
    NAME_TYPE,
    NAME_LENGTH,
    NAME,
};

// Bytes of the number that each step reads.
static const uint8_t widths[] = {
    [TYPE] = 1,      [LENGTH] = 3,           [SESSION] = 1, [CIPHERS] = 2,   [COMPRESSIONS] = 1, [EXTENSIONS] = 2,
    [EXTENSION] = 2, [EXTENSION_LENGTH] = 2, [NAMES] = 2,   [NAME_TYPE] = 1, [NAME_LENGTH] = 2,  [NAME] = 1,
};

bool
tls_name_begins(const uint8_t *bytes, size_t length) {
    return bytes[0] == HANDSHAKE && (length < 2 || bytes[1] == 3) && (length < 6 || bytes[5] == CLIENT_HELLO);
}

static void
begin_name(struct tls_name *tls, uint32_t length) {
    if (length == 0 || length + 3 > tls->extension_left || length > tls->hello_left) {
        tls->result = TLS_NAME_NONE;
        return;
    }
    tls->name_length = (uint16_t)length;
    tls->step = NAME;
}

static void
keep_name(struct tls_name *tls, uint8_t byte) {
    tls->name[tls->kept++] = (char)byte;
    if (tls->kept == tls->name_length || tls->kept == TLS_NAME_MOST)
        tls->result = TLS_NAME_FOUND;
}

static void
begin_extension(struct tls_name *tls, uint32_t length) {
    tls->extension_left = length;
    if (length > tls->hello_left) {
        tls->result = TLS_NAME_NONE;
        return;
    }
    if (tls->extension == SERVER_NAME) {
        tls->step = NAMES;
        return;
    }
    tls->skip = length;
    tls->step = EXTENSION;
}

// A number was read whole.
static void
take_number(struct tls_name *tls, uint32_t value) {
    enum { VERSION_AND_RANDOM = 34 };
    switch (tls->step) {
    case TYPE:
        if (value != CLIENT_HELLO)
            tls->result = TLS_NAME_NONE;
        break;
    case LENGTH:
        tls->hello_left = value;
        tls->skip = VERSION_AND_RANDOM;
        break;
    case SESSION:
    case CIPHERS:
    case COMPRESSIONS: tls->skip = value; break;
    case EXTENSIONS:
        if (value > tls->hello_left)
            tls->result = TLS_NAME_NONE;
        break;
    case EXTENSION: tls->extension = (uint16_t)value; break;
    case EXTENSION_LENGTH: begin_extension(tls, value); return;
    case NAMES: tls->extension_left = value + 2 > tls->extension_left ? 0 : value; break;
    case NAME_TYPE:
        if (value != HOST_NAME)
            tls->result = TLS_NAME_NONE;
        break;
    case NAME_LENGTH: begin_name(tls, value); return;
    case NAME: keep_name(tls, (uint8_t)value); return;
    }
    tls->step++;
}

static void
take_hello_byte(struct tls_name *tls, uint8_t byte) {
    if (tls->step > LENGTH)
        tls->hello_left--;
    if (tls->skip != 0) {
        tls->skip--;
    } else {
        tls->value = tls->value << 8 | byte;
        if (++tls->got == widths[tls->step]) {
            uint32_t value = tls->value;
            tls->value = tls->got = 0;
            take_number(tls, value);
        }
    }
    if (tls->step > LENGTH && tls->hello_left == 0 && tls->result == TLS_NAME_MORE)
        tls->result = TLS_NAME_NONE;
}

static void
take_record_byte(struct tls_name *tls, uint8_t byte) {
    static const uint8_t expected[] = {HANDSHAKE, 3};
    if (tls->record < sizeof(expected) && byte != expected[tls->record])
        tls->result = TLS_NAME_NONE;
    tls->record_left = (tls->record_left << 8 | byte) & 0xffff;
    if (++tls->record < RECORD_HEADER)
        return;
    if (tls->record_left == 0 || tls->record_left > RECORD_MOST)
        tls->result = TLS_NAME_NONE;
    tls->in_record = true;
    tls->record = 0;
}

enum tls_name_result
tls_name_take(struct tls_name *tls, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length && tls->result == TLS_NAME_MORE; i++) {
        if (!tls->in_record) {
            take_record_byte(tls, bytes[i]);
            continue;
        }
        take_hello_byte(tls, bytes[i]);
        if (--tls->record_left == 0)
            tls->in_record = false;
    }
    return (enum tls_name_result)tls->result;
}
