// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_sample.h"

#include <string.h>

#include "flow/answer.h"
#include "flow/flow_verdict.h"
#include "packet/headers.h"
#include "policy/ruleset.h"

enum { LIVES = 64, TCP_OFFSET = 12 };

// Later fragments have none that could be understood; of TCP and UDP what is behind their headers counts. A first datagram may
// say something by having none.
static bool
has_payload(const struct jn_burst *burst, unsigned int i, bool first) {
    const struct jn_packet *packet = jn_burst_packet(burst, i);
    uint32_t end = packet->l3_offset + packet->ip_length;
    if (packet->flags & (JN_PACKET_LATER_FRAGMENT | JN_PACKET_HEADERLESS))
        return false;
    first &= !(packet->flags & JN_PACKET_FRAGMENT);
    if (packet->protocol == JN_IP_UDP)
        return (packet->flags & JN_PACKET_PORTS) && (first || end > packet->l4_offset + JN_UDP_BYTES);
    if (packet->protocol != JN_IP_TCP)
        return true;
    if (!(packet->flags & JN_PACKET_TCP))
        return false;
    uint32_t header = (burst->data[i][packet->l4_offset + TCP_OFFSET] >> 4) * 4u;
    return end > packet->l4_offset + (header > JN_TCP_BYTES ? header : JN_TCP_BYTES);
}

// What the classifier has taken by now; what it cannot have taken is counted.
static void
ask_taken(struct jn_worker *worker) {
    struct jn_sampling *sampling = &worker->flow->sampling;
    const struct jn_answer_ring *ring = sampling->life->ring;
    if (__atomic_load_n(&ring->samples_boot, __ATOMIC_ACQUIRE) != sampling->boot)
        return;
    uint64_t says = __atomic_load_n(&ring->samples_tail, __ATOMIC_ACQUIRE);
    if (__atomic_load_n(&ring->samples_boot, __ATOMIC_RELAXED) != sampling->boot)
        return;
    if (says - sampling->taken <= sampling->ring->head - sampling->taken) {
        sampling->taken = says;
        return;
    }
    if (says != sampling->refused_taken)
        jn_count(&worker->counters->exceptions[JN_EXCEPTION_CLASSIFIER_INDEX], 1);
    sampling->refused_taken = says;
}

// Room for a sample, or NULL: it is skipped.
static struct jn_sample *
reserve(struct jn_worker *worker) {
    struct jn_sampling *sampling = &worker->flow->sampling;
    struct jn_sample_ring *ring = sampling->ring;
    if (sampling->life != NULL && ring->head - sampling->taken >= sampling->capacity)
        ask_taken(worker);
    if (sampling->life != NULL && ring->head - sampling->taken < sampling->capacity)
        return &sampling->samples[ring->head & (sampling->capacity - 1)];
    __atomic_store_n(&ring->skipped, ring->skipped + 1, __ATOMIC_RELAXED);
    jn_count(&worker->counters->samples_skipped, 1);
    return NULL;
}

static void
commit(struct jn_worker *worker) {
    struct jn_sample_ring *ring = worker->flow->sampling.ring;
    __atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
    jn_count(&worker->counters->samples_written, 1);
}

static void
describe_handshake(const struct jn_flow_application *of, struct jn_sample *sample) {
    static const uint8_t from_initiator[] = {0, JN_TCP_SYN, JN_TCP_SYN, JN_TCP_SYN | JN_TCP_ACK};
    sample->tcp_flags[sample->initiator_b] = from_initiator[of->handshake];
    sample->tcp_flags[!sample->initiator_b] = of->handshake >= 2 ? JN_TCP_SYN | JN_TCP_ACK : 0;
    sample->bare = of->bare;
}

// All but the packet.
static void
describe(const struct jn_worker *worker, uint32_t flow_idx, enum jn_sample_kind kind, struct jn_sample *sample) {
    const struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    uint16_t vpg_idx = jn_flow_vpg(entry);
    sample->flow = (struct jn_flow_identity){entry->start_ns, flow_idx, entry->version};
    sample->time_ns = worker->now_ns;
    memcpy(sample->address, entry->address, sizeof(sample->address));
    sample->port[0] = jn_flow_port(entry, 0);
    sample->port[1] = jn_flow_port(entry, 1);
    sample->vpg_idx = vpg_idx;
    sample->kind = (uint8_t)kind;
    sample->family = jn_flow_family(entry);
    sample->protocol = jn_flow_protocol(entry);
    sample->initiator_b = (entry->flags & JN_FLOW_INITIATOR_B) != 0;
    describe_handshake(&worker->flow->sampling.flows[flow_idx], sample);
    const struct jn_vpg *vpg = worker->rules->vpg[vpg_idx];
    sample->metadata = vpg != NULL && vpg->metadata == JN_METADATA_ALL ? JN_METADATA_ALL : JN_METADATA_NAMES;
    sample->number = (uint8_t)worker->flow->sampling.flows[flow_idx].given;
    sample->length = 0;
    sample->ip_length = 0;
    sample->from_b = 0;
}

// Of a frame in several buffers what is in the first one: only frames longer than a buffer, which has 2,048 bytes, are so.
static void
give(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, uint32_t flow_idx, bool from_b) {
    const struct jn_packet *packet = jn_burst_packet(burst, i);
    uint32_t length = burst->length[i] - packet->l3_offset;
    struct jn_sample *sample = reserve(worker);
    if (sample == NULL)
        return;
    if (length > packet->ip_length)
        length = packet->ip_length;
    if (length > JN_SAMPLE_BYTES)
        length = JN_SAMPLE_BYTES;
    worker->flow->sampling.flows[flow_idx].given++;
    describe(worker, flow_idx, JN_SAMPLE_PACKET, sample);
    sample->from_b = from_b;
    sample->ip_length = packet->ip_length;
    sample->length = (uint16_t)length;
    memcpy(sample->bytes, burst->data[i] + packet->l3_offset, length);
    commit(worker);
    worker->flow->sampling.flows[flow_idx].bare = 0;
}

// The next segment of the handshake, in its order, or one without payload that acknowledges. The entry's own flags begin anew
// with each interval.
static void
note_segment(struct jn_flow_application *of, const struct jn_flow_entry *entry, uint8_t tcp_flags, bool from_b) {
    static const uint8_t handshake[] = {JN_TCP_SYN, JN_TCP_SYN | JN_TCP_ACK, JN_TCP_ACK};
    uint8_t flags = tcp_flags & (JN_TCP_SYN | JN_TCP_ACK | JN_TCP_FIN | JN_TCP_RST);
    bool initiator = from_b == ((entry->flags & JN_FLOW_INITIATOR_B) != 0);
    unsigned int seen = of->handshake;
    bool later = seen == 2 && of->given > 0; // what acknowledged the second one had payload
    if (!later && seen < sizeof(handshake) && flags == handshake[seen] && initiator == (seen != 1))
        of->handshake = (seen + 1) & 3;
    else if (flags == JN_TCP_ACK)
        of->bare |= 1u << from_b;
}

// To another life of the classifier samples are given from the first one on, but for flows whose application is known.
static void
follow_life(const struct jn_sampling *sampling, struct jn_flow_entry *entry, struct jn_flow_application *of) {
    unsigned int life = sampling->life->number % LIVES;
    if (of->life == life)
        return;
    of->life = life;
    of->given = 0;
    of->answers = 0;
    if (jn_application_phase(entry->flags) != JN_APPLICATION_DECIDED_PHASE)
        return;
    of->last = 1;
    jn_store(&entry->flags, (uint16_t)(entry->flags & ~JN_FLOW_SAMPLED));
}

static bool
took_long_enough(const struct jn_worker *worker, const struct jn_flow_entry *entry,
                 const struct jn_flow_application *of) {
    uint64_t since_ns = worker->flow->sampling.since_ns;
    if (entry->start_ns > since_ns)
        since_ns = entry->start_ns;
    return of->seen == JN_SAMPLES_A_FLOW || worker->now_ns - since_ns >= JN_UNDECIDED_NS;
}

// Without a classifier nothing ends the search; when it comes or goes, rules by application are asked again.
static void
move_phase(struct jn_worker *worker, uint32_t flow_idx, const struct jn_flow_application *of) {
    const struct jn_sampling *sampling = &worker->flow->sampling;
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    bool again = of->alone != (sampling->life == NULL);
    if (jn_application_phase(entry->flags) == JN_APPLICATION_NONE_PHASE)
        jn_flow_set_phase(entry, JN_APPLICATION_UNDECIDED_PHASE);
    if (sampling->life != NULL && jn_application_phase(entry->flags) == JN_APPLICATION_UNDECIDED_PHASE &&
        took_long_enough(worker, entry, of)) {
        jn_flow_set_phase(entry, JN_APPLICATION_UNKNOWN_PHASE);
        again = true;
    }
    if (!again)
        return;
    const struct jn_application_known known = jn_application_known(worker, entry, false);
    jn_flow_judge_again(worker, entry, &known, true);
}

void
jn_sample_look(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, uint32_t flow_idx, bool from_b) {
    struct jn_sampling *sampling = &worker->flow->sampling;
    struct jn_flow_application *of = &sampling->flows[flow_idx];
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    move_phase(worker, flow_idx, of);
    if (sampling->life != NULL)
        follow_life(sampling, entry, of);
    if (of->given == JN_SAMPLES_A_FLOW) {
        // It has all that it gets, and the time to say so.
        if (sampling->life != NULL && worker->now_ns - sampling->since_ns >= JN_UNDECIDED_NS &&
            worker->now_ns - entry->start_ns >= JN_UNDECIDED_NS)
            jn_store(&entry->flags, (uint16_t)(entry->flags & ~JN_FLOW_SAMPLED));
        return;
    }
    // Later fragments tell nothing, but what they carry passes: a flow that has its payload in them alone has no more of it.
    const struct jn_packet *packet = jn_burst_packet(burst, i);
    bool untold = packet->flags & (JN_PACKET_LATER_FRAGMENT | JN_PACKET_HEADERLESS);
    bool told = has_payload(burst, i, of->given == 0);
    if (!(entry->flags & JN_FLOW_SAMPLED))
        return;
    of->seen += (untold || told) && sampling->life != NULL && of->seen < JN_SAMPLES_A_FLOW;
    if (told)
        give(worker, burst, i, flow_idx, from_b);
    if ((packet->flags & JN_PACKET_TCP) && (!told || (packet->tcp_flags & JN_TCP_SYN)))
        note_segment(of, entry, packet->tcp_flags, from_b);
}

void
jn_sample_end(struct jn_worker *worker, uint32_t flow_idx) {
    struct jn_sampling *sampling = &worker->flow->sampling;
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    struct jn_flow_application *of = sampling->flows != NULL ? &sampling->flows[flow_idx] : NULL;
    if (of == NULL || sampling->life == NULL || of->last)
        return;
    if (sampling->waits && (entry->flags & JN_FLOW_SAMPLED))
        follow_life(sampling, entry, of);
    else if (of->given == 0 || of->life != sampling->life->number % LIVES)
        return;
    struct jn_sample *sample = reserve(worker);
    if (sample == NULL)
        return;
    describe(worker, flow_idx, JN_SAMPLE_END, sample);
    commit(worker);
    sampling->ending = flow_idx;
    jn_answers_wait(worker);
    sampling->ending = JN_FLOW_NONE;
}
