// SPDX-License-Identifier: BSD-3-Clause
#include "flow_document.h"

#include "community_id.h"
#include "ends.h"
#include "flow_application.h"
#include "flow_junction.h"
#include "flow_pieces.h"

// What comes before the sequence in an id. Records of one worker come in runs.
static void
find_origin(struct flow_writer *w, const struct jn_record *record) {
    if (w->boot == record->boot && w->worker == record->worker)
        return;
    w->boot = record->boot;
    w->worker = record->worker;
    char *at = put_padded(w->origin, w->node, w->node_length);
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
    at = put_u64(put_padded(at, w->origin, w->origin_length), record->sequence);
    document->id_length = (size_t)(at - document->text) - document->id_at;
    return at;
}

// Lean: only what tells documents from each other. By denied, ended and started, a bit each.
static const struct text_piece kinds[2][8] = {
#define ACTION(name)      "\"action\":\"" name "\",\"id\":\""
#define KIND(types, name) TEXT_PIECE(types "]," ACTION(name))
    {
        KIND("", "flow_active"),
        KIND(",\"start\"", "flow_started"),
        KIND(",\"end\"", "flow_ended"),
        KIND(",\"start\",\"end\"", "flow_ended"),
        KIND(",\"denied\"", "flow_denied"),
        KIND(",\"start\",\"denied\"", "flow_denied"),
        KIND(",\"end\",\"denied\"", "flow_denied"),
        KIND(",\"start\",\"end\",\"denied\"", "flow_denied"),
    },
#undef KIND
#define KIND(types, name) TEXT_PIECE("\"type\":[" types "]," ACTION(name))
    {
        TEXT_PIECE(ACTION("flow_active")),
        KIND("\"start\"", "flow_started"),
        KIND("\"end\"", "flow_ended"),
        KIND("\"start\",\"end\"", "flow_ended"),
        KIND("\"denied\"", "flow_denied"),
        KIND("\"start\",\"denied\"", "flow_denied"),
        KIND("\"end\",\"denied\"", "flow_denied"),
        KIND("\"start\",\"end\",\"denied\"", "flow_denied"),
    },
#undef KIND
#undef ACTION
};

static char *
put_event(struct flow_writer *w, char *at, const struct flow_view *v, struct flow_document *document) {
    const struct jn_record_flow *flow = v->flow;
    unsigned int kind = (unsigned int)v->denied << 2 | (unsigned int)v->ended << 1 | v->started;
    char end[TIME_TEXT_LENGTH];
    put_time(&w->time, end, flow->end_ns);
    at = PUT(at, "{\"@timestamp\":\"");
    document->time_at = (size_t)(at - document->text);
    at = put_bytes(at, end, sizeof(end));
    at = w->lean
             ? PUT(at, "\",\"event\":{")
             : PUT(at, "\",\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"event\",\"category\":[\"network\"],"
                       "\"type\":[\"connection\"");
    at = put_event_id(w, put_piece(at, &kinds[w->lean][kind]), v->record, document);
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

// Zeroes: none is known.
static inline bool
is_mac(const uint8_t mac[6]) {
    uint32_t first;
    uint16_t last;
    memcpy(&first, mac, sizeof(first));
    memcpy(&last, mac + sizeof(first), sizeof(last));
    return (first | last) != 0;
}

static char *
put_end(char *at, const struct flow_view *v, unsigned int end, bool lean) {
    const struct jn_record_flow *flow = v->flow;
    at = put_address(PUT(at, "{\"ip\":\""), v->family, flow->address[end]);
    if (v->ports) {
        at = put_u64(PUT(at, "\",\"port\":"), flow->port[end]);
    } else
        *at++ = '"';
    if (!lean && is_mac(flow->mac[end])) {
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
    static const struct text_piece words[] = {TEXT_PIECE("unknown\""), TEXT_PIECE("outbound\""),
                                              TEXT_PIECE("inbound\"")};
    bool known = flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B), inbound = flags & JN_FLOW_FROM_NETWORK;
    return put_piece(at, &words[known + (known & inbound)]);
}

// Lean: no family, which addresses tell.
static char *
put_protocols(char *at, const struct flow_view *v, bool lean) {
    if (!lean)
        at = v->family == 6 ? PUT(at, "\"type\":\"ipv6\",") : PUT(at, "\"type\":\"ipv4\",");
    at = put_piece(at, &flow_pieces.protocol[lean][v->flow->protocol]);
    return put_application_words(at, v);
}

static char *
put_network(char *at, const struct flow_view *v, bool lean) {
    const struct jn_record_flow *flow = v->flow;
    at = put_protocols(PUT(at, ",\"network\":{"), v, lean);
    at = put_u64(PUT(at, "\"bytes\":"), flow->bytes[0] + flow->bytes[1]);
    at = put_u64(PUT(at, ",\"packets\":"), (uint64_t)flow->packets[0] + flow->packets[1]);
    at = put_bytes(PUT(at, ",\"community_id\":\""), v->community_id, JN_COMMUNITY_ID_SIZE - 1);
    at = put_direction(PUT(at, "\",\"direction\":\""), flow->flags);
    if (flow->vlan_tci != 0xffff) {
        at = put_u64(PUT(at, ",\"vlan\":{\"id\":\""), flow->vlan_tci & 0xfff);
        at = PUT(at, "\"}");
    }
    *at++ = '}';
    return at;
}

static char *
put_observer(const struct flow_writer *w, char *at, unsigned int port) {
    at = put_padded(at, w->observer, w->observer_length[w->lean]);
    if (!w->lean)
        at = put_padded(at, w->ingress[port], w->ingress_length[port]);
    *at++ = '}';
    return at;
}

static void
make_observer(struct flow_writer *w, const char *node) {
    w->node_length = (size_t)(put_escaped(w->node, node, strlen(node)) - w->node);
    char *at = put_padded(PUT(w->observer, ",\"observer\":{\"name\":\""), w->node, w->node_length);
    *at++ = '"';
    w->observer_length[true] = (size_t)(at - w->observer);
    at =
        PUT(at, ",\"type\":\"sensor\",\"vendor\":\"Junction\",\"product\":\"Junction\",\"version\":\"" JN_VERSION "\"");
    w->observer_length[false] = (size_t)(at - w->observer);
}

void
flow_writer_open(struct flow_writer *writer, const char *node, const struct names *names) {
    *writer = (struct flow_writer){.names = names, .worker = UINT32_MAX, .vpg_policy = UINT64_MAX, .vpg = -1};
    make_observer(writer, node);
    flow_pieces_make();
}

void
flow_writer_ports(struct flow_writer *writer, const char names[JN_MAX_PORTS][JN_NAME_MAX]) {
    for (unsigned int i = 0; i < JN_MAX_PORTS; i++) {
        char name[JN_NAME_MAX], *at = writer->ingress[i];
        memcpy(name, names[i], sizeof(name)); // may change under our eyes
        size_t length = strnlen(name, sizeof(name));
        if (length > 0 && length < sizeof(name)) {
            at = put_escaped(PUT(at, ",\"ingress\":{\"interface\":{\"name\":\""), name, length);
            at = PUT(at, "\"}}");
        }
        writer->ingress_length[i] = (uint16_t)(at - writer->ingress[i]);
    }
}

// A device's documents keep together, and those of a VPG's devices with the same addresses apart from another's.
static void
put_key(const struct flow_writer *w, const struct flow_view *v, struct flow_document *document) {
    memcpy(document->key, w->vpg_id, sizeof(w->vpg_id));
    char *at = document->key + w->vpg_id_length;
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
    // Long before it is written, for the processor goes on meanwhile.
    jn_community_id(v.family, flow->address, flow->protocol, flow_community_ports(flow->protocol, flow->flags),
                    flow->port, flow->flags & JN_FLOW_ONE_WAY, v.community_id);
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
