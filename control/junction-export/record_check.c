// SPDX-License-Identifier: BSD-3-Clause
#include "record_check.h"

#include <string.h>

#include "classified.h"
#include "policy.h"
#include "text.h"

// Terminated, not empty, UTF-8 without control characters: it goes into documents and keys as it is.
static bool
id_sound(const char id[JN_VPG_ID_MAX]) {
    size_t length = strnlen(id, JN_VPG_ID_MAX);
    if (length == 0 || length == JN_VPG_ID_MAX)
        return false;
    for (size_t i = 0, used; i < length; i += used) {
        used = text_utf8_length((const uint8_t *)id + i, length - i);
        if (used == 0 || (uint8_t)id[i] < 0x20 || id[i] == 0x7f)
            return false;
    }
    return true;
}

#define LARGEST (UINT64_MAX >> 2)     // sums of two still fit Elasticsearch's long
#define LATEST  ((uint64_t)INT64_MAX) // in the year 2262

static const char *
flow_error(const struct jn_record_flow *flow) {
    if (!jn_end_reason_known(flow->end_reason))
        return "end reason out of range";
    if (flow->flags & ~JN_FLOW_FLAGS_ALL)
        return "unknown flow flags";
    if (flow->verdict & ~JN_VERDICTS_ALL)
        return "unknown verdict bits";
    if (flow->ingress >= JN_MAX_PORTS)
        return "port number out of range";
    if (flow->rule >= JN_MAX_RULES && flow->rule != JN_RULE_DEFAULT)
        return "rule out of range";
    if (flow->application >= JN_APPLICATION_NUMBERS || flow->application_master >= JN_APPLICATION_NUMBERS)
        return "an application that nDPI cannot have";
    if (flow->vlan_id > JN_FLOW_VLAN_ID_NONE)
        return "VLAN ID out of range";
    if (flow->bytes[0] > LARGEST || flow->bytes[1] > LARGEST)
        return "more bytes than can be";
    if ((flow->packets[0] == 0 && flow->bytes[0] != 0) || (flow->packets[1] == 0 && flow->bytes[1] != 0))
        return "bytes without a packet";
    if (flow->returned_bytes > LARGEST || (flow->returned == 0 && flow->returned_bytes != 0))
        return "more returned bytes than can be";
    if (flow->start_ns > LATEST || flow->end_ns > LATEST || flow->flow_start_ns > LATEST)
        return "a time that is out of range";
    return NULL;
}

static const char *
counters_error(const uint64_t counters[JN_VPG_COUNTER_COUNT]) {
    for (unsigned int i = 0; i < JN_VPG_COUNTER_COUNT; i++)
        if (counters[i] > LARGEST)
            return "a counter higher than can be";
    return NULL;
}

const char *
record_error(const struct jn_record *record, unsigned int ring) {
    if (!jn_record_type_known(record->type))
        return "unknown type";
    if (record->worker != ring)
        return "another worker's number";
    if (record->sequence > LARGEST || record->generation > LARGEST)
        return "sequence or generation out of range";
    if (record->marks & ~(JN_INTERVAL_MARKS_ALL & ~JN_INTERVAL_CUT)) // which only the exporter can tell
        return "unknown marks of an interval";
    if (record->interval_start >= record->interval_end && (record->interval_start | record->interval_end) != 0)
        return "an interval that ends before it begins";
    if (record->type == JN_RECORD_INTERVAL_END || record->type == JN_RECORD_END_OF_STREAM)
        return NULL;
    if (!id_sound(record->vpg_id))
        return "an unsound VPG id";
    if (record->type == JN_RECORD_VPG_LAST)
        return record->last_ns > LATEST ? "a time that is out of range" : NULL;
    return record->type == JN_RECORD_FLOW ? flow_error(&record->flow) : counters_error(record->counters);
}
