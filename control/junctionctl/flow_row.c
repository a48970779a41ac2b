// SPDX-License-Identifier: BSD-3-Clause
#include "flow_row.h"

#include <stdio.h>
#include <string.h>

#include "ip_numbers.h"
#include "lists.h"

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

static bool
has_ports(uint8_t protocol) {
    return protocol == JN_IP_TCP || protocol == JN_IP_UDP || protocol == JN_IP_SCTP;
}

const char *
flow_vpg(const struct flow *flow, const struct jn_policy *policy) {
    for (uint32_t i = 0; policy != NULL && i < policy->vpg_count; i++)
        if (jn_policy_vpgs(policy)[i].vpg_idx == jn_flow_vpg(&flow->entry))
            return jn_policy_vpgs(policy)[i].id;
    return "-";
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
    bool ports = has_ports(jn_flow_protocol(entry));
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
generation_of(const struct jn_flow_entry *entry, const struct jn_policy *policy) {
    uint16_t low = entry->current.generation;
    return policy == NULL ? low : (json_int_t)(policy->generation - (uint64_t)(int16_t)(policy->generation - low));
}

json_t *
flow_row(const struct flow *flow, const struct jn_policy *policy, uint64_t now_ns, bool texts) {
    const struct jn_flow_entry *entry = &flow->entry;
    uint8_t protocol = jn_flow_protocol(entry);
    int device = device_end(entry);
    char number[8];
    snprintf(number, sizeof(number), "%u", protocol);
    json_t *row = json_object();
    json_object_set_new(row, "vpg", json_string(flow_vpg(flow, policy)));
    json_object_set_new(row, "protocol",
                        json_string(protocol_word(protocol) != NULL ? protocol_word(protocol) : number));
    json_object_set_new(row, "protocol_number", json_integer(protocol));
    set_end(row, entry, device, "device", texts);
    set_end(row, entry, !device, "remote", texts);
    json_object_set_new(row, "device_known", json_boolean(entry->flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B)));
    json_object_set_new(row, "vlan", entry->vlan_tci == 0xffff ? json_null() : json_integer(entry->vlan_tci & 0xfff));
    json_object_set_new(row, "uplink_packets", json_integer(entry->packets[device]));
    json_object_set_new(row, "uplink_bytes", json_integer((json_int_t)entry->bytes[device]));
    json_object_set_new(row, "downlink_packets", json_integer(entry->packets[!device]));
    json_object_set_new(row, "downlink_bytes", json_integer((json_int_t)entry->bytes[!device]));
    json_object_set_new(row, "age_seconds", seconds_since(entry->start_ns, now_ns));
    json_object_set_new(row, "idle_seconds", seconds_since(entry->last_ns, now_ns));
    json_object_set_new(row, "generation", json_integer(generation_of(entry, policy)));
    json_object_set_new(row, "worker", json_integer(flow->worker));
    json_object_set_new(row, "verdict", verdict_words(entry->verdict));
    return row;
}
