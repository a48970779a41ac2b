// SPDX-License-Identifier: BSD-3-Clause
// Names and groups of devices, by address.
#include "config/config_device.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_kind.h"
#include "config/config_value.h"

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

void
jn_config_read_devices(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *devices,
                       const struct jn_json_step *at) {
    vpg->devices = jn_reader_allocate(reader, json_array_size(devices), sizeof(*vpg->devices));
    if (vpg->devices == NULL)
        return;
    for (size_t i = 0; i < json_array_size(devices); i++)
        read_device(reader, vpg, json_array_get(devices, i), JN_ITEM(at, i));
    check_unique(reader, vpg, devices, at);
}
