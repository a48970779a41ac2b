// SPDX-License-Identifier: BSD-3-Clause
#include "plain_document.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "applications/applications.h"
#include "ends.h"
#include "protocols.h"

static void
set(json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) < 0)
        abort();
}

static void
set_text(json_t *object, const char *key, const char *text) {
    if (text != NULL)
        set(object, key, json_string(text));
}

static void
set_number(json_t *object, const char *key, uint64_t value) {
    set(object, key, json_integer((json_int_t)value));
}

static json_t *
add_object(json_t *object, const char *key) {
    json_t *added = json_object();
    set(object, key, added);
    return added;
}

static void
set_time(json_t *object, const char *key, uint64_t ns) {
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm tm;
    char date[64], text[96];
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    snprintf(text, sizeof(text), "%s.%09luZ", date, (unsigned long)(ns % 1000000000));
    set_text(object, key, text);
}

static void
set_address(json_t *object, const char *key, uint8_t family, const uint8_t *address) {
    char text[INET6_ADDRSTRLEN];
    set_text(object, key, inet_ntop(family == 6 ? AF_INET6 : AF_INET, address, text, sizeof(text)));
}

// The words of the bits that are set, each once.
static json_t *
words_of(unsigned int bits, const char *const *words, unsigned int count) {
    json_t *list = json_array();
    const char *last = "";
    for (unsigned int i = 0; i < count; i++)
        if (bits >> i & 1 && words[i] != NULL && words[i][0] != '\0' && strcmp(words[i], last) != 0)
            json_array_append_new(list, json_string(last = words[i]));
    return list;
}

static const char *const tcp_words[8] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
static const char *const verdict_words[16] = {
#define X(id, bit, in_document, word, text) [bit] = in_document,
    JN_VERDICTS(X)
#undef X
};
static const char *const mark_words[16] = {
#define X(id, bit, word, text) [bit] = word,
    JN_INTERVAL_MARKS(X)
#undef X
};
static const char *const reason_names[8] = {
#define X(id, number, name) [number] = name,
    JN_END_REASONS(X)
#undef X
};

static void
set_event(const struct plain_writer *w, json_t *document, const struct jn_record *r) {
    const struct jn_record_flow *f = &r->flow;
    bool ended = f->end_reason != JN_END_ACTIVE, started = !(f->flags & JN_FLOW_REPORTED),
         denied = f->verdict & JN_VERDICT_DROP;
    json_t *event = add_object(document, "event"), *types = json_array();
    if (!w->lean) {
        set_text(event, "kind", "event");
        set(event, "category", json_pack("[s]", "network"));
        json_array_append_new(types, json_string("connection"));
    }
    if (started)
        json_array_append_new(types, json_string("start"));
    if (ended)
        json_array_append_new(types, json_string("end"));
    if (denied)
        json_array_append_new(types, json_string("denied"));
    if (json_array_size(types) > 0)
        json_object_set(event, "type", types);
    json_decref(types);
    set_text(event, "action", denied ? "flow_denied" : ended ? "flow_ended" : started ? "flow_started" : "flow_active");
    set(event, "id",
        json_sprintf("%s-%016lx-%u-%lu", w->node, (unsigned long)r->boot, r->worker, (unsigned long)r->sequence));
    set_text(event, "dataset", "junction.flow");
    if (!w->lean) {
        set_time(event, "start", f->start_ns);
        set_time(event, "end", f->end_ns);
    }
    set_number(event, "duration", f->end_ns > f->start_ns ? f->end_ns - f->start_ns : 0);
}

static void
set_end(const struct plain_writer *w, json_t *document, const char *key, const struct jn_record_flow *f,
        unsigned int end) {
    static const uint8_t none[6];
    const uint8_t *mac = f->mac[end];
    json_t *o = add_object(document, key);
    set_address(o, "ip", jn_family(f->flags & JN_FLOW_IPV6), f->address[end]);
    if (jn_flow_has_ports(f->protocol, f->flags))
        set_number(o, "port", f->port[end]);
    if (!w->lean && memcmp(mac, none, sizeof(none)) != 0)
        set(o, "mac", json_sprintf("%02X-%02X-%02X-%02X-%02X-%02X", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]));
    if (w->lean && f->packets[end] == 0)
        return;
    set_number(o, "bytes", f->bytes[end]);
    set_number(o, "packets", f->packets[end]);
}

// By the specification, a byte behind another.
static void
set_community_id(json_t *network, const struct jn_record_flow *f) {
    size_t width = f->flags & JN_FLOW_IPV6 ? 16 : 4;
    bool ports = flow_community_ports(f->protocol, f->flags);
    int order = memcmp(f->address[0], f->address[1], width);
    unsigned int first = order > 0 || (order == 0 && ports && f->port[0] > f->port[1]);
    uint8_t digest[SHA1_DIGEST_SIZE], head[2] = {0, 0}, middle[2] = {f->protocol, 0};
    char text[32] = {0};
    struct sha1_ctx sha1;
    first = f->flags & JN_FLOW_ONE_WAY ? 0 : first;
    sha1_init(&sha1);
    sha1_update(&sha1, sizeof(head), head);
    sha1_update(&sha1, width, f->address[first]);
    sha1_update(&sha1, width, f->address[!first]);
    sha1_update(&sha1, sizeof(middle), middle);
    for (unsigned int i = 0; ports && i < 2; i++) {
        uint16_t port = htons(f->port[first ^ i]);
        sha1_update(&sha1, sizeof(port), (const uint8_t *)&port);
    }
    sha1_digest(&sha1, sizeof(digest), digest);
    base64_encode_raw(text, sizeof(digest), digest);
    set(network, "community_id", json_sprintf("1:%s", text));
}

static void
set_network(const struct plain_writer *w, json_t *document, const struct jn_record_flow *f) {
    json_t *network = add_object(document, "network");
    const struct application a = protocols_application(f);
    const char *transport = protocols_transport(f->protocol);
    if (!w->lean)
        set_text(network, "type", f->flags & JN_FLOW_IPV6 ? "ipv6" : "ipv4");
    set_text(network, "transport", transport);
    if (!w->lean || transport == NULL)
        set(network, "iana_number", json_sprintf("%u", f->protocol));
    set_text(network, "protocol", protocols_word(a.master != 0 ? a.master : a.number, f->protocol));
    if (a.master != 0 && a.number != 0 && a.master != a.number)
        set_text(network, "application", protocols_word(a.number, f->protocol));
    set_number(network, "bytes", f->bytes[0] + f->bytes[1]);
    set_number(network, "packets", (uint64_t)f->packets[0] + f->packets[1]);
    set_community_id(network, f);
    set_text(network, "direction",
             !(f->flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B)) ? "unknown"
             : f->flags & JN_FLOW_FROM_NETWORK                   ? "inbound"
                                                                 : "outbound");
    if (f->vlan_tci != 0xffff)
        set(add_object(network, "vlan"), "id", json_sprintf("%u", f->vlan_tci & 0xfff));
}

static void
set_observer(const struct plain_writer *w, json_t *document, unsigned int port) {
    json_t *observer = add_object(document, "observer");
    set_text(observer, "name", w->node);
    if (w->lean)
        return;
    set_text(observer, "type", "sensor");
    set_text(observer, "vendor", "Junction");
    set_text(observer, "product", "Junction");
    set_text(observer, "version", JN_VERSION);
    if (w->ports[port][0] != '\0')
        set_text(add_object(add_object(observer, "ingress"), "interface"), "name", w->ports[port]);
}

static void
set_vpg_and_device(const struct plain_writer *w, json_t *junction, const struct jn_record *r) {
    const struct jn_record_flow *f = &r->flow;
    int number = names_vpg(w->names, r->vpg_id);
    const char *name = number >= 0 ? names_vpg_name(w->names, number) : NULL;
    json_t *vpg = add_object(junction, "vpg");
    set_text(vpg, "id", r->vpg_id);
    if (name != NULL && (name[0] != '\0' || !w->lean))
        set_text(vpg, "name", name);
    const struct jn_device *device =
        names_device(w->names, number, jn_family(f->flags & JN_FLOW_IPV6), f->address[flow_source(f->flags)]);
    if (device == NULL || !(f->flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B)))
        return;
    const char *device_name = names_device_name(w->names, device), *group = names_device_group(w->names, device);
    json_t *o = json_object();
    set_text(o, "name", device_name[0] != '\0' ? device_name : NULL);
    set_text(o, "group", group[0] != '\0' ? group : NULL);
    if (json_object_size(o) > 0)
        json_object_set(junction, "device", o);
    json_decref(o);
}

static void
set_ways(const struct plain_writer *w, json_t *junction, const struct jn_record *r) {
    const struct jn_record_flow *f = &r->flow;
    json_t *mirror = json_array(), *counts = json_object();
    for (unsigned int i = 0; i < 2; i++) {
        const struct jn_peer *peer = names_peer(w->names, names_vpg(w->names, r->vpg_id), i);
        json_t *o = f->mirrored[i] != 0 ? json_object() : NULL;
        if (o == NULL)
            continue;
        if (peer != NULL)
            set_address(o, "peer", peer->family, peer->address);
        else
            set(o, "peer", json_sprintf("peer-%u", i));
        set_number(o, "frames", f->mirrored[i]);
        json_array_append_new(mirror, o);
    }
    if (json_array_size(mirror) > 0)
        json_object_set(junction, "mirror", mirror);
    json_decref(mirror);
    if (f->verdict & JN_VERDICT_REDIRECT)
        set(junction, "redirected", json_true());
    // Whether there are counts, their bytes do not decide, in a lean document as in any.
    bool any = (f->redirected | f->returned) != 0;
    if (f->redirected != 0 || !w->lean)
        set_number(counts, "packets", f->redirected);
    if (f->returned != 0 || !w->lean)
        set_number(counts, "returned_packets", f->returned);
    if (f->returned_bytes != 0 || !w->lean)
        set_number(counts, "returned_bytes", f->returned_bytes);
    if (any || (f->verdict & JN_VERDICT_REDIRECT && !w->lean))
        json_object_set(junction, "redirect", counts);
    json_decref(counts);
    if (f->verdict & JN_VERDICT_GATE)
        set(junction, "gate", json_true());
    if (f->flags & JN_FLOW_RETURNED)
        set(junction, "returned_flow", json_true());
}

// TCP's flags that say nothing of a flow.
static bool
is_ordinary(const struct jn_record_flow *f) {
    const unsigned int fin_syn_psh_ack = 0x1b, ack = 0x10;
    return (f->tcp_flags[0] & f->tcp_flags[1] & ack) != 0 &&
           ((f->tcp_flags[0] | f->tcp_flags[1]) & ~fin_syn_psh_ack) == 0;
}

static void
set_transport(const struct plain_writer *w, json_t *junction, const struct jn_record_flow *f) {
    unsigned int source = flow_source(f->flags);
    bool one_way = f->flags & JN_FLOW_ONE_WAY;
    if (f->protocol == JN_IP_TCP && !(w->lean && is_ordinary(f))) {
        json_t *flags = add_object(add_object(junction, "tcp"), "flags");
        set(flags, "source", words_of(f->tcp_flags[source], tcp_words, 8));
        set(flags, "destination", words_of(f->tcp_flags[!source], tcp_words, 8));
    } else if (flow_has_icmp_type(f->protocol, f->flags)) {
        json_t *icmp = add_object(junction, "icmp");
        set_number(icmp, "type", f->port[one_way ? 0 : flow_initiator(f->flags)]);
        if (one_way)
            set_number(icmp, "code", f->port[1]);
    }
}

static void
set_application(json_t *junction, const struct jn_record_flow *f) {
    if (jn_application_phase(f->flags) == JN_APPLICATION_NONE_PHASE || f->application == JN_APPLICATION_NONE)
        return;
    json_t *application = add_object(junction, "application");
    set_text(application, "name", protocols_name(protocols_application(f).number));
    set_text(application, "category", jn_category_name(f->application_category));
    set_text(application, "confidence", jn_confidence_name(f->application_confidence));
}

static void
set_origin(const struct plain_writer *w, json_t *junction, const struct jn_record *r) {
    if (!w->lean) {
        set_time(add_object(junction, "flow"), "start", r->flow.flow_start_ns);
        set_number(junction, "worker", r->worker);
        set_number(junction, "sequence", r->sequence);
        set_number(junction, "generation", r->generation);
    }
    if (r->interval_end == 0)
        return;
    json_t *interval = add_object(junction, "interval");
    set_number(interval, "number", r->interval);
    if (!w->lean) {
        set_time(interval, "start", r->interval_start);
        set_time(interval, "end", r->interval_end);
    }
    if (r->marks != 0)
        set(interval, "irregular", words_of(r->marks, mark_words, 16));
}

static void
set_junction(const struct plain_writer *w, json_t *document, const struct jn_record *r) {
    const struct jn_record_flow *f = &r->flow;
    json_t *junction = add_object(document, "junction");
    set_vpg_and_device(w, junction, r);
    set(junction, "verdict", words_of(f->verdict, verdict_words, 16));
    if (f->flags & JN_FLOW_VERDICT_CHANGED)
        set(junction, "verdict_changed", json_true());
    set_ways(w, junction, r);
    json_t *reason = add_object(junction, "end_reason");
    if (!w->lean)
        set_number(reason, "id", f->end_reason);
    set_text(reason, "name", reason_names[f->end_reason]);
    set_transport(w, junction, f);
    set_application(junction, f);
    set_origin(w, junction, r);
}

char *
plain_document(const struct plain_writer *w, const struct jn_record *r) {
    const struct jn_record_flow *f = &r->flow;
    json_t *document = json_object();
    unsigned int source = flow_source(f->flags);
    set_time(document, "@timestamp", f->end_ns);
    if (!w->lean)
        set_text(add_object(document, "ecs"), "version", "8.11.0");
    set_event(w, document, r);
    set_end(w, document, "source", f, source);
    set_end(w, document, "destination", f, !source);
    set_network(w, document, f);
    set_observer(w, document, f->ingress);
    set_junction(w, document, r);
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    return text;
}
