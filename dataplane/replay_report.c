// SPDX-License-Identifier: BSD-3-Clause
#include "replay_report.h"

#include <stdio.h>

#include "flow/flow_state.h"
#include "lists.h"
#include "mirror/mirror_state.h"
#include "redirect/redirect_state.h"

// Of all peers together; junctionctl show peers tells them apart in a live instance.
static void
print_copies(const struct jn_worker *worker) {
    const unsigned int peers = worker->flow->vpg_used * JN_VPG_PEERS;
    const struct jn_peer_counters *counters = worker->mirror->counters;
    struct jn_peer_counters sum = {0};
    for (unsigned int i = 0; i < peers; i++) {
        sum.frames += counters[i].frames;
        sum.fragments += counters[i].fragments;
        sum.truncated += counters[i].truncated;
        for (unsigned int why = 0; why < JN_COPY_DROP_COUNT; why++)
            sum.drops[why] += counters[i].drops[why];
    }
    if (sum.frames != 0)
        fprintf(stderr, "copies: sent %lu frames, truncated %lu, fragments %lu\n", (unsigned long)sum.frames,
                (unsigned long)sum.truncated, (unsigned long)sum.fragments);
    for (unsigned int why = 0; why < JN_COPY_DROP_COUNT; why++)
        if (sum.drops[why] != 0)
            fprintf(stderr, "dropped copies, %s: %lu\n", jn_list_word(&jn_copy_drop_list, why),
                    (unsigned long)sum.drops[why]);
}

void
jn_replay_report(const struct jn_app *app) {
    const struct jn_worker *worker = &app->threads[0]->worker;
    const struct jn_worker_counters *c = worker->counters;
    for (int i = 0; i < (int)app->options.port_count; i++)
        if (c->ports[i].rx_packets + c->ports[i].tx_packets != 0)
            fprintf(stderr, "%s: received %lu frames, sent %lu\n", app->options.ports[i].name,
                    (unsigned long)c->ports[i].rx_packets, (unsigned long)c->ports[i].tx_packets);
    fprintf(stderr, "flows: %lu, records: %lu\n", (unsigned long)c->flows_created, (unsigned long)c->records_written);
    for (unsigned int i = 0; i < JN_DROP_COUNT; i++)
        if (c->drops[i] != 0)
            fprintf(stderr, "dropped, %s: %lu\n", jn_list_word(&jn_drop_list, i), (unsigned long)c->drops[i]);
    for (unsigned int i = 0; i < JN_EXCEPTION_COUNT; i++)
        if (c->exceptions[i] != 0)
            fprintf(stderr, "exception, %s: %lu\n", jn_list_word(&jn_exception_list, i),
                    (unsigned long)c->exceptions[i]);
    print_copies(worker);
    for (unsigned int i = 0; i < JN_GATE_DROP_COUNT; i++) {
        uint64_t lost = 0;
        for (unsigned int vpg_idx = 0; vpg_idx < worker->flow->vpg_used; vpg_idx++)
            lost += worker->redirect->counters[vpg_idx].drops[i];
        if (lost != 0)
            fprintf(stderr, "dropped at a gate, %s: %lu\n", jn_list_word(&jn_gate_drop_list, i), (unsigned long)lost);
    }
}
