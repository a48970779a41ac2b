// SPDX-License-Identifier: BSD-3-Clause
// Any bytes become a flow record that is sound (record_check.h), with as much of what they say as can be.
#pragma once

#include <string.h>

#include "policy.h"
#include "record.h"

static inline void
sound_vpg_id(char id[JN_VPG_ID_MAX]) {
    id[JN_VPG_ID_MAX - 1] = '\0';
    for (unsigned int i = 0; i < JN_VPG_ID_MAX - 1u && (i == 0 || id[i] != '\0'); i++)
        if (id[i] < ' ' || id[i] == 0x7f)
            id[i] = (char)('a' + (id[i] & 15));
}

static inline void
sound_flow(struct jn_record_flow *f) {
    const uint64_t times = INT64_MAX, counts = UINT64_MAX >> 2;
    f->end_reason = (uint8_t)(1 + f->end_reason % JN_END_RESOURCES);
    f->flags &= JN_FLOW_FLAGS_ALL;
    f->verdict &= JN_VERDICTS_ALL;
    f->ingress %= JN_MAX_PORTS;
    f->rule = JN_RULE_DEFAULT;
    f->application %= JN_APPLICATION_NUMBERS;
    f->application_master %= JN_APPLICATION_NUMBERS;
    f->vlan_id = f->vlan_id % (JN_FLOW_VLAN_ID_NONE + 1u);
    for (int end = 0; end < 2; end++)
        f->bytes[end] = f->packets[end] != 0 ? f->bytes[end] & counts : 0;
    f->returned_bytes = f->returned != 0 ? f->returned_bytes & counts : 0;
    f->flow_start_ns &= times;
    f->start_ns &= times;
    f->end_ns &= times;
}

static inline void
make_sound(struct jn_record *r) {
    r->type = JN_RECORD_FLOW;
    r->worker %= JN_MAX_WORKERS;
    r->marks &= JN_INTERVAL_MARKS_ALL & ~JN_INTERVAL_CUT;
    r->sequence &= UINT64_MAX >> 2;
    r->generation &= UINT64_MAX >> 2;
    r->interval_end &= INT64_MAX;
    if (r->interval_start >= r->interval_end)
        r->interval_start = r->interval_end = 0;
    sound_vpg_id(r->vpg_id);
    sound_flow(&r->flow);
}
