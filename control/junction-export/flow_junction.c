// SPDX-License-Identifier: BSD-3-Clause
#include "flow_junction.h"

#include "ends.h"
#include "flow_application.h"
#include "flow_pieces.h"

enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_PSH = 0x08, TCP_ACK = 0x10 };

static const struct text_piece reasons[2][JN_END_RESOURCES + 1] = {
    {
#define X(id, number, name) [JN_END_##id] = TEXT_PIECE("{\"id\":" #number ",\"name\":\"" name "\"}"),
        JN_END_REASONS(X)
#undef X
    },
    {
#define X(id, number, name) [JN_END_##id] = TEXT_PIECE("{\"name\":\"" name "\"}"),
        JN_END_REASONS(X)
#undef X
    },
};

static char *
put_string(char *at, const char *text) {
    *at++ = '"';
    at = put_escaped(at, text, strlen(text));
    *at++ = '"';
    return at;
}

// The last answer is kept, for records of one VPG come in runs.
void
find_vpg(struct flow_writer *w, const char id[JN_VPG_ID_MAX]) {
    if (w->vpg_policy == w->names->policy_number && memcmp(w->vpg_id, id, JN_VPG_ID_MAX) == 0)
        return;
    w->vpg = names_vpg(w->names, id);
    w->vpg_policy = w->names->policy_number;
    memcpy(w->vpg_id, id, JN_VPG_ID_MAX);
    w->vpg_id_length = strlen(id);
    char *at = put_string(PUT(w->vpg_text, "{\"id\":"), id);
    const char *name = w->vpg >= 0 ? names_vpg_name(w->names, w->vpg) : NULL;
    if (name != NULL && (name[0] != '\0' || !w->lean))
        at = put_string(PUT(at, ",\"name\":"), name);
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

// Lean: what is missing is 0.
static char *
put_redirect_counts(char *at, const struct jn_record_flow *flow, bool lean) {
    char *start = at;
    if (flow->redirected != 0 || !lean)
        at = put_u64(PUT(at, ",\"packets\":"), flow->redirected);
    if (flow->returned != 0 || !lean)
        at = put_u64(PUT(at, ",\"returned_packets\":"), flow->returned);
    if (flow->returned_bytes != 0 || !lean)
        at = put_u64(PUT(at, ",\"returned_bytes\":"), flow->returned_bytes);
    *start = '{';
    *at++ = '}';
    return at;
}

// Counts may stand without the verdict, when the policy has changed since, and the verdict without counts, when the
// gateway was down.
static char *
put_redirect(char *at, const struct jn_record_flow *flow, bool lean) {
    unsigned int verdict = flow->verdict & (JN_VERDICT_REDIRECT | JN_VERDICT_GATE),
                 made = flow->flags & JN_FLOW_RETURNED, counts = flow->redirected | flow->returned;
    if ((verdict | made | counts) == 0)
        return at;
    bool redirected = verdict & JN_VERDICT_REDIRECT;
    if (redirected)
        at = PUT(at, ",\"redirected\":true");
    if (counts != 0 || (redirected && !lean))
        at = put_redirect_counts(PUT(at, ",\"redirect\":"), flow, lean);
    if (verdict & JN_VERDICT_GATE)
        at = PUT(at, ",\"gate\":true");
    return made ? PUT(at, ",\"returned_flow\":true") : at;
}

static char *
put_vpg_and_device(const struct flow_writer *w, char *at, const struct flow_view *v) {
    at = put_padded(PUT(at, "\"vpg\":"), w->vpg_text, w->vpg_text_length);
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

// Did both ends acknowledge, and none reset, or say that it is urgent or congested? Such flags say nothing of a flow.
static bool
ordinary_flags(const uint8_t flags[2]) {
    return (flags[0] & flags[1] & TCP_ACK) != 0 &&
           ((flags[0] | flags[1]) & ~(TCP_FIN | TCP_SYN | TCP_PSH | TCP_ACK)) == 0;
}

static char *
put_transport_details(char *at, const struct flow_view *v, bool lean) {
    const struct jn_record_flow *flow = v->flow;
    if (flow->protocol == JN_IP_TCP) {
        if (lean && ordinary_flags(flow->tcp_flags))
            return at;
        at =
            put_piece(PUT(at, ",\"tcp\":{\"flags\":{\"source\":["), &flow_pieces.tcp_flags[flow->tcp_flags[v->source]]);
        at = put_piece(PUT(at, "],\"destination\":["), &flow_pieces.tcp_flags[flow->tcp_flags[!v->source]]);
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

// Up to its marks. Records of one interval come in runs.
static void
find_interval(struct flow_writer *w, const struct jn_record *record) {
    if (w->interval == record->interval && w->interval_start == record->interval_start &&
        w->interval_end == record->interval_end)
        return;
    w->interval = record->interval;
    w->interval_start = record->interval_start;
    w->interval_end = record->interval_end;
    char *at = put_u64(PUT(w->interval_text, ",\"interval\":{\"number\":"), record->interval);
    if (!w->lean) {
        at = put_time(&w->time, PUT(at, ",\"start\":\""), record->interval_start);
        at = put_time(&w->time, PUT(at, "\",\"end\":\""), record->interval_end);
        *at++ = '"';
    }
    w->interval_text_length = (size_t)(at - w->interval_text);
}

static char *
put_marks(char *at, unsigned int marks) {
    static const struct text_piece words[] = {
#define X(id, bit, word, text) [bit] = TEXT_PIECE(",\"" word "\""),
        JN_INTERVAL_MARKS(X)
#undef X
    };
    char *start = PUT(at, ",\"irregular\":");
    for (at = start; marks != 0; marks &= marks - 1)
        at = put_piece(at, &words[__builtin_ctz(marks)]);
    *start = '['; // in place of the first comma
    *at++ = ']';
    return at;
}

static char *
put_interval(struct flow_writer *w, char *at, const struct jn_record *record) {
    find_interval(w, record);
    at = put_padded(at, w->interval_text, w->interval_text_length);
    if (record->marks != 0)
        at = put_marks(at, record->marks);
    *at++ = '}';
    return at;
}

// Which record it was. Lean: worker and sequence stand in event.id, the flow's start in its first document.
static char *
put_origin(struct flow_writer *w, char *at, const struct flow_view *v) {
    const struct jn_record *record = v->record;
    if (w->lean)
        return at;
    at = put_time(&w->time, PUT(at, ",\"flow\":{\"start\":\""), v->flow->flow_start_ns);
    at = put_u64(PUT(at, "\"},\"worker\":"), record->worker);
    at = put_u64(PUT(at, ",\"sequence\":"), record->sequence);
    return put_u64(PUT(at, ",\"generation\":"), record->generation);
}

char *
put_junction(struct flow_writer *w, char *at, const struct flow_view *v) {
    at = PUT(at, ",\"junction\":{");
    at = put_vpg_and_device(w, at, v);
    at = put_piece(PUT(at, ",\"verdict\":["), &flow_pieces.verdict[v->flow->verdict]);
    *at++ = ']';
    if (v->flow->flags & JN_FLOW_VERDICT_CHANGED)
        at = PUT(at, ",\"verdict_changed\":true");
    at = put_mirror(w, at, v->flow);
    at = put_redirect(at, v->flow, w->lean);
    at = put_piece(PUT(at, ",\"end_reason\":"), &reasons[w->lean][v->flow->end_reason]);
    at = put_transport_details(at, v, w->lean);
    at = put_application(at, v);
    at = put_origin(w, at, v);
    if (v->record->interval_end != 0)
        at = put_interval(w, at, v->record);
    return PUT(at, "}}");
}
