// SPDX-License-Identifier: BSD-3-Clause
// Rules: what a flow must be like, and what is then done with its packets.
#include "config/config_rule.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_application.h"
#include "config/config_kind.h"
#include "config/config_value.h"

// What the rules of a VPG are read against.
struct context {
    struct jn_reader *reader;
    struct jn_names groups;
    const struct jn_config_vpg *vpg;
};

static void
read_prefix(const json_t *match, enum jn_key key, struct jn_prefix *out) {
    const char *text = jn_get_text(match, key);
    if (text != NULL)
        jn_prefix_parse(text, out);
}

static unsigned int
read_port_ranges(struct jn_reader *reader, const json_t *match, enum jn_key key, uint16_t (**out)[2]) {
    const json_t *ports = jn_get_part(match, key);
    size_t count = json_array_size(ports);
    if (count == 0)
        return 0;
    *out = jn_reader_allocate(reader, count, sizeof(**out));
    for (size_t i = 0; *out != NULL && i < count; i++)
        jn_port_range_parse(json_array_get(ports, i), (*out)[i]);
    return *out == NULL ? 0 : (unsigned int)count;
}

static void
read_group(const struct context *context, const json_t *match, struct jn_config_rule *rule,
           const struct jn_json_step *at) {
    const char *group = jn_get_text(match, JN_KEY_MATCH_GROUP);
    char shown[JN_SHOWN_MAX], meant[JN_SHOWN_MAX + 24];
    jn_copy_text(rule->group, sizeof(rule->group), group);
    if (group == NULL || jn_names_find(&context->groups, group) >= 0)
        return;
    jn_did_you_mean(jn_names_nearest(&context->groups, group), meant);
    jn_reader_error(context->reader, JN_MEMBER(at, "group"), "no device of this VPG is in the group %s%s",
                    jn_text_shown(group, shown), meant);
}

static void
read_match(const struct context *context, const json_t *match, struct jn_config_rule *rule,
           const struct jn_json_step *at) {
    const json_t *protocol = jn_get_part(match, JN_KEY_MATCH_PROTOCOL), *dscp = jn_get_part(match, JN_KEY_MATCH_DSCP);
    rule->direction = (uint8_t)jn_get_word(match, JN_KEY_MATCH_DIRECTION);
    rule->protocol = protocol == NULL ? 0 : jn_protocol_parse(protocol);
    rule->dscp = dscp == NULL ? 0xff : (uint8_t)json_integer_value(dscp);
    read_prefix(match, JN_KEY_MATCH_DEVICE, &rule->device);
    read_prefix(match, JN_KEY_MATCH_REMOTE, &rule->remote);
    if (rule->device.family != rule->remote.family && rule->device.family != 0 && rule->remote.family != 0)
        jn_reader_error(context->reader, JN_MEMBER(at, "remote"),
                        "expected an IPv%u prefix as of \"device\", found IPv%u", rule->device.family,
                        rule->remote.family);
    rule->device_port_count = read_port_ranges(context->reader, match, JN_KEY_MATCH_DEVICE_PORTS, &rule->device_ports);
    rule->remote_port_count = read_port_ranges(context->reader, match, JN_KEY_MATCH_REMOTE_PORTS, &rule->remote_ports);
    read_group(context, match, rule, at);
    rule->application = jn_config_read_application(context->reader, context->vpg, match, at);
}

static uint8_t
read_action(const json_t *value, enum jn_key key) {
    if (jn_get_part(value, key) == NULL)
        return JN_ACTION_DEFAULT;
    return jn_get_bool(value, key) ? JN_ACTION_ON : JN_ACTION_OFF;
}

// The bit of the mirroring peer with that address.
static uint8_t
find_mirror_peer(const struct context *context, const json_t *text, const struct jn_json_step *at) {
    struct jn_prefix wanted;
    char shown[64];
    jn_address_parse(json_string_value(text), &wanted);
    for (unsigned int i = 0; i < context->vpg->peer_count; i++) {
        const struct jn_peer *peer = &context->vpg->peers[i].peer;
        if (peer->family == wanted.family && memcmp(peer->address, wanted.address, sizeof(peer->address)) == 0)
            return (uint8_t)(1u << i);
    }
    jn_reader_error(context->reader, at, "no mirroring peer of this VPG has the address %s",
                    jn_prefix_text(&wanted, shown));
    return 0;
}

static void
read_mirror(const struct context *context, const json_t *value, struct jn_config_rule *rule,
            const struct jn_json_step *at) {
    const json_t *mirror = jn_get_part(value, JN_KEY_RULE_MIRROR);
    const struct jn_json_step *here = JN_MEMBER(at, "mirror");
    if (mirror == NULL)
        return;
    if (json_is_true(mirror))
        rule->mirror_peers = (uint8_t)((1u << context->vpg->peer_count) - 1);
    for (size_t i = 0; i < json_array_size(mirror); i++)
        rule->mirror_peers |= find_mirror_peer(context, json_array_get(mirror, i), JN_ITEM(here, i));
    rule->mirror = json_is_true(mirror) || json_array_size(mirror) > 0 ? JN_ACTION_ON : JN_ACTION_OFF;
}

static void
read_rule(const struct context *context, const json_t *value, struct jn_config_rule *rule,
          const struct jn_json_step *at) {
    read_match(context, jn_get_part(value, JN_KEY_MATCH), rule, JN_MEMBER(at, "match"));
    rule->inspect = read_action(value, JN_KEY_RULE_INSPECT);
    rule->redirect = read_action(value, JN_KEY_RULE_REDIRECT);
    rule->drop = jn_get_bool(value, JN_KEY_RULE_DROP);
    rule->new_flows_only = jn_get_bool(value, JN_KEY_RULE_NEW_FLOWS);
    read_mirror(context, value, rule, at);
}

void
jn_config_read_rules(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *value,
                     const struct jn_json_step *at) {
    const json_t *rules = jn_get_part(value, JN_KEY_RULES);
    struct context context = {.reader = reader, .vpg = vpg};
    context.groups.text = jn_reader_allocate(reader, vpg->device_count, sizeof(char *));
    vpg->rules = jn_reader_allocate(reader, json_array_size(rules), sizeof(*vpg->rules));
    if (context.groups.text != NULL && vpg->rules != NULL) {
        for (unsigned int i = 0; i < vpg->device_count; i++)
            if (vpg->devices[i].group[0] != '\0')
                context.groups.text[context.groups.count++] = vpg->devices[i].group;
        jn_names_sort(&context.groups);
        for (size_t i = 0; i < json_array_size(rules); i++)
            read_rule(&context, json_array_get(rules, i), &vpg->rules[vpg->rule_count++],
                      JN_ITEM(JN_MEMBER(at, "rules"), i));
    }
    free(context.groups.text);
}
