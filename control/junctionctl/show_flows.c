// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "application_option.h"
#include "commands.h"
#include "flow_names.h"
#include "flow_tables.h"
#include "ip_numbers.h"
#include "sample.h"
#include "view.h"

static const char *
protocol_word(uint8_t protocol) {
    switch (protocol) {
    case JN_IP_ICMP: return "icmp";
    case JN_IP_TCP: return "tcp";
    case JN_IP_UDP: return "udp";
    case JN_IP_GRE: return "gre";
    case JN_IP_ESP: return "esp";
    case JN_IP_ICMPV6: return "icmpv6";
    case JN_IP_SCTP: return "sctp";
    default: return NULL;
    }
}

// The end that is a device, when exactly one is; else the one that sent first.
static int
device_end(const struct jn_flow_entry *entry) {
    bool a = entry->flags & JN_FLOW_DEVICE_A, b = entry->flags & JN_FLOW_DEVICE_B;
    return a != b ? b : (entry->flags & JN_FLOW_INITIATOR_B) != 0;
}

static void
set_end(json_t *row, const struct jn_flow_entry *entry, int end, const char *key, bool texts) {
    uint8_t family = jn_flow_family(entry);
    char address[JN_ADDRESS_TEXT], text[JN_ADDRESS_TEXT + 10], name[32];
    jn_address_text(family, entry->address[end], address);
    json_object_set_new(row, key, json_string(address));
    snprintf(name, sizeof(name), "%s_port", key);
    bool ports = jn_flow_has_ports(jn_flow_protocol(entry), entry->flags);
    json_object_set_new(row, name, ports ? json_integer(jn_flow_port(entry, end)) : json_null());
    if (!texts)
        return;
    snprintf(text, sizeof(text),
             family == 6 && ports ? "[%s]:%u"
             : ports              ? "%s:%u"
                                  : "%s",
             address, jn_flow_port(entry, end));
    snprintf(name, sizeof(name), "%s_text", key);
    json_object_set_new(row, name, json_string(text));
}

static json_t *
seconds_since(uint64_t then_ns, uint64_t now_ns) {
    return json_real(now_ns > then_ns ? (double)(now_ns - then_ns) / 1e9 : 0);
}

static json_t *
verdict_words(uint16_t verdict) {
    json_t *words = json_array();
    if (!(verdict & JN_VERDICT_DROP))
        json_array_append_new(words, json_string("forward"));
    for (unsigned int bit = 0; bit < jn_verdict_list.count; bit++)
        if (verdict >> bit & 1)
            json_array_append_new(words, json_string(jn_list_word(&jn_verdict_list, bit)));
    return words;
}

// An entry has the low bits of a generation near the policy's: the policy may have been read a moment earlier.
static json_int_t
flow_generation(const struct jn_flow_entry *entry, const struct jn_policy *policy) {
    uint16_t low = entry->current.generation;
    return policy == NULL ? low : (json_int_t)(policy->generation - (uint64_t)(int16_t)(policy->generation - low));
}

// What rows are made of beside their flow.
struct around {
    const struct jn_policy *policy; // where the VPGs' names are, may be NULL
    struct flow_names names;
    uint64_t now_ns; // as times of entries are counted
    bool texts;      // also the members that only a table shows
};

// A guess has a question mark in a table.
static void
set_application(json_t *row, const struct jn_flow_entry *entry, bool texts) {
    enum flow_known known = flow_known(entry);
    const struct jn_application *application = flow_application(entry);
    bool named = known == FLOW_DECIDED || application->number != JN_APPLICATION_NONE;
    json_object_set_new(row, "application", named ? json_string(application->name) : json_null());
    json_object_set_new(row, "application_known", json_string(flow_known_words[known]));
    if (texts && named)
        json_object_set_new(row, "application_text",
                            json_sprintf("%s%s", application->name, known == FLOW_DECIDED ? "" : "?"));
}

static json_t *
flow_row(const struct live_flow *flow, const struct around *around) {
    const struct jn_flow_entry *entry = &flow->entry;
    uint8_t protocol = jn_flow_protocol(entry);
    int device = device_end(entry);
    char number[8];
    snprintf(number, sizeof(number), "%u", protocol);
    json_t *row = json_object();
    json_object_set_new(row, "vpg", json_string(flow_vpg(entry, around->policy)));
    json_object_set_new(row, "protocol",
                        json_string(protocol_word(protocol) != NULL ? protocol_word(protocol) : number));
    json_object_set_new(row, "protocol_number", json_integer(protocol));
    set_application(row, entry, around->texts);
    set_end(row, entry, device, "device", around->texts);
    set_end(row, entry, !device, "remote", around->texts);
    flow_names_set(row, &around->names, flow, around->texts);
    json_object_set_new(row, "device_known", json_boolean(entry->flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B)));
    json_object_set_new(row, "vlan", entry->vlan_tci == 0xffff ? json_null() : json_integer(entry->vlan_tci & 0xfff));
    json_object_set_new(row, "uplink_packets", json_integer(entry->packets[device]));
    json_object_set_new(row, "uplink_bytes", json_integer((json_int_t)entry->bytes[device]));
    json_object_set_new(row, "downlink_packets", json_integer(entry->packets[!device]));
    json_object_set_new(row, "downlink_bytes", json_integer((json_int_t)entry->bytes[!device]));
    json_object_set_new(row, "age_seconds", seconds_since(entry->start_ns, around->now_ns));
    json_object_set_new(row, "idle_seconds", seconds_since(entry->last_ns, around->now_ns));
    json_object_set_new(row, "generation", json_integer(flow_generation(entry, around->policy)));
    json_object_set_new(row, "worker", json_integer(flow->worker));
    json_object_set_new(row, "verdict", verdict_words(entry->verdict));
    return row;
}

enum { DEFAULT_LIMIT = 50 };

struct chosen {
    const struct invocation *invocation;
    const struct jn_policy *policy;
    int application; // its number, -1: any
    struct live_flow *flows;
    size_t count, room, limit; // limit 0: all are kept
    uint64_t matching;
    bool no_memory;
};

static const struct column columns[] = {
    {"vpg", "vpg", COLUMN_TEXT},
    {"vlan", "vlan", COLUMN_COUNT},
    {"protocol", "proto", COLUMN_TEXT},
    {"application_text", "application", COLUMN_TEXT},
    {"device_text", "device", COLUMN_TEXT},
    {"remote_text", "remote", COLUMN_TEXT},
    {"name_text", "name", COLUMN_TEXT},
    {"uplink_packets", "up packets", COLUMN_COUNT},
    {"uplink_bytes", "up bytes", COLUMN_COUNT},
    {"downlink_packets", "down packets", COLUMN_COUNT},
    {"downlink_bytes", "down bytes", COLUMN_COUNT},
    {"age_seconds", "age", COLUMN_SECONDS},
    {"idle_seconds", "idle", COLUMN_SECONDS},
    {"verdict", "verdict", COLUMN_TEXT},
};

static int
by_flow_bytes(const void *a, const void *b) {
    const struct jn_flow_entry *x = &((const struct live_flow *)a)->entry, *y = &((const struct live_flow *)b)->entry;
    uint64_t bytes_x = x->bytes[0] + x->bytes[1], bytes_y = y->bytes[0] + y->bytes[1];
    return bytes_x < bytes_y ? 1 : bytes_x > bytes_y ? -1 : 0;
}

// With a limit there is room for twice as many: when full, the lesser half is forgotten.
static bool
keep_top_flow(struct chosen *chosen, const struct live_flow *flow) {
    chosen->matching++;
    if (chosen->count == chosen->room && chosen->limit > 0 && chosen->room > 0) {
        qsort(chosen->flows, chosen->count, sizeof(*flow), by_flow_bytes);
        chosen->count = chosen->limit;
    } else if (chosen->count == chosen->room) {
        size_t room = chosen->limit > 0 ? 2 * chosen->limit : chosen->room > 0 ? 2 * chosen->room : 1024;
        struct live_flow *larger = realloc(chosen->flows, room * sizeof(*flow));
        if (larger == NULL)
            return false;
        chosen->flows = larger;
        chosen->room = room;
    }
    chosen->flows[chosen->count++] = *flow;
    return true;
}

static bool
choose(const struct live_flow *flow, void *with) {
    struct chosen *chosen = with;
    const char *vpg = chosen->invocation->vpg;
    if (vpg != NULL && strcmp(flow_vpg(&flow->entry, chosen->policy), vpg) != 0)
        return true;
    if (chosen->application >= 0 && flow_application(&flow->entry)->number != chosen->application)
        return true;
    chosen->no_memory = !keep_top_flow(chosen, flow);
    return !chosen->no_memory;
}

static void
print(const struct chosen *chosen, const struct around *around) {
    struct view view;
    view_open(&view, !around->texts,
              json_pack("{s:I, s:I}", "matching", (json_int_t)chosen->matching, "shown", (json_int_t)chosen->count));
    view_list(&view, "flows", COLUMNS(columns));
    for (size_t i = 0; i < chosen->count; i++)
        view_row(&view, flow_row(&chosen->flows[i], around));
    view_close(&view);
}

static int
collect_flows(struct chosen *chosen, struct around *around) {
    const char *instance = chosen->invocation->instance;
    struct sample sample;
    char err[JN_ERR_MAX];
    if (flow_tables_walk(instance, choose, chosen, err) < 0)
        return sample_fail(err);
    if (chosen->no_memory)
        return sample_fail("out of memory: use a --limit");
    if (sample_take(&sample, instance, err) < 0)
        return sample_fail(err);
    around->now_ns = sample_workers_ns(&sample);
    sample_free(&sample);
    return COMMAND_DONE;
}

static void
sort_and_print(struct chosen *chosen, struct around *around) {
    if (chosen->count > 0)
        qsort(chosen->flows, chosen->count, sizeof(*chosen->flows), by_flow_bytes);
    if (chosen->limit > 0 && chosen->count > chosen->limit)
        chosen->count = chosen->limit;
    flow_names_open(&around->names, chosen->invocation->instance);
    print(chosen, around);
    flow_names_close(&around->names);
}

// False: it is no number.
static bool
take_limit(const char *text, size_t *limit) {
    char *end = NULL;
    if (text == NULL)
        return true;
    errno = 0;
    *limit = strtoul(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *limit <= UINT32_MAX / 2)
        return true;
    fprintf(stderr, "junctionctl: --limit: expected a number, found %s\n", text);
    return false;
}

int
show_flows(const struct invocation *invocation) {
    struct chosen chosen = {.invocation = invocation, .limit = DEFAULT_LIMIT};
    if (!take_limit(invocation->limit, &chosen.limit) ||
        !application_option(invocation->application, &chosen.application))
        return COMMAND_USAGE;
    struct jn_policy *policy = sample_policy(invocation->instance);
    struct around around = {.policy = policy, .texts = !invocation->json};
    chosen.policy = policy;
    int status = collect_flows(&chosen, &around);
    if (status == COMMAND_DONE)
        sort_and_print(&chosen, &around);
    free(chosen.flows);
    free(policy);
    return status;
}
