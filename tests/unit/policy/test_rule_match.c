// SPDX-License-Identifier: BSD-3-Clause
// What an index finds first is what one rule after the other finds first: random rules, random flows.
#include "flow_of.h"
#include "policy/rule_match.h"

enum { RULES = 200, FLOWS = 2000, SEEDS = 30, TEXT = 64 * 1024 };

// Of a VPG: as few as are looked at one by one, one more, and about the words of a set.
static const unsigned int counts[] = {8, 9, 40, 63, 64, 65, 128, RULES};

static uint64_t seed;

// Numerical Recipes' generator: the same on every machine.
static uint32_t
below(uint32_t end) {
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)((seed >> 33) % end);
}

static const char *
one_of(const char *const *texts, uint32_t count) {
    return texts[below(count)];
}
#define ONE_OF(...)                                                                                                    \
    one_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

// A rule says a few things of few values each, so that many are met. Of addresses it names one family.
static void
add_rule(char *text, const char *more) {
    bool v6 = below(3) == 0;
    char *at = text + strlen(text);
    at += sprintf(at, "{\"match\":{\"direction\":\"%s\"", ONE_OF("any", "any", "uplink", "downlink"));
    if (below(2) == 0)
        at += sprintf(at, ",\"protocol\":%s", ONE_OF("1", "6", "17", "44", "58", "132", "255"));
    if (below(2) == 0)
        at += sprintf(at, ",\"device\":\"%s\"",
                      v6 ? ONE_OF("::/0", "fd00::/8", "fd00::2/127", "fd00:0:0:0:8000::/65", "fd00::1")
                         : ONE_OF("0.0.0.0/0", "10.128.0.0/9", "10.128.0.2/31", "10.128.0.1", "128.0.0.0/1"));
    if (below(2) == 0)
        at += sprintf(at, ",\"remote\":\"%s\"",
                      v6 ? ONE_OF("::/1", "fd00::/9", "fd00::1/128", "fd00::/96")
                         : ONE_OF("198.18.0.0/15", "198.18.0.3/32", "10.128.0.0/30", "0.0.0.0/5"));
    if (below(2) == 0)
        at += sprintf(at, ",\"device_ports\":[%s]", ONE_OF("0", "\"1-3\"", "2", "\"0-65535\"", "\"3-65535\""));
    if (below(2) == 0)
        at += sprintf(at, ",\"remote_ports\":[%s]", ONE_OF("0", "\"0-2\"", "3", "65535", "\"1-65534\""));
    if (below(4) == 0)
        at += sprintf(at, ",\"dscp\":%s", ONE_OF("0", "46", "63"));
    if (below(4) == 0)
        at += sprintf(at, ",\"group\":\"%s\"", ONE_OF("g", "h"));
    sprintf(at, "}%s},", more);
}

static const char devices[] = "\"devices\":[{\"address\":\"10.128.0.1\",\"group\":\"g\"},{\"address\":\"10.128.0.3\","
                              "\"group\":\"h\"},{\"address\":\"fd00::1\",\"group\":\"h\"}]";

// Two VPGs of the same rules: in the second none is for the index.
static struct jn_ruleset *
random_rules(unsigned int count) {
    char *text = malloc(2 * TEXT);
    uint64_t start = seed;
    strcpy(text, "[");
    for (unsigned int vpg = 0; vpg < 2; vpg++) {
        seed = start;
        sprintf(text + strlen(text), "%s{\"id\":\"v%u\",\"vlan\":%u,%s,\"rules\":[", vpg == 0 ? "" : ",", vpg, vpg,
                devices);
        for (unsigned int i = 0; i < count; i++)
            add_rule(text, vpg == 0 ? "" : ",\"new_flows_only\":true");
        strcpy(text + strlen(text) - 1, "]}");
    }
    strcat(text, "]");
    struct jn_ruleset *rules = rules_of(text, NULL);
    free(text);
    return rules;
}

static void
random_address(uint8_t address[16], bool v6) {
    static const uint8_t four[][4] = {{10, 128, 0, 1}, {10, 128, 0, 2}, {10, 128, 0, 3}, {198, 18, 0, 3}, {4}, {200}};
    static const uint8_t six[][16] = {{0xfd, [15] = 1},   {0xfd, [15] = 2}, {0xfd, [15] = 3},
                                      {0xfd, [8] = 0x80}, {0x20},           {0xfe}};
    memset(address, 0, 16);
    memcpy(address, v6 ? six[below(6)] : four[below(6)], v6 ? 16 : 4);
}

static struct jn_flow_entry
random_flow(void) {
    static const uint8_t protocols[] = {1, 6, 6, 17, 44, 58, 132, 255};
    static const uint16_t ports[] = {0, 1, 2, 3, 4, 65534, 65535};
    static const uint8_t dscps[] = {0, 1, 46, 63};
    struct jn_flow_entry flow = flow_of(protocols[below(8)], ports[below(7)], ports[below(7)]);
    bool v6 = below(3) == 0;
    flow.flags = (uint16_t)((v6 ? JN_FLOW_IPV6 : 0) | (below(2) ? JN_FLOW_FROM_NETWORK : 0) |
                            (below(2) ? JN_FLOW_INITIATOR_B : 0) | (below(5) == 0 ? JN_FLOW_NO_PORTS : 0));
    if (flow.flags & JN_FLOW_NO_PORTS)
        flow.key1 &= ~UINT64_C(0xffffffff);
    flow.dscp = dscps[below(4)];
    random_address(flow.address[0], v6);
    random_address(flow.address[1], v6);
    return flow;
}

static uint16_t
first_by_one(const struct jn_ruleset *rules, const struct jn_rule_flow *flow) {
    const struct jn_rule *all = jn_policy_rules(rules->policy);
    for (uint16_t i = 0; i < rules->vpg[0]->rule_count; i++)
        if (jn_rule_matches(&all[i], flow))
            return i;
    return JN_RULE_DEFAULT;
}

static void
test_both_find_the_same(void **state) {
    (void)state;
    const struct jn_application_known known = {.fresh = true, .classifier = true};
    uint32_t different = 0, all = 0, none = 0;
    for (unsigned int round = 1; round <= SEEDS; round++) {
        uint32_t met[RULES] = {0};
        seed = round;
        unsigned int count = counts[round % (sizeof(counts) / sizeof(counts[0]))];
        struct jn_ruleset *rules = random_rules(count);
        assert_int_equal(rules->index[0] != NULL, count > 8);
        all += count;
        for (unsigned int i = 0; i < FLOWS; i++) {
            struct jn_flow_entry flow = random_flow(), other = flow;
            other.key1 |= UINT64_C(1) << 52;
            uint16_t compiled = jn_classify(rules, &flow, &known).rule;
            uint16_t conditional = jn_classify(rules, &other, &known).rule;
            // Without device_subnets the device is the end on the access side.
            int device = !(flow.flags & JN_FLOW_INITIATOR_B) != !(flow.flags & JN_FLOW_FROM_NETWORK);
            struct jn_rule_flow subject = jn_rule_flow_of(rules->policy, rules->vpg[0], &flow, device);
            if (compiled != first_by_one(rules, &subject) || conditional != compiled)
                fail_msg("seed %u, flow %u: %u by the index, %u one by one, %u of conditional ones", round, i, compiled,
                         first_by_one(rules, &subject), conditional);
            if (compiled == JN_RULE_DEFAULT)
                none++;
            else if (met[compiled]++ == 0)
                different++;
        }
        jn_ruleset_free(rules);
    }
    print_message("%u rules of %u were the first for some flow, %u flows matched none\n", different, all, none);
    assert_true(different > all / 6 && none > 0); // else it shows little
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_find_the_same)};
    rig_start_dpdk();
    return cmocka_run_group_tests_name("rule_match", tests, NULL, NULL);
}
