// SPDX-License-Identifier: BSD-3-Clause
#include "policy/rule_index.h"

#include <stdlib.h>
#include <string.h>

enum { DEVICE, REMOTE, DEVICE6, REMOTE6, DEVICE_PORT, REMOTE_PORT, GROUP, PROTOCOL, DSCP, DIRECTION, PORTS, FIELDS };

typedef unsigned __int128 value; // of any field
#define LAST (~(value)0)

struct range {
    value from, to;
};

struct field {
    uint32_t count; // ranges
    value *from;    // where each begins; the first at 0
    uint64_t *sets; // the rules of each
};

struct jn_rule_index {
    uint32_t count, words; // rules, and words of a set
    struct field fields[FIELDS];
    uint8_t asked[2][FIELDS]; // of IPv4 and IPv6 flows: fields that can rule out a rule
    uint32_t asked_count[2];
};

// A rule begins or ceases to hold.
struct edge {
    value at;
    uint32_t rule;
};

static value
value_of_address(const uint8_t *address, bool v6) {
    value out = 0;
    for (unsigned int i = 0; i < (v6 ? 16 : 4); i++)
        out = out << 8 | address[i];
    return out;
}

static struct range
range_of_prefix(const struct jn_prefix *prefix, bool v6) {
    unsigned int bits = v6 ? 128 : 32;
    if (prefix->family == 0 || prefix->length == 0)
        return (struct range){0, LAST};
    value rest = prefix->length >= bits ? 0 : LAST >> (128 - bits + prefix->length);
    value from = value_of_address(prefix->address, v6) & ~rest;
    return (struct range){from, from | rest};
}

static struct range
one_or_all(uint32_t of, uint32_t all) {
    return of == all ? (struct range){0, LAST} : (struct range){of, of};
}

static struct range
range_of_ports(const uint16_t ports[2]) {
    return ports[0] == 0 && ports[1] == UINT16_MAX ? (struct range){0, LAST} : (struct range){ports[0], ports[1]};
}

// The values for which the rule holds. False: for none.
static bool
range_of(const struct jn_rule *rule, unsigned int field, struct range *out) {
    bool v6 = field == DEVICE6 || field == REMOTE6;
    if (jn_rule_is_conditional(rule) || (field <= REMOTE6 && !jn_rule_is_of_family(rule, v6 ? 6 : 4)))
        return false;
    switch (field) {
    case DEVICE:
    case DEVICE6: *out = range_of_prefix(&rule->device, v6); break;
    case REMOTE:
    case REMOTE6: *out = range_of_prefix(&rule->remote, v6); break;
    case DEVICE_PORT: *out = range_of_ports(rule->device_ports); break;
    case REMOTE_PORT: *out = range_of_ports(rule->remote_ports); break;
    case GROUP: *out = one_or_all(rule->group, 0); break;
    case PROTOCOL: *out = one_or_all(rule->protocol, 0); break;
    case DSCP: *out = one_or_all(rule->dscp, 0xff); break;
    case DIRECTION: *out = one_or_all(rule->direction, 0); break;
    case PORTS: *out = one_or_all(jn_rule_names_ports(rule), 0); break;
    }
    return true;
}

static value
value_of(const struct jn_rule_flow *flow, unsigned int field) {
    switch (field) {
    case DEVICE:
    case REMOTE: return value_of_address(flow->address[field - DEVICE], false);
    case DEVICE6:
    case REMOTE6: return value_of_address(flow->address[field - DEVICE6], true);
    case DEVICE_PORT:
    case REMOTE_PORT: return flow->port[field - DEVICE_PORT];
    case GROUP: return flow->group;
    case PROTOCOL: return flow->protocol;
    case DSCP: return flow->dscp;
    case DIRECTION: return flow->direction;
    default: return flow->with_ports;
    }
}

static void
toggle(uint64_t *set, uint32_t rule) {
    set[rule / 64] ^= UINT64_C(1) << rule % 64;
}

// set: becomes the rules that hold for 0. Returns how many edges there are.
static uint32_t
list_edges(const struct jn_rule *rules, uint32_t count, unsigned int field, uint64_t *set, struct edge *edges) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct range range;
        if (!range_of(&rules[i], field, &range))
            continue;
        if (range.from == 0)
            toggle(set, i);
        else
            edges[n++] = (struct edge){range.from, i};
        if (range.to != LAST)
            edges[n++] = (struct edge){range.to + 1, i};
    }
    return n;
}

static int
by_value(const void *a, const void *b) {
    value one = ((const struct edge *)a)->at, other = ((const struct edge *)b)->at;
    return (one > other) - (one < other);
}

static uint32_t
count_ranges(const struct edge *edges, uint32_t n) {
    uint32_t ranges = 1;
    for (uint32_t i = 0; i < n; i++)
        ranges += i == 0 || edges[i].at != edges[i - 1].at;
    return ranges;
}

static bool
build_field(struct jn_rule_index *index, unsigned int number, const struct jn_rule *rules, struct edge *edges,
            uint64_t *set) {
    struct field *field = &index->fields[number];
    size_t size = index->words * sizeof(*set);
    memset(set, 0, size);
    uint32_t n = list_edges(rules, index->count, number, set, edges);
    qsort(edges, n, sizeof(*edges), by_value);
    uint32_t ranges = count_ranges(edges, n);
    field->from = malloc(ranges * (sizeof(value) + size));
    if (field->from == NULL)
        return false;
    field->sets = (uint64_t *)(field->from + ranges);
    field->from[0] = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || edges[i].at != edges[i - 1].at) {
            memcpy(field->sets + (size_t)field->count++ * index->words, set, size);
            field->from[field->count] = edges[i].at;
        }
        toggle(set, edges[i].rule);
    }
    memcpy(field->sets + (size_t)field->count++ * index->words, set, size);
    return true;
}

// A field with one range says the same of every flow; the device's address also tells rules of other families apart.
static void
list_asked(struct jn_rule_index *index) {
    for (unsigned int v6 = 0; v6 < 2; v6++)
        for (uint8_t field = 0; field < FIELDS; field++) {
            bool address = field <= REMOTE6, own = (field >= DEVICE6) == v6;
            if (address ? own && (field == DEVICE || field == DEVICE6 || index->fields[field].count > 1)
                        : index->fields[field].count > 1)
                index->asked[v6][index->asked_count[v6]++] = field;
        }
}

struct jn_rule_index *
jn_rule_index_build(const struct jn_rule *rules, uint32_t count) {
    uint32_t words = (count + 63) / 64;
    struct jn_rule_index *index = calloc(1, sizeof(*index));
    struct edge *edges = malloc(2 * (size_t)count * sizeof(*edges));
    uint64_t *set = malloc(words * sizeof(*set));
    bool done = index != NULL && edges != NULL && set != NULL;
    if (done) {
        index->count = count;
        index->words = words;
    }
    for (unsigned int field = 0; field < FIELDS && done; field++)
        done = build_field(index, field, rules, edges, set);
    free(edges);
    free(set);
    if (done) {
        list_asked(index);
        return index;
    }
    jn_rule_index_free(index);
    return NULL;
}

void
jn_rule_index_free(struct jn_rule_index *index) {
    for (unsigned int field = 0; index != NULL && field < FIELDS; field++)
        free(index->fields[field].from);
    free(index);
}

// The rules of the range that the value is in.
static const uint64_t *
set_of(const struct jn_rule_index *index, unsigned int number, value of) {
    const struct field *field = &index->fields[number];
    uint32_t low = 0, high = field->count;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (field->from[middle] <= of)
            low = middle;
        else
            high = middle;
    }
    return field->sets + (size_t)low * index->words;
}

uint32_t
jn_rule_index_first(const struct jn_rule_index *index, const struct jn_rule_flow *flow) {
    unsigned int v6 = flow->family == 6;
    const uint64_t *sets[FIELDS];
    uint32_t asked = index->asked_count[v6];
    for (uint32_t i = 0; i < asked; i++)
        sets[i] = set_of(index, index->asked[v6][i], value_of(flow, index->asked[v6][i]));
    for (uint32_t word = 0; word < index->words; word++) {
        uint64_t all = UINT64_MAX;
        for (uint32_t i = 0; i < asked; i++)
            all &= sets[i][word];
        if (all != 0)
            return word * 64 + (uint32_t)__builtin_ctzll(all);
    }
    return index->count;
}
