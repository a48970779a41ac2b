// SPDX-License-Identifier: BSD-3-Clause
// What the parts of the configuration's parser share: the place for mistakes, and values read by key.
#pragma once

#include "config/config_keys.h"
#include "config/json_line.h"

#define JN_SENTENCE_MAX 320
#define JN_SHOWN_MAX    72

struct jn_note {
    size_t offset; // in the text; SIZE_MAX: of the whole file
    size_t order;
    bool warning;
    char *sentence;
};

struct jn_reader {
    const char *text;
    size_t length;
    const char *file;
    struct jn_config *config;
    struct jn_note *notes;
    size_t note_count, note_room;
    size_t mistake_count; // also of those beyond the limit
    bool out_of_memory;
    bool underlay_unsure; // an address or a route is a mistake: what can be reached is not known
};

// Say a mistake or a warning at a place in the document: "<path>: <sentence> (line N)".
void jn_reader_mistake(struct jn_reader *reader, const struct jn_json_step *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void jn_reader_warn(struct jn_reader *reader, const struct jn_json_step *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Say that the object at `at` has a key of no meaning, on that key's line; nearest: a known one, or NULL.
void jn_reader_unknown_key(struct jn_reader *reader, const struct jn_json_step *at, const char *name,
                           const char *nearest);

// Say a mistake of the whole file, whose line, if any, is in the sentence: "<file>: <sentence>".
void jn_reader_refuse(struct jn_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Hand the sentences over in the document's order; frees the reader's own. False when any is a mistake, or memory ran
// out.
bool jn_reader_finish(struct jn_reader *reader, struct jn_mistakes *mistakes);

// calloc that remembers to have failed.
void *jn_reader_allocate(struct jn_reader *reader, size_t count, size_t size);

// Something that must be the only one of its kind in an array: `bytes` compare, `text` is said.
struct jn_claim {
    const void *bytes;
    size_t length;
    size_t index;
    const char *text;
};
// Say each claim of array `at`'s member `key` that an earlier item made. Sorts the claims.
void jn_reader_duplicates(struct jn_reader *reader, const struct jn_json_step *at, const char *key,
                          struct jn_claim *claims, size_t count);

// The passes, in order: every value by its key alone, then what values mean together.
void jn_config_check_shape(struct jn_reader *reader, const json_t *root);
void jn_config_read_dataplane(struct jn_reader *reader, const json_t *dataplane);
void jn_config_read_underlay(struct jn_reader *reader, const json_t *ports, const struct jn_json_step *at);
void jn_config_read_sink(struct jn_reader *reader, const json_t *sink);
void jn_config_read_kafka(struct jn_reader *reader, const json_t *sink, const struct jn_json_step *at);
void jn_config_read_vpgs(struct jn_reader *reader, const json_t *vpgs);
void jn_config_read_devices(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *devices,
                            const struct jn_json_step *at);
void jn_config_read_peers(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *mirroring,
                          const struct jn_json_step *at);
// at: of the VPG. Redirection after the gate, which is after the device subnets.
void jn_config_read_gate(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *gate,
                         const struct jn_json_step *at);
void jn_config_read_redirection(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *redirection,
                                const struct jn_json_step *at);
// Between the VPGs.
void jn_config_check_gates(struct jn_reader *reader, const struct jn_json_step *vpgs);
void jn_config_read_rules(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *value,
                          const struct jn_json_step *at);

// A slot for each VPG of the configuration, as jn_config_compile says.
void jn_config_give_slots(const struct jn_config *config, const struct jn_policy *previous,
                          uint16_t slots[JN_MAX_VPGS]);

// A place for each mirroring peer of the VPG, and for each peer of its gate, likewise.
void jn_config_give_places(const struct jn_config_vpg *vpg, const struct jn_policy *previous,
                           uint8_t places[JN_VPG_PEERS]);
void jn_config_give_gate_places(const struct jn_config_vpg *vpg, const struct jn_policy *previous,
                                uint8_t places[JN_GATE_PEERS]);
