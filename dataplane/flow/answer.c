// SPDX-License-Identifier: BSD-3-Clause
#include "flow/answer.h"

#include <time.h>

#include "clock_read.h"
#include "flow/flow_verdict.h"
#include "log.h"
#include "policy/conditional.h"
#include "policy/ruleset.h"

// As much as so many rules that are looked at one by one costs an answer.
enum { ANSWERS_A_ROUND = 16, RULES_AN_ANSWER = 64, LIVES = 64, SPINS = 2000, PAUSE_NS = 20000 };
#define LONGEST_WAIT_NS UINT64_C(10000000000)

static bool
refuse(struct jn_worker *worker, enum jn_exception why) {
    jn_count(&worker->counters->exceptions[why], 1);
    return false;
}

// In lower case and without control characters; a classifier that is what it should be sends no other.
static bool
is_name(const struct jn_answer *answer) {
    for (unsigned int i = 0; i < answer->name_length; i++) {
        unsigned char c = (unsigned char)answer->name[i];
        if (c < 0x20 || c == 0x7f || (c >= 'A' && c <= 'Z'))
            return false;
    }
    return true;
}

static bool
is_sound(struct jn_worker *worker, const struct jn_answer *answer) {
    if (answer->flow.flow_idx >= worker->flow->table.header->high_water)
        return refuse(worker, JN_EXCEPTION_ANSWER_FLOW);
    if (answer->application >= JN_APPLICATION_NUMBERS || answer->master >= JN_APPLICATION_NUMBERS ||
        answer->confidence >= JN_CONFIDENCE_NUMBERS)
        return refuse(worker, JN_EXCEPTION_ANSWER_APPLICATION);
    if (answer->flags & ~JN_ANSWER_FLAGS)
        return refuse(worker, JN_EXCEPTION_ANSWER_FLAGS);
    return is_name(answer) || refuse(worker, JN_EXCEPTION_ANSWER_NAME);
}

// Is it about a flow that is there, and still asks? No more of them than it had samples, and its end.
static bool
is_awaited(struct jn_worker *worker, const struct jn_answer *answer) {
    const struct jn_sampling *sampling = &worker->flow->sampling;
    uint32_t flow_idx = answer->flow.flow_idx;
    const struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    const struct jn_flow_application *of = &sampling->flows[flow_idx];
    if (entry->version != answer->flow.version || entry->start_ns != answer->flow.start_ns || jn_flow_is_free(entry) ||
        of->last || of->life != sampling->life->number % LIVES) {
        jn_count(&worker->counters->answers_late, 1);
        return false;
    }
    if (of->answers >= of->given + (sampling->ending == flow_idx))
        return refuse(worker, JN_EXCEPTION_ANSWER_UNASKED);
    return true;
}

// Only where a rule of its VPG asks for names. One that was cut short matches nothing, and takes the place of a whole one.
static bool
learn_name(struct jn_worker *worker, struct jn_flow_application *of, const struct jn_answer *answer, uint16_t vpg_idx) {
    struct jn_server_names *names = worker->flow->sampling.names;
    bool cut = answer->flags & JN_ANSWER_NAME_CUT;
    uint16_t before = (uint16_t)of->name;
    if (!worker->rules->has_server_names[vpg_idx] || (answer->name_length == 0 && !cut))
        return false;
    of->name = cut ? 0 : jn_server_name_keep(names, answer->name, answer->name_length);
    jn_count(&worker->counters->names_full, !cut && of->name == 0);
    jn_server_name_release(names, before);
    return of->name != before || of->name == 0;
}

// What it says of the application; a guess takes no place of what was seen.
static bool
learn_application(struct jn_flow_entry *entry, struct jn_flow_application *of, const struct jn_answer *answer) {
    bool decided = answer->flags & JN_ANSWER_DECIDED,
         was = jn_application_phase(entry->flags) == JN_APPLICATION_DECIDED_PHASE;
    if (was && !decided)
        return false;
    bool other = !was || entry->application != answer->application || of->master != answer->master ||
                 of->category != answer->category;
    jn_store(&entry->application, answer->application);
    of->master = answer->master & (JN_APPLICATION_NUMBERS - 1);
    of->category = answer->category;
    of->confidence = answer->confidence & (JN_CONFIDENCE_NUMBERS - 1);
    if (decided)
        jn_flow_set_phase(entry, JN_APPLICATION_DECIDED_PHASE);
    return decided && other;
}

// May rules say something else now?
static bool
learn(struct jn_worker *worker, struct jn_flow_entry *entry, struct jn_flow_application *of,
      const struct jn_answer *answer) {
    bool other = learn_application(entry, of, answer);
    other |= learn_name(worker, of, answer, jn_flow_vpg(entry));
    other |= of->risks != answer->risks;
    of->risks = answer->risks;
    of->answers++;
    if (answer->flags & JN_ANSWER_LAST) {
        of->last = 1;
        jn_store(&entry->flags, (uint16_t)(entry->flags & ~JN_FLOW_SAMPLED));
        enum jn_application_phase phase = jn_application_phase(entry->flags);
        other |= phase == JN_APPLICATION_UNDECIDED_PHASE;
        if (phase != JN_APPLICATION_DECIDED_PHASE)
            jn_flow_set_phase(entry, JN_APPLICATION_UNKNOWN_PHASE);
    }
    return other && jn_application_phase(entry->flags) >= JN_APPLICATION_UNKNOWN_PHASE;
}

// A flow that has not seen the policy in force yet is judged by it with its next packet. One that ends has its verdict.
static void
judge(struct jn_worker *worker, struct jn_flow_entry *entry, const struct jn_answer *answer) {
    struct jn_application_known known = jn_application_known(worker, entry, false);
    if (entry->current.generation != worker->rules->generation ||
        worker->flow->sampling.ending == answer->flow.flow_idx)
        return;
    if (known.name == NULL && answer->name_length != 0 && !(answer->flags & JN_ANSWER_NAME_CUT)) {
        known.name = answer->name; // there was no room for it: now it counts all the same
        known.name_length = answer->name_length;
    }
    jn_flow_judge_again(worker, entry, &known, false);
}

// Of how many answers' time it may take: its VPG may have many rules that are looked at again.
static unsigned int
cost_of(const struct jn_worker *worker, const struct jn_flow_entry *entry) {
    const struct jn_conditional *rules = worker->rules->conditional[jn_flow_vpg(entry)];
    return 1 + (rules == NULL ? 0 : rules->count[JN_CONDITIONAL_ALL] / RULES_AN_ANSWER);
}

// answer: a copy of our own. Returns its cost.
static unsigned int
take(struct jn_worker *worker, const struct jn_answer *answer) {
    if (!is_sound(worker, answer) || !is_awaited(worker, answer))
        return 1;
    struct jn_flow_entry *entry = &worker->flow->table.entries[answer->flow.flow_idx];
    struct jn_flow_application *of = &worker->flow->sampling.flows[answer->flow.flow_idx];
    jn_count(&worker->counters->answers_taken, 1);
    if (learn(worker, entry, of, answer))
        judge(worker, entry, answer);
    return cost_of(worker, entry);
}

// Of a ring that is new to us what stands in it is about others' flows.
static void
begin_ring(struct jn_sampling *sampling, const struct jn_classifier_life *life) {
    if (sampling->answers_boot == life->boot)
        return;
    sampling->answers_boot = life->boot;
    sampling->answers_tail = __atomic_load_n(&life->ring->head, __ATOMIC_ACQUIRE);
    __atomic_store_n(&sampling->ring->answers_boot, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&sampling->ring->answers_tail, sampling->answers_tail, __ATOMIC_RELEASE);
    __atomic_store_n(&sampling->ring->answers_boot, life->boot, __ATOMIC_RELEASE);
}

// Is the classifier there? As the main thread says; the same for the whole round.
static void
look_for_life(struct jn_worker *worker) {
    struct jn_sampling *sampling = &worker->flow->sampling;
    const struct jn_classifier_life *life = __atomic_load_n(&sampling->shared, __ATOMIC_ACQUIRE);
    if (life == sampling->life)
        return;
    sampling->life = life;
    sampling->since_ns = worker->now_ns;
    if (life != NULL)
        begin_ring(sampling, life);
}

// At most so many, or fewer that cost as much: at least one.
static void
take_some(struct jn_worker *worker, unsigned int most) {
    struct jn_sampling *sampling = &worker->flow->sampling;
    const struct jn_classifier_life *life = sampling->life;
    uint64_t head = __atomic_load_n(&life->ring->head, __ATOMIC_ACQUIRE), tail = sampling->answers_tail;
    if (head - tail > JN_ANSWERS) {
        if (head != sampling->refused_head)
            refuse(worker, JN_EXCEPTION_CLASSIFIER_INDEX);
        sampling->refused_head = head;
        return;
    }
    for (unsigned int cost = 0; cost < most && tail != head; tail++) {
        const struct jn_answer answer = life->answers[tail & (JN_ANSWERS - 1)];
        cost += take(worker, &answer);
    }
    if (tail == sampling->answers_tail)
        return;
    sampling->answers_tail = tail;
    __atomic_store_n(&sampling->ring->answers_tail, tail, __ATOMIC_RELEASE);
}

void
jn_answers_take(struct jn_worker *worker) {
    if (worker->flow->sampling.flows == NULL)
        return;
    look_for_life(worker);
    if (worker->flow->sampling.life != NULL)
        take_some(worker, ANSWERS_A_ROUND);
}

// Has it taken all? Its last answer was written before it said so.
static bool
has_taken_all(const struct jn_sampling *sampling) {
    const struct jn_answer_ring *ring = sampling->life->ring;
    return __atomic_load_n(&ring->samples_boot, __ATOMIC_ACQUIRE) == sampling->boot &&
           __atomic_load_n(&ring->samples_tail, __ATOMIC_ACQUIRE) == sampling->ring->head;
}

static void
pause_a_little(struct jn_worker *worker, unsigned int turns) {
    if (turns < SPINS) {
        __builtin_ia32_pause();
        return;
    }
    if (worker->flow->sampling.look != NULL)
        worker->flow->sampling.look(worker);
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

void
jn_answers_wait(struct jn_worker *worker) {
    struct jn_sampling *sampling = &worker->flow->sampling;
    uint64_t began_ns = 0;
    for (unsigned int turns = 0; sampling->waits && sampling->life != NULL; turns++) {
        bool all = has_taken_all(sampling);
        uint64_t tail = sampling->answers_tail;
        take_some(worker, UINT32_MAX);
        if (all)
            return;
        if (turns == SPINS || tail != sampling->answers_tail)
            began_ns = jn_clock_read(CLOCK_MONOTONIC);
        pause_a_little(worker, turns);
        look_for_life(worker);
        if (turns <= SPINS || jn_clock_read(CLOCK_MONOTONIC) - began_ns < LONGEST_WAIT_NS)
            continue;
        jn_log(JN_LOG_WARNING, "junction-classify does not answer: the rest is replayed without it");
        sampling->waits = false;
        sampling->shared = sampling->life = NULL;
        sampling->look = NULL;
    }
}
