// SPDX-License-Identifier: BSD-3-Clause
// Which packets of which flows go to the classifier, what a sample says, and how the search for an application ends: by an
// answer, by packets or time; with a full ring, and with a classifier that comes and goes.
#include "flow/sampled_rig.h"

static int
open_rig(void **state) {
    (void)state;
    open_with(VPG);
    return 0;
}

static void
send_many(unsigned int count) {
    while (count-- > 0)
        send_frame(&udp);
}

static const struct jn_flow_entry *
entry_of(uint32_t flow_idx) {
    return &rig.worker->flow->table.entries[flow_idx];
}

static enum jn_application_phase
phase_of(uint32_t flow_idx) {
    return jn_application_phase(entry_of(flow_idx)->flags);
}

static void
has_application_rules(void) {
    rig.rules->has_application_rules[0] = true;
}

static void
test_which_packets(void **state) {
    (void)state;
    static const struct {
        const char *what;
        struct frame_spec frame;
        bool sampled;
    } rows[] = {
        {"UDP with payload", {.protocol = 17, .payload = 1}, true},
        {"UDP without, the flow's first", {.protocol = 17}, true},
        {"first fragment of UDP with a header alone", {.protocol = 17, .fragment = JN_IPV4_MF, .id = 6}, false},
        {"TCP SYN", {.protocol = 6, .tcp_flags = 2}, false},
        {"TCP with payload", {.protocol = 6, .tcp_flags = 0x18, .payload = 5}, true},
        {"TCP acknowledgement", {.protocol = 6, .tcp_flags = 0x10}, false},
        {"ICMP", {.protocol = 1}, true},
        {"of a protocol that nobody knows", {.protocol = 99}, true},
        {"first fragment", {.protocol = 17, .payload = 64, .fragment = JN_IPV4_MF, .id = 7}, true},
        {"later fragment", {.protocol = 17, .payload = 64, .fragment = 9, .id = 8}, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct frame_spec frame = rows[i].frame;
        frame.source = 0x0a800001 + (uint32_t)i;
        frame.destination = 0xc6120001;
        frame.source_port = 1000;
        frame.destination_port = 2000;
        send_frame(&frame);
        if ((rig_sample(&classifier) != NULL) != rows[i].sampled)
            fail_msg("%s", rows[i].what);
        assert_null(rig_sample(&classifier));
    }
}

static void
test_what_a_sample_says(void **state) {
    (void)state;
    struct frame_spec answer = frame_answer(&udp);
    answer.payload = 3000;
    send_frame(&udp);
    uint8_t frame[RIG_FRAME];
    rig_frame(&rig, frame, frame_build(&answer, frame), 0, true, now_ns += 1000);
    const struct jn_sample *first = rig_sample(&classifier), *second = rig_sample(&classifier);
    assert_non_null(second);
    const struct jn_flow_entry *entry = entry_of(0);
    assert_int_equal(first->flow.start_ns, entry->start_ns);
    assert_int_equal(first->flow.flow_idx, 0);
    assert_int_equal(first->flow.version, entry->version);
    assert_int_equal(first->time_ns, entry->start_ns);
    assert_memory_equal(first->address, entry->address, sizeof(first->address));
    assert_int_equal(first->port[0] + first->port[1], 40443);
    assert_int_equal(first->kind, JN_SAMPLE_PACKET);
    assert_int_equal(first->family, 4);
    assert_int_equal(first->protocol, 17);
    assert_int_equal(first->metadata, JN_METADATA_ALL);
    assert_int_equal(first->from_b, first->initiator_b);
    assert_int_equal(first->number, 1);
    assert_int_equal(first->length, 68);
    assert_int_equal(first->ip_length, 68);
    assert_int_equal(first->bytes[0], 0x45);
    assert_int_equal(second->number, 2);
    assert_int_not_equal(second->from_b, second->initiator_b);
    assert_int_equal(second->length, JN_SAMPLE_BYTES);
    assert_int_equal(second->ip_length, 3028);
}

// nDPI knows eDonkey by the one, and the others say nothing more.
static void
test_a_first_datagram_without_payload(void **state) {
    (void)state;
    struct frame_spec without = udp;
    without.payload = 0;
    send_frame(&without);
    send_frame(&without);
    const struct jn_sample *sample = rig_sample(&classifier);
    assert_non_null(sample);
    assert_int_equal(sample->number, 1);
    assert_int_equal(sample->length, 28);
    assert_null(rig_sample(&classifier));
    send_many(JN_SAMPLES_A_FLOW);
    assert_int_equal(rig_samples(&classifier), JN_SAMPLES_A_FLOW - 1);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNKNOWN_PHASE);
}

enum { SYN = 2, ACK = 16, PSH = 8 };

static void
send_segment(bool back, uint8_t tcp_flags, uint16_t payload) {
    struct frame_spec tcp = udp;
    uint8_t frame[RIG_FRAME];
    tcp.protocol = 6;
    if (back)
        tcp = frame_answer(&tcp);
    tcp.tcp_flags = tcp_flags;
    tcp.payload = payload;
    rig_frame(&rig, frame, frame_build(&tcp, frame), 0, back, now_ns += 1000);
}

// A handshake has no payload, and is not sampled: the first sample behind it says that it was there, also when the flow's record
// of an interval was written in between.
static void
test_a_sample_knows_the_handshake(void **state) {
    (void)state;
    now_ns = T0 + 59 * SECOND;
    send_segment(false, SYN, 0);
    send_segment(true, SYN | ACK, 0);
    assert_null(rig_sample(&classifier));
    uint64_t start_ns = entry_of(0)->start_ns;
    now_ns += 2 * SECOND;
    send_segment(false, ACK | PSH, 5);
    const struct jn_sample *sample = rig_sample(&classifier);
    assert_non_null(sample);
    assert_int_equal(entry_of(0)->tcp_flags[0] | entry_of(0)->tcp_flags[1], ACK | PSH);
    assert_int_equal(sample->flow.start_ns, start_ns);
    assert_int_equal(sample->tcp_flags[sample->initiator_b], SYN);
    assert_int_equal(sample->tcp_flags[!sample->initiator_b], SYN | ACK);
    assert_int_equal(sample->bare, 0);
}

// A SYN with payload is a sample itself, that was not preceded by one.
static void
test_a_syn_with_payload_is_of_the_handshake(void **state) {
    (void)state;
    send_segment(false, SYN, 5);
    const struct jn_sample *sample = rig_sample(&classifier);
    assert_int_equal(sample->tcp_flags[0] | sample->tcp_flags[1], 0);
    send_segment(true, SYN | ACK, 0);
    send_segment(false, ACK | PSH, 5);
    sample = rig_sample(&classifier);
    assert_int_equal(sample->tcp_flags[sample->initiator_b], SYN);
    assert_int_equal(sample->tcp_flags[!sample->initiator_b], SYN | ACK);
}

// Who begins with the answer to a SYN that was not seen has made no handshake.
static void
test_half_a_handshake_is_none(void **state) {
    (void)state;
    send_segment(true, SYN | ACK, 0);
    send_segment(false, ACK, 0);
    send_segment(false, ACK | PSH, 5);
    const struct jn_sample *sample = rig_sample(&classifier);
    assert_int_equal(sample->tcp_flags[0] | sample->tcp_flags[1], 0);
    assert_int_equal(sample->bare, 1u << sample->from_b);
}

static void
test_a_sample_knows_who_sent_segments_without_payload(void **state) {
    (void)state;
    send_segment(false, SYN, 0);
    send_segment(true, SYN | ACK, 0);
    send_segment(false, ACK, 0);
    send_segment(false, ACK | PSH, 5);
    assert_int_equal(rig_sample(&classifier)->bare, 0);
    send_segment(true, ACK, 0);
    send_segment(true, ACK | PSH, 5);
    const struct jn_sample *sample = rig_sample(&classifier);
    assert_int_equal(sample->bare, 1u << sample->from_b);
    send_segment(true, ACK | PSH, 5);
    assert_int_equal(rig_sample(&classifier)->bare, 0);
}

// Padding behind the IP packet is nobody's payload.
static void
test_padding_stays_behind(void **state) {
    (void)state;
    uint8_t frame[128];
    struct frame_spec s = udp;
    s.payload = 2;
    uint32_t length = frame_build(&s, frame);
    memset(frame + length, 0xee, sizeof(frame) - length);
    rig_frame(&rig, frame, 60, 0, false, now_ns);
    assert_int_equal(rig_sample(&classifier)->length, 30);
}

static void
test_so_many_a_flow(void **state) {
    (void)state;
    send_many(JN_SAMPLES_A_FLOW);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNDECIDED_PHASE);
    assert_int_equal(rig_samples(&classifier), JN_SAMPLES_A_FLOW);
    send_many(1);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNKNOWN_PHASE);
    send_many(10);
    assert_int_equal(rig_samples(&classifier), JN_SAMPLES_A_FLOW);
    assert_int_equal(rig.worker->counters->samples_written, JN_SAMPLES_A_FLOW);
    assert_int_equal(rig.worker->counters->samples_skipped, 0);
    now_ns += 11 * SECOND;
    send_many(1);
    assert_int_equal(entry_of(0)->flags & JN_FLOW_SAMPLED, 0);
}

// A header alone in the first fragment, and what it is about in the later ones, which nobody is given.
static void
test_payload_of_later_fragments_counts(void **state) {
    (void)state;
    struct frame_spec first = udp, later = udp;
    first.payload = 0;
    first.fragment = JN_IPV4_MF;
    later.fragment = 1;
    for (uint16_t id = 1; id <= JN_SAMPLES_A_FLOW; id++) {
        first.id = later.id = id;
        send_frame(&first);
        assert_int_equal(phase_of(0), JN_APPLICATION_UNDECIDED_PHASE);
        send_frame(&later);
    }
    send_frame(&first);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNKNOWN_PHASE);
    assert_int_equal(rig.worker->flow->table.header->active, 1);
    assert_int_equal(rig_samples(&classifier), 0);
}

static void
test_time_ends_the_search(void **state) {
    (void)state;
    struct frame_spec syn = {.source = 1, .destination = 2, .protocol = 6, .tcp_flags = 0x10};
    send_frame(&syn);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNDECIDED_PHASE);
    now_ns += 9 * SECOND;
    send_frame(&syn);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNDECIDED_PHASE);
    now_ns += SECOND;
    send_frame(&syn);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNKNOWN_PHASE);
    assert_int_equal(rig_samples(&classifier), 0);
    syn.payload = 9; // what comes now may still tell
    send_frame(&syn);
    assert_int_equal(rig_samples(&classifier), 1);
}

static void
test_full_ring_is_made_up_for(void **state) {
    (void)state;
    struct frame_spec other = udp;
    for (unsigned int i = 0; i < CAPACITY; i++) {
        other.source_port++;
        send_frame(&other);
    }
    send_many(3);
    assert_int_equal(rig_samples(&classifier), CAPACITY);
    assert_int_equal(rig.worker->counters->samples_skipped, 3);
    assert_int_equal(classifier.samples->rings[0].skipped, 3);
    while (rig_sample(&classifier) != NULL)
        continue;
    send_many(40);
    assert_int_equal(rig_samples(&classifier), JN_SAMPLES_A_FLOW); // skipped ones are not among them
    assert_int_equal(rig_sample(&classifier)->number, 1);
}

// What it cannot have taken frees nothing.
static void
test_lies_about_what_was_taken(void **state) {
    (void)state;
    static const uint64_t lies[] = {CAPACITY + 1, UINT64_MAX, UINT64_MAX / 2};
    struct jn_answer_ring *ring = &classifier.classified->rings[0];
    struct frame_spec other = udp;
    for (unsigned int i = 0; i < CAPACITY; i++) {
        other.source_port++;
        send_frame(&other);
    }
    for (unsigned int i = 0; i < COUNT(lies); i++) {
        ring->samples_tail = lies[i];
        send_many(2);
        assert_int_equal(classifier.samples->rings[0].head, CAPACITY);
        assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_CLASSIFIER_INDEX], i + 1);
    }
    ring->samples_boot = 5; // it speaks of another region
    ring->samples_tail = CAPACITY;
    send_many(1);
    assert_int_equal(classifier.samples->rings[0].head, CAPACITY);
    ring->samples_boot = RIG_SAMPLES_BOOT;
    send_many(1);
    assert_int_equal(classifier.samples->rings[0].head, CAPACITY + 1);
}

static void
test_which_flows(void **state) {
    (void)state;
    static const struct {
        const char *vpgs;
        unsigned int samples;
    } rows[] = {
        {VPG, 1},
        {"[{\"id\":\"v\",\"inspection\":{\"metadata\":\"none\"}}]", 0},
        {"[{\"id\":\"v\",\"inspection\":{\"metadata\":\"names\"}}]", 1},
        {"[{\"id\":\"v\",\"inspection\":{\"enabled\":false}}]", 0},
        {"[{\"id\":\"v\",\"rules\":[{\"match\":{},\"drop\":true}]}]", 0},
        {"[{\"id\":\"v\",\"rules\":[{\"match\":{},\"inspect\":false}]}]", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_with(rows[i].vpgs);
        send_many(1);
        if (rig_samples(&classifier) != rows[i].samples)
            fail_msg("%s: %lu samples", rows[i].vpgs, (unsigned long)rig_samples(&classifier));
        close_rig(NULL);
    }
}

// Rules by application want samples of what is not inspected, too.
static void
test_flows_for_rules(void **state) {
    (void)state;
    open_with("[{\"id\":\"v\",\"inspection\":{\"enabled\":false}}]");
    has_application_rules();
    send_many(1);
    assert_int_equal(rig_samples(&classifier), 1);
    close_rig(NULL);
}

static void
test_another_policy_stops_it(void **state) {
    (void)state;
    send_many(2);
    rig_policy(&rig, "[{\"id\":\"v\",\"inspection\":{\"metadata\":\"none\"}}]", 60);
    send_many(2);
    assert_int_equal(rig_samples(&classifier), 2);
    assert_int_equal(phase_of(0), JN_APPLICATION_NONE_PHASE);
    rig_policy(&rig, VPG, 60);
    send_many(2);
    assert_int_equal(rig_samples(&classifier), 4);
}

static void
test_away_and_back(void **state) {
    (void)state;
    send_many(3);
    rig_classifier_goes(&classifier);
    now_ns += 20 * SECOND;
    send_many(50);
    assert_int_equal(rig.worker->counters->samples_skipped, 50);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNDECIDED_PHASE); // without end
    assert_int_equal(classifier.samples->rings[0].head, 3);
    rig_classifier_comes(&classifier);
    send_many(1);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNDECIDED_PHASE);
    assert_int_equal(rig_sample(&classifier)->number, 1); // it has nothing of the flow
    now_ns += 10 * SECOND;
    send_many(1);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNKNOWN_PHASE);
}

static uint16_t
alone_drops(const struct jn_application_known *known) {
    return known->classifier ? JN_VERDICT_INSPECT : JN_VERDICT_INSPECT | JN_VERDICT_DROP;
}

// Rules by application are asked again when it comes, and when it goes.
static void
test_rules_hear_of_it(void **state) {
    (void)state;
    verdict_by = alone_drops;
    has_application_rules();
    send_many(1);
    assert_int_equal(entry_of(0)->verdict, JN_VERDICT_INSPECT);
    rig_classifier_goes(&classifier);
    send_many(1);
    assert_int_equal(entry_of(0)->verdict, JN_VERDICT_INSPECT | JN_VERDICT_DROP);
    rig_classifier_comes(&classifier);
    send_many(1);
    assert_int_equal(entry_of(0)->verdict, JN_VERDICT_INSPECT);
    send_many(1);
    unsigned int times = times_asked;
    send_many(5);
    assert_int_equal(times_asked, times);
}

static uint16_t
unknown_drops(const struct jn_application_known *known) {
    bool unknown = known->phase == JN_APPLICATION_UNKNOWN_PHASE;
    return (uint16_t)(JN_VERDICT_INSPECT | (unknown ? JN_VERDICT_DROP : 0));
}

// At most so many packets pass undecided, also of one burst; records and counters agree on the rest.
static void
test_undecided_pass_and_no_more(void **state) {
    (void)state;
    enum { BURST = 40 };
    uint8_t frame[128];
    const uint8_t *data[BURST];
    uint32_t length[BURST];
    verdict_by = unknown_drops;
    has_application_rules();
    for (unsigned int i = 0; i < BURST; i++) {
        data[i] = frame;
        length[i] = frame_build(&udp, frame);
    }
    rig_frames(&rig, data, length, BURST, false, now_ns);
    assert_int_equal(rig.sent_count, JN_SAMPLES_A_FLOW);
    assert_int_equal(rig.worker->counters->drops[JN_DROP_POLICY], BURST - JN_SAMPLES_A_FLOW);
    assert_int_not_equal(entry_of(0)->flags & JN_FLOW_VERDICT_CHANGED, 0);
    const struct jn_record *record = rig_record(&rig);
    assert_int_equal(record->flow.packets[0] + record->flow.packets[1], JN_SAMPLES_A_FLOW);
    assert_int_equal(record->flow.verdict, JN_VERDICT_INSPECT);
    assert_int_equal(record->flow.flags & (JN_FLOW_VERDICT_CHANGED | JN_FLOW_SAMPLED), 0);
    assert_int_equal(entry_of(0)->packets[0] + entry_of(0)->packets[1], BURST - JN_SAMPLES_A_FLOW);
}

static const struct jn_sample *
last_sample(void) {
    const struct jn_sample *sample, *last = NULL;
    while ((sample = rig_sample(&classifier)) != NULL)
        last = sample;
    return last;
}

static void
test_end(void **state) {
    (void)state;
    struct jn_flow_identity flow;
    send_many(2);
    flow = last_sample()->flow;
    rig_idle(&rig, now_ns += 4000 * SECOND);
    for (unsigned int i = 0; i < 200 && rig_samples(&classifier) == 0; i++)
        rig_idle(&rig, now_ns += SECOND);
    const struct jn_sample *end = last_sample();
    assert_non_null(end);
    assert_int_equal(end->kind, JN_SAMPLE_END);
    assert_memory_equal(&end->flow, &flow, sizeof(flow));
    assert_int_equal(end->length, 0);
    const struct jn_flow_application nothing = {0}, of = jn_application_of(rig.worker, flow.flow_idx);
    assert_memory_equal(&of, &nothing, sizeof(of));
}

// Of a flow that had no sample, had its last answer, or was sampled for an earlier life, there is nothing to be freed.
static void
test_no_end(void **state) {
    (void)state;
    struct frame_spec without = udp, answered = udp;
    without.protocol = 6;
    without.tcp_flags = 0x10;
    without.payload = 0;
    without.source_port = 1;
    answered.source_port = 2;
    send_frame(&without);
    send_frame(&answered);
    struct jn_answer last = rig_answer_for(&rig, 1);
    last.flags = JN_ANSWER_LAST | JN_ANSWER_DECIDED;
    rig_answer(&classifier, &last);
    send_many(1);
    assert_int_equal(last_sample()->number, 1);
    rig_classifier_comes(&classifier);
    rig_idle(&rig, now_ns);
    rig_finish(&rig);
    assert_null(last_sample());
}

int
main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(test_which_packets),
        TEST(test_what_a_sample_says),
        TEST(test_a_sample_knows_the_handshake),
        TEST(test_a_syn_with_payload_is_of_the_handshake),
        TEST(test_half_a_handshake_is_none),
        TEST(test_a_sample_knows_who_sent_segments_without_payload),
        TEST(test_padding_stays_behind),
        TEST(test_so_many_a_flow),
        TEST(test_a_first_datagram_without_payload),
        TEST(test_payload_of_later_fragments_counts),
        TEST(test_time_ends_the_search),
        TEST(test_full_ring_is_made_up_for),
        TEST(test_lies_about_what_was_taken),
        cmocka_unit_test(test_which_flows),
        cmocka_unit_test(test_flows_for_rules),
        TEST(test_another_policy_stops_it),
        TEST(test_away_and_back),
        TEST(test_rules_hear_of_it),
        TEST(test_undecided_pass_and_no_more),
        TEST(test_end),
        TEST(test_no_end),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
