// SPDX-License-Identifier: BSD-3-Clause
#include "flow_document.h"

#include "community_id.h"
#include "ends.h"
#include "flow_application.h"
#include "flow_junction.h"

// What comes before the sequence in an id. Records of one worker come in runs.
static void
find_origin(struct flow_writer *w, const struct jn_record *record) {
    if (w->boot == record->boot && w->worker == record->worker)
        return;
    w->boot = record->boot;
    w->worker = record->worker;
    char *at = put_bytes(w->origin, w->node, w->node_length);
    *at++ = '-';
    at = put_hex16(at, record->boot);
    *at++ = '-';
    at = put_u64(at, record->worker);
    *at++ = '-';
    w->origin_length = (size_t)(at - w->origin);
}

static char *
put_event_id(struct flow_writer *w, char *at, const struct jn_record *record, struct flow_document *document) {
    find_origin(w, record);
    document->id_at = (size_t)(at - document->text);
    at = put_u64(put_bytes(at, w->origin, w->origin_length), record->sequence);
    document->id_length = (size_t)(at - document->text) - document->id_at;
    return at;
}

// The words that tell documents from each other, each with a comma before it.
static char *
put_types(char *at, const struct flow_view *v) {
    if (v->started)
        at = PUT(at, ",\"start\"");
    if (v->ended)
        at = PUT(at, ",\"end\"");
    return v->denied ? PUT(at, ",\"denied\"") : at;
}

// Lean: only what tells documents from each other.
static char *
put_kind(char *at, const struct flow_view *v, bool lean) {
    if (!lean)
        at = PUT(put_types(PUT(at, "\"kind\":\"event\",\"category\":[\"network\"],\"type\":[\"connection\""), v), "],");
    else if (v->started || v->ended || v->denied) {
        char *start = PUT(at, "\"type\":");
        at = PUT(put_types(start, v), "],");
        *start = '[';
    }
    at = PUT(at, "\"action\":\"");
    at = v->denied    ? PUT(at, "flow_denied")
         : v->ended   ? PUT(at, "flow_ended")
         : v->started ? PUT(at, "flow_started")
                      : PUT(at, "flow_active");
    return PUT(at, "\",");
}

static char *
put_event(struct flow_writer *w, char *at, const struct flow_view *v, struct flow_document *document) {
    const struct jn_record_flow *flow = v->flow;
    char end[TIME_TEXT_LENGTH];
    put_time(&w->time, end, flow->end_ns);
    at = PUT(at, "{\"@timestamp\":\"");
    document->time_at = (size_t)(at - document->text);
    at = put_bytes(at, end, sizeof(end));
    at = w->lean ? PUT(at, "\",\"event\":{") : PUT(at, "\",\"ecs\":{\"version\":\"8.11.0\"},\"event\":{");
    at = put_kind(at, v, w->lean);
    at = put_event_id(w, PUT(at, "\"id\":\""), v->record, document);
    at = PUT(at, "\",\"dataset\":\"junction.flow\"");
    if (!w->lean) {
        at = put_time(&w->time, PUT(at, ",\"start\":\""), flow->start_ns);
        at = put_bytes(PUT(at, "\",\"end\":\""), end, sizeof(end));
        *at++ = '"';
    }
    // A capture's clock may step back between two packets.
    at = put_u64(PUT(at, ",\"duration\":"), flow->end_ns > flow->start_ns ? flow->end_ns - flow->start_ns : 0);
    *at++ = '}';
    return at;
}

static char *
put_end(char *at, const struct flow_view *v, unsigned int end, bool lean) {
    static const uint8_t unknown[6];
    const struct jn_record_flow *flow = v->flow;
    at = put_address(PUT(at, "{\"ip\":\""), v->family, flow->address[end]);
    if (v->ports) {
        at = put_u64(PUT(at, "\",\"port\":"), flow->port[end]);
    } else
        *at++ = '"';
    if (!lean && memcmp(flow->mac[end], unknown, sizeof(unknown)) != 0) {
        at = put_mac(PUT(at, ",\"mac\":\""), flow->mac[end]);
        *at++ = '"';
    }
    if (!lean || flow->packets[end] != 0) {
        at = put_u64(PUT(at, ",\"bytes\":"), flow->bytes[end]);
        at = put_u64(PUT(at, ",\"packets\":"), flow->packets[end]);
    }
    *at++ = '}';
    return at;
}

static char *
put_direction(char *at, uint16_t flags) {
    if (!(flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B)))
        return PUT(at, "unknown");
    return flags & JN_FLOW_FROM_NETWORK ? PUT(at, "inbound") : PUT(at, "outbound");
}

// Lean: the number where there is no word, and no family, which addresses tell.
static char *
put_protocols(char *at, const struct flow_view *v, bool lean) {
    const struct jn_record_flow *flow = v->flow;
    const char *transport = protocols_transport(flow->protocol);
    if (!lean) {
        at = put_u64(PUT(at, "\"type\":\"ipv"), v->family);
        at = PUT(at, "\",");
    }
    if (transport != NULL) {
        at = put_bytes(PUT(at, "\"transport\":\""), transport, strlen(transport));
        at = PUT(at, "\",");
    }
    if (!lean || transport == NULL) {
        at = put_u64(PUT(at, "\"iana_number\":\""), flow->protocol);
        at = PUT(at, "\",");
    }
    return put_application_words(at, v);
}

static char *
put_network(char *at, const struct flow_view *v, bool lean) {
    const struct jn_record_flow *flow = v->flow;
    at = put_protocols(PUT(at, ",\"network\":{"), v, lean);
    at = put_u64(PUT(at, "\"bytes\":"), flow->bytes[0] + flow->bytes[1]);
    at = put_u64(PUT(at, ",\"packets\":"), (uint64_t)flow->packets[0] + flow->packets[1]);
    at = PUT(at, ",\"community_id\":\"");
    jn_community_id(v->family, flow->address, flow->protocol, flow_community_ports(flow->protocol, flow->flags),
                    flow->port, flow->flags & JN_FLOW_ONE_WAY, at);
    at += JN_COMMUNITY_ID_SIZE - 1;
    at = put_direction(PUT(at, "\",\"direction\":\""), flow->flags);
    *at++ = '"';
    if (flow->vlan_tci != 0xffff) {
        at = put_u64(PUT(at, ",\"vlan\":{\"id\":\""), flow->vlan_tci & 0xfff);
        at = PUT(at, "\"}");
    }
    *at++ = '}';
    return at;
}

static char *
put_observer(const struct flow_writer *w, char *at, unsigned int port) {
    at = put_bytes(PUT(at, ",\"observer\":{\"name\":\""), w->node, w->node_length);
    if (w->lean)
        return PUT(at, "\"}");
    at = PUT(at,
             "\",\"type\":\"sensor\",\"vendor\":\"Junction\",\"product\":\"Junction\",\"version\":\"" JN_VERSION "\"");
    if (w->port_length[port] > 0) {
        at = put_bytes(PUT(at, ",\"ingress\":{\"interface\":{\"name\":\""), w->ports[port], w->port_length[port]);
        at = PUT(at, "\"}}");
    }
    *at++ = '}';
    return at;
}

void
flow_writer_open(struct flow_writer *writer, const char *node, const struct names *names) {
    *writer = (struct flow_writer){.names = names, .worker = UINT32_MAX, .vpg_policy = UINT64_MAX, .vpg = -1};
    writer->node_length = (size_t)(put_escaped(writer->node, node, strlen(node)) - writer->node);
}

void
flow_writer_ports(struct flow_writer *writer, const char names[JN_MAX_PORTS][JN_NAME_MAX]) {
    for (unsigned int i = 0; i < JN_MAX_PORTS; i++) {
        char name[JN_NAME_MAX];
        memcpy(name, names[i], sizeof(name)); // may change under our eyes
        size_t length = strnlen(name, sizeof(name));
        length = length == sizeof(name) ? 0 : length;
        writer->port_length[i] = (uint8_t)(put_escaped(writer->ports[i], name, length) - writer->ports[i]);
    }
}

// A device's documents keep together, and those of a VPG's devices with the same addresses apart from another's.
static void
put_key(const struct flow_writer *w, const struct flow_view *v, struct flow_document *document) {
    char *at = put_bytes(document->key, w->vpg_id, w->vpg_id_length);
    *at++ = '/';
    at = put_address(at, v->family, v->flow->address[v->source]);
    document->key_length = (size_t)(at - document->key);
}

void
flow_document_write(struct flow_writer *writer, const struct jn_record *record, struct flow_document *document) {
    const struct jn_record_flow *flow = &record->flow;
    struct flow_view v = {
        .record = record,
        .flow = flow,
        .application = protocols_application(flow),
        .source = flow_source(flow->flags),
        .family = jn_family(flow->flags & JN_FLOW_IPV6),
        .ports = jn_flow_has_ports(flow->protocol, flow->flags),
        .ended = flow->end_reason != JN_END_ACTIVE,
        .started = !(flow->flags & JN_FLOW_REPORTED),
        .denied = flow->verdict & JN_VERDICT_DROP,
    };
    const struct jn_annotated_flow *annotated = annotated_of_record(writer->annotated, record);
    struct flow_texts texts;
    if (annotated != NULL) {
        flow_texts_read(annotated, &texts);
        v.texts = &texts;
    }
    find_vpg(writer, record->vpg_id);
    char *at = put_event(writer, document->text, &v, document);
    at = put_end(PUT(at, ",\"source\":"), &v, v.source, writer->lean);
    at = put_end(PUT(at, ",\"destination\":"), &v, !v.source, writer->lean);
    at = put_network(at, &v, writer->lean);
    if (v.texts != NULL)
        at = put_texts(at, v.texts);
    at = put_observer(writer, at, flow->ingress);
    at = put_junction(writer, at, &v);
    document->length = (size_t)(at - document->text);
    document->packets = (uint64_t)flow->packets[0] + flow->packets[1];
    document->bytes = flow->bytes[0] + flow->bytes[1];
    put_key(writer, &v, document);
}
