// SPDX-License-Identifier: BSD-3-Clause
// What the kernel says of a network interface by ethtool's ioctl and by rtnetlink. Main thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JN_NIC_FEATURES_MAX = 128, JN_NIC_FEATURE_NAME = 32 };

struct jn_nic_feature {
    char name[JN_NIC_FEATURE_NAME]; // as ethtool -k has it, or the kernel's where ethtool has a word of its own
    bool wanted;                    // somebody, or the driver's default, asked for it
    bool active;
    bool fixed; // cannot be changed
};

struct jn_nic_features {
    unsigned int count;
    struct jn_nic_feature feature[JN_NIC_FEATURES_MAX];
};

// Read all features of the interface. 0 or negative errno; those beyond the room are left out.
int jn_nic_features_read(const char *interface, struct jn_nic_features *features);

// Ask for the features whose `change` is set, as `on` says. 0 or negative errno. Whether the driver complies jn_nic_read tells.
int jn_nic_set(const char *interface, const struct jn_nic_features *features, const bool change[JN_NIC_FEATURES_MAX],
               bool on);

// Is it an end of a veth pair?
bool jn_nic_is_veth(const char *interface);

// The other end of a veth pair, where it is in this network namespace: true and its name.
bool jn_nic_peer(const char *interface, char *peer, size_t size);

// MAC address. False: there is no such interface.
bool jn_nic_mac(const char *interface, uint8_t mac[6]);
