// SPDX-License-Identifier: BSD-3-Clause
#include "flow_document.h"

#include "community_id.h"
#include "ends.h"
#include "protocols.h"

struct word {
    const char *text;
    size_t length;
};
#define WORD(literal)                                                                                                  \
    { literal, sizeof(literal) - 1 }

// What of a record is asked for more than once.
struct view {
    const struct jn_record *record;
    const struct jn_record_flow *flow;
    unsigned int source; // end that is the document's source
    uint8_t family;
    bool ports, ended, started, denied;
};

static const struct word reasons[] = {
#define X(id, number, name) [JN_END_##id] = WORD("{\"id\":" #number ",\"name\":\"" name "\"}"),
    JN_END_REASONS(X)
#undef X
};

static inline char *
put_word(char *at, const struct word *word) {
    return put_bytes(at, word->text, word->length);
}

static char *
put_string(char *at, const char *text) {
    *at++ = '"';
    at = put_escaped(at, text, strlen(text));
    *at++ = '"';
    return at;
}

// The words of the bits that are set, as the inside of a JSON array.
static char *
put_bits(char *at, unsigned int bits, const struct word *words, unsigned int count) {
    bool first = true;
    for (unsigned int i = 0; i < count; i++) {
        if (!(bits >> i & 1) || words[i].length == 0)
            continue;
        if (!first)
            *at++ = ',';
        first = false;
        *at++ = '"';
        at = put_word(at, &words[i]);
        *at++ = '"';
    }
    return at;
}

static char *
put_tcp_flags(char *at, unsigned int flags) {
    static const struct word words[] = {WORD("fin"), WORD("syn"), WORD("rst"), WORD("psh"),
                                        WORD("ack"), WORD("urg"), WORD("ece"), WORD("cwr")};
    return put_bits(at, flags, words, 8);
}

static char *
put_verdict(char *at, unsigned int verdict) {
    static const struct word words[] = {
#define X(id, bit, in_document, word, text) [bit] = WORD(in_document),
        JN_VERDICTS(X)
#undef X
    };
    const unsigned int mirrors = JN_VERDICT_MIRROR0 | JN_VERDICT_MIRROR1; // one word
    if ((verdict & mirrors) == mirrors)
        verdict &= ~(unsigned int)JN_VERDICT_MIRROR1;
    return put_bits(at, verdict, words, sizeof(words) / sizeof(words[0]));
}

static char *
put_event_id(const struct flow_writer *w, char *at, const struct jn_record *record, struct flow_document *document) {
    const char *start = at;
    at = put_bytes(at, w->node, w->node_length);
    *at++ = '-';
    at = put_hex16(at, record->boot);
    *at++ = '-';
    at = put_u64(at, record->worker);
    *at++ = '-';
    at = put_u64(at, record->sequence);
    document->id_at = (size_t)(start - document->text);
    document->id_length = (size_t)(at - start);
    return at;
}

static char *
put_event(struct flow_writer *w, char *at, const struct view *v, struct flow_document *document) {
    const struct jn_record_flow *flow = v->flow;
    char end[TIME_TEXT_LENGTH];
    put_time(&w->time, end, flow->end_ns);
    at = PUT(at, "{\"@timestamp\":\"");
    document->time_at = (size_t)(at - document->text);
    at = put_bytes(at, end, sizeof(end));
    at = PUT(at, "\",\"ecs\":{\"version\":\"8.11.0\"},"
                 "\"event\":{\"kind\":\"event\",\"category\":[\"network\"],\"type\":[\"connection\"");
    if (v->started)
        at = PUT(at, ",\"start\"");
    if (v->ended)
        at = PUT(at, ",\"end\"");
    if (v->denied)
        at = PUT(at, ",\"denied\"");
    at = PUT(at, "],\"action\":\"");
    at = v->denied    ? PUT(at, "flow_denied")
         : v->ended   ? PUT(at, "flow_ended")
         : v->started ? PUT(at, "flow_started")
                      : PUT(at, "flow_active");
    at = put_event_id(w, PUT(at, "\",\"id\":\""), v->record, document);
    at = PUT(at, "\",\"dataset\":\"junction.flow\",\"start\":\"");
    at = put_time(&w->time, at, flow->start_ns);
    at = put_bytes(PUT(at, "\",\"end\":\""), end, sizeof(end));
    at = PUT(at, "\",\"duration\":");
    // A capture's clock may step back between two packets.
    at = put_u64(at, flow->end_ns > flow->start_ns ? flow->end_ns - flow->start_ns : 0);
    *at++ = '}';
    return at;
}

static char *
put_end(char *at, const struct view *v, unsigned int end) {
    static const uint8_t unknown[6];
    const struct jn_record_flow *flow = v->flow;
    at = put_address(PUT(at, "{\"ip\":\""), v->family, flow->address[end]);
    if (v->ports) {
        at = put_u64(PUT(at, "\",\"port\":"), flow->port[end]);
    } else
        *at++ = '"';
    if (memcmp(flow->mac[end], unknown, sizeof(unknown)) != 0) {
        at = put_mac(PUT(at, ",\"mac\":\""), flow->mac[end]);
        *at++ = '"';
    }
    at = put_u64(PUT(at, ",\"bytes\":"), flow->bytes[end]);
    at = put_u64(PUT(at, ",\"packets\":"), flow->packets[end]);
    *at++ = '}';
    return at;
}

static char *
put_direction(char *at, uint16_t flags) {
    if (!(flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B)))
        return PUT(at, "unknown");
    return flags & JN_FLOW_FROM_NETWORK ? PUT(at, "inbound") : PUT(at, "outbound");
}

static char *
put_network(char *at, const struct view *v) {
    const struct jn_record_flow *flow = v->flow;
    unsigned int initiator = flow_initiator(flow->flags);
    const char *transport = protocols_transport(flow->protocol);
    unsigned int guess = protocols_guess(flow->protocol, flow->port[!initiator], flow->port[initiator]);
    const char *application = applications[guess].ecs;
    at = put_u64(PUT(at, ",\"network\":{\"type\":\"ipv"), v->family);
    *at++ = '"';
    if (transport != NULL) {
        at = put_bytes(PUT(at, ",\"transport\":\""), transport, strlen(transport));
        *at++ = '"';
    }
    at = put_u64(PUT(at, ",\"iana_number\":\""), flow->protocol);
    *at++ = '"';
    if (application != NULL) {
        at = put_bytes(PUT(at, ",\"protocol\":\""), application, strlen(application));
        *at++ = '"';
    }
    at = put_u64(PUT(at, ",\"bytes\":"), flow->bytes[0] + flow->bytes[1]);
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
    at = PUT(at,
             "\",\"type\":\"sensor\",\"vendor\":\"Junction\",\"product\":\"Junction\",\"version\":\"" JN_VERSION "\"");
    if (w->port_length[port] > 0) {
        at = put_bytes(PUT(at, ",\"ingress\":{\"interface\":{\"name\":\""), w->ports[port], w->port_length[port]);
        at = PUT(at, "\"}}");
    }
    *at++ = '}';
    return at;
}

// What the policy says of the record's VPG: the last answer is kept, for records of one VPG come in runs.
static void
find_vpg(struct flow_writer *w, const char id[JN_VPG_ID_MAX]) {
    if (w->vpg_policy == w->names->policy_number && strcmp(w->vpg_id, id) == 0)
        return;
    w->vpg = names_vpg(w->names, id);
    w->vpg_policy = w->names->policy_number;
    memcpy(w->vpg_id, id, JN_VPG_ID_MAX);
    w->vpg_id_length = strlen(id);
    char *at = put_string(PUT(w->vpg_text, "{\"id\":"), id);
    if (w->vpg >= 0)
        at = put_string(PUT(at, ",\"name\":"), names_vpg_name(w->names, w->vpg));
    *at++ = '}';
    w->vpg_text_length = (size_t)(at - w->vpg_text);
}

// The peers that frames of the flow went to.
static char *
put_mirror(const struct flow_writer *w, char *at, const struct jn_record_flow *flow) {
    bool first = true;
    if ((flow->mirrored[0] | flow->mirrored[1]) == 0)
        return at;
    at = PUT(at, ",\"mirror\":[");
    for (unsigned int peer_idx = 0; peer_idx < JN_VPG_PEERS; peer_idx++) {
        if (flow->mirrored[peer_idx] == 0)
            continue;
        const struct jn_peer *peer = names_peer(w->names, w->vpg, peer_idx);
        at = first ? PUT(at, "{\"peer\":\"") : PUT(at, ",{\"peer\":\"");
        first = false;
        if (peer == NULL) {
            at = put_u64(PUT(at, "peer-"), peer_idx);
        } else
            at = put_address(at, peer->family, peer->address);
        at = put_u64(PUT(at, "\",\"frames\":"), flow->mirrored[peer_idx]);
        *at++ = '}';
    }
    *at++ = ']';
    return at;
}

// Counts may stand without the verdict, when the policy has changed since, and the verdict without counts, when the
// gateway was down.
static char *
put_redirect(char *at, const struct jn_record_flow *flow) {
    unsigned int verdict = flow->verdict & (JN_VERDICT_REDIRECT | JN_VERDICT_GATE),
                 made = flow->flags & JN_FLOW_RETURNED;
    if ((verdict | made | flow->redirected | flow->returned) == 0)
        return at;
    bool redirected = verdict & JN_VERDICT_REDIRECT;
    if (redirected)
        at = PUT(at, ",\"redirected\":true");
    if (redirected || (flow->redirected | flow->returned) != 0) {
        at = put_u64(PUT(at, ",\"redirect\":{\"packets\":"), flow->redirected);
        at = put_u64(PUT(at, ",\"returned_packets\":"), flow->returned);
        at = put_u64(PUT(at, ",\"returned_bytes\":"), flow->returned_bytes);
        *at++ = '}';
    }
    if (verdict & JN_VERDICT_GATE)
        at = PUT(at, ",\"gate\":true");
    return made ? PUT(at, ",\"returned_flow\":true") : at;
}

static char *
put_vpg_and_device(const struct flow_writer *w, char *at, const struct view *v) {
    at = put_bytes(PUT(at, "\"vpg\":"), w->vpg_text, w->vpg_text_length);
    if (!(v->flow->flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B)))
        return at;
    const struct jn_device *device = names_device(w->names, w->vpg, v->family, v->flow->address[v->source]);
    const char *name = device != NULL ? names_device_name(w->names, device) : "";
    const char *group = device != NULL ? names_device_group(w->names, device) : "";
    if (name[0] == '\0' && group[0] == '\0')
        return at;
    at = PUT(at, ",\"device\":{");
    if (name[0] != '\0') {
        at = put_string(PUT(at, "\"name\":"), name);
    }
    if (group[0] != '\0') {
        at = name[0] != '\0' ? PUT(at, ",\"group\":") : PUT(at, "\"group\":");
        at = put_string(at, group);
    }
    *at++ = '}';
    return at;
}

static char *
put_transport_details(char *at, const struct view *v) {
    const struct jn_record_flow *flow = v->flow;
    if (flow->protocol == JN_IP_TCP) {
        at = put_tcp_flags(PUT(at, ",\"tcp\":{\"flags\":{\"source\":["), flow->tcp_flags[v->source]);
        at = put_tcp_flags(PUT(at, "],\"destination\":["), flow->tcp_flags[!v->source]);
        return PUT(at, "]}}");
    }
    if (!flow_has_icmp_type(flow->protocol, flow->flags))
        return at;
    bool one_way = flow->flags & JN_FLOW_ONE_WAY;
    at = put_u64(PUT(at, ",\"icmp\":{\"type\":"), flow->port[one_way ? 0 : flow_initiator(flow->flags)]);
    if (one_way) {
        at = put_u64(PUT(at, ",\"code\":"), flow->port[1]);
    }
    *at++ = '}';
    return at;
}

static char *
put_interval(struct flow_writer *w, char *at, const struct jn_record *record) {
    static const struct word words[] = {
#define X(id, bit, word, text) [bit] = WORD(word),
        JN_INTERVAL_MARKS(X)
#undef X
    };
    at = put_u64(PUT(at, ",\"interval\":{\"number\":"), record->interval);
    at = put_time(&w->time, PUT(at, ",\"start\":\""), record->interval_start);
    at = put_time(&w->time, PUT(at, "\",\"end\":\""), record->interval_end);
    *at++ = '"';
    if (record->marks != 0) {
        at = put_bits(PUT(at, ",\"irregular\":["), record->marks, words, sizeof(words) / sizeof(words[0]));
        *at++ = ']';
    }
    *at++ = '}';
    return at;
}

static char *
put_junction(struct flow_writer *w, char *at, const struct view *v) {
    const struct jn_record *record = v->record;
    at = PUT(at, ",\"junction\":{");
    at = put_vpg_and_device(w, at, v);
    at = put_verdict(PUT(at, ",\"verdict\":["), v->flow->verdict);
    *at++ = ']';
    at = put_mirror(w, at, v->flow);
    at = put_redirect(at, v->flow);
    at = put_word(PUT(at, ",\"end_reason\":"), &reasons[v->flow->end_reason]);
    at = put_transport_details(at, v);
    at = PUT(at, ",\"flow\":{\"start\":\"");
    at = put_time(&w->time, at, v->flow->flow_start_ns);
    at = put_u64(PUT(at, "\"},\"worker\":"), record->worker);
    at = put_u64(PUT(at, ",\"sequence\":"), record->sequence);
    at = put_u64(PUT(at, ",\"generation\":"), record->generation);
    if (record->interval_end != 0) {
        at = put_interval(w, at, record);
    }
    return PUT(at, "}}");
}

void
flow_writer_open(struct flow_writer *writer, const char *node, const struct names *names) {
    *writer = (struct flow_writer){.names = names, .vpg_policy = UINT64_MAX, .vpg = -1};
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
put_key(const struct flow_writer *w, const struct view *v, struct flow_document *document) {
    char *at = put_bytes(document->key, w->vpg_id, w->vpg_id_length);
    *at++ = '/';
    at = put_address(at, v->family, v->flow->address[v->source]);
    document->key_length = (size_t)(at - document->key);
}

void
flow_document_write(struct flow_writer *writer, const struct jn_record *record, struct flow_document *document) {
    const struct jn_record_flow *flow = &record->flow;
    struct view v = {
        .record = record,
        .flow = flow,
        .source = flow_source(flow->flags),
        .family = jn_family(flow->flags & JN_FLOW_IPV6),
        .ports = jn_flow_has_ports(flow->protocol, flow->flags),
        .ended = flow->end_reason != JN_END_ACTIVE,
        .started = !(flow->flags & JN_FLOW_REPORTED),
        .denied = flow->verdict & JN_VERDICT_DROP,
    };
    find_vpg(writer, record->vpg_id);
    char *at = put_event(writer, document->text, &v, document);
    at = put_end(PUT(at, ",\"source\":"), &v, v.source);
    at = put_end(PUT(at, ",\"destination\":"), &v, !v.source);
    at = put_network(at, &v);
    at = put_observer(writer, at, flow->ingress);
    at = put_junction(writer, at, &v);
    document->length = (size_t)(at - document->text);
    document->packets = (uint64_t)flow->packets[0] + flow->packets[1];
    document->bytes = flow->bytes[0] + flow->bytes[1];
    put_key(writer, &v, document);
}
