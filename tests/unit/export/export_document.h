// SPDX-License-Identifier: BSD-3-Clause
// What is told beside a flow document's text, held against the text.
#pragma once

#include "export_records.h"
#include "flow_document.h"
#include "test.h"

static inline void
assert_text_is(const char *text, size_t length, const char *expected) {
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
}

// Parses the text. The caller frees the result.
static inline json_t *
checked_document(const struct flow_document *document) {
    char key[FLOW_DOCUMENT_KEY_ROOM + 1];
    assert_true(document->length < FLOW_DOCUMENT_MAX);
    json_t *parsed = json_loadb(document->text, document->length, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    json_t *id = json_loadb(document->text + document->id_at - 1, document->id_length + 2, JSON_DECODE_ANY, NULL);
    assert_true(json_equal(id, at_path(parsed, "event/id")));
    json_decref(id);
    assert_text_is(document->text + document->time_at, TIME_TEXT_LENGTH, text_at(parsed, "@timestamp"));
    snprintf(key, sizeof(key), "%s/%s", text_at(parsed, "junction/vpg/id"), text_at(parsed, "source/ip"));
    assert_text_is(document->key, document->key_length, key);
    assert_int_equal(document->packets, number_at(parsed, "network/packets"));
    assert_int_equal(document->bytes, number_at(parsed, "network/bytes"));
    return parsed;
}

// Writes it, and parses the text. The caller frees the result.
static inline json_t *
write_with(struct flow_writer *writer, const struct jn_record *record) {
    static struct flow_document document;
    flow_document_write(writer, record, &document);
    return checked_document(&document);
}

// Of a flow that has ended, with all that a record may say but for its tag.
static inline struct jn_record
whole_record(void) {
    struct jn_record r = udp_record(3, 0, 5, 40000, 53, 2);
    const uint8_t macs[2][6] = {{2, 0, 0, 0, 0, 0x0a}, {2, 0, 0, 0, 0, 0xff}};
    memcpy(r.flow.mac, macs, sizeof(macs));
    r.sequence = 42;
    r.flow.end_reason = JN_END_IDLE;
    return r;
}
