// SPDX-License-Identifier: BSD-3-Clause
// Host names of live flows, of the texts that junction-export keeps (annotations.h), read while it writes them.
#pragma once

#include <jansson.h>

#include "annotations.h"
#include "flow_tables.h"

struct flow_names {
    struct jn_shm shm;
    uint32_t capacity; // flows, when the region was checked; 0: there is none
    uint64_t boot;     // of the records, which the flows' texts carry
};

// Without the regions no flow has a name.
void flow_names_open(struct flow_names *names, const char *instance);
void flow_names_close(struct flow_names *names);

// The members `server_name`, `http_host` and `dns_question` of the flow's row, null without one: UTF-8 without control
// characters and those that turn the direction of writing. text: also `name_text`, one of them for a table, in ASCII and
// without its beginning where it is long.
void flow_names_set(json_t *row, const struct flow_names *names, const struct live_flow *flow, bool text);
