// SPDX-License-Identifier: BSD-3-Clause
// One flow record as one JSON document in Elastic Common Schema (docs/documents.md, docs/flow.schema.json).
#pragma once

#include "names.h"
#include "record.h"
#include "text.h"

#define FLOW_DOCUMENT_MAX 12288u

struct flow_writer {
    const struct names *names;
    struct time_cache time;
    char node[TEXT_STRING_ROOM]; // escaped
    size_t node_length;
    char ports[JN_MAX_PORTS][JN_NAME_MAX * 6]; // escaped names, "" when a port has none
    uint8_t port_length[JN_MAX_PORTS];
    char vpg_id[JN_VPG_ID_MAX]; // of the record before, whose number in the policy is vpg
    const struct jn_policy *vpg_policy;
    int vpg;
};

struct flow_document {
    char text[FLOW_DOCUMENT_MAX];
    size_t length;
    const char *key; // source.ip's text, within `text`
    size_t key_length;
};

void flow_writer_open(struct flow_writer *writer, const char *node, const struct names *names);

// Port names as the records region has them; unsound ones count as missing.
void flow_writer_ports(struct flow_writer *writer, const char names[JN_MAX_PORTS][JN_NAME_MAX]);

// The record is of type JN_RECORD_FLOW and was found sound.
void flow_document_write(struct flow_writer *writer, const struct jn_record *record, struct flow_document *document);
