// SPDX-License-Identifier: BSD-3-Clause
#include "engine_result.h"

static uint16_t
application(uint16_t number) {
    return number < JN_APPLICATION_NUMBERS ? number : 0;
}

// The upper protocol, if known; else the one that carries.
static void
fill(const struct engine *engine, ndpi_protocol protocol, struct jn_answer *answer) {
    uint16_t master = application(protocol.master_protocol), app = application(protocol.app_protocol);
    answer->application = app != 0 ? app : master;
    answer->master = answer->application != master ? master : 0;
    protocol.category = protocol.category != 0 ? protocol.category : ndpi_get_proto_category(engine->ndpi, protocol);
    answer->category = (unsigned int)protocol.category < JN_CATEGORY_NUMBERS ? (uint8_t)protocol.category : 0;
}

void
engine_result_guess(const struct engine *engine, const struct flow_search *search, struct jn_answer *answer) {
    const struct ndpi_flow_struct *flow = search->ndpi;
    fill(engine,
         (ndpi_protocol){.master_protocol = flow->guessed_protocol_id, .app_protocol = flow->guessed_host_protocol_id},
         answer);
    answer->confidence = flow->guessed_host_protocol_id != 0 ? NDPI_CONFIDENCE_MATCH_BY_IP
                         : flow->guessed_protocol_id != 0    ? NDPI_CONFIDENCE_MATCH_BY_PORT
                                                             : NDPI_CONFIDENCE_UNKNOWN;
    answer->risks = flow->risk;
}

void
engine_result_found(const struct engine *engine, const struct flow_search *search, struct jn_answer *answer) {
    fill(engine, search->found, answer);
    answer->confidence = (uint8_t)search->ndpi->confidence;
    answer->risks = search->ndpi->risk;
}

// nDPI's own note: what it keeps beside it is laid out, and freed, by that.
bool
engine_result_is(const struct flow_search *search, uint16_t protocol) {
    const uint16_t *found = search->ndpi->detected_protocol_stack;
    return found[0] == protocol || found[1] == protocol;
}

bool
engine_result_has_tls(const struct flow_search *search) {
    static const uint16_t protocols[] = {NDPI_PROTOCOL_QUIC,       NDPI_PROTOCOL_TLS,       NDPI_PROTOCOL_DTLS,
                                         NDPI_PROTOCOL_MAIL_SMTPS, NDPI_PROTOCOL_MAIL_POPS, NDPI_PROTOCOL_MAIL_IMAPS};
    for (unsigned int i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
        if (engine_result_is(search, protocols[i]))
            return true;
    return false;
}
