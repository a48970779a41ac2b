// SPDX-License-Identifier: BSD-3-Clause
// Names of VPGs and devices, from the policy that junction-control publishes. Without one, documents lack names.
#pragma once

#include "policy.h"

struct names {
    const char *instance;
    struct jn_shm shm;        // read-only
    uint64_t seen;            // generation last looked at
    struct jn_policy *policy; // private copy, validated; NULL while there is none
    uint64_t policy_number;   // of this copy: what was found in another one, even at the same place, is void
    uint32_t *devices;        // hash table of device number + 1 by VPG and address
    uint32_t device_mask;
    uint64_t seed[2]; // of that hash: addresses come from outside
    int16_t *vpgs;    // hash table of VPG number + 1 by id
};

void names_open(struct names *names, const char *instance);

// Take a new policy if there is one, and its log level. Cheap when there is none; call about once a second.
void names_refresh(struct names *names);

// Use this policy (ownership passes). For refresh and tests.
void names_use(struct names *names, struct jn_policy *policy);

// Number of the VPG in the policy, or -1.
int names_vpg(const struct names *names, const char *id);
const char *names_vpg_name(const struct names *names, int vpg);

// NULL when no peer of the VPG has the index.
const struct jn_peer *names_peer(const struct names *names, int vpg, unsigned int peer_idx);

// NULL when the address is not in the VPG's list of devices.
const struct jn_device *names_device(const struct names *names, int vpg, uint8_t family, const uint8_t address[16]);
const char *names_device_name(const struct names *names, const struct jn_device *device);
const char *names_device_group(const struct names *names, const struct jn_device *device);

void names_close(struct names *names);
