// SPDX-License-Identifier: BSD-3-Clause
#include "dns_answers.h"

#include <string.h>

#include "byte_span.h"

enum { HEADER = 12, POINTER = 0xc0, TYPE_A = 1, TYPE_AAAA = 28, CLASS_IN = 1, CACHE_FLUSH = 0x8000, RECORDS_MOST = 64 };

struct message {
    const uint8_t *bytes;
    size_t length, at;
};

// Past a name: labels, and a pointer at most. False: it is cut.
static bool
skip_name(struct message *m) {
    while (m->at < m->length) {
        uint8_t label = m->bytes[m->at];
        m->at += label >= POINTER ? 2 : label + 1u;
        if (label == 0 || label >= POINTER)
            return m->at <= m->length;
        if (label >= 0x40)
            return false;
    }
    return false;
}

static bool
keep_label(struct dns_answers *out, const uint8_t *label, uint8_t length) {
    size_t dot = out->question_length > 0;
    if (out->question_length + dot + length > DNS_NAME_MOST)
        return false;
    if (dot)
        out->question[out->question_length++] = '.';
    for (unsigned int i = 0; i < length; i++)
        out->question[out->question_length++] = label[i] == '.' ? '_' : (char)label[i];
    return true;
}

// The name at m->at, whose pointers lead backwards only: it ends.
static bool
read_question(const struct message *m, struct dns_answers *out) {
    size_t at = m->at, before = m->at;
    while (at < m->length) {
        uint8_t label = m->bytes[at];
        if (label == 0)
            return true;
        if (label >= POINTER) {
            size_t to = at + 1 < m->length ? (number16(m->bytes + at) & 0x3fffu) : m->length;
            if (to >= before)
                return false;
            at = before = to;
            continue;
        }
        if (label >= 0x40 || label > m->length - at - 1 || !keep_label(out, m->bytes + at + 1, label))
            return false;
        at += label + 1u;
    }
    return false;
}

// False: there is no more that can be read.
static bool
read_record(struct message *m, struct dns_answers *out) {
    if (!skip_name(m) || m->length - m->at < 10)
        return false;
    uint16_t type = number16(m->bytes + m->at), class = number16(m->bytes + m->at + 2) & (uint16_t)~CACHE_FLUSH;
    uint16_t bytes = number16(m->bytes + m->at + 8);
    m->at += 10;
    if (bytes > m->length - m->at)
        return false;
    const uint8_t *data = m->bytes + m->at;
    m->at += bytes;
    bool ipv4 = type == TYPE_A && bytes == 4, ipv6 = type == TYPE_AAAA && bytes == 16;
    if (class != CLASS_IN || (!ipv4 && !ipv6))
        return true;
    struct dns_address *address = &out->addresses[out->count++];
    address->family = ipv4 ? 4 : 6;
    memcpy(address->bytes, data, bytes);
    return out->count < DNS_ANSWERS_MOST;
}

bool
dns_answers_read(const uint8_t *bytes, size_t length, bool tcp, struct dns_answers *out) {
    memset(out, 0, sizeof(*out));
    if (tcp && length >= 2) {
        size_t told = number16(bytes);
        bytes += 2;
        length = told < length - 2 ? told : length - 2;
    }
    struct message m = {bytes, length, HEADER};
    if (length < HEADER)
        return false;
    unsigned int questions = number16(m.bytes + 4), answers = number16(m.bytes + 6);
    bool response = m.bytes[2] & 0x80, named = questions + answers + number16(m.bytes + 8) + number16(m.bytes + 10) > 0;
    if (named && !read_question(&m, out)) {
        out->question_length = 0;
        return false;
    }
    for (unsigned int i = 0; i < questions; i++) {
        if (!skip_name(&m) || m.length - m.at < 4)
            return true;
        m.at += 4;
    }
    for (unsigned int i = 0; response && i < answers && i < RECORDS_MOST; i++)
        if (!read_record(&m, out))
            break;
    return true;
}
