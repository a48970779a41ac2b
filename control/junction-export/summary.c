// SPDX-License-Identifier: BSD-3-Clause
#include "summary.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ends.h"
#include "lists.h"
#include "text.h"

struct heap {
    const struct state_flow *flows;
    uint32_t *numbers;
    uint32_t count;
};

// Fewer bytes; of equals the later one, so that the same sums give the same list.
static bool
less(const struct state_flow *flows, uint32_t a, uint32_t b) {
    return flows[a].bytes != flows[b].bytes ? flows[a].bytes < flows[b].bytes : a > b;
}

static void
sift_down(struct heap *h) {
    for (uint32_t at = 0, child; (child = 2 * at + 1) < h->count; at = child) {
        if (child + 1 < h->count && less(h->flows, h->numbers[child + 1], h->numbers[child]))
            child++;
        if (!less(h->flows, h->numbers[child], h->numbers[at]))
            return;
        uint32_t number = h->numbers[at];
        h->numbers[at] = h->numbers[child];
        h->numbers[child] = number;
    }
}

static void
sift_up(struct heap *h, uint32_t at) {
    for (uint32_t parent; at > 0 && less(h->flows, h->numbers[at], h->numbers[parent = (at - 1) / 2]); at = parent) {
        uint32_t number = h->numbers[at];
        h->numbers[at] = h->numbers[parent];
        h->numbers[parent] = number;
    }
}

static void
offer(struct heap *h, uint32_t limit, uint32_t number) {
    if (h->count < limit) {
        h->numbers[h->count] = number;
        sift_up(h, h->count++);
    } else if (limit > 0 && less(h->flows, h->numbers[0], number)) {
        h->numbers[0] = number;
        sift_down(h);
    }
}

// The least goes to the end again and again: what is left is in order.
static void
order(struct heap *h) {
    while (h->count > 1) {
        uint32_t least = h->numbers[0];
        h->numbers[0] = h->numbers[--h->count];
        h->numbers[h->count] = least;
        sift_down(h);
    }
}

bool
top_flows_find(struct top_flows *top, const struct state *state, unsigned int interval, unsigned int limit,
               const struct annotated *annotated) {
    const struct state_interval *i = &state->region->intervals[interval];
    const struct state_flow *flows = state->tables[interval].flows;
    *top = (struct top_flows){.annotated = annotated, .limit = limit};
    top->counts = calloc(JN_MAX_VPGS, sizeof(*top->counts));
    top->numbers = malloc(((size_t)i->vpg_count * limit + 1) * sizeof(*top->numbers));
    if (top->counts == NULL || top->numbers == NULL) {
        top_flows_free(top);
        return false;
    }
    for (uint64_t n = 0; n < i->flow_count && n < state->flow_capacity; n++) {
        uint64_t vpg = flows[n].ends >> 48;
        if (vpg >= i->vpg_count)
            continue;
        struct heap heap = {flows, top->numbers + vpg * limit, top->counts[vpg]};
        offer(&heap, limit, (uint32_t)n);
        top->counts[vpg] = heap.count;
    }
    for (uint64_t vpg = 0; vpg < i->vpg_count; vpg++)
        order(&(struct heap){flows, top->numbers + vpg * limit, top->counts[vpg]});
    return true;
}

void
top_flows_free(struct top_flows *top) {
    free(top->numbers);
    free(top->counts);
    *top = (struct top_flows){0};
}

// Preamble, start-of-frame delimiter, checksum and the gap between frames.
enum { ETHERNET_OVERHEAD = 24 };

enum {
#define X(name, text) COUNTER_##name,
    JN_VPG_COUNTERS(X)
#undef X
};

static void
set_integer(json_t *object, const char *key, uint64_t value) {
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

// Has the VPG sums of that application?
static bool
has_application(const struct state_vpg *vpg, unsigned int number) {
    return vpg->used[number / 64] >> (number % 64) & 1;
}

static void
raise_to(uint64_t *counter, uint64_t value) {
    *counter = value > *counter ? value : *counter;
}

// Of a worker that was killed, or whose ring was full, flow records may have come that no counters followed. What they say is counted all the same: a
// summary is never below the flow documents beside it.
static void
count_flow_records(uint64_t c[JN_VPG_COUNTER_COUNT], const struct state *state, unsigned int interval,
                   unsigned int vpg_at) {
    const struct state_interval *i = &state->region->intervals[interval];
    const struct state_vpg *vpg = &state->tables[interval].vpgs[vpg_at];
    const struct state_flow *flows = state->tables[interval].flows;
    uint64_t packets = 0, bytes = 0, tcp = 0, udp = 0;
    for (unsigned int n = 0; n < JN_APPLICATION_NUMBERS; n++) {
        if (!has_application(vpg, n))
            continue;
        packets += vpg->applications[n].packets;
        bytes += vpg->applications[n].bytes;
    }
    for (uint64_t n = 0; n < i->flow_count && n < state->flow_capacity; n++) {
        uint8_t protocol = (uint8_t)(flows[n].ends >> 32);
        if (flows[n].ends >> 48 != vpg_at)
            continue;
        tcp += protocol == JN_IP_TCP ? flows[n].packets : 0;
        udp += protocol == JN_IP_UDP ? flows[n].packets : 0;
    }
    if (packets > c[COUNTER_ip_packets])
        c[COUNTER_total_packets] += packets - c[COUNTER_ip_packets];
    if (bytes > c[COUNTER_ip_bytes])
        c[COUNTER_total_bytes] += bytes - c[COUNTER_ip_bytes];
    raise_to(&c[COUNTER_ip_packets], packets);
    raise_to(&c[COUNTER_ip_bytes], bytes);
    raise_to(&c[COUNTER_tcp_packets], tcp);
    raise_to(&c[COUNTER_udp_packets], udp);
}

static json_t *
statistics(const struct state *state, unsigned int interval, unsigned int vpg_at) {
    json_t *s = json_object();
    const struct state_vpg *vpg = &state->tables[interval].vpgs[vpg_at];
    uint64_t c[JN_VPG_COUNTER_COUNT];
    memcpy(c, vpg->counters, sizeof(c));
    const uint64_t killed = JN_INTERVAL_CUT | JN_INTERVAL_SALVAGED;
    if ((state->region->intervals[interval].marks & killed) || state->region->intervals[interval].lost != 0)
        count_flow_records(c, state, interval, vpg_at);
    uint64_t ip_packets = c[COUNTER_ip_packets];
    set_integer(s, "ethernet.bytes", c[COUNTER_total_bytes] + ETHERNET_OVERHEAD * c[COUNTER_total_packets]);
    set_integer(s, "discarded.bytes", c[COUNTER_discarded_bytes]);
    set_integer(s, "ip.packets", ip_packets);
    set_integer(s, "total.packets", c[COUNTER_total_packets]);
    set_integer(s, "ip.bytes", c[COUNTER_ip_bytes]);
    set_integer(s, "avg.pkt.size", ip_packets > 0 ? c[COUNTER_ip_length] / ip_packets : 0);
    set_integer(s, "unique.flows", vpg->flows);
    set_integer(s, "tcp.pkts", c[COUNTER_tcp_packets]);
    set_integer(s, "udp.pkts", c[COUNTER_udp_packets]);
    set_integer(s, "vlan.pkts", c[COUNTER_vlan_packets]);
    set_integer(s, "mpls.pkts", c[COUNTER_mpls_packets]);
    set_integer(s, "pppoe.pkts", c[COUNTER_pppoe_packets]);
    set_integer(s, "fragmented.pkts", c[COUNTER_fragmented_packets]);
    set_integer(s, "max.pkt.size", c[COUNTER_size_max]);
    set_integer(s, "pkt.len_min64", c[COUNTER_size_0_64]);
    set_integer(s, "pkt.len_64_128", c[COUNTER_size_64_128]);
    set_integer(s, "pkt.len_128_256", c[COUNTER_size_128_256]);
    set_integer(s, "pkt.len_256_1024", c[COUNTER_size_256_1024]);
    set_integer(s, "pkt.len_1024_1500", c[COUNTER_size_1024_1500]);
    set_integer(s, "pkt.len_grt1500", c[COUNTER_size_1500_up]);
    set_integer(s, "guessed.flow.protos", vpg->guessed);
    return s;
}

static json_t *
detected(const struct state_vpg *vpg) {
    json_t *list = json_array();
    for (uint16_t i = 0; i < JN_APPLICATION_NUMBERS; i++) {
        const struct state_sum *sum = &vpg->applications[i];
        if (!has_application(vpg, i) || (sum->packets == 0 && sum->flows == 0))
            continue;
        json_t *row = json_object();
        json_object_set_new(row, "name", json_string(protocols_name(i)));
        json_object_set_new(row, "breed", json_string(protocols_breed(i)));
        set_integer(row, "packets", sum->packets);
        set_integer(row, "bytes", sum->bytes);
        set_integer(row, "flows", sum->flows);
        json_array_append_new(list, row);
    }
    return list;
}

static void
set_host(json_t *row, const struct state_flow *flow, unsigned int end, const char *name_key, const char *port_key) {
    const uint16_t port[2] = {(uint16_t)flow->ends, (uint16_t)(flow->ends >> 16)};
    const uint8_t *address = (const uint8_t *)&flow->address[2 * end];
    char text[TEXT_IP_ROOM];
    char *at = put_address(text, jn_family(flow->ends >> 40 & 1), address);
    json_object_set_new(row, name_key, json_stringn(text, (size_t)(at - text)));
    set_integer(row, port_key, jn_flow_has_ports((uint8_t)(flow->ends >> 32), (uint16_t)flow->info) ? port[end] : 0);
}

// Only where it tells flows of the same addresses and ports apart, as it is written in a flow's document.
static void
set_vlan(json_t *row, uint16_t vlan_id) {
    char text[8];
    if (vlan_id == JN_FLOW_VLAN_ID_NONE)
        return;
    snprintf(text, sizeof(text), "%u", vlan_id != 0 ? vlan_id : 4095u);
    json_object_set_new(row, "vlan.id", json_string(text));
}

// Texts have come from the network, and are sound; a key is left out when there is none.
static void
set_text(json_t *object, const char *key, const struct flow_text *text) {
    if (text->length > 0)
        json_object_set_new(object, key, json_stringn(text->text, text->length));
}

// As nDPI's report has them: whom it asked for, or what a device or an SSH client calls itself, and what a TLS client and server call the server.
static void
set_server(json_t *row, const struct flow_texts *texts) {
    static const uint8_t names[] = {JN_ANNOTATION_HTTP_HOST, JN_ANNOTATION_DNS_QUESTION, JN_ANNOTATION_SERVER_NAME,
                                    JN_ANNOTATION_DHCP_HOSTNAME, JN_ANNOTATION_SSH_CLIENT};
    const struct flow_text *client = &texts->of[JN_ANNOTATION_SERVER_NAME],
                           *server = &texts->of[JN_ANNOTATION_CERTIFICATE_SUBJECT];
    unsigned int first = 0;
    while (first + 1 < sizeof(names) && !flow_texts_have(texts, names[first]))
        first++;
    set_text(row, "host.server.name", &texts->of[names[first]]);
    if (client->length + server->length == 0)
        return;
    json_t *ssl = json_object();
    set_text(ssl, "client", client);
    set_text(ssl, "server", server);
    json_object_set_new(row, "ssl", ssl);
}

static void
set_texts(json_t *row, const struct annotated *annotated, const struct state_flow *flow, uint64_t boot) {
    const struct annotated_key key = {
        .boot = boot,
        .flow = {.flow_idx = (uint32_t)flow->entry, .version = (uint32_t)(flow->entry >> 32)},
        .worker = state_flow_worker(flow),
    };
    const struct jn_annotated_flow *found = annotated != NULL ? annotated_find(annotated, &key) : NULL;
    struct flow_texts texts;
    if (found == NULL)
        return;
    flow_texts_read(found, &texts);
    set_server(row, &texts);
}

// As nDPI's report has it: "TLS.Google" where one carries the other.
static void
set_application(json_t *row, struct application application) {
    const char *name = protocols_name(application.number);
    bool carried = application.master != 0 && application.number != 0 && application.master != application.number;
    if (carried)
        set_integer(row, "detected.masterprotocol", application.master);
    set_integer(row, "detected.protocol", application.number);
    json_object_set_new(row, "detected.protocol.name",
                        carried ? json_sprintf("%s.%s", protocols_name(application.master), name) : json_string(name));
}

static json_t *
known_flow(const struct state_flow *flow) {
    json_t *row = json_object();
    uint8_t protocol = (uint8_t)(flow->ends >> 32);
    unsigned int source = flow_source((uint16_t)flow->info);
    const char *name = protocols_ip_name(protocol);
    char number[4];
    snprintf(number, sizeof(number), "%u", protocol);
    json_object_set_new(row, "protocol", json_string(name != NULL ? name : number));
    set_host(row, flow, source, "host_a.name", "host_a.port");
    set_host(row, flow, !source, "host_b.name", "host_b.port");
    set_vlan(row, state_flow_vlan_id(flow));
    set_application(row, state_application(flow->info));
    set_integer(row, "packets", flow->packets);
    set_integer(row, "bytes", flow->bytes);
    return row;
}

static json_t *
known(const struct state *state, unsigned int interval, unsigned int vpg, const struct top_flows *top) {
    json_t *list = json_array();
    for (uint32_t i = 0; top->counts != NULL && i < top->counts[vpg]; i++) {
        const struct state_flow *flow = &state->tables[interval].flows[top->numbers[vpg * top->limit + i]];
        json_t *row = known_flow(flow);
        set_texts(row, top->annotated, flow, state->region->intervals[interval].boot);
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *
event(const struct state_interval *interval, const struct state_vpg *vpg, const char *node) {
    char id[256];
    snprintf(id, sizeof(id), "%s-%016" PRIx64 "-%s-%" PRIu64, node, interval->boot, vpg->id, interval->key.number);
    json_t *object = json_object();
    json_object_set_new(object, "id", json_string(id));
    json_object_set_new(object, "dataset", json_string("junction.summary"));
    return object;
}

// Its length is not the configured one: why, and where it began. It ended at @timestamp.
static void
set_irregular(json_t *document, const struct state_interval *interval) {
    struct time_cache cache = {0};
    char time[TIME_TEXT_LENGTH];
    json_t *words = json_array();
    for (unsigned int bit = 0; bit < jn_interval_mark_list.count; bit++)
        if (interval->marks >> bit & 1)
            json_array_append_new(words, json_string(jn_list_word(&jn_interval_mark_list, bit)));
    json_object_set_new(document, "junction.interval.irregular", words);
    if (interval->end == 0)
        return;
    put_time(&cache, time, interval->start);
    json_object_set_new(document, "junction.interval.start", json_stringn(time, sizeof(time)));
}

bool
summary_wanted(const struct state_vpg *vpg) {
    return vpg->counters[COUNTER_total_packets] > 0 || vpg->flows > 0 || vpg->flows_beyond > 0;
}

// The date and then the id stand first in the text.
static bool
find_places(struct summary *summary) {
    static const char before_id[] = "\",\"event\":{\"id\":\"", after_id[] = "\",\"dataset\":";
    summary->time_at = sizeof("{\"@timestamp\":\"") - 1;
    summary->id_at = summary->time_at + TIME_TEXT_LENGTH + sizeof(before_id) - 1;
    if (strncmp(summary->text + summary->time_at + TIME_TEXT_LENGTH, before_id, sizeof(before_id) - 1) != 0)
        return false;
    // A quote within the id would be escaped.
    const char *end = strstr(summary->text + summary->id_at, after_id);
    summary->id_length = end != NULL ? (size_t)(end - summary->text) - summary->id_at : 0;
    return end != NULL;
}

bool
summary_write(const struct state *state, unsigned int interval, unsigned int vpg_at, const struct top_flows *top,
              const char *node, struct summary *summary) {
    const struct state_interval *i = &state->region->intervals[interval];
    const struct state_vpg *vpg = &state->tables[interval].vpgs[vpg_at];
    struct time_cache cache = {0};
    char time[TIME_TEXT_LENGTH];
    // A capture replayed as one interval has no boundaries but its packets.
    put_time(&cache, time, i->end != 0 ? i->end : vpg->last_ns);
    json_t *document = json_object();
    json_object_set_new(document, "@timestamp", json_stringn(time, sizeof(time)));
    json_object_set_new(document, "event", event(i, vpg, node));
    json_object_set_new(document, "vpgId", json_string(vpg->id));
    json_object_set_new(document, "traffic.statistics", statistics(state, interval, vpg_at));
    json_object_set_new(document, "detected.protos", detected(vpg));
    json_object_set_new(document, "known.flows", known(state, interval, vpg_at, top));
    if (vpg->flows_beyond > 0)
        set_integer(document, "junction.flows_beyond_table", vpg->flows_beyond);
    if (i->lost > 0)
        set_integer(document, "junction.records_lost", i->lost);
    if (i->marks != 0)
        set_irregular(document, i);
    *summary = (struct summary){.text = json_object_size(document) >= 6 ? json_dumps(document, JSON_COMPACT) : NULL};
    json_decref(document);
    if (summary->text == NULL)
        return false;
    summary->length = strlen(summary->text);
    memcpy(summary->key, vpg->id, sizeof(summary->key));
    summary->key_length = strnlen(summary->key, sizeof(summary->key));
    if (find_places(summary))
        return true;
    free(summary->text);
    summary->text = NULL;
    return false;
}
