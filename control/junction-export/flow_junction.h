// SPDX-License-Identifier: BSD-3-Clause
// The member "junction" of a flow document, and what of a record it shares with the rest.
#pragma once

#include "community_id.h"
#include "flow_document.h"
#include "flow_texts.h"
#include "protocols.h"

// What of a record is asked for more than once.
struct flow_view {
    const struct jn_record *record;
    const struct jn_record_flow *flow;
    struct application application;
    const struct flow_texts *texts; // NULL: none
    unsigned int source;            // end that is the document's source
    uint8_t family;
    bool ports, ended, started, denied;
    char community_id[JN_COMMUNITY_ID_SIZE];
};

// The member "junction", with the comma before it. find_vpg was called for the record. Returns the new end.
char *put_junction(struct flow_writer *writer, char *at, const struct flow_view *view);

// Looks the VPG of the next document up: what the policy says of it is kept in the writer.
void find_vpg(struct flow_writer *writer, const char id[JN_VPG_ID_MAX]);
