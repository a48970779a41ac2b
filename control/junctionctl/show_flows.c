// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "flow_row.h"
#include "sample.h"
#include "view.h"

enum { DEFAULT_LIMIT = 50 };

struct chosen {
    struct flow *flows;
    size_t count, room, limit; // limit 0: all are kept
    uint64_t matching;
};

static const struct column columns[] = {
    {"vpg", "vpg", COLUMN_TEXT},
    {"protocol", "proto", COLUMN_TEXT},
    {"device_text", "device", COLUMN_TEXT},
    {"remote_text", "remote", COLUMN_TEXT},
    {"uplink_packets", "up packets", COLUMN_COUNT},
    {"uplink_bytes", "up bytes", COLUMN_COUNT},
    {"downlink_packets", "down packets", COLUMN_COUNT},
    {"downlink_bytes", "down bytes", COLUMN_COUNT},
    {"age_seconds", "age", COLUMN_SECONDS},
    {"idle_seconds", "idle", COLUMN_SECONDS},
    {"verdict", "verdict", COLUMN_TEXT},
};

static int
more_bytes_first(const void *a, const void *b) {
    const struct jn_flow_entry *x = &((const struct flow *)a)->entry, *y = &((const struct flow *)b)->entry;
    uint64_t bytes_x = x->bytes[0] + x->bytes[1], bytes_y = y->bytes[0] + y->bytes[1];
    return bytes_x < bytes_y ? 1 : bytes_x > bytes_y ? -1 : 0;
}

// With a limit there is room for twice as many: when full, the lesser half is forgotten.
static bool
keep_top_flow(struct chosen *chosen, const struct flow *flow) {
    chosen->matching++;
    if (chosen->count == chosen->room && chosen->limit > 0 && chosen->room > 0) {
        qsort(chosen->flows, chosen->count, sizeof(*flow), more_bytes_first);
        chosen->count = chosen->limit;
    } else if (chosen->count == chosen->room) {
        size_t room = chosen->limit > 0 ? 2 * chosen->limit : chosen->room > 0 ? 2 * chosen->room : 1024;
        struct flow *larger = realloc(chosen->flows, room * sizeof(*flow));
        if (larger == NULL)
            return false;
        chosen->flows = larger;
        chosen->room = room;
    }
    chosen->flows[chosen->count++] = *flow;
    return true;
}

static bool
walk(const struct jn_shm *shm, const struct jn_policy *policy, const char *vpg, struct chosen *chosen) {
    const struct jn_flow_region *region = shm->base;
    for (uint32_t w = 0; w < region->worker_count && w < JN_MAX_WORKERS; w++) {
        uint32_t end = __atomic_load_n(&region->tables[w].high_water, __ATOMIC_RELAXED);
        if (end > region->tables[w].capacity)
            end = region->tables[w].capacity;
        for (uint32_t i = 0; i < end; i++) {
            struct flow flow = {.worker = w};
            if (!jn_flow_snapshot(region, shm->size, w, i, &flow.entry))
                continue;
            if (vpg != NULL && strcmp(flow_vpg(&flow, policy), vpg) != 0)
                continue;
            if (!keep_top_flow(chosen, &flow))
                return false;
        }
    }
    return true;
}

static void
print(const struct invocation *invocation, const struct chosen *chosen, const struct jn_policy *policy) {
    struct view view;
    uint64_t now = sample_now_ns();
    view_open(&view, invocation->json,
              json_pack("{s:I, s:I}", "matching", (json_int_t)chosen->matching, "shown", (json_int_t)chosen->count));
    view_list(&view, "flows", columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < chosen->count; i++)
        view_row(&view, flow_row(&chosen->flows[i], policy, now, !invocation->json));
    view_close(&view);
}

static int
collect(const struct invocation *invocation, struct chosen *chosen, const struct jn_policy *policy) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    int status = COMMAND_DONE;
    int rc = jn_shm_attach(&shm, invocation->instance, JN_REGION_FLOWS, sizeof(struct jn_flow_region), false, err);
    if (rc == -ENOENT)
        snprintf(err, sizeof(err), "junction-dataplane of instance %s is not running", invocation->instance);
    if (rc < 0)
        return sample_fail(err);
    if (jn_flow_check(shm.base, shm.size, err) < 0)
        status = sample_fail(err);
    else if (!walk(&shm, policy, invocation->vpg, chosen))
        status = sample_fail("out of memory: use a --limit");
    jn_shm_detach(&shm);
    return status;
}

int
show_flows(const struct invocation *invocation) {
    struct chosen chosen = {.limit = DEFAULT_LIMIT};
    char *end = NULL;
    if (invocation->limit != NULL) {
        errno = 0;
        chosen.limit = strtoul(invocation->limit, &end, 10);
        if (invocation->limit[0] < '0' || invocation->limit[0] > '9' || *end != '\0' || errno != 0 ||
            chosen.limit > UINT32_MAX / 2) {
            fprintf(stderr, "junctionctl: --limit: expected a number, found %s\n", invocation->limit);
            return COMMAND_USAGE;
        }
    }
    struct jn_policy *policy = sample_policy(invocation->instance);
    int status = collect(invocation, &chosen, policy);
    if (status == COMMAND_DONE) {
        if (chosen.count > 0)
            qsort(chosen.flows, chosen.count, sizeof(*chosen.flows), more_bytes_first);
        if (chosen.limit > 0 && chosen.count > chosen.limit)
            chosen.count = chosen.limit;
        print(invocation, &chosen, policy);
    }
    free(chosen.flows);
    free(policy);
    return status;
}
