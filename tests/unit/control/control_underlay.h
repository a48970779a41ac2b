// SPDX-License-Identifier: BSD-3-Clause
// For tests of what is reached by the underlay: the policy that is published, requests that are refused, and a region of
// neighbours that only looks like a dataplane's.
#pragma once

#include "control_command.h"
#include "neighbour.h"
#include "test.h"

struct refusal {
    const char *request, *code, *sentence; // error: a part of the first one's sentence; NULL: none is looked for
};

static inline void
expect_refusal(const struct refusal *row) {
    json_t *answer = ask(row->request), *error = json_object_get(answer, "error");
    const char *sentence = json_string_value(json_array_get(json_object_get(error, "errors"), 0));
    if (error_code(answer) == NULL || strcmp(error_code(answer), row->code) != 0 ||
        (row->sentence != NULL && (sentence == NULL || strstr(sentence, row->sentence) == NULL)))
        fail_msg("%s: %s", row->request, json_dumps(answer, 0));
    json_decref(answer);
}

enum { REACHABLE_HOP, LOST_HOP };

static inline void
make_neighbours(struct jn_shm *shm) {
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 9};
    assert_int_equal(
        jn_shm_create(shm, instance, JN_REGION_NEIGHBOURS, jn_neighbours_size(2, FAKE_VPGS), 1, false, false, err), 0);
    struct jn_neighbours_region *region = shm->base;
    region->worker_count = 2;
    region->vpg_capacity = region->vpg_used = FAKE_VPGS;
    memset(jn_next_hops(region), 0xff, JN_VPG_PEERS * FAKE_VPGS * sizeof(uint16_t));
    region->neighbours[REACHABLE_HOP] =
        (struct jn_neighbour){.state_mac = jn_neighbour_state_mac(JN_NEIGHBOUR_PROBE, mac),
                              .address = {198, 18, 0, 20},
                              .family = 4,
                              .port = 1,
                              .vlan_id = 7,
                              .mac_changes = 3,
                              .confirmed_ns = 1};
    region->neighbours[LOST_HOP] =
        (struct jn_neighbour){.state_mac = jn_neighbour_state_mac(JN_NEIGHBOUR_INCOMPLETE, mac),
                              .address = {0xfd, [15] = 9},
                              .family = 6,
                              .port = 1,
                              .vlan_id = JN_VLAN_ID_NONE,
                              .unanswered = 4};
    region->underlay[0].arp_requests = 5;
    region->underlay[1].arp_requests = 6;
    jn_shm_ready(shm);
}

static inline void
expect_texts(const json_t *row, const char *const (*pairs)[2], size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_object_get(row, pairs[i][0]));
        if (text == NULL || strcmp(text, pairs[i][1]) != 0)
            fail_msg("%s: expected %s in %s", pairs[i][0], pairs[i][1], json_dumps(row, 0));
    }
}

static inline json_int_t
number(const json_t *row, const char *key) {
    return json_integer_value(json_object_get(row, key));
}
