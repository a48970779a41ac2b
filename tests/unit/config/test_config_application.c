// SPDX-License-Identifier: BSD-3-Clause
// The classifier, and rules by application: exact sentences or values out, and what is compiled of them.
#include "applications/applications.h"
#include "config/config_restart.h"
#include "config_errors.h"
#include "config_policy.h"

#define RULE(text)  VPGS("{'id':'v','rules':[\n" text "]}")
#define MATCH(text) RULE("{'match':{" text "}}")
#define AT          "vpgs[0].rules[0].match."
#define NAME                                                                                                           \
    "expected a host name such as \"example.org\" or \"*.example.org\", of labels of 1 to 63 letters, digits, - and _"
#define SIXTY "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"

static const struct error shapes[] = {
    {TOP("'classifier':{'threads':17,'flows':1023,'ring_entries':1000,'enabled':1}"),
     "classifier.threads: expected 1 to 16, found 17 (line 2)\n"
     "classifier.flows: expected 1024 to 16777216, found 1023 (line 2)\n"
     "classifier.ring_entries: expected a power of two from 64 to 65536, found 1000 (line 2)\n"
     "classifier.enabled: expected true or false, found 1 (line 2)"},
    {TOP("'classifier':{'thread':1}"), "classifier: unknown key \"thread\"; did you mean \"threads\"? (line 2)"},
    {VPGS("{'id':'v','inspection':{'metadata':'name'}}"),
     "vpgs[0].inspection.metadata: expected \"all\", \"names\" or \"none\", found \"name\" (line 2)"},
    {VPGS("{'id':'v','classifier_down':true}"),
     "vpgs[0].classifier_down: expected \"allow\" or \"drop\", found true (line 2)"},
    {RULE("{'new_flows_only':'yes'}"),
     "vpgs[0].rules[0].new_flows_only: expected true or false, found \"yes\" (line 3)"},
};

static const struct error errors_of_rules[] = {
    {MATCH("'application':5"), AT "application: expected a text or an array of texts, found 5 (line 3)"},
    {MATCH("'application':[]"), AT "application: at least 1, found 0 (line 3)"},
    {MATCH("'category':['Web',\n7]"), AT "category: expected texts, found 7 (line 3)"},
    {MATCH("'application':'TSL'"),
     AT "application: no application of nDPI 4.2.0 is named \"TSL\"; did you mean \"TLS\"? (line 3)"},
    {MATCH("'application':['TLS',\n'bittorent','']"), AT
     "application[1]: no application of nDPI 4.2.0 is named \"bittorent\"; did you mean \"BitTorrent\"? (line 4)\n" AT
     "application[2]: no application of nDPI 4.2.0 is named \"\" (line 4)"},
    {MATCH("'application':'undecidid'"),
     AT "application: no application of nDPI 4.2.0 is named \"undecidid\"; did you mean \"undecided\"? (line 3)"},
    {MATCH("'category':'E-mail'"),
     AT "category: no category of nDPI 4.2.0 is named \"E-mail\"; did you mean \"Email\"? (line 3)"},
    {MATCH("'risk':['XSS Attak']"),
     AT "risk[0]: no risk of nDPI 4.2.0 is named \"XSS Attak\"; did you mean \"XSS Attack\"? (line 3)"},
    {MATCH("'application':['undecided','TLS']"),
     AT "application: \"undecided\" stands alone: nothing else is known of such a flow yet (line 3)"},
    {MATCH("'server_name':'a.b',\n'application':'Undecided'"),
     AT "application: \"undecided\" stands alone: nothing else is known of such a flow yet (line 4)"},
    {MATCH("'application':'undecided','risk':'XSS Attack'"),
     AT "application: \"undecided\" stands alone: nothing else is known of such a flow yet (line 3)"},
    {MATCH("'server_name':''"), AT "server_name: " NAME ", found \"\" (line 3)"},
    {MATCH("'server_name':['.','a..b','-a.b','a-.b',\n'a b','a.b..','example.org:443','[fd00::1]']"),
     AT "server_name[0]: " NAME ", found \".\" (line 3)\n" AT "server_name[1]: " NAME ", found \"a..b\" (line 3)\n" AT
        "server_name[2]: " NAME ", found \"-a.b\" (line 3)\n" AT "server_name[3]: " NAME
        ", found \"a-.b\" (line 3)\n" AT "server_name[4]: " NAME ", found \"a b\" (line 4)\n" AT "server_name[5]: " NAME
        ", found \"a.b..\" (line 4)\n" AT "server_name[6]: " NAME ", found \"example.org:443\" (line 4)\n" AT
        "server_name[7]: " NAME ", found \"[fd00::1]\" (line 4)"},
    {MATCH("'server_name':'" SIXTY "abcd.org'"), AT "server_name: " NAME ", found \"" SIXTY "abcd.org\" (line 3)"},
    {MATCH("'server_name':'" SIXTY "." SIXTY "." SIXTY "." SIXTY ".abcdefghij.'"),
     AT "server_name: expected a host name of at most 253 bytes, found \"" SIXTY ".abcdef... (line 3)"},
    {MATCH("'server_name':['*','*.*.org','a.*.org','*a.org','*.']"),
     AT "server_name[0]: expected \"*.\" before a name, and no other wildcard, found \"*\" (line 3)\n" AT
        "server_name[1]: expected \"*.\" before a name, and no other wildcard, found \"*.*.org\" (line 3)\n" AT
        "server_name[2]: expected \"*.\" before a name, and no other wildcard, found \"a.*.org\" (line 3)\n" AT
        "server_name[3]: expected \"*.\" before a name, and no other wildcard, found \"*a.org\" (line 3)\n" AT
        "server_name[4]: " NAME ", found \"*.\" (line 3)"},
    {MATCH("'server_name':'b\u00fccher.example'"),
     AT "server_name: expected its xn-- form (IDNA), for it is not ASCII, found \"b\\u00FCcher.example\" (line 3)"},
    {"{" PLANE ",'classifier':{'enabled':false},\n'vpgs':[{'id':'v','rules':[{'match':{'category':'Web'}}]}]}",
     AT "category: no rule can look at applications: the classifier is off (classifier.enabled) (line 2)"},
    {VPGS(
         "{'id':'v','inspection':{'metadata':'none'},\n'rules':[{'match':{'risk':'XSS Attack','application':'TLS'}}]}"),
     AT "application: no rule can look at applications: inspection.metadata of this VPG is \"none\" (line 3)"},
};

// Without nDPI.
static const struct error errors_without[] = {
    {MATCH("'application':'TLS'"),
     AT "application: no rule can look at applications: this Junction was built without nDPI (line 3)"},
};

static void
test_every_error_is_said(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        expect_errors(&shapes[i], false);
    bool known = jn_applications_known();
    const struct error *rows = known ? errors_of_rules : errors_without;
    size_t count = known ? sizeof(errors_of_rules) / sizeof(errors_of_rules[0])
                         : sizeof(errors_without) / sizeof(errors_without[0]);
    for (size_t i = 0; i < count; i++)
        expect_errors(&rows[i], false);
}

static void
test_the_classifier(void **state) {
    (void)state;
    static const struct {
        const char *text;
        struct jn_config_classifier is;
        size_t warnings_without;
    } rows[] = {
        {TOP("'node':'n'"), {true, 1, 65536, 2048}, 0},
        {TOP("'classifier':{}"), {true, 1, 65536, 2048}, 0},
        {TOP("'classifier':{'enabled':true,'threads':16,'flows':16777216,'ring_entries':65536}"),
         {true, 16, 16777216, 65536},
         1},
        {TOP("'classifier':{'enabled':false,'threads':2,'flows':1024,'ring_entries':64}"), {false, 2, 1024, 64}, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_config_errors errors;
        struct jn_config *c = parse_text(rows[i].text, &errors);
        assert_non_null(c);
        assert_int_equal(c->classifier.enabled, rows[i].is.enabled && jn_applications_known());
        assert_int_equal(c->classifier.threads, rows[i].is.threads);
        assert_int_equal(c->classifier.flows, rows[i].is.flows);
        assert_int_equal(c->classifier.ring_entries, rows[i].is.ring_entries);
        assert_int_equal(errors.warning_count, jn_applications_known() ? 0 : rows[i].warnings_without);
        jn_config_free(c);
        jn_config_errors_free(&errors);
    }
}

static void
test_restart(void **state) {
    (void)state;
    static const struct {
        const char *before, *after, *paths;
    } rows[] = {
        {TOP("'node':'n'"), TOP("'node':'n','classifier':{'enabled':true,'threads':1}"), ""},
        {TOP("'node':'n'"), TOP("'node':'n','classifier':{'enabled':false,'threads':2,'flows':1024,'ring_entries':64}"),
         "classifier.enabled, classifier.threads, classifier.flows, classifier.ring_entries"},
        {VPGS("{'id':'v'}"),
         VPGS(
             "{'id':'v','inspection':{'metadata':'names'},'classifier_down':'drop','rules':[{'new_flows_only':true}]}"),
         ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_config_errors errors;
        char paths[256];
        struct jn_config *before = parse_text(rows[i].before, &errors);
        jn_config_errors_free(&errors);
        struct jn_config *after = parse_text(rows[i].after, &errors);
        jn_config_errors_free(&errors);
        assert_true(before != NULL && after != NULL);
        assert_int_equal(jn_config_needs_restart(before, after, paths, sizeof(paths)), rows[i].paths[0] != '\0');
        assert_string_equal(paths, rows[i].paths);
        jn_config_free(before);
        jn_config_free(after);
    }
}

static void
test_vpgs(void **state) {
    (void)state;
    struct jn_policy *p = compile(VPGS("{'id':'a','vlan':1},{'id':'b','vlan':2,'inspection':{'metadata':'names'},"
                                       "'classifier_down':'drop'},{'id':'c','vlan':3,'inspection':{'metadata':'none'},"
                                       "'classifier_down':'allow','rules':[{'new_flows_only':true},{}]}"),
                                  NULL);
    const struct jn_vpg *v = jn_policy_vpgs(p);
    assert_int_equal(v[0].metadata, JN_METADATA_ALL);
    assert_int_equal(v[0].flags, 0);
    assert_int_equal(v[1].metadata, JN_METADATA_NAMES);
    assert_int_equal(v[1].flags, JN_VPG_DROP_UNCLASSIFIED);
    assert_int_equal(v[2].metadata, JN_METADATA_NONE);
    assert_int_equal(v[2].flags, 0);
    assert_int_equal(jn_policy_rules(p)[0].new_flows_only, 1);
    assert_int_equal(jn_policy_rules(p)[1].new_flows_only, 0);
    assert_int_equal(p->application_match_count, 0);
    free(p);
}

static bool
has(const uint64_t *words, int number) {
    return number >= 0 && words[number / 64] >> number % 64 & 1;
}

static void
expect_name(const struct jn_policy *p, uint32_t i, const char *text, bool wildcard) {
    const struct jn_server_name *name = &jn_policy_server_names(p)[i];
    assert_int_equal(name->length, strlen(text));
    assert_string_equal(jn_policy_string(p, name->string_offset), text);
    assert_int_equal(name->wildcard, wildcard);
}

// In any case, one or a list; the rules that a port list becomes have one application match.
static void
test_rules(void **state) {
    (void)state;
    if (!jn_applications_known())
        skip();
    struct jn_policy *p = compile(
        RULE("{'match':{'application':['tls','QUIC','unknown'],'remote_ports':[443,'8000-8080']}},{},"
             "{'match':{'category':'VPN','risk':['sql injection','XSS Attack'],'server_name':['Example.ORG.',"
             "'*.a_b.xn--bcher-kva.example','localhost','198.18.0.1','*.org']}},{'match':{'application':'UNDECIDED'}},"
             "{'match':{'server_name':'example.org'},'new_flows_only':true}"),
        NULL);
    const struct jn_rule *r = jn_policy_rules(p);
    const struct jn_application_match *m = jn_policy_application_matches(p);
    static const uint32_t matches[] = {1, 1, 0, 2, 3, 4};
    assert_int_equal(p->rule_count, 6);
    for (unsigned int i = 0; i < 6; i++)
        assert_int_equal(r[i].application_match, matches[i]);
    assert_int_equal(p->application_match_count, 4);
    assert_true(has(m[0].applications, jn_application_find("TLS")) &&
                has(m[0].applications, jn_application_find("QUIC")));
    assert_true(has(m[0].applications, 0) && !has(m[0].applications, jn_application_find("HTTP")));
    assert_true(has(m[1].categories, jn_category_find("VPN")));
    assert_int_equal(m[1].risks, UINT64_C(1) << jn_risk_find("XSS Attack") | UINT64_C(1)
                                                                                 << jn_risk_find("SQL Injection"));
    assert_int_equal(m[1].server_name_first, 0);
    assert_int_equal(m[1].server_name_count, 5);
    expect_name(p, 0, "example.org", false);
    expect_name(p, 1, "a_b.xn--bcher-kva.example", true);
    expect_name(p, 2, "localhost", false);
    expect_name(p, 3, "198.18.0.1", false);
    expect_name(p, 4, "org", true);
    assert_int_equal(m[2].undecided, 1);
    assert_int_equal(m[3].server_name_first, 5);
    assert_int_equal(m[3].server_name_count, 1);
    assert_int_equal(jn_policy_server_names(p)[5].string_offset, jn_policy_server_names(p)[0].string_offset);
    assert_int_equal(r[5].new_flows_only, 1);
    // A first fragment may lack what the application would be seen in.
    assert_int_equal(jn_policy_vpgs(p)->flags, JN_VPG_DROP_HEADERLESS);
    free(p);
}

static void
test_what_is_too_much(void **state) {
    (void)state;
    static struct jn_config_server_name name = {.text = "a"}, *names;
    struct jn_config_application application = {.name_count = JN_MAX_SERVER_NAMES};
    struct jn_config_rule rule = {.application = &application};
    struct jn_config_vpg vpg = {.id = "v", .rules = &rule, .rule_count = 1};
    struct jn_config config = {.dataplane.max_vpgs = 1, .vpgs = &vpg, .vpg_count = 1};
    application.names = names = malloc((JN_MAX_SERVER_NAMES + 1) * sizeof(name));
    for (unsigned int i = 0; i <= JN_MAX_SERVER_NAMES; i++)
        names[i] = name;
    struct jn_policy *p = jn_config_compile(&config, NULL, err);
    assert_non_null(p);
    assert_int_equal(p->server_name_count, JN_MAX_SERVER_NAMES);
    free(p);
    application.name_count++;
    assert_null(jn_config_compile(&config, NULL, err));
    assert_string_equal(err, "rules: at most 16384 server names in all of them, found 16385");
    free(names);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_error_is_said),
        cmocka_unit_test(test_the_classifier),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_vpgs),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_what_is_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
