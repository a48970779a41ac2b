// SPDX-License-Identifier: BSD-3-Clause
// Which rule a flow matches by what is known of its application, and what becomes of it meanwhile.
#include <time.h>

#include "flow_of.h"

#define VPG(more, rules) "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]" more ",\"rules\":[" rules "]}]"
#define MATCH(text)      "{\"match\":{" text "}}"

enum { NONE = JN_RULE_DEFAULT };

// What is known, by names.
struct known {
    enum jn_application_phase phase;
    const char *application, *master, *category, *risk, *name;
    bool away, fresh;
};

static struct jn_application_known
known_of(const struct known *k) {
    struct jn_application_known known = {.phase = k->phase, .classifier = !k->away, .fresh = k->fresh, .name = k->name};
    known.application = (uint16_t)(k->application != NULL ? jn_application_find(k->application) : 0);
    known.master = (uint16_t)(k->master != NULL ? jn_application_find(k->master) : 0);
    known.category = (uint8_t)(k->category != NULL ? jn_category_find(k->category) : 0);
    known.risks = k->risk != NULL ? UINT64_C(1) << jn_risk_find(k->risk) : 0;
    known.name_length = (uint8_t)(k->name != NULL ? strlen(k->name) : 0);
    return known;
}

#define DECIDED    JN_APPLICATION_DECIDED_PHASE
#define UNDECIDED  JN_APPLICATION_UNDECIDED_PHASE
#define UNKNOWN    JN_APPLICATION_UNKNOWN_PHASE
#define NOT_SOUGHT JN_APPLICATION_NONE_PHASE

// Rules of one key each, told apart by their places.
static const char by_application[] = VPG(
    "",
    MATCH("\"application\":\"undecided\"") "," MATCH("\"application\":[\"BitTorrent\",\"quic\"]") "," MATCH(
        "\"applicat"
        "ion\":"
        "\"TLS\","
        "\"server_"
        "name\":["
        "\"example."
        "net.\",\"*"
        ".Example."
        "ORG\"]") "," MATCH("\"category\":\"Email\"") "," MATCH("\"risk\":[\"XSS Attack\",\"SQL "
                                                                "Injection\"]") "," MATCH("\"applicati"
                                                                                          "on\":"
                                                                                          "\"Unknown"
                                                                                          "\"") "," MATCH("\"server_"
                                                                                                          "name\":\"a."
                                                                                                          "b\""));

static const struct {
    struct known known;
    uint16_t rule;
} applications[] = {
    {{.phase = NOT_SOUGHT}, 0},
    {{.phase = UNDECIDED}, 0},
    {{.phase = UNDECIDED, .application = "BitTorrent", .name = "a.b"}, 0}, // a guess
    {{.phase = DECIDED, .application = "BitTorrent"}, 1},
    {{.phase = DECIDED, .application = "BitTorrent", .away = true}, 1},
    {{.phase = DECIDED, .application = "YouTube", .master = "QUIC"}, 1},
    {{.phase = DECIDED, .application = "TLS"}, NONE},
    {{.phase = DECIDED, .application = "TLS", .name = "example.net"}, 2},
    {{.phase = DECIDED, .application = "TLS", .name = "www.example.net"}, NONE},
    {{.phase = DECIDED, .application = "TLS", .name = "example.ne"}, NONE},
    {{.phase = DECIDED, .application = "TLS", .name = "example.org"}, NONE},
    {{.phase = DECIDED, .application = "TLS", .name = ".example.org"}, NONE},
    {{.phase = DECIDED, .application = "TLS", .name = "a.example.org"}, 2},
    {{.phase = DECIDED, .application = "TLS", .name = "b.a.example.org"}, 2},
    {{.phase = DECIDED, .application = "TLS", .name = "badexample.org"}, NONE},
    {{.phase = DECIDED, .application = "YouTube", .master = "TLS", .name = "a.example.org"}, 2},
    {{.phase = DECIDED, .application = "HTTP", .name = "a.example.org"}, NONE},
    {{.phase = DECIDED, .application = "HTTP", .category = "Email"}, 3},
    {{.phase = DECIDED, .application = "HTTP", .category = "Web"}, NONE},
    {{.phase = DECIDED, .application = "HTTP", .risk = "SQL Injection"}, 4},
    {{.phase = DECIDED, .application = "HTTP", .risk = "RCE Injection"}, NONE},
    {{.phase = DECIDED, .application = "HTTP", .category = "Email", .risk = "XSS Attack"}, 3},
    {{.phase = UNKNOWN}, 5},
    {{.phase = UNKNOWN, .application = "BitTorrent", .category = "Email"}, 5}, // guessed
    {{.phase = UNKNOWN, .risk = "XSS Attack"}, 4},
    {{.phase = UNKNOWN, .away = true}, 0}, // it may still be found
    {{.phase = UNDECIDED, .away = true}, 0},
    {{.phase = NOT_SOUGHT, .away = true}, 0},
    {{.phase = DECIDED, .application = "HTTP", .name = "a.b"}, 6},
    {{.phase = DECIDED, .application = "HTTP", .name = "a.b."}, NONE},
};

static void
test_what_is_known_decides(void **state) {
    (void)state;
    struct jn_ruleset *rules = rules_of(by_application, NULL);
    assert_true(rules->has_application_rules[0] && rules->has_server_names[0]);
    for (size_t i = 0; i < sizeof(applications) / sizeof(applications[0]); i++) {
        struct jn_flow_entry flow = flow_of(6, 40000, 443);
        const struct jn_application_known known = known_of(&applications[i].known);
        uint16_t rule = jn_classify(rules, &flow, &known).rule;
        if (rule != applications[i].rule)
            fail_msg("row %zu: rule %u, not %u", i, rule, applications[i].rule);
    }
    jn_ruleset_free(rules);
}

// The first rule decides, whichever of both kinds it is; and all of a rule has to hold.
static void
test_both_kinds_in_their_order(void **state) {
    (void)state;
    static const struct {
        const char *rules;
        struct known known;
        uint16_t rule;
    } rows[] = {
        {MATCH("\"application\":\"TLS\"") "," MATCH("\"remote_ports\":[443]"),
         {.phase = DECIDED, .application = "TLS"},
         0},
        {MATCH("\"application\":\"TLS\"") "," MATCH("\"remote_ports\":[443]"),
         {.phase = DECIDED, .application = "HTTP"},
         1},
        {MATCH("\"application\":\"TLS\"") "," MATCH("\"remote_ports\":[443]"), {.phase = UNDECIDED}, 1},
        {MATCH("\"remote_ports\":[443]") "," MATCH("\"application\":\"TLS\""),
         {.phase = DECIDED, .application = "TLS"},
         0},
        {MATCH("\"remote_ports\":[80]") "," MATCH("\"application\":\"TLS\""),
         {.phase = DECIDED, .application = "TLS"},
         1},
        {MATCH("\"application\":\"TLS\",\"remote_ports\":[80,443]"), {.phase = DECIDED, .application = "TLS"}, 1},
        {MATCH("\"application\":\"TLS\",\"remote_ports\":[80,444]"), {.phase = DECIDED, .application = "TLS"}, NONE},
        {MATCH("\"application\":\"TLS\",\"protocol\":\"udp\"") "," MATCH("\"application\":\"TLS\",\"protocol\":6"),
         {.phase = DECIDED, .application = "TLS"},
         1},
        {MATCH("\"application\":\"TLS\",\"direction\":\"downlink\""), {.phase = DECIDED, .application = "TLS"}, NONE},
        {MATCH("\"application\":\"TLS\",\"remote\":\"198.18.0.0/16\""), {.phase = DECIDED, .application = "TLS"}, 0},
        {MATCH("\"application\":\"TLS\",\"category\":\"Web\",\"risk\":\"XSS Attack\""),
         {.phase = DECIDED, .application = "TLS", .category = "Web"},
         NONE},
        {MATCH("\"application\":\"undecided\",\"remote_ports\":[80]"), {.phase = UNDECIDED}, NONE},
        {MATCH("\"application\":\"undecided\",\"remote_ports\":[443]") "," MATCH(""), {.phase = UNDECIDED}, 0},
        {MATCH("\"application\":\"undecided\",\"remote_ports\":[443]") "," MATCH(""), {.phase = UNKNOWN}, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text), VPG("", "%s"), rows[i].rules);
        struct jn_ruleset *rules = rules_of(text, NULL);
        struct jn_flow_entry flow = flow_of(6, 40000, 443);
        const struct jn_application_known known = known_of(&rows[i].known);
        uint16_t rule = jn_classify(rules, &flow, &known).rule;
        if (rule != rows[i].rule)
            fail_msg("row %zu: rule %u, not %u", i, rule, rows[i].rule);
        jn_ruleset_free(rules);
    }
}

// Drop DNS over TLS; anything of TCP else is for the rule behind it.
#define GARDEN                                                                                                         \
    MATCH("\"remote_ports\":[53]")                                                                                     \
    "," MATCH("\"application\":\"TLS\",\"protocol\":6") ",{\"match\":{\"application\":\"undecided\",\"remote_ports\":" \
                                                        "[80]}}," MATCH("\"protocol\":17")

static void
test_without_a_classifier(void **state) {
    (void)state;
    static const struct {
        const char *vpg;
        uint8_t protocol;
        uint16_t port;
        struct known known;
        uint16_t rule;
        bool drop;
    } rows[] = {
        {"", 6, 443, {.phase = UNDECIDED, .away = true}, NONE, false},
        {",\"classifier_down\":\"allow\"", 6, 443, {.phase = NOT_SOUGHT, .away = true}, NONE, false},
        {",\"classifier_down\":\"drop\"", 6, 443, {.phase = NOT_SOUGHT, .away = true}, 1, true},
        {",\"classifier_down\":\"drop\"", 6, 443, {.phase = UNDECIDED, .away = true}, 1, true},
        {",\"classifier_down\":\"drop\"", 6, 443, {.phase = UNKNOWN, .away = true}, 1, true},
        {",\"classifier_down\":\"drop\"", 6, 443, {.phase = UNKNOWN}, NONE, false},
        {",\"classifier_down\":\"drop\"", 6, 443, {.phase = DECIDED, .application = "TLS", .away = true}, 1, false},
        {",\"classifier_down\":\"drop\"", 6, 443, {.phase = DECIDED, .application = "HTTP", .away = true}, NONE, false},
        {",\"classifier_down\":\"drop\"", 6, 443, {.phase = UNDECIDED}, NONE, false},
        {",\"classifier_down\":\"drop\"",
         6,
         53,
         {.phase = UNDECIDED, .away = true},
         0,
         false}, // no rule by application before it
        {",\"classifier_down\":\"drop\"", 17, 80, {.phase = UNDECIDED, .away = true}, 2, true},
        {",\"classifier_down\":\"drop\"", 17, 443, {.phase = UNDECIDED, .away = true}, 3, false}, // none can be for it
        {",\"classifier_down\":\"allow\"", 17, 80, {.phase = UNKNOWN, .away = true}, 2, false},
        {",\"classifier_down\":\"drop\"", 132, 443, {.phase = UNDECIDED, .away = true}, NONE, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text), VPG("%s", GARDEN), rows[i].vpg);
        struct jn_ruleset *rules = rules_of(text, NULL);
        struct jn_flow_entry flow = flow_of(rows[i].protocol, 40000, rows[i].port);
        const struct jn_application_known known = known_of(&rows[i].known);
        struct jn_classified is = jn_classify(rules, &flow, &known);
        if (is.rule != rows[i].rule || !(is.verdict & JN_VERDICT_DROP) == rows[i].drop)
            fail_msg("row %zu: rule %u, verdict 0x%x", i, is.rule, is.verdict);
        jn_ruleset_free(rules);
    }
}

#define GATE                                                                                                           \
    ",\"gate\":{\"address\":\"10.254.0.1/16\",\"peers\":[{\"outer\":\"198.19.0.20\",\"inner\":\"10.254.0.2\"}]},"      \
    "\"redirection\":{\"gateway\":\"10.254.0.2\",\"default\":false}"

static struct jn_classified
judge(const struct jn_ruleset *rules, struct jn_flow_entry *flow, bool fresh) {
    const struct jn_application_known known = {
        .phase = DECIDED, .classifier = true, .fresh = fresh, .application = (uint16_t)jn_application_find("TLS")};
    struct jn_classified is = jn_classify(rules, flow, &known);
    flow->verdict = is.verdict;
    flow->rule = is.rule;
    flow->current.generation = rules->generation;
    return is;
}

// A flow that went on directly stays as it is; one that was redirected from its first packet on goes on so, also with policies
// that have the rule in another place, or that came while it was silent.
static void
test_new_flows_alone(void **state) {
    (void)state;
    static const char only[] = "{\"match\":{\"application\":\"TLS\"},\"redirect\":true,\"new_flows_only\":true}";
    static const char first[] = "{\"match\":{\"remote_ports\":[1]}}",
                      any[] = "{\"match\":{\"remote_ports\":[443]},\"new_flows_only\":true,\"inspect\":false}";
    char text[1024];
    snprintf(text, sizeof(text), VPG(GATE, "%s"), only);
    struct jn_ruleset *rules = rules_of(text, NULL);
    struct jn_flow_entry flow = flow_of(6, 40000, 443), old = flow;
    assert_int_equal(judge(rules, &old, false).rule, NONE);
    assert_int_equal(judge(rules, &old, false).rule, NONE);
    assert_int_equal(judge(rules, &flow, true).rule, 0);
    assert_true(flow.verdict & JN_VERDICT_REDIRECT);
    assert_int_equal(judge(rules, &flow, false).rule, 0);
    snprintf(text, sizeof(text), VPG(GATE, "%s,%s"), first, only);
    struct jn_ruleset *next = rules_of(text, rules->policy);
    next->generation += 5;
    assert_int_equal(judge(next, &flow, false).rule, 1);
    assert_int_equal(judge(next, &old, false).rule, NONE);
    assert_true(flow.verdict & JN_VERDICT_REDIRECT);
    snprintf(text, sizeof(text), VPG(GATE, "%s"), any);
    struct jn_ruleset *last = rules_of(text, next->policy);
    last->generation += 10;
    struct jn_flow_entry begun = flow_of(6, 40001, 443);
    assert_int_equal(judge(last, &begun, true).rule, 0);
    assert_false(begun.verdict & JN_VERDICT_INSPECT);
    assert_int_equal(judge(last, &flow, false).rule, NONE); // it was inspected
    assert_false(flow.verdict & JN_VERDICT_REDIRECT);       // no rule redirects any more
    assert_false(last->has_application_rules[0]);
    jn_ruleset_free(last);
    jn_ruleset_free(next);
    jn_ruleset_free(rules);
}

static char *
many_rules(const char *match) {
    char *text = malloc(JN_MAX_RULES * 256), *at = text;
    at += sprintf(at, "[{\"id\":\"v\",\"rules\":[");
    for (unsigned int i = 0; i < JN_MAX_RULES; i++) {
        at += sprintf(at, "%s{\"match\":{", i > 0 ? "," : "");
        at += sprintf(at, match, i, i, i, i);
        at += sprintf(at, "}}");
    }
    strcpy(at, "]}]");
    return text;
}

// As many as there can be: said, not judged, for it depends on the machine.
static void
test_what_it_costs(void **state) {
    (void)state;
    static const struct {
        const char *what, *match;
    } rows[] = {
        {"applications", "\"application\":\"BitTorrent\",\"remote_ports\":[443]"},
        {"4 server names each",
         "\"server_name\":[\"a%u.example\",\"*.b%u.example\",\"c%u.example\",\"*.d%u.example\"]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum { TIMES = 200 };
        char *text = many_rules(rows[i].match);
        struct jn_ruleset *rules = rules_of(text, NULL);
        struct jn_flow_entry flow = flow_of(6, 40000, 443);
        for (unsigned int phase = UNDECIDED; phase <= DECIDED; phase += DECIDED - UNDECIDED) {
            const struct known k = {.phase = phase, .application = "TLS", .name = "x1234.example"};
            const struct jn_application_known known = known_of(&k);
            struct timespec a, b;
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
            for (unsigned int j = 0; j < TIMES; j++)
                assert_int_equal(jn_classify(rules, &flow, &known).rule, NONE);
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
            print_message("%u rules by %s, a flow %s: %.2f us\n", JN_MAX_RULES, rows[i].what,
                          phase == DECIDED ? "whose application is known" : "that is undecided",
                          ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / TIMES / 1000);
        }
        jn_ruleset_free(rules);
        free(text);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_known_decides), cmocka_unit_test(test_both_kinds_in_their_order),
        cmocka_unit_test(test_without_a_classifier),  cmocka_unit_test(test_new_flows_alone),
        cmocka_unit_test(test_what_it_costs),
    };
    if (!jn_applications_known())
        return 0; // built without nDPI: no rule can look at applications
    rig_start_dpdk();
    return cmocka_run_group_tests_name("classify", tests, NULL, NULL);
}
