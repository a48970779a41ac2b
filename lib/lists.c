// SPDX-License-Identifier: BSD-3-Clause
// The lists as data, and where regions keep their words.
#include "lists.h"

#include <stdio.h>

#include "flow_words.h"
#include "gate.h"
#include "sinks.h"

#define LIST(name, ROWS)                                                                                               \
    static const struct jn_list_row name##_rows[] = {ROWS};                                                            \
    const struct jn_list name = {name##_rows, sizeof(name##_rows) / sizeof(name##_rows[0])}

LIST(jn_drop_list, JN_DROPS(JN_LIST_ROW));
LIST(jn_exception_list, JN_EXCEPTIONS(JN_LIST_ROW));
LIST(jn_copy_drop_list, JN_COPY_DROPS(JN_LIST_ROW));
LIST(jn_gate_drop_list, JN_GATE_DROPS(JN_LIST_ROW));
LIST(jn_vpg_counter_list, JN_VPG_COUNTERS(JN_LIST_COUNTER));
LIST(jn_port_counter_list, JN_PORT_COUNTERS(JN_LIST_COUNTER));
LIST(jn_port_event_list, JN_PORT_EVENTS(JN_LIST_COUNTER));
LIST(jn_worker_counter_list, JN_WORKER_COUNTERS(JN_LIST_COUNTER));
LIST(jn_peer_counter_list, JN_PEER_COUNTERS(JN_LIST_COUNTER));
LIST(jn_underlay_counter_list, JN_UNDERLAY_COUNTERS(JN_LIST_COUNTER));
LIST(jn_neighbour_state_list, JN_NEIGHBOUR_STATES(JN_LIST_ROW));
LIST(jn_redirect_target_list, JN_REDIRECT_TARGETS(JN_LIST_ROW));
LIST(jn_health_state_list, JN_HEALTH_STATES(JN_LIST_ROW));
LIST(jn_port_hash_list, JN_PORT_HASHES(JN_LIST_ROW));
LIST(jn_gate_counter_list, JN_GATE_COUNTERS(JN_LIST_COUNTER));

#define NAMED(id, name, text) {#name, text},
LIST(jn_sink_state_list, JN_SINK_STATES(NAMED));
LIST(jn_sink_counter_list, JN_SINK_COUNTERS(NAMED));
LIST(jn_sink_gauge_list, JN_SINK_GAUGES(NAMED));
LIST(jn_sink_loss_list, JN_SINK_LOSSES(NAMED));

#define BY_BIT(id, bit, in_document, word, text) [bit] = {word, text},
LIST(jn_verdict_list, JN_VERDICTS(BY_BIT));
#define MARK_BY_BIT(id, bit, word, text) [bit] = {word, text},
LIST(jn_interval_mark_list, JN_INTERVAL_MARKS(MARK_BY_BIT));

#define PUBLISH(list, names) publish_words(&(list), names, sizeof(names) / sizeof((names)[0]))

static void
publish_words(const struct jn_list *list, char (*names)[JN_NAME_MAX], size_t room) {
    for (unsigned int i = 0; i < list->count && i < room; i++)
        snprintf(names[i], JN_NAME_MAX, "%s", list->rows[i].word);
}

void
jn_counters_publish_names(struct jn_counters_region *region) {
    PUBLISH(jn_vpg_counter_list, region->vpg_counter_names);
    PUBLISH(jn_port_counter_list, region->port_counter_names);
    PUBLISH(jn_worker_counter_list, region->worker_counter_names);
    PUBLISH(jn_port_event_list, region->port_event_names);
    PUBLISH(jn_drop_list, region->drop_names);
    PUBLISH(jn_exception_list, region->exception_names);
}

void
jn_neighbours_publish_names(struct jn_neighbours_region *region) {
    PUBLISH(jn_underlay_counter_list, region->underlay_counter_names);
    PUBLISH(jn_peer_counter_list, region->peer_counter_names);
    PUBLISH(jn_copy_drop_list, region->drop_names);
}

void
jn_gates_publish_names(struct jn_gates_region *region) {
    PUBLISH(jn_gate_counter_list, region->counter_names);
    PUBLISH(jn_gate_drop_list, region->drop_names);
}
