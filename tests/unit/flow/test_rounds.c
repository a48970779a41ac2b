// SPDX-License-Identifier: BSD-3-Clause
// What one round does for intervals, VPGs and idle flows is bounded, whatever ends: counted in flows, VPGs and records, not
// in time. And the whole is done all the same: nothing is lost, nothing is said twice.
#include "flow/sweep.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"
#include "worker/portion.h"
#include "worker/worker_rules.h"

#define SECOND UINT64_C(1000000000)
#define T0     (UINT64_C(1767322800) * SECOND)

// RECORDS: of one round. A flow's last record, or the two records of a VPG.
enum { VPGS = 1024, FLOWS = 4000, RECORDS = JN_FLOWS_A_ROUND, ROUNDS = 4000, SMALL_RING = 256 };

// VLANs from 1 on. prefix: of the ids.
static char *
vpgs_text(const char *prefix, unsigned int count) {
    char *text = malloc(count * 64u + 16), *at = text;
    *at++ = '[';
    for (unsigned int i = 0; i < count; i++)
        at += sprintf(at, "%s{\"id\":\"%s%u\",\"vlan\":%u}", i == 0 ? "" : ",", prefix, i, i + 1);
    strcpy(at, "]");
    return text;
}

static uint32_t
flow_frame(uint32_t number, uint8_t *frame) {
    return frame_build(&(struct frame_spec){.source = 0x0a800000 + number,
                                            .destination = 0xc6120001,
                                            .protocol = 17,
                                            .source_port = 40000,
                                            .destination_port = 53,
                                            .vlan = (uint16_t)(1 + number % VPGS)},
                       frame);
}

static void
send_all(struct rig *rig, uint64_t now_ns) {
    uint8_t frame[128];
    for (uint32_t i = 0; i < FLOWS; i++)
        rig_frame(rig, frame, flow_frame(i, frame), 0, false, now_ns);
}

static void
open_with_flows(struct rig *rig, unsigned int interval_s) {
    char *text = vpgs_text("v", VPGS);
    rig_open_for(rig, text, interval_s, VPGS);
    free(text);
    do
        rig_idle(rig, T0);
    while (rig->worker->flow->sweep.part != JN_SWEEP_NONE);
    while (rig_record(rig) != NULL)
        ;
    send_all(rig, T0);
    assert_int_equal(rig->worker->flow->table.header->active, FLOWS);
    assert_null(rig_record(rig));
}

static void
new_policy(struct rig *rig, const char *prefix, unsigned int count, unsigned int interval_s) {
    char *text = vpgs_text(prefix, count);
    rig_policy(rig, text, interval_s);
    free(text);
}

// What was found in the ring, and by how many rounds it was made.
struct found {
    unsigned int rounds, flows, vpgs, ends, most, former;
    uint64_t packets;
};

static void
take(struct rig *rig, struct found *found) {
    unsigned int records = 0;
    for (const struct jn_record *r; (r = rig_record(rig)) != NULL; records++) {
        found->flows += r->type == JN_RECORD_FLOW;
        found->vpgs += r->type == JN_RECORD_VPG_INTERVAL;
        found->ends += r->type == JN_RECORD_INTERVAL_END;
        found->former += r->type == JN_RECORD_FLOW && r->vpg_id[0] == 'v';
        found->packets += r->type == JN_RECORD_FLOW ? r->flow.packets[0] + r->flow.packets[1] : 0;
    }
    found->most = records > found->most ? records : found->most;
}

// Idle rounds until nothing is left to do. Each is looked at: how far it got, and what it wrote.
static struct found
come_round(struct rig *rig, uint64_t now_ns) {
    const struct jn_sweep *sweep = &rig->worker->flow->sweep;
    struct found found = {0};
    take(rig, &found);
    found.most = 0;
    do {
        struct jn_sweep before = *sweep;
        rig_idle(rig, now_ns);
        assert_true(sweep->left <= JN_FLOWS_A_ROUND);
        if (before.part == sweep->part && before.part != JN_SWEEP_NONE)
            assert_in_range(sweep->cursor - before.cursor, 0, JN_FLOWS_A_ROUND);
        take(rig, &found);
        assert_true(found.rounds++ < ROUNDS);
    } while (sweep->part != JN_SWEEP_NONE || now_ns >= rig->worker->flow->interval.current.end);
    return found;
}

static const struct jn_record *
next_end(struct rig *rig) {
    const struct jn_record *r;
    while ((r = rig_record(rig)) != NULL && r->type != JN_RECORD_INTERVAL_END)
        ;
    return r;
}

// A worker that has not reported one interval's flows when the next is over ends that late: it says so, and so does the one
// that has less for it. An interval that is on time says nothing.
static void
test_boundary_that_waits_is_marked(void **state) {
    (void)state;
    static const uint64_t ends_ns[] = {T0 + SECOND, T0 + 2 * SECOND, T0 + 4 * SECOND, T0 + 5 * SECOND};
    unsigned int ends = 0, delayed = 0;
    struct rig rig;
    open_with_flows(&rig, 1);
    rig_idle(&rig, T0 + SECOND);
    assert_int_not_equal(rig.worker->flow->sweep.part, JN_SWEEP_NONE);
    for (unsigned int i = 0; i < 4; i++) {
        uint64_t now_ns = i == 0 ? T0 + 3 * SECOND + SECOND / 2 : ends_ns[i];
        while (now_ns >= rig.worker->flow->interval.current.end || rig.worker->flow->sweep.part != JN_SWEEP_NONE)
            rig_idle(&rig, now_ns);
        for (const struct jn_record *r; (r = next_end(&rig)) != NULL;) {
            bool is_delayed = r->interval_end == T0 + 2 * SECOND || r->interval_end == T0 + 4 * SECOND;
            assert_int_equal(r->marks, is_delayed ? JN_INTERVAL_DELAYED : 0);
            delayed += is_delayed;
            ends++;
        }
    }
    assert_int_equal(ends, 4);
    assert_int_equal(delayed, 2);
    rig_close(&rig);
}

// An idle worker does not sleep between a sweep's portions.
static void
test_sweep_that_moves(void **state) {
    (void)state;
    struct rig rig;
    open_with_flows(&rig, 1);
    rig_idle(&rig, T0 + SECOND / 2);
    assert_false(rig.worker->flow->sweep.moves);
    do {
        rig_idle(&rig, T0 + SECOND);
        assert_true(rig.worker->flow->sweep.moves);
    } while (rig.worker->flow->sweep.part != JN_SWEEP_NONE);
    rig_idle(&rig, T0 + SECOND);
    assert_false(rig.worker->flow->sweep.moves);
    rig_close(&rig);
}

struct operation {
    const char *name;
    unsigned int interval_s;
    const char *prefix; // of the VPGs in the next policy
    unsigned int vpgs;  // NULL prefix: no other policy
    uint64_t now_ns;
    unsigned int flows, vpg_records, ends; // records expected
};

static const struct operation operations[] = {
    {"an interval ends", 1, NULL, 0, T0 + SECOND, FLOWS, VPGS, 1},
    {"one VPG leaves", 60, "v", VPGS - 1, T0, FLOWS / VPGS, 1, 0},
    {"all VPGs leave but one", 60, "v", 1, T0, FLOWS - 4, VPGS - 1, 0},
    {"all VPG indexes get other VPGs", 60, "w", VPGS, T0, FLOWS, VPGS, 0},
    {"an interval ends with all VPGs leaving", 1, "w", VPGS, T0 + SECOND, FLOWS, VPGS, 1},
};

// While rounds are long there are the more of them: each operation is tried with both.
static void
test_a_round_is_bounded(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(operations) / sizeof(operations[0]); i++) {
        const struct operation *o = &operations[i / 2];
        unsigned int halvings = i % 2 * JN_HALVINGS_MOST;
        struct rig rig;
        print_message("%s\n", o->name);
        open_with_flows(&rig, o->interval_s);
        rig.worker->halvings = halvings;
        uint64_t touched = rig.worker->flow->table.header->active;
        if (o->prefix != NULL)
            new_policy(&rig, o->prefix, o->vpgs, o->interval_s);
        assert_int_equal(rig.worker->flow->table.header->active, touched); // taking a policy ends no flow
        assert_null(rig_record(&rig));
        struct found found = come_round(&rig, o->now_ns);
        assert_in_range(found.most, 1, halvings == 0 ? RECORDS : RECORDS / 2); // 32 VPGs have two each
        assert_true(found.rounds > FLOWS / jn_flows_a_round(rig.worker));
        assert_int_equal(found.flows, o->flows);
        assert_int_equal(found.packets, o->flows);
        assert_int_equal(found.vpgs, o->vpg_records);
        assert_int_equal(found.ends, o->ends);
        assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_RECORD_LOST], 0);
        rig_close(&rig);
    }
}

// A sweep that has time takes half of a round's flows, however few these are: flows that lingered end beside it.
static void
test_a_sweep_leaves_some_of_a_round(void **state) {
    (void)state;
    for (unsigned int halvings = 0; halvings <= JN_HALVINGS_MOST; halvings++) {
        uint8_t frame[128];
        struct rig rig;
        open_with_flows(&rig, 60);
        rig.worker->flow->idle_timeout_ns = 3600 * SECOND;
        const struct jn_sweep *sweep = &rig.worker->flow->sweep;
        struct frame_spec reset = {
            .source = 0x0a800001, .destination = 0xc6120001, .protocol = 6, .tcp_flags = JN_TCP_RST, .vlan = 1};
        rig_frame(&rig, frame, frame_build(&reset, frame), 0, false, T0 + 60 * SECOND - 1);
        rig.worker->halvings = halvings;
        do
            rig_idle(&rig, T0 + 60 * SECOND);
        while (sweep->part != JN_SWEEP_FLOWS || sweep->cursor == 0);
        assert_int_equal(rig.worker->flow->table.header->active, FLOWS + 1);
        rig_idle(&rig, T0 + 61 * SECOND); // in a table as full as this one it lingers for less
        assert_int_equal(sweep->part, JN_SWEEP_FLOWS);
        assert_int_equal(rig.worker->flow->table.header->active, FLOWS);
        rig_close(&rig);
    }
}

// Each packet of the next VPG comes before the sweep has come to the flow that its index had.
static void
test_the_next_vpg_begins_anew(void **state) {
    (void)state;
    struct rig rig;
    struct found found = {0};
    open_with_flows(&rig, 60);
    new_policy(&rig, "w", VPGS, 60);
    uint8_t frame[128];
    rig_frame(&rig, frame, flow_frame(FLOWS - 1, frame), 0, false, T0);
    uint16_t vpg_idx = rig.burst.vpg_idx[0];
    assert_int_equal(rig.worker->vpg_counters[vpg_idx].total_packets, 1); // and not those of the former
    take(&rig, &found);
    assert_int_equal(found.former, 1); // its own: the sweep comes later
    struct found rest = come_round(&rig, T0);
    assert_int_equal(found.flows + rest.flows, FLOWS);
    assert_int_equal(rig.worker->flow->table.header->active, 1);
    rig_finish(&rig);
    take(&rig, &rest);
    assert_int_equal(found.former + rest.former, FLOWS);
    assert_int_equal(found.packets + rest.packets, FLOWS + 1);
    rig_close(&rig);
}

// An index that changes hands again waits for its sweep; one that is free or swept does not.
static void
test_an_index_ages_before_it_is_used_again(void **state) {
    (void)state;
    struct rig rig;
    open_with_flows(&rig, 60);
    new_policy(&rig, "w", VPGS, 60);
    const struct jn_sweep *sweep = &rig.worker->flow->sweep;
    assert_int_not_equal(sweep->done, rig.rules->policy->generation);
    struct jn_ruleset *unswept = rig.rules;
    assert_true(jn_ruleset_has_left(unswept, 0, (uint16_t)(unswept->generation - 1)));
    struct jn_ruleset none = {.generation = (uint16_t)(unswept->generation + 1)};
    assert_true(jn_ruleset_must_wait(&none, unswept));
    come_round(&rig, T0);
    assert_int_equal(sweep->done, rig.rules->policy->generation);
    jn_ruleset_follow(&none, unswept, true);
    assert_true(jn_ruleset_has_left(&none, 0, unswept->generation));
    assert_string_equal(jn_ruleset_vpg_id(&none, 0, unswept->generation), unswept->vpg[0]->id);
    rig_close(&rig);
}

static void
shrink_ring(struct rig *rig) {
    rig->worker->flow->record_capacity = rig->worker->flow->ring->capacity = SMALL_RING;
}

// The ring is short of room all the time, and somebody drains it slowly: nothing is lost before it is overdue.
static void
test_records_wait_for_room(void **state) {
    (void)state;
    struct rig rig;
    struct found found = {0};
    open_with_flows(&rig, 60);
    shrink_ring(&rig);
    uint64_t now = T0 + 60 * SECOND;
    for (unsigned int i = 0; i < 10; i++) // nobody takes anything
        rig_idle(&rig, now);
    assert_in_range(rig.worker->flow->ring->head - rig.worker->flow->ring->tail, SMALL_RING / 2,
                    SMALL_RING - SMALL_RING / 4);
    while (rig.worker->flow->sweep.part != JN_SWEEP_NONE) {
        for (unsigned int i = 0; i < 10; i++) // and now a few
            if (rig.worker->flow->ring->tail != rig.worker->flow->ring->head) {
                const struct jn_record *r = rig_record(&rig);
                found.flows += r->type == JN_RECORD_FLOW;
                found.vpgs += r->type == JN_RECORD_VPG_INTERVAL;
            }
        rig_idle(&rig, now);
        assert_true(found.rounds++ < 10 * ROUNDS);
    }
    take(&rig, &found);
    assert_int_equal(found.flows, FLOWS);
    assert_int_equal(found.vpgs, VPGS);
    assert_int_equal(found.ends, 1);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_RECORD_LOST], 0);
    rig_close(&rig);
}

// The same for a VPG that leaves: it may wait until a policy has waited for it for a second.
static void
test_leaving_waits_until_it_is_awaited(void **state) {
    (void)state;
    struct rig rig;
    open_with_flows(&rig, 3600);
    shrink_ring(&rig);
    new_policy(&rig, "v", 1, 3600);
    struct jn_sweep *sweep = &rig.worker->flow->sweep;
    for (unsigned int i = 0; i < ROUNDS; i++)
        rig_idle(&rig, T0 + i * (SECOND / 1000));
    assert_int_not_equal(sweep->part, JN_SWEEP_NONE);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_RECORD_LOST], 0);
    sweep->awaited = true;
    for (unsigned int i = 0; sweep->part != JN_SWEEP_NONE; i++) {
        rig_idle(&rig, T0 + 5 * SECOND);
        assert_true(i < ROUNDS);
    }
    assert_int_equal(sweep->done, rig.rules->policy->generation);
    assert_true(rig.worker->counters->exceptions[JN_EXCEPTION_RECORD_LOST] > 0);
    rig_close(&rig);
}

// Nobody drains it: when the next interval is over, too, what does not fit is counted, and the boundary is passed.
static void
test_what_is_overdue_is_counted(void **state) {
    (void)state;
    struct rig rig;
    open_with_flows(&rig, 1);
    shrink_ring(&rig);
    rig_idle(&rig, T0 + SECOND);
    for (unsigned int i = 0; i < ROUNDS; i++)
        rig_idle(&rig, T0 + SECOND + SECOND / 2);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_RECORD_LOST], 0);
    assert_int_equal(rig.worker->flow->interval.number, 2);
    for (unsigned int i = 0; rig.worker->flow->interval.number == 2; i++) {
        rig_idle(&rig, T0 + 2 * SECOND);
        assert_true(i < ROUNDS);
    }
    uint64_t written = rig.worker->counters->records_written - 1; // before the flows an interval ended
    assert_int_equal(written + rig.worker->counters->exceptions[JN_EXCEPTION_RECORD_LOST], FLOWS + VPGS + 1);
    assert_int_equal(rig.worker->counters->intervals_closed, 2);
    rig_close(&rig);
}

// Later fragments whose first one is missing are on account when their interval ends, or their policy: a few a round are
// reported, as of then.
static void
test_fragments_on_account_are_few_a_round(void **state) {
    (void)state;
    static const char *const next[] = {NULL, "[{\"id\":\"w\"}]", "[{\"id\":\"v\",\"inspection\":{\"enabled\":false}}]"};
    for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
        enum { FRAGMENTS = 150 };
        struct rig rig;
        struct found found = {0};
        uint8_t frame[128];
        rig_open_for(&rig, "[{\"id\":\"v\"}]", 1, 1);
        rig_idle(&rig, T0);
        come_round(&rig, T0);
        for (uint16_t id = 0; id < FRAGMENTS; id++) {
            const struct frame_spec s = {.source = 0x0a800001 + id % 9,
                                         .destination = 0xc6120001,
                                         .protocol = 17,
                                         .fragment = 20,
                                         .id = id,
                                         .payload = 20};
            rig_frame(&rig, frame, frame_build(&s, frame), 0, false, T0);
        }
        take(&rig, &found);
        if (next[i] != NULL)
            rig_policy(&rig, next[i], 1);
        struct found rest = come_round(&rig, T0 + SECOND);
        assert_int_equal(found.packets + rest.packets, FRAGMENTS);
        assert_int_equal(found.former + rest.former, found.flows + rest.flows); // none is of "w"
        assert_in_range(rest.most, 1, RECORDS);
        assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_FRAG_ORPHAN], FRAGMENTS);
        rig_close(&rig);
    }
}

// Idle flows, and such that lingered, share the round with the sweep.
static void
test_idle_flows_are_few_a_round(void **state) {
    (void)state;
    struct rig rig;
    struct found found = {0};
    open_with_flows(&rig, 3600);
    for (uint64_t now = T0 + 300 * SECOND; found.flows < FLOWS; now += SECOND) {
        uint32_t before = rig.worker->flow->table.header->active;
        rig_idle(&rig, now);
        assert_in_range(before - rig.worker->flow->table.header->active, 0, JN_FLOWS_A_ROUND);
        take(&rig, &found);
        assert_true(found.rounds++ < ROUNDS);
    }
    assert_in_range(found.most, 1, RECORDS);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boundary_that_waits_is_marked),
        cmocka_unit_test(test_sweep_that_moves),
        cmocka_unit_test(test_a_round_is_bounded),
        cmocka_unit_test(test_a_sweep_leaves_some_of_a_round),
        cmocka_unit_test(test_the_next_vpg_begins_anew),
        cmocka_unit_test(test_an_index_ages_before_it_is_used_again),
        cmocka_unit_test(test_records_wait_for_room),
        cmocka_unit_test(test_leaving_waits_until_it_is_awaited),
        cmocka_unit_test(test_what_is_overdue_is_counted),
        cmocka_unit_test(test_fragments_on_account_are_few_a_round),
        cmocka_unit_test(test_idle_flows_are_few_a_round),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("rounds", tests, NULL, NULL);
}
