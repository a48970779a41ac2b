// SPDX-License-Identifier: BSD-3-Clause
// A worker that is killed: at every instruction of what it does with its counters, a copy of its regions is salvaged as the
// next start would. Records and what is counted as lost add up to what was counted, whenever it was; and so they do when the
// salvage is killed, too.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow/salvage.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define SECOND UINT64_C(1000000000)
#define T0     (1700000000 * SECOND)

enum { NEAR = 64, PIECES = 8, FRAME = 100, SMALL_RING = 4, BOOT = 77, INTERVAL_S = 10, IP_PACKETS = 4, IP_BYTES = 5 };

// The regions of a process.
struct image {
    struct jn_flow_region *flows;
    struct jn_unreported_region *unreported;
    struct jn_records_region *records;
    struct jn_counters_region *counters;
};

struct sums {
    uint64_t packets, bytes;
};

static struct rig rig;
static struct image live, victim, half; // half: of a salvage that is killed
static struct iovec from[PIECES], to[PIECES];
static uint64_t pieces_size;
static struct sums counted, burst; // before the steps; what they may count in addition
static uint64_t copies, kills;

static void *
zeroed(size_t size) {
    void *memory = calloc(1, size);
    assert_non_null(memory);
    return memory;
}

static void
make_image(struct image *image) {
    *image = (struct image){.flows = zeroed(jn_flow_region_size(1, RIG_FLOWS)),
                            .unreported = zeroed(jn_unreported_size(1, RIG_VPGS, RIG_FLOWS)),
                            .records = zeroed(jn_records_size(1, RIG_RECORDS)),
                            .counters = zeroed(jn_counters_size(1, RIG_VPGS))};
}

static void
free_image(const struct image *image) {
    free(image->flows);
    free(image->unreported);
    free(image->records);
    free(image->counters);
}

static void
copy_image(const struct image *out, const struct image *in) {
    memcpy(out->flows, in->flows, jn_flow_region_size(1, RIG_FLOWS));
    memcpy(out->unreported, in->unreported, jn_unreported_size(1, RIG_VPGS, RIG_FLOWS));
    memcpy(out->records, in->records, jn_records_size(1, RIG_RECORDS));
    memcpy(out->counters, in->counters, jn_counters_size(1, RIG_VPGS));
}

// What changes of them as long as few flows and records are there.
static void
find_pieces(const struct image *image, struct iovec *pieces) {
    struct jn_flow_state flow;
    struct jn_flow_table table;
    jn_unreported_bind(&flow, image->unreported, 0, RIG_VPGS, RIG_FLOWS);
    jn_flow_table_open(&table, image->flows, 0, 0);
    size_t i = 0;
    pieces[i++] = (struct iovec){image->flows, sizeof(*image->flows)};
    pieces[i++] = (struct iovec){table.entries, NEAR * sizeof(*table.entries)};
    pieces[i++] = (struct iovec){image->unreported, (size_t)((char *)flow.through - (char *)image->unreported)};
    pieces[i++] = (struct iovec){flow.through, NEAR * sizeof(*flow.through)};
    pieces[i++] = (struct iovec){flow.copies, NEAR * sizeof(*flow.copies)};
    pieces[i++] = (struct iovec){image->records, sizeof(*image->records) + NEAR * sizeof(struct jn_record)};
    pieces[i++] = (struct iovec){image->counters->workers, sizeof(*image->counters->workers)};
    pieces[i++] =
        (struct iovec){jn_counters_of_vpgs(image->counters, 1, 0, RIG_VPGS), RIG_VPGS * sizeof(struct jn_vpg_counters)};
    assert_int_equal(i, PIECES);
}

static struct jn_salvage
salvage(const struct image *image) {
    struct jn_salvage s = {
        .flows = image->flows, .unreported = image->unreported, .records = image->records, .counters = image->counters};
    if (jn_salvage_begin(&s) < 0)
        abort();
    jn_salvage_worker(&s, 0);
    jn_salvage_end(&s);
    return s;
}

static void
assert_within(uint64_t found, uint64_t least, uint64_t more) {
    if (found < least || found > least + more)
        fail_msg("killed for the %luth time: %lu, expected %lu to %lu", (unsigned long)kills, (unsigned long)found,
                 (unsigned long)least, (unsigned long)(least + more));
}

// Documents are made of flow records, summaries of VPGs' counters.
static void
check_records(const struct jn_records_region *records) {
    const struct jn_ring *ring = &records->rings[0];
    const struct jn_record *first = (const struct jn_record *)((const char *)records + ring->offset);
    struct sums flows = {ring->lost_packets, ring->lost_bytes}, vpgs = {0};
    uint64_t next = 0, copied = 0;
    assert_true(ring->head <= NEAR);
    assert_int_equal(ring->next_sequence, ring->head + ring->lost);
    for (uint64_t i = 0; i < ring->head; i++) {
        const struct jn_record *r = &first[i];
        assert_true(ring->lost == 0 ? r->sequence == next : r->sequence >= next);
        assert_int_equal(r->boot, BOOT);
        next = r->sequence + 1;
        if (r->type == JN_RECORD_FLOW) {
            flows.packets += (uint64_t)r->flow.packets[0] + r->flow.packets[1];
            flows.bytes += r->flow.bytes[0] + r->flow.bytes[1];
            copied += r->flow.mirrored[0];
        } else if (r->type == JN_RECORD_VPG_INTERVAL) {
            vpgs.packets += r->counters[IP_PACKETS];
            vpgs.bytes += r->counters[IP_BYTES];
        }
    }
    assert_within(flows.packets, counted.packets, burst.packets);
    assert_within(flows.bytes, counted.bytes, burst.bytes);
    if (ring->lost != 0)
        return;
    assert_int_equal(first[ring->head - 1].type, JN_RECORD_END_OF_STREAM);
    assert_int_equal(copied, copies);
    assert_within(vpgs.packets, counted.packets, burst.packets);
    assert_within(vpgs.bytes, counted.bytes, burst.bytes);
}

// The victim's pieces are those of the moment.
static void
salvage_victim(const char *snapshot) {
    kills++;
    for (unsigned int i = 0; i < PIECES; i++) {
        memcpy(to[i].iov_base, snapshot, to[i].iov_len);
        snapshot += to[i].iov_len;
    }
    struct jn_salvage s = salvage(&victim);
    assert_int_equal(s.passed_over, 0);
    assert_int_equal(s.unsound_workers, 0);
    check_records(victim.records);
    uint64_t head = victim.records->rings[0].head;
    s = salvage(&victim);
    assert_int_equal(s.ended_workers, 1);
    assert_int_equal(victim.records->rings[0].head, head);
}

// A child does it instruction by instruction; whenever it has changed something, it might have been killed.
static void
kill_everywhere(const struct image *image, void (*work)(void)) {
    int status;
    find_pieces(image, from);
    find_pieces(&victim, to);
    pieces_size = 0;
    for (unsigned int i = 0; i < PIECES; i++)
        pieces_size += from[i].iov_len;
    char *now = zeroed(pieces_size), *before = zeroed(pieces_size);
    struct iovec all = {now, pieces_size};
    pid_t pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        work();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    for (kills = 0; WIFSTOPPED(status);) {
        assert_int_equal(process_vm_readv(pid, &all, 1, from, PIECES, 0), pieces_size);
        if (memcmp(now, before, pieces_size) != 0)
            salvage_victim(now);
        memcpy(before, now, pieces_size);
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(kills > 10);
    free(now);
    free(before);
}

static void
pass_frame(unsigned int flow, uint16_t vlan, bool answers, uint64_t now) {
    uint8_t frame[256];
    struct frame_spec spec = {.source = 0x0a800001 + flow,
                              .destination = 0xc6120001,
                              .protocol = JN_IP_UDP,
                              .source_port = (uint16_t)(4000 + flow),
                              .destination_port = 53,
                              .vlan = vlan,
                              .payload = FRAME - 42};
    if (answers)
        spec = frame_answer(&spec);
    uint32_t length = frame_build(&spec, frame);
    rig_frame(&rig, frame, length, 0, answers, now);
    counted.packets++;
    counted.bytes += length;
}

// Five flows in two VPGs, the first ones in both directions and with copies.
static void
pass_frames(uint64_t now) {
    for (unsigned int flow = 0; flow < 5; flow++)
        for (unsigned int n = 0; n <= flow; n++) {
            pass_frame(flow, flow == 4 ? 5 : 0, false, now);
            pass_frame(flow, flow == 4 ? 5 : 0, n % 2 != 0, now);
        }
}

#define BOTH "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]},{\"id\":\"w\",\"vlan\":5}]"

static void
note_copies(void) {
    const struct jn_flow_table *table = &rig.worker->flow->table;
    copies = 0;
    for (uint32_t n = 0; n < table->header->high_water; n++) {
        jn_flow_keep_beside(&table->entries[n]);
        copies += rig.worker->flow->copies[n][0] = n + 1;
    }
}

static int
open_rig(void **state) {
    (void)state;
    rig_open(&rig, BOTH, INTERVAL_S);
    struct jn_worker *w = rig.worker;
    live = (struct image){.unreported = rig.unreported, .records = rig.records};
    live.flows =
        (struct jn_flow_region *)(void *)((char *)w->flow->table.header - offsetof(struct jn_flow_region, tables));
    live.counters = zeroed(jn_counters_size(1, RIG_VPGS));
    live.counters->worker_count = 1;
    live.counters->vpg_capacity = live.counters->vpg_used = RIG_VPGS;
    live.counters->workers[0] = *w->counters;
    free(w->counters);
    free(w->vpg_counters);
    w->counters = live.counters->workers;
    w->vpg_counters = jn_counters_of_vpgs(live.counters, 1, 0, RIG_VPGS);
    w->flow->boot = w->flow->unreported->boot = BOOT;
    make_image(&victim);
    make_image(&half);
    counted = burst = (struct sums){0};
    return 0;
}

static int
close_rig(void **state) {
    (void)state;
    free_image(&victim);
    free_image(&half);
    rig.worker->counters = zeroed(sizeof(*rig.worker->counters));
    rig.worker->vpg_counters = zeroed(RIG_VPGS * sizeof(*rig.worker->vpg_counters));
    rig_close(&rig);
    free(live.counters);
    return 0;
}

static void
end_interval(void) {
    for (uint64_t now = T0 + INTERVAL_S * SECOND;
         rig.worker->flow->sweep.part != JN_SWEEP_NONE || rig.worker->now_ns < now;)
        rig_idle(&rig, now);
}

static void
finish(void) {
    rig_finish(&rig);
}

static void
pass_one_more(void) {
    pass_frame(2, 0, false, T0 + 3);
}

static void
pass_one_of_a_new_flow(void) {
    pass_frame(20, 5, true, T0 + 3);
}

static void
pass_one_of_the_next_interval(void) {
    pass_frame(3, 0, false, T0 + INTERVAL_S * SECOND);
}

static void
test_killed_anywhere(void **state) {
    (void)state;
    static const struct {
        const char *what;
        void (*work)(void);
        bool counts, small;
    } rows[] = {
        {"an interval ends", end_interval, false, false},
        {"an interval ends, the ring is full", end_interval, false, true},
        {"the worker ends", finish, false, false},
        {"the worker ends, the ring is full", finish, false, true},
        {"a packet", pass_one_more, true, false},
        {"a flow's first packet", pass_one_of_a_new_flow, true, false},
        {"a packet of the next interval", pass_one_of_the_next_interval, true, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_rig(NULL);
        pass_frames(T0);
        note_copies();
        if (rows[i].small)
            rig.worker->flow->record_capacity = rig.worker->flow->ring->capacity = SMALL_RING;
        burst = rows[i].counts ? (struct sums){1, FRAME + 4} : (struct sums){0};
        copy_image(&victim, &live);
        print_message("%s\n", rows[i].what);
        kill_everywhere(&live, rows[i].work);
        close_rig(NULL);
    }
}

static void
sweep(void) {
    while (rig.worker->flow->sweep.part != JN_SWEEP_NONE)
        rig_idle(&rig, T0 + 2);
}

// A VPG has left, and another one has its index: what is left of the former is under its own name.
static void
test_killed_while_a_vpg_leaves(void **state) {
    (void)state;
    pass_frames(T0);
    note_copies();
    rig_policy(&rig, "[{\"id\":\"x\"},{\"id\":\"w\",\"vlan\":5}]", INTERVAL_S);
    assert_int_equal(rig.worker->flow->sweep.part, JN_SWEEP_FRAGMENTS);
    copy_image(&victim, &live);
    kill_everywhere(&live, sweep);
    const struct jn_record *first = jn_ring_first(victim.records, &victim.records->rings[0]);
    uint64_t of_former = 0;
    for (uint64_t i = 0; i < victim.records->rings[0].head; i++) {
        assert_string_not_equal(first[i].vpg_id, "x");
        of_former += first[i].type == JN_RECORD_FLOW && strcmp(first[i].vpg_id, "v") == 0;
    }
    assert_int_equal(of_former, 4);
}

static void
salvage_half(void) {
    salvage(&half);
}

static void
test_salvage_is_killed(void **state) {
    (void)state;
    pass_frames(T0);
    note_copies();
    rig_idle(&rig, T0 + INTERVAL_S * SECOND); // the interval before is still open
    pass_frame(1, 0, false, T0 + INTERVAL_S * SECOND);
    copy_image(&half, &live);
    copy_image(&victim, &live);
    kill_everywhere(&half, salvage_half);
}

// Whoever could write there: nothing outside is touched, what is sound becomes records, the rest is counted.
static void
test_entries_that_cannot_be(void **state) {
    (void)state;
    static const struct {
        const char *what;
        size_t offset, size;
        uint64_t value;
    } rows[] = {
        {"a VPG without a name", offsetof(struct jn_flow_entry, key1), 8, UINT64_C(9) << 52 | 1},
        {"a VPG out of range", offsetof(struct jn_flow_entry, key1), 8, UINT64_MAX},
        {"unknown verdict", offsetof(struct jn_flow_entry, verdict), 2, 0xffff},
        {"no such port", offsetof(struct jn_flow_entry, port), 1, 255},
        {"no such rule", offsetof(struct jn_flow_entry, rule), 2, 0xfffe},
        {"too many bytes", offsetof(struct jn_flow_entry, bytes), 8, UINT64_MAX},
        {"a time out of range", offsetof(struct jn_flow_entry, last_ns), 8, UINT64_MAX},
        {"it is being changed", offsetof(struct jn_flow_entry, version), 4, 7},
    };
    pass_frames(T0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        copy_image(&victim, &live);
        struct jn_flow_table table;
        jn_flow_table_open(&table, victim.flows, 0, 0);
        memcpy((char *)&table.entries[1] + rows[i].offset, &rows[i].value, rows[i].size);
        struct jn_salvage s = salvage(&victim);
        if (s.passed_over != 1 || s.written != 4)
            fail_msg("%s: %lu passed over, %lu written", rows[i].what, (unsigned long)s.passed_over,
                     (unsigned long)s.written);
    }
}

static void
test_workers_that_cannot_be(void **state) {
    (void)state;
    static const struct {
        const char *what;
        size_t offset;
        uint64_t value;
    } rows[] = {
        {"a note of an unknown kind", offsetof(struct jn_unreported, report.what), UINT64_C(99) << 32},
        {"a note of an entry outside", offsetof(struct jn_unreported, report.what),
         (uint64_t)JN_REPORT_FLOW << 32 | RIG_FLOWS},
        {"a note of a VPG outside", offsetof(struct jn_unreported, report.what),
         (uint64_t)JN_REPORT_CLOSED << 32 | RIG_VPGS},
        {"an interval that ends before it begins", offsetof(struct jn_unreported, intervals[0].current.wall_start),
         UINT64_MAX},
        {"unknown marks", offsetof(struct jn_unreported, intervals[0].closed.marks), UINT64_MAX},
    };
    pass_frames(T0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        copy_image(&victim, &live);
        struct jn_unreported *unreported = &victim.unreported->workers[0];
        unreported->intervals[0] = unreported->intervals[1] = unreported->intervals[unreported->edition & 1];
        unreported->edition = 0;
        memcpy((char *)unreported + rows[i].offset, &rows[i].value, sizeof(rows[i].value));
        struct jn_salvage s = salvage(&victim);
        if (s.unsound_workers != 1 || victim.records->rings[0].head != live.records->rings[0].head)
            fail_msg("%s: was believed", rows[i].what);
    }
    copy_image(&victim, &live);
    victim.records->rings[0].next_sequence += 2;
    assert_int_equal(salvage(&victim).unsound_workers, 1);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_anywhere),
        cmocka_unit_test_setup_teardown(test_killed_while_a_vpg_leaves, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(test_salvage_is_killed, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(test_entries_that_cannot_be, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(test_workers_that_cannot_be, open_rig, close_rig),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("salvage", tests, NULL, NULL);
}
