// SPDX-License-Identifier: BSD-3-Clause
// A list of words stands once, as an X-macro of rows X(ID, "word", "explanation"), or of counters X(member,
// "explanation"), whose word is the member's name. From the rows come the enum or the struct, and a struct jn_list: the
// words that stand in shared memory, that the command line shows, and that the documents explain.
#pragma once

struct jn_counters_region;
struct jn_gates_region;
struct jn_neighbours_region;

struct jn_list_row {
    const char *word, *text;
};

struct jn_list {
    const struct jn_list_row *rows; // by the number that the enum gives
    unsigned int count;
};

// What X makes of a row of each kind of list.
#define JN_LIST_ROW(id, word, text)   {word, text},
#define JN_LIST_COUNTER(member, text) {#member, text},

static inline const char *
jn_list_word(const struct jn_list *list, unsigned int number) {
    return number < list->count ? list->rows[number].word : "unknown";
}

extern const struct jn_list jn_drop_list, jn_exception_list, jn_copy_drop_list, jn_gate_drop_list;
extern const struct jn_list jn_vpg_counter_list, jn_port_counter_list, jn_worker_counter_list, jn_port_event_list;
extern const struct jn_list jn_peer_counter_list, jn_underlay_counter_list, jn_gate_counter_list;
extern const struct jn_list jn_verdict_list;       // of junctionctl's words, by bit
extern const struct jn_list jn_interval_mark_list; // by bit
extern const struct jn_list jn_neighbour_state_list, jn_redirect_target_list, jn_health_state_list, jn_port_hash_list;
extern const struct jn_list jn_sink_state_list, jn_sink_counter_list, jn_sink_gauge_list, jn_sink_loss_list;

// Name the counters of a fresh region (writer).
void jn_counters_publish_names(struct jn_counters_region *region);
void jn_neighbours_publish_names(struct jn_neighbours_region *region);
void jn_gates_publish_names(struct jn_gates_region *region);
