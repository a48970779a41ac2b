// SPDX-License-Identifier: BSD-3-Clause
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine_flow.h"
#include "engine_memory.h"
#include "engine_packet.h"
#include "engine_result.h"
#include "engine_texts.h"
#include "ip_numbers.h"
#include "log.h"

enum { SYN = 2, ACK = 16 };

static void
note_memory(struct flow_search *search) {
    search->engine->memory += search->memory - search->noted;
    search->noted = search->memory;
}

static void
free_search(struct flow_search *search) {
    struct engine *engine = search->engine;
    engine->memory -= search->noted;
    engine_memory_count(&search->memory);
    ndpi_flow_free(search->ndpi);
    engine_memory_count(NULL);
    engine->lost += search->memory > 0 ? search->memory : 0;
    free(search);
}

struct engine *
engine_make(uint32_t flows, struct jn_classify_counters *counters, char err[JN_ERR_MAX]) {
    struct engine *engine = calloc(1, sizeof(*engine));
    NDPI_PROTOCOL_BITMASK all;
    engine_memory_begin();
    tzset(); // what nDPI makes of certificates' times reads a file the first time
    if (engine != NULL) {
        engine->counters = counters;
        engine->memory_most = (int64_t)flows * ENGINE_FLOW_MEMORY;
        if (engine->memory_most < ENGINE_LEAST_MEMORY)
            engine->memory_most = ENGINE_LEAST_MEMORY;
        engine->flows = flows_make(flows, free_search, &counters->flows_forgotten);
        engine->ndpi = ndpi_init_detection_module(ndpi_no_prefs);
    }
    if (engine == NULL || engine->flows == NULL || engine->ndpi == NULL) {
        snprintf(err, JN_ERR_MAX, "no memory for nDPI and %u flows", flows);
        engine_free(engine);
        return NULL;
    }
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(engine->ndpi, &all);
    ndpi_finalize_initialization(engine->ndpi);
    return engine;
}

void
engine_free(struct engine *engine) {
    if (engine == NULL)
        return;
    flows_free(engine->flows);
    if (engine->ndpi != NULL)
        ndpi_exit_detection_module(engine->ndpi);
    free(engine);
}

static bool
packet_is_sound(const struct jn_sample *sample) {
    unsigned int family = sample->bytes[0] >> 4, header = family == 4 ? 4u * (sample->bytes[0] & 0x0f) : 40;
    if (sample->length > JN_SAMPLE_BYTES || sample->ip_length < sample->length || family != sample->family)
        return false;
    if (header < 20 || sample->length < header || (family == 4 && sample->bytes[9] != sample->protocol))
        return false;
    unsigned int width = family == 4 ? 4 : 16;
    const uint8_t *source = sample->bytes + (family == 4 ? 12 : 8), *destination = source + width;
    return memcmp(source, sample->address[sample->from_b], width) == 0 &&
           memcmp(destination, sample->address[!sample->from_b], width) == 0;
}

bool
engine_sample_is_sound(const struct jn_sample *sample) {
    if ((sample->family != 4 && sample->family != 6) || sample->from_b > 1 || sample->initiator_b > 1 ||
        sample->bare > 3 || (sample->metadata != JN_METADATA_ALL && sample->metadata != JN_METADATA_NAMES) ||
        sample->flow.version & 1)
        return false;
    if (sample->kind == JN_SAMPLE_END)
        return sample->length == 0;
    return sample->kind == JN_SAMPLE_PACKET && sample->number >= 1 && sample->number <= JN_SAMPLES_A_FLOW &&
           packet_is_sound(sample);
}

static void
ask(struct engine_work *work, uint16_t length) {
    work->search->found = ndpi_detection_process_packet(work->engine->ndpi, work->search->ndpi, work->engine->packet,
                                                        length, work->sample->time_ns / 1000000);
}

static void
show_packet(struct engine_work *work, bool from_b, uint8_t tcp_flags, uint32_t seq, uint32_t ack) {
    const uint32_t numbers[2] = {seq, ack};
    ask(work, engine_packet_build(work->engine, work->sample, from_b, tcp_flags, numbers));
}

// Some of nDPI's dissectors want to have seen the handshake that was seen, whose packets have no payload and were not given.
static void
show_handshake(struct engine_work *work) {
    const struct jn_sample *sample = work->sample;
    const struct packet_payload *payload = &work->payload;
    bool client = sample->initiator_b;
    if (sample->protocol != JN_IP_TCP || payload->bytes == NULL || !(sample->tcp_flags[client] & SYN))
        return;
    uint32_t own = payload->seq - 1, other = payload->ack - 1;
    uint32_t first = sample->from_b == client ? own : other, second = sample->from_b == client ? other : own;
    show_packet(work, client, SYN, first, 0);
    if (!(sample->tcp_flags[!client] & SYN))
        return;
    show_packet(work, !client, SYN | ACK, second, first + 1);
    if (sample->tcp_flags[client] & ACK)
        show_packet(work, client, ACK, first + 1, second + 1);
}

// Some tell a request from its answer by what acknowledges it. As many as leave nDPI room for the samples that may come.
static void
show_bare(struct engine_work *work) {
    const struct jn_sample *sample = work->sample;
    const struct packet_payload *payload = &work->payload;
    for (unsigned int i = 0; i < 2; i++) {
        bool sender = i == 1, end = sender == sample->from_b; // the other end first
        unsigned int wanted = JN_SAMPLES_A_FLOW + 1u - sample->number;
        if (!(sample->bare & 1u << end) || payload->bytes == NULL ||
            work->search->ndpi->num_processed_pkts + wanted >= NDPI_MAX_NUM_PKTS_PER_FLOW_TO_DISSECT)
            continue;
        show_packet(work, end, ACK, sender ? payload->seq : payload->ack, sender ? payload->ack : payload->seq);
    }
}

static struct flow_search *
begin_search(struct engine_work *work) {
    struct flow_search *search = calloc(1, sizeof(*search));
    if (search == NULL)
        return NULL;
    engine_memory_count(&search->memory);
    search->ndpi = ndpi_flow_malloc(SIZEOF_FLOW_STRUCT);
    engine_memory_count(NULL);
    if (search->ndpi == NULL) {
        free(search);
        return NULL;
    }
    memset(search->ndpi, 0, SIZEOF_FLOW_STRUCT);
    search->engine = work->engine;
    search->protocol = work->sample->protocol;
    work->engine->counters->flows++;
    return search;
}

static void
give_up(struct engine_work *work) {
    struct flow_search *search = work->search;
    uint8_t guessed;
    if (!search->settled && search->found.app_protocol == NDPI_PROTOCOL_UNKNOWN)
        search->found = ndpi_detection_giveup(work->engine->ndpi, search->ndpi, 1, &guessed);
    search->settled = true;
}

// Give nDPI the packet as long as it may still find something, as ndpiReader does. What it keeps of a flow it frees by the
// protocol that the last packet had, as it reads it: one that it reads otherwise than the worker is not given.
static void
dissect(struct engine_work *work) {
    struct flow_search *search = work->search;
    if (search->settled || work->payload.protocol != work->sample->protocol)
        return;
    char host[sizeof(search->ndpi->host_server_name)];
    memcpy(host, search->ndpi->host_server_name, sizeof(host));
    show_bare(work);
    ask(work, engine_packet_copy(work->engine, work->sample));
    if (memcmp(host, search->ndpi->host_server_name, sizeof(host)) != 0)
        search->ndpi_by_client = work->sample->from_b == work->sample->initiator_b;
    bool known = search->found.app_protocol != NDPI_PROTOCOL_UNKNOWN;
    if (known ? !ndpi_extra_dissection_possible(work->engine->ndpi, search->ndpi) : search->ndpi->fail_with_unknown)
        give_up(work);
}

// A name of QUIC that is still to come: its hello may be in several packets.
static bool
name_is_pending(const struct flow_search *search) {
    return host_stream_pending(&search->stream) || (!search->settled && engine_result_is(search, NDPI_PROTOCOL_QUIC) &&
                                                    search->ndpi->host_server_name[0] == '\0');
}

static bool
is_seen(const struct flow_search *search) {
    return search->found.app_protocol != NDPI_PROTOCOL_UNKNOWN &&
           (!search->settled || search->ndpi->confidence >= NDPI_CONFIDENCE_DPI_CACHE);
}

static void
fill_answer(const struct engine_work *work, bool last, struct jn_answer *answer) {
    const struct flow_search *search = work->search;
    bool seen = is_seen(search),
         decided = seen && !search->on_syn && (last || search->decided || !name_is_pending(search));
    *answer = (struct jn_answer){.flow = work->sample->flow};
    if (seen || search->settled)
        engine_result_found(work->engine, search, answer);
    else
        engine_result_guess(work->engine, search, answer);
    answer->flags = (uint8_t)((decided ? JN_ANSWER_DECIDED : 0) | (last ? JN_ANSWER_LAST : 0));
    if (search->on_syn)
        return;
    answer->name_length = search->name_length;
    answer->flags |= search->name_cut ? JN_ANSWER_NAME_CUT : 0;
    memcpy(answer->name, search->name, sizeof(answer->name));
}

static void
count_outcome(struct jn_classify_counters *counters, struct flow_search *search, const struct jn_answer *answer) {
    if (answer->flags & JN_ANSWER_DECIDED) {
        counters->flows_decided += !search->decided;
        search->decided = true;
    } else if (answer->flags & JN_ANSWER_LAST) {
        counters->flows_guessed += answer->application != 0;
        counters->flows_unknown += answer->application == 0;
    }
}

// Answer if it is news, and keep the answer.
static void
answer_packet(struct engine_work *work, struct flow *flow, bool last) {
    struct jn_answer answer;
    fill_answer(work, last, &answer);
    count_outcome(work->engine->counters, work->search, &answer);
    work->out->answered |=
        last || flow->unheard || work->sample->number == 1 || memcmp(&answer, &flow->answer, sizeof(answer)) != 0;
    flow->unheard = false;
    work->out->answer = flow->answer = answer;
    if (!last)
        return;
    free_search(flow->search);
    flow->search = NULL;
}

static void
find_payload(struct engine_work *work) {
    if (!packet_payload_find(work->sample->bytes, work->sample->length, &work->payload) ||
        work->payload.protocol != work->sample->protocol)
        work->payload.bytes = NULL;
    else if (work->payload.protocol == JN_IP_TCP && (work->payload.tcp_flags & SYN))
        work->payload.seq++; // it has a number of its own
}

// Is what came with the SYN sent again, maybe as something else? Then the server had not taken it.
static bool
is_sent_again(const struct engine_work *work) {
    const struct flow_search *search = work->search;
    return search->on_syn && work->payload.bytes != NULL && !(work->payload.tcp_flags & SYN) &&
           work->sample->from_b == search->syn_from_b && work->payload.seq == search->syn_next;
}

static void
search_anew(struct engine_work *work, struct flow *flow) {
    struct flow_search *search = begin_search(work);
    if (search == NULL)
        return;
    work->engine->counters->flows--; // it is the same
    free_search(flow->search);
    flow->search = work->search = search;
}

// A first packet that is a SYN with payload decides nothing until the other end has spoken.
static void
note_syn(struct engine_work *work, bool begins) {
    struct flow_search *search = work->search;
    if (begins && work->payload.protocol == JN_IP_TCP && (work->payload.tcp_flags & (SYN | ACK)) == SYN) {
        search->on_syn = true;
        search->syn_from_b = work->sample->from_b;
        search->syn_next = work->payload.seq;
    } else if (work->sample->from_b != search->syn_from_b) {
        search->on_syn = false;
    }
}

static void
take_packet(struct engine_work *work, struct flow *flow) {
    find_payload(work);
    if (is_sent_again(work))
        search_anew(work, flow);
    bool begins =
        work->search->found.app_protocol == NDPI_PROTOCOL_UNKNOWN && work->search->ndpi->num_processed_pkts == 0;
    note_syn(work, begins);
    engine_memory_count(&work->search->memory);
    if (begins)
        show_handshake(work);
    dissect(work);
    engine_texts_read(work);
    bool full = work->sample->number == JN_SAMPLES_A_FLOW;
    if (full)
        give_up(work);
    engine_memory_count(NULL);
    note_memory(work->search);
    if (work->search->found.app_protocol != NDPI_PROTOCOL_UNKNOWN)
        engine_texts_of_ndpi(work);
    bool over = work->search->settled && !work->search->on_syn && !name_is_pending(work->search);
    answer_packet(work, flow, full || over);
}

static struct flow *
begin_flow(struct engine_work *work, unsigned int worker) {
    struct flow_search *search = begin_search(work);
    if (search == NULL)
        return NULL;
    struct flow *flow = flows_add(work->engine->flows, worker, &work->sample->flow);
    flow->search = search;
    return flow;
}

// Of a flow of which no packet was given, nDPI is shown that it began.
static void
end_search(struct engine_work *work, struct flow *flow) {
    const struct jn_sample *sample = work->sample;
    work->search = flow->search;
    work->search->on_syn = false; // nothing passes any more
    engine_memory_count(&work->search->memory);
    if (work->search->ndpi->num_processed_pkts == 0)
        show_packet(work, sample->initiator_b, sample->tcp_flags[sample->initiator_b] & SYN ? SYN : ACK, 0, 0);
    give_up(work);
    engine_memory_count(NULL);
    note_memory(work->search);
    engine_texts_of_ndpi(work);
    answer_packet(work, flow, true);
}

static void
end_flow(struct engine_work *work, struct flow *flow) {
    struct flow unknown = {.identity = work->sample->flow,
                           .answer = {.flow = work->sample->flow, .flags = JN_ANSWER_LAST}};
    struct flow *at = flow != NULL ? flow : &unknown;
    if (flow == NULL)
        unknown.search = begin_search(work);
    if (at->search != NULL)
        end_search(work, at);
    else
        work->out->answer = at->answer;
    if (flow != NULL)
        flows_drop(work->engine->flows, flow);
}

static void
bound_memory(struct engine *engine) {
    while (engine->memory > engine->memory_most && flows_held(engine->flows) > 1)
        flows_forget_oldest(engine->flows);
    if (engine->lost <= ENGINE_MOST_LOST)
        return;
    jn_log(JN_LOG_ERROR, "nDPI did not free %d MiB of flows that are gone: ended, to begin anew",
           ENGINE_MOST_LOST >> 20);
    abort();
}

void
engine_take(struct engine *engine, unsigned int worker, const struct jn_sample *sample, bool answers_all,
            struct engine_output *out) {
    struct engine_work work = {.engine = engine, .sample = sample, .out = out};
    bool ends = sample->kind == JN_SAMPLE_END;
    out->answered = ends || answers_all;
    out->annotation_count = 0;
    out->answer = (struct jn_answer){.flow = sample->flow};
    struct flow *flow = flows_find(engine->flows, worker, &sample->flow);
    if (flow != NULL && flow->search != NULL && flow->search->protocol != sample->protocol) {
        flows_drop(engine->flows, flow); // no worker has such a flow
        flow = NULL;
    }
    if (ends) {
        end_flow(&work, flow);
    } else if (flow != NULL && flow->search == NULL) { // there was a last answer, which may have been lost
        out->answered = true;
        out->answer = flow->answer;
    } else if (flow != NULL || (flow = begin_flow(&work, worker)) != NULL) {
        work.search = flow->search;
        take_packet(&work, flow);
    }
    bound_memory(engine);
    engine->counters->flows_held = flows_held(engine->flows);
}

void
engine_answer_lost(struct engine *engine, unsigned int worker, const struct jn_flow_identity *identity) {
    struct flow *flow = flows_find(engine->flows, worker, identity);
    if (flow != NULL)
        flow->unheard = true;
}

void
engine_forget_worker(struct engine *engine, unsigned int worker) {
    flows_drop_worker(engine->flows, worker);
    engine->counters->flows_held = flows_held(engine->flows);
}
