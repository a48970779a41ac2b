// SPDX-License-Identifier: BSD-3-Clause
// The methods of junction-control: what parameters each takes, worked out from its command and the configuration's keys.
#include "config/methods.h"
#include "test.h"

// "vpg:s address:s | ttl:n": those that must be given, and those that may; s text, n number, b boolean.
static void
describe(const struct jn_method *method, char *out, size_t size) {
    struct jn_parameter parameters[JN_MAX_PARAMETERS];
    size_t count = jn_method_parameters(method, parameters), used = 0;
    bool optional = false;
    assert_true(count <= JN_MAX_PARAMETERS);
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const struct jn_parameter *p = &parameters[i];
        const char *separator = used == 0 ? "" : " ";
        if (p->word == NULL && !optional)
            separator = " | ";
        optional |= p->word == NULL;
        if (p->word != NULL && optional)
            fail_msg("%s: %s stands after an option", method->name, p->name);
        used += (size_t)snprintf(out + used, size - used, "%s%s:%c", separator, p->name,
                                 p->type == JSON_INTEGER ? 'n'
                                 : p->type == JSON_TRUE  ? 'b'
                                                         : 's');
    }
}

static void
test_parameters(void **state) {
    (void)state;
#define OPTIONS                                                                                                        \
    "description:s encapsulation:s key:n sequence:b session:n ttl:n dscp:n snap_length:n sample_packets:n "            \
    "sample_flows:n rate_mbps:n direction:s too_long:s path_mtu:s enabled:b"
    static const struct {
        enum jn_method_number method;
        const char *parameters;
    } rows[] = {
        {JN_METHOD_status, ""},
        {JN_METHOD_reload, ""},
        {JN_METHOD_inspection, "vpg:s enabled:b"},
        {JN_METHOD_mirror_add, "vpg:s address:s | " OPTIONS},
        {JN_METHOD_mirror_set, "vpg:s address:s | " OPTIONS},
        {JN_METHOD_mirror_remove, "vpg:s address:s"},
        {JN_METHOD_redirect_set, "vpg:s gateway:s | standby:s on_failure:s"},
        {JN_METHOD_redirect_unset, "vpg:s"},
        {JN_METHOD_gate, "vpg:s enabled:b"},
        {JN_METHOD_gate_vni, "vpg:s vni:n"},
        {JN_METHOD_gate_peer_add, "vpg:s outer:s inner:s | inner_ipv6:s group:s description:s"},
        {JN_METHOD_log, "level:s"},
    };
    char found[512];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        describe(&jn_methods[rows[i].method], found, sizeof(found));
        assert_string_equal(found, rows[i].parameters);
    }
}

// A parameter that is neither a word of its own nor a member of the key's object would be of no key.
static void
test_every_parameter_is_known(void **state) {
    (void)state;
    char text[512];
    for (size_t m = 0; m < JN_METHOD_COUNT; m++) {
        struct jn_parameter parameters[JN_MAX_PARAMETERS];
        size_t count = jn_method_parameters(&jn_methods[m], parameters);
        describe(&jn_methods[m], text, sizeof(text));
        for (size_t i = 0; i < count; i++)
            if (parameters[i].key == JN_KEY_COUNT)
                fail_msg("%s: %s is no member of %s", jn_methods[m].name, parameters[i].name,
                         jn_config_keys[jn_methods[m].key].path);
        for (size_t other = 0; other < m; other++)
            assert_string_not_equal(jn_methods[m].name, jn_methods[other].name);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_every_parameter_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
