// SPDX-License-Identifier: BSD-3-Clause
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "log.h"

enum { VPG_BUCKETS = 2 * JN_MAX_VPGS };

static uint64_t
hash_bytes(const void *bytes, size_t size, uint64_t hash) {
    for (const uint8_t *p = bytes, *end = p + size; p < end; p++)
        hash = (hash ^ *p) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

static uint64_t
hash_device(const struct names *names, uint32_t vpg, uint8_t family, const uint8_t *address) {
    uint64_t words[2] = {0, 0};
    memcpy(words, address, jn_address_bytes(family));
    unsigned __int128 product = (unsigned __int128)(words[0] ^ names->seed[0]) * (words[1] ^ vpg ^ names->seed[1]);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void
index_devices(struct names *names) {
    const struct jn_policy *p = names->policy;
    uint32_t size = 16;
    while (size < 2 * (uint64_t)p->device_count && size < UINT32_C(1) << 31)
        size *= 2;
    names->devices = calloc(size, sizeof(*names->devices));
    names->device_mask = size - 1;
    if (names->devices == NULL)
        return;
    if (getrandom(names->seed, sizeof(names->seed), 0) != sizeof(names->seed))
        names->seed[1] = UINT64_C(0x9e3779b97f4a7c15); // the list is an administrator's: it is found all the same
    uint32_t placed = 0;
    for (uint32_t v = 0; v < p->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(p)[v];
        // Overlapping lists of a policy that no compiler made could outgrow the table.
        for (uint32_t i = 0; i < vpg->device_count && placed < p->device_count; i++, placed++) {
            const struct jn_device *d = &jn_policy_devices(p)[vpg->device_first + i];
            uint32_t at = (uint32_t)hash_device(names, v, d->family, d->address) & names->device_mask;
            while (names->devices[at] != 0)
                at = (at + 1) & names->device_mask;
            names->devices[at] = vpg->device_first + i + 1;
        }
    }
}

static void
index_vpgs(struct names *names) {
    const struct jn_policy *p = names->policy;
    names->vpgs = calloc(VPG_BUCKETS, sizeof(*names->vpgs));
    for (uint32_t v = 0; names->vpgs != NULL && v < p->vpg_count; v++) {
        const char *id = jn_policy_vpgs(p)[v].id;
        uint32_t at = (uint32_t)hash_bytes(id, strlen(id), 0) % VPG_BUCKETS;
        while (names->vpgs[at] != 0)
            at = (at + 1) % VPG_BUCKETS;
        names->vpgs[at] = (int16_t)(v + 1);
    }
}

static void
detach_policy(struct names *names) {
    free(names->policy);
    free(names->devices);
    free(names->vpgs);
    names->policy = NULL;
    names->devices = NULL;
    names->vpgs = NULL;
}

void
names_open(struct names *names, const char *instance) {
    *names = (struct names){.instance = instance, .shm.fd = -1};
}

void
names_use(struct names *names, struct jn_policy *policy) {
    detach_policy(names);
    names->policy = policy;
    names->policy_number++;
    index_devices(names);
    index_vpgs(names);
}

static void
attach_policy(struct names *names) {
    static struct jn_log_limit limit;
    char err[JN_ERR_MAX];
    int rc = jn_shm_attach(&names->shm, names->instance, JN_REGION_POLICY, jn_policy_region_size(), false, err);
    if (rc < 0 && rc != -ENOENT)
        jn_log_limited(&limit, 1, JN_LOG_WARNING, "no names in documents: %s", err);
    names->seen = 0;
}

void
names_refresh(struct names *names) {
    static struct jn_log_limit limit;
    char err[JN_ERR_MAX];
    struct jn_policy *policy;
    if (names->shm.base != NULL && jn_shm_replaced(&names->shm, names->instance, JN_REGION_POLICY))
        jn_shm_detach(&names->shm);
    if (names->shm.base == NULL)
        attach_policy(names);
    if (names->shm.base == NULL)
        return;
    const struct jn_policy_region *region = names->shm.base;
    uint64_t generation = __atomic_load_n(&region->generation, __ATOMIC_ACQUIRE);
    if (generation == names->seen)
        return;
    int rc = jn_policy_copy(region, names->shm.size, &policy, err);
    if (rc < 0) {
        if (rc != -ENOENT)
            jn_log_limited(&limit, 1, JN_LOG_WARNING, "names stay as they were: %s", err);
        return;
    }
    names->seen = policy->generation;
    jn_log_set_level((enum jn_log_level)policy->log_level);
    jn_log(JN_LOG_DEBUG, "names of policy generation %lu taken", (unsigned long)policy->generation);
    names_use(names, policy);
}

int
names_vpg(const struct names *names, const char *id) {
    if (names->vpgs == NULL)
        return -1;
    uint32_t at = (uint32_t)hash_bytes(id, strlen(id), 0) % VPG_BUCKETS;
    for (; names->vpgs[at] != 0; at = (at + 1) % VPG_BUCKETS)
        if (strcmp(jn_policy_vpgs(names->policy)[names->vpgs[at] - 1].id, id) == 0)
            return names->vpgs[at] - 1;
    return -1;
}

const char *
names_vpg_name(const struct names *names, int vpg) {
    return jn_policy_vpgs(names->policy)[vpg].name;
}

const struct jn_peer *
names_peer(const struct names *names, int vpg, unsigned int peer_idx) {
    if (names->policy == NULL || vpg < 0)
        return NULL;
    const struct jn_vpg *v = &jn_policy_vpgs(names->policy)[vpg];
    for (uint32_t i = 0; i < v->peer_count; i++)
        if (jn_policy_peers(names->policy)[v->peer_first + i].peer_idx == peer_idx)
            return &jn_policy_peers(names->policy)[v->peer_first + i];
    return NULL;
}

const struct jn_device *
names_device(const struct names *names, int vpg, uint8_t family, const uint8_t address[16]) {
    if (names->devices == NULL || vpg < 0 || names->policy->device_count == 0)
        return NULL;
    const struct jn_vpg *v = &jn_policy_vpgs(names->policy)[vpg];
    uint32_t at = (uint32_t)hash_device(names, (uint32_t)vpg, family, address) & names->device_mask;
    for (; names->devices[at] != 0; at = (at + 1) & names->device_mask) {
        uint32_t number = names->devices[at] - 1;
        const struct jn_device *d = &jn_policy_devices(names->policy)[number];
        if (number - v->device_first < v->device_count && d->family == family &&
            jn_address_equal(family, d->address, address))
            return d;
    }
    return NULL;
}

const char *
names_device_name(const struct names *names, const struct jn_device *device) {
    return jn_policy_string(names->policy, device->name_offset);
}

const char *
names_device_group(const struct names *names, const struct jn_device *device) {
    return jn_policy_string(names->policy, device->group_name_offset);
}

void
names_close(struct names *names) {
    detach_policy(names);
    jn_shm_detach(&names->shm);
}
