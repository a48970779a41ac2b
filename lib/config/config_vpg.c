// SPDX-License-Identifier: BSD-3-Clause
// Virtual private gateways: whose packets are whose, and the names and groups of their devices.
#include "config/config_vpg.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_gate.h"
#include "config/config_kind.h"
#include "config/config_peer.h"
#include "config/config_rule.h"
#include "config/config_value.h"

enum { HEADERLESS_DROP };                             // the first of the key's words
enum { CLASSIFIER_DOWN_ALLOW, CLASSIFIER_DOWN_DROP }; // likewise

// A device's IPv4 and its IPv6 address may have the same name, so the family is part of what must be unique.
struct owner {
    char name[64];
    uint8_t family;
};

static void
check_inside(struct jn_reader *reader, const struct jn_config_vpg *vpg, const struct jn_prefix *address,
             const struct jn_json_step *at) {
    char text[64];
    for (unsigned int i = 0; i < vpg->subnet_count; i++)
        if (vpg->subnets[i].family == 0 || jn_prefix_contains(&vpg->subnets[i], address))
            return; // a subnet that is itself an error may have been meant to hold it
    if (vpg->subnet_count > 0)
        jn_reader_error(reader, JN_MEMBER(at, "address"), "%s is outside the VPG's device_subnets",
                        jn_prefix_text(address, text));
}

static void
read_device(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *value, const struct jn_json_step *at) {
    struct jn_config_device *device = &vpg->devices[vpg->device_count++];
    const char *address = jn_get_text(value, JN_KEY_DEVICE_ADDRESS);
    jn_copy_text(device->name, sizeof(device->name), jn_get_text(value, JN_KEY_DEVICE_NAME));
    jn_copy_text(device->group, sizeof(device->group), jn_get_text(value, JN_KEY_DEVICE_GROUP));
    if (address != NULL && jn_address_parse(address, &device->address))
        check_inside(reader, vpg, &device->address, at);
}

static void
check_unique(struct jn_reader *reader, const struct jn_config_vpg *vpg, const json_t *devices,
             const struct jn_json_step *at) {
    struct jn_unique_key *keys = jn_reader_allocate(reader, vpg->device_count, sizeof(*keys));
    struct owner *owners = jn_reader_allocate(reader, vpg->device_count, sizeof(*owners));
    size_t addresses = 0, names = 0;
    for (unsigned int i = 0; keys != NULL && i < vpg->device_count; i++) {
        const char *text = jn_get_text(json_array_get(devices, i), JN_KEY_DEVICE_ADDRESS);
        if (text != NULL)
            keys[addresses++] = (struct jn_unique_key){&vpg->devices[i].address, sizeof(struct jn_prefix), i, text};
    }
    if (keys != NULL)
        jn_reader_duplicates(reader, at, "address", keys, addresses);
    for (unsigned int i = 0; keys != NULL && owners != NULL && i < vpg->device_count; i++) {
        const struct jn_config_device *device = &vpg->devices[i];
        if (device->name[0] == '\0' || device->address.family == 0)
            continue;
        memcpy(owners[i].name, device->name, sizeof(owners[i].name));
        owners[i].family = device->address.family;
        keys[names++] = (struct jn_unique_key){&owners[i], sizeof(owners[i]), i, device->name};
    }
    if (keys != NULL && owners != NULL)
        jn_reader_duplicates(reader, at, "name", keys, names);
    free(keys);
    free(owners);
}

static void
read_devices(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *devices,
             const struct jn_json_step *at) {
    vpg->devices = jn_reader_allocate(reader, json_array_size(devices), sizeof(*vpg->devices));
    if (vpg->devices == NULL)
        return;
    for (size_t i = 0; i < json_array_size(devices); i++)
        read_device(reader, vpg, json_array_get(devices, i), JN_ITEM(at, i));
    check_unique(reader, vpg, devices, at);
}

static uint64_t
find_wire(struct jn_reader *reader, const char *name, const struct jn_json_step *at) {
    const struct jn_config_dataplane *d = &reader->config->dataplane;
    const char *known[JN_MAX_WIRES];
    struct jn_names names = {known, d->wire_count};
    char shown[JN_SHOWN_MAX], meant[JN_SHOWN_MAX + 24];
    for (unsigned int i = 0; i < d->wire_count; i++) {
        known[i] = d->wires[i].name;
        if (strcmp(name, d->wires[i].name) == 0)
            return UINT64_C(1) << i;
    }
    jn_reader_error(reader, at, "no wire is named %s%s", jn_text_shown(name, shown),
                    jn_did_you_mean(jn_names_nearest(&names, name), meant));
    return 0;
}

static uint64_t
read_wire(struct jn_reader *reader, const json_t *value, const struct jn_json_step *at) {
    const struct jn_config_dataplane *d = &reader->config->dataplane;
    const char *name = jn_get_text(value, JN_KEY_VPG_WIRE);
    if (d->wire_count == 0 || (name == NULL && json_object_get(value, "wire") != NULL))
        return 0;
    if (name == NULL && d->wire_count > 1)
        jn_reader_error(reader, JN_MEMBER(at, "wire"), "missing; there are %u wires", d->wire_count);
    if (name == NULL)
        return d->wire_count == 1;
    return find_wire(reader, name, JN_MEMBER(at, "wire"));
}

// All of them, or none where one is an error.
static uint64_t
read_wires(struct jn_reader *reader, const json_t *value, const struct jn_json_step *at) {
    const json_t *wires = jn_get_part(value, JN_KEY_VPG_WIRES);
    const struct jn_json_step *here = JN_MEMBER(at, "wires");
    char sentence[JN_SENTENCE_MAX], shown[JN_SHOWN_MAX];
    uint64_t all = 0;
    bool wrong = wires == NULL || reader->config->dataplane.wire_count == 0;
    if (json_object_get(value, "wire") != NULL)
        jn_reader_error(reader, here, "there is \"wire\" as well: give one of them");
    for (size_t i = 0; i < json_array_size(wires) && reader->config->dataplane.wire_count != 0; i++) {
        const json_t *name = json_array_get(wires, i);
        uint64_t wire = jn_value_check(JN_KEY_VPG_WIRES_ITEM, name, sentence)
                            ? find_wire(reader, json_string_value(name), JN_ITEM(here, i))
                            : 0;
        if (wire & all)
            jn_reader_error(reader, JN_ITEM(here, i), "%s is named twice",
                            jn_text_shown(json_string_value(name), shown));
        wrong |= wire == 0;
        all |= wire;
    }
    return wrong ? 0 : all;
}

static void
read_wires_and_vlan(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *value,
                    const struct jn_json_step *at) {
    const json_t *vlan_id = json_object_get(value, "vlan");
    vpg->wires = json_object_get(value, "wires") != NULL ? read_wires(reader, value, at) : read_wire(reader, value, at);
    vpg->vlan_id = vlan_id == NULL ? JN_VLAN_ID_NONE : (uint16_t)jn_get_integer(value, JN_KEY_VPG_VLAN);
    if (vlan_id != NULL && jn_get_part(value, JN_KEY_VPG_VLAN) == NULL)
        vpg->wires = 0;
}

// A wire's VLAN is one VPG's, and so is what is left of the wire.
static void
check_wires_apart(struct jn_reader *reader, const struct jn_json_step *at) {
    const struct jn_config *c = reader->config;
    for (unsigned int i = 0; i < c->vpg_count; i++) {
        unsigned int j = 0;
        while (j < i && ((c->vpgs[j].wires & c->vpgs[i].wires) == 0 || c->vpgs[j].vlan_id != c->vpgs[i].vlan_id))
            j++;
        if (j == i)
            continue;
        const char *wire = c->dataplane.wires[__builtin_ctzll(c->vpgs[j].wires & c->vpgs[i].wires)].name;
        if (c->vpgs[i].vlan_id == JN_VLAN_ID_NONE)
            jn_reader_error(reader, JN_ITEM(at, i), "wire \"%s\" without a VLAN is already taken by vpgs[%u]", wire, j);
        else
            jn_reader_error(reader, JN_MEMBER(JN_ITEM(at, i), "vlan"), "%u on wire \"%s\" is already taken by vpgs[%u]",
                            c->vpgs[i].vlan_id, wire, j);
    }
}

// A wire on which VLANs are named has tagged frames, and a VPG without VLAN redirects none of them.
static void
warn_of_tagged_wires(struct jn_reader *reader, const struct jn_json_step *at) {
    const struct jn_config *c = reader->config;
    uint64_t tagged = 0;
    for (unsigned int i = 0; i < c->vpg_count; i++)
        tagged |= c->vpgs[i].vlan_id != JN_VLAN_ID_NONE ? c->vpgs[i].wires : 0;
    for (unsigned int i = 0; i < c->vpg_count; i++)
        if (c->vpgs[i].vlan_id == JN_VLAN_ID_NONE && (c->vpgs[i].wires & tagged) != 0 && c->vpgs[i].gate.open &&
            (c->vpgs[i].gate.gate.flags & JN_GATE_REDIRECT))
            jn_reader_warn(
                reader, JN_MEMBER(JN_ITEM(at, i), "redirection"),
                "of untagged frames alone: a VPG without vlan takes several VLANs, which the virtual network "
                "cannot tell apart");
}

static void
read_subnets(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *value, const struct jn_json_step *at) {
    const json_t *subnets = jn_get_part(value, JN_KEY_VPG_SUBNETS);
    const struct jn_json_step *here = JN_MEMBER(at, "device_subnets");
    char sentence[JN_SENTENCE_MAX], path[128], one[64], other[64];
    vpg->subnets = jn_reader_allocate(reader, json_array_size(subnets), sizeof(*vpg->subnets));
    for (size_t i = 0; i < json_array_size(subnets) && vpg->subnets != NULL; i++) {
        struct jn_prefix *subnet = &vpg->subnets[vpg->subnet_count++];
        const json_t *text = json_array_get(subnets, i);
        if (!jn_value_check(JN_KEY_VPG_SUBNET, text, sentence)) // stays of no family: overlaps nothing
            continue;
        jn_prefix_parse(json_string_value(text), subnet);
        for (size_t j = 0; j < i; j++) {
            if (!jn_prefix_contains(&vpg->subnets[j], subnet) && !jn_prefix_contains(subnet, &vpg->subnets[j]))
                continue;
            jn_json_path(JN_ITEM(here, j), path, sizeof(path));
            jn_reader_error(reader, JN_ITEM(here, i), "%s overlaps %s (%s)", jn_prefix_text(subnet, one),
                            jn_prefix_text(&vpg->subnets[j], other), path);
            break;
        }
    }
}

// Unless it is said: where a rule looks at what the missing header would have told.
static bool
drops_headerless(const struct jn_config_vpg *vpg, const json_t *fragments) {
    if (jn_get_part(fragments, JN_KEY_FRAGMENTS_HEADERLESS) != NULL)
        return jn_get_word(fragments, JN_KEY_FRAGMENTS_HEADERLESS) == HEADERLESS_DROP;
    for (unsigned int i = 0; i < vpg->rule_count; i++) {
        const struct jn_config_rule *rule = &vpg->rules[i];
        if (rule->device_port_count + rule->remote_port_count != 0 || rule->protocol != 0 || rule->application != NULL)
            return true;
    }
    return false;
}

static void
read_vpg(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *value, const struct jn_json_step *at) {
    jn_copy_text(vpg->id, sizeof(vpg->id), jn_get_text(value, JN_KEY_VPG_ID));
    jn_copy_text(vpg->name, sizeof(vpg->name), jn_get_text(value, JN_KEY_VPG_NAME));
    const json_t *inspection = jn_get_part(value, JN_KEY_VPG_INSPECTION);
    vpg->inspect = jn_get_bool(inspection, JN_KEY_VPG_INSPECT);
    vpg->metadata = (enum jn_metadata)jn_get_word(inspection, JN_KEY_VPG_METADATA);
    vpg->drop_unclassified = jn_get_word(value, JN_KEY_VPG_CLASSIFIER_DOWN) == CLASSIFIER_DOWN_DROP;
    read_wires_and_vlan(reader, vpg, value, at);
    read_subnets(reader, vpg, value, at);
    jn_config_read_peers(reader, vpg, jn_get_part(value, JN_KEY_MIRRORING), JN_MEMBER(at, "mirroring"));
    jn_config_read_gate(reader, vpg, jn_get_part(value, JN_KEY_GATE), at);
    jn_config_read_redirection(reader, vpg, jn_get_part(value, JN_KEY_REDIRECTION), at);
    read_devices(reader, vpg, jn_get_part(value, JN_KEY_DEVICES), JN_MEMBER(at, "devices"));
    jn_config_read_rules(reader, vpg, value, at);
    vpg->drop_headerless = drops_headerless(vpg, jn_get_part(value, JN_KEY_FRAGMENTS));
}

void
jn_config_read_vpgs(struct jn_reader *reader, const json_t *vpgs) {
    struct jn_config *config = reader->config;
    const struct jn_json_step *at = JN_MEMBER(NULL, "vpgs");
    struct jn_unique_key ids[JN_MAX_VPGS];
    size_t id_count = 0;
    if (json_array_size(vpgs) > config->dataplane.max_vpgs)
        jn_reader_error(reader, at, "at most %u (dataplane.max_vpgs), found %zu", config->dataplane.max_vpgs,
                        json_array_size(vpgs));
    config->vpgs = jn_reader_allocate(reader, json_array_size(vpgs), sizeof(*config->vpgs));
    for (size_t i = 0; i < json_array_size(vpgs) && config->vpgs != NULL; i++) {
        struct jn_config_vpg *vpg = &config->vpgs[config->vpg_count++];
        if (!json_is_object(json_array_get(vpgs, i)))
            continue;
        read_vpg(reader, vpg, json_array_get(vpgs, i), JN_ITEM(at, i));
        if (vpg->id[0] != '\0')
            ids[id_count++] = (struct jn_unique_key){vpg->id, strlen(vpg->id), i, vpg->id};
    }
    jn_reader_duplicates(reader, at, "id", ids, id_count);
    check_wires_apart(reader, at);
    warn_of_tagged_wires(reader, at);
    jn_config_check_gates(reader, at);
}
