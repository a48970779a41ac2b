// SPDX-License-Identifier: BSD-3-Clause
// One flow record as one JSON document in Elastic Common Schema (docs/documents.md, docs/flow.schema.json).
#pragma once

#include "annotated.h"
#include "names.h"
#include "record.h"
#include "text.h"

#define FLOW_DOCUMENT_MAX      28672u
#define FLOW_DOCUMENT_KEY_ROOM (JN_VPG_ID_MAX + TEXT_IP_ROOM)

// The texts are those of the record before: records of one worker, VPG and interval come in runs.
struct flow_writer {
    const struct names *names;
    const struct annotated *annotated; // where flows' texts are; NULL: nowhere
    bool lean; // without what never changes or follows from the rest: set before the first document
    struct time_cache time;
    char node[TEXT_STRING_ROOM + TEXT_SLACK]; // escaped
    size_t node_length;
    char observer[TEXT_STRING_ROOM + 128 + TEXT_SLACK]; // without what is of a port, and the end
    size_t observer_length[2];                          // by lean
    char ingress[JN_MAX_PORTS][JN_NAME_MAX * 6 + 64 + TEXT_SLACK];
    uint16_t ingress_length[JN_MAX_PORTS]; // 0: the port has no name
    uint64_t boot;
    uint32_t worker;                                 // UINT32_MAX: none yet
    char origin[TEXT_STRING_ROOM + 64 + TEXT_SLACK]; // <node>-<boot>-<worker>-
    size_t origin_length;
    char vpg_id[JN_VPG_ID_MAX];
    size_t vpg_id_length;
    uint64_t vpg_policy;                                   // number of the policy that was asked
    int vpg;                                               // number in it, or -1
    char vpg_text[2 * TEXT_STRING_ROOM + 64 + TEXT_SLACK]; // {"id":...,"name":...}
    size_t vpg_text_length;
    uint64_t interval, interval_start, interval_end;
    char interval_text[192 + TEXT_SLACK]; // without its marks and the end
    size_t interval_text_length;
};

struct flow_document {
    char text[FLOW_DOCUMENT_MAX];
    size_t length;
    size_t id_at, id_length;          // event.id within text, escaped as it stands there
    size_t time_at;                   // @timestamp within text, TIME_TEXT_LENGTH characters
    char key[FLOW_DOCUMENT_KEY_ROOM]; // Kafka's: <VPG id>/<source.ip>, not terminated
    size_t key_length;
    uint64_t packets, bytes; // network.packets and network.bytes
};

void flow_writer_open(struct flow_writer *writer, const char *node, const struct names *names);

// Port names as the records region has them; unsound ones count as missing.
void flow_writer_ports(struct flow_writer *writer, const char names[JN_MAX_PORTS][JN_NAME_MAX]);

// The record is of type JN_RECORD_FLOW and was found sound.
// With a flow's last record its texts are the first to go.
void flow_document_write(struct flow_writer *writer, const struct jn_record *record, struct flow_document *document);
