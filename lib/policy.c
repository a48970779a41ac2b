// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "policy.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "flow.h"

enum {
    COPY_TRIES = 8,
    KNOWN_VERDICTS =
        JN_VERDICT_DROP | JN_VERDICT_INSPECT | JN_VERDICT_REDIRECT | JN_VERDICT_MIRROR0 | JN_VERDICT_MIRROR1,
    KNOWN_PEER_FLAGS = JN_PEER_ENABLED | JN_PEER_KEY | JN_PEER_SEQUENCE,
};

void
jn_policy_region_init(struct jn_policy_region *region) {
    region->slot_offset[0] = 4096;
    region->slot_offset[1] = 4096 + JN_POLICY_SLOT_BYTES;
}

// CRC-32C (RFC 3720 appendix B.4), bit by bit from a table: policies change seldom.
static uint32_t
crc32c(const uint8_t *data, size_t size) {
    uint32_t table[256], crc = UINT32_MAX;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78u : 0);
    }
    for (size_t i = 0; i < size; i++)
        crc = crc >> 8 ^ table[(crc ^ data[i]) & 0xff];
    return ~crc;
}

static uint32_t
checksum(const struct jn_policy *policy) {
    size_t start = offsetof(struct jn_policy, crc) + sizeof(policy->crc);
    return crc32c((const uint8_t *)policy + start, policy->length - start);
}

static int
refuse(char err[JN_ERR_MAX], const char *what, uint32_t number) {
    snprintf(err, JN_ERR_MAX, "policy: %s (%u)", what, number);
    return -EPROTO;
}

static bool
part_inside(const struct jn_policy *p, uint32_t offset, uint32_t count, size_t each) {
    return offset >= sizeof(*p) && offset % 8 == 0 && offset <= p->length &&
           (uint64_t)count * each <= (uint64_t)p->length - offset;
}

static bool
range_inside(uint32_t first, uint32_t count, uint32_t total) {
    return first <= total && count <= total - first;
}

static bool
prefix_sound(const struct jn_prefix *prefix) {
    return (prefix->family == 0 && prefix->length == 0) || (prefix->family == 4 && prefix->length <= 32) ||
           (prefix->family == 6 && prefix->length <= 128);
}

static bool
terminated(const char *text, size_t size) {
    return memchr(text, '\0', size) != NULL;
}

// The peers of a VPG stand in different places, and no bit of its defaults and rules names a place without a peer.
static int
check_mirroring(const struct jn_policy *p, const struct jn_vpg *v, uint32_t number, char err[JN_ERR_MAX]) {
    unsigned int places = 0, enabled = 0, named = 0;
    for (uint32_t i = 0; i < v->peer_count; i++) {
        const struct jn_peer *peer = &jn_policy_peers(p)[v->peer_first + i];
        unsigned int bit = 1u << (peer->place % JN_VPG_PEERS); // the place itself is checked with the peer
        if (places & bit)
            return refuse(err, "VPG with two peers in one place", number);
        places |= bit;
        enabled |= peer->flags & JN_PEER_ENABLED ? bit : 0;
    }
    if (v->defaults / JN_VERDICT_MIRROR0 & ~enabled)
        return refuse(err, "VPG that mirrors to a peer it has not, or that is disabled", number);
    for (uint32_t i = 0; i < v->rule_count; i++)
        named |= jn_policy_rules(p)[v->rule_first + i].mirror_peers;
    return named & ~places ? refuse(err, "rule that mirrors to a peer its VPG has not", number) : 0;
}

static int
check_vpgs(const struct jn_policy *p, char err[JN_ERR_MAX]) {
    bool taken[JN_MAX_VPGS] = {false};
    for (uint32_t i = 0; i < p->vpg_count; i++) {
        const struct jn_vpg *v = &jn_policy_vpgs(p)[i];
        if (!terminated(v->id, sizeof(v->id)) || v->id[0] == '\0' || !terminated(v->name, sizeof(v->name)))
            return refuse(err, "VPG without a sound id and name", i);
        if (v->slot >= JN_MAX_VPGS || taken[v->slot])
            return refuse(err, "VPG slot out of range or taken twice", i);
        taken[v->slot] = true;
        if (v->wire >= JN_MAX_WIRES || (v->vlan > 4094 && v->vlan != JN_ANY_VLAN))
            return refuse(err, "VPG with a wire or VLAN out of range", i);
        if (v->defaults & ~KNOWN_VERDICTS)
            return refuse(err, "VPG with unknown defaults", i);
        if (!range_inside(v->subnet_first, v->subnet_count, p->subnet_count) ||
            !range_inside(v->rule_first, v->rule_count, p->rule_count) ||
            !range_inside(v->device_first, v->device_count, p->device_count) ||
            !range_inside(v->peer_first, v->peer_count, p->peer_count) || v->peer_count > JN_VPG_PEERS)
            return refuse(err, "VPG with subnets, rules, devices or peers outside the policy", i);
        int rc = check_mirroring(p, v, i, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int
check_parts(const struct jn_policy *p, char err[JN_ERR_MAX]) {
    const char *strings = jn_policy_string(p, 0);
    if (p->string_bytes > 0 && strings[p->string_bytes - 1] != '\0')
        return refuse(err, "strings not terminated", p->string_bytes);
    for (uint32_t i = 0; i < p->subnet_count; i++)
        if (!prefix_sound(&jn_policy_subnets(p)[i]))
            return refuse(err, "prefix out of range", i);
    for (uint32_t i = 0; i < p->rule_count; i++) {
        const struct jn_rule *r = &jn_policy_rules(p)[i];
        if (!prefix_sound(&r->device) || !prefix_sound(&r->remote) || r->device_ports[0] > r->device_ports[1] ||
            r->remote_ports[0] > r->remote_ports[1] || r->direction > 2 || (r->dscp > 63 && r->dscp != 0xff) ||
            r->inspect > JN_ACTION_ON || r->mirror > JN_ACTION_ON || r->redirect > JN_ACTION_ON || r->drop > 1 ||
            r->mirror_peers >= 1u << JN_VPG_PEERS)
            return refuse(err, "rule with a field out of range", i);
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct jn_device *d = &jn_policy_devices(p)[i];
        if ((d->family != 4 && d->family != 6) || d->name_offset >= p->string_bytes ||
            d->group_name_offset >= p->string_bytes)
            return refuse(err, "device with a field out of range", i);
    }
    return 0;
}

static bool
peer_sound(const struct jn_policy *p, const struct jn_peer *peer) {
    return (peer->family == 4 || peer->family == 6) && peer->place < JN_VPG_PEERS &&
           peer->encapsulation <= JN_ENCAP_ERSPAN3 && (peer->flags & ~KNOWN_PEER_FLAGS) == 0 &&
           peer->too_long <= JN_TOO_LONG_DROP && peer->direction <= 2 && peer->ttl > 0 && peer->dscp <= 63 &&
           peer->session <= JN_MAX_SESSION && (peer->snap_length == 0 || peer->snap_length >= JN_MIN_SNAP_LENGTH) &&
           peer->snap_length <= JN_MAX_SNAP_LENGTH && peer->sample_packets > 0 && peer->sample_flows > 0 &&
           peer->sample_packets <= JN_MAX_SAMPLE && peer->sample_flows <= JN_MAX_SAMPLE &&
           peer->rate_mbps <= JN_MAX_RATE_MBPS && peer->description_offset < p->string_bytes;
}

static int
check_underlay(const struct jn_policy *p, char err[JN_ERR_MAX]) {
    for (uint32_t i = 0; i < p->peer_count; i++)
        if (!peer_sound(p, &jn_policy_peers(p)[i]))
            return refuse(err, "peer with a field out of range", i);
    for (uint32_t i = 0; i < p->address_count; i++) {
        const struct jn_underlay_address *a = &jn_policy_addresses(p)[i];
        if ((a->family != 4 && a->family != 6) || a->length > (a->family == 4 ? 32 : 128) || a->port >= JN_MAX_PORTS ||
            ((a->vlan == 0 || a->vlan > 4094) && a->vlan != JN_ANY_VLAN))
            return refuse(err, "underlay address with a field out of range", i);
    }
    for (uint32_t i = 0; i < p->route_count; i++) {
        const struct jn_route *r = &jn_policy_routes(p)[i];
        if (r->to.family == 0 || !prefix_sound(&r->to) || r->port >= JN_MAX_PORTS)
            return refuse(err, "route with a field out of range", i);
    }
    return 0;
}

int
jn_policy_validate(const struct jn_policy *p, size_t available, char err[JN_ERR_MAX]) {
    if (available < sizeof(*p) || p->length < sizeof(*p) || p->length > available)
        return refuse(err, "length beyond its slot", p->length);
    if (p->crc != checksum(p))
        return refuse(err, "wrong checksum", p->crc);
    if (p->vpg_count > JN_MAX_VPGS || p->rule_count > JN_MAX_RULES)
        return refuse(err, "too many VPGs or rules", p->vpg_count);
    if (p->peer_count > JN_MAX_PEERS || p->address_count > JN_MAX_ADDRESSES || p->route_count > JN_MAX_ROUTES)
        return refuse(err, "too many peers, underlay addresses or routes", p->peer_count);
    if (!part_inside(p, p->vpg_offset, p->vpg_count, sizeof(struct jn_vpg)) ||
        !part_inside(p, p->subnet_offset, p->subnet_count, sizeof(struct jn_prefix)) ||
        !part_inside(p, p->rule_offset, p->rule_count, sizeof(struct jn_rule)) ||
        !part_inside(p, p->device_offset, p->device_count, sizeof(struct jn_device)) ||
        !part_inside(p, p->peer_offset, p->peer_count, sizeof(struct jn_peer)) ||
        !part_inside(p, p->address_offset, p->address_count, sizeof(struct jn_underlay_address)) ||
        !part_inside(p, p->route_offset, p->route_count, sizeof(struct jn_route)) ||
        !part_inside(p, p->string_offset, p->string_bytes, 1))
        return refuse(err, "a part lies outside it", p->length);
    if (!terminated(p->node, sizeof(p->node)))
        return refuse(err, "node name not terminated", 0);
    int rc = check_vpgs(p, err);
    if (rc == 0)
        rc = check_parts(p, err);
    return rc < 0 ? rc : check_underlay(p, err);
}

static const struct jn_policy *
slot_of(const struct jn_policy_region *region, uint64_t generation) {
    // The offsets are part of the ABI, so the region's own words for them need not be believed.
    return (const void *)((const char *)region + 4096 + (generation & 1) * (size_t)JN_POLICY_SLOT_BYTES);
}

int
jn_policy_copy(const struct jn_policy_region *region, size_t region_size, struct jn_policy **out,
               char err[JN_ERR_MAX]) {
    if (region_size < jn_policy_region_size())
        return refuse(err, "region too small", (uint32_t)region_size);
    int rc = -EPROTO;
    for (int i = 0; i < COPY_TRIES; i++) {
        uint64_t generation = __atomic_load_n(&region->generation, __ATOMIC_ACQUIRE);
        if (generation == 0) {
            snprintf(err, JN_ERR_MAX, "policy: none published yet");
            return -ENOENT;
        }
        const struct jn_policy *slot = slot_of(region, generation);
        uint32_t length = __atomic_load_n(&slot->length, __ATOMIC_RELAXED);
        if (length < sizeof(*slot) || length > JN_POLICY_SLOT_BYTES)
            return refuse(err, "length beyond its slot", length);
        struct jn_policy *copy = malloc(length);
        if (copy == NULL)
            return -ENOMEM;
        memcpy(copy, slot, length);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        rc = jn_policy_validate(copy, length, err);
        if (rc == 0 && copy->generation == generation) {
            *out = copy;
            return 0;
        }
        free(copy); // the slot was being written for a later generation: look again
    }
    return rc < 0 ? rc : refuse(err, "generation and slot disagree", 0);
}

int
jn_policy_publish(struct jn_policy_region *region, struct jn_policy *policy, char err[JN_ERR_MAX]) {
    uint64_t last = policy->generation > region->generation ? policy->generation : region->generation;
    uint64_t generation = last + 1;
    policy->generation = generation;
    if (policy->length < sizeof(*policy) || policy->length > JN_POLICY_SLOT_BYTES) {
        snprintf(err, JN_ERR_MAX, "policy: %u bytes, at most %u", policy->length, JN_POLICY_SLOT_BYTES);
        return -E2BIG;
    }
    policy->crc = checksum(policy);
    int rc = jn_policy_validate(policy, policy->length, err);
    if (rc < 0)
        return rc;
    memcpy((void *)slot_of(region, generation), policy, policy->length);
    __atomic_store_n(&region->generation, generation, __ATOMIC_RELEASE);
    __atomic_store_n(&region->wake, (uint32_t)generation, __ATOMIC_RELEASE);
    syscall(SYS_futex, &region->wake, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    return 0;
}

uint64_t
jn_policy_wait(const struct jn_policy_region *region, uint64_t seen, int timeout_ms) {
    uint64_t now = __atomic_load_n(&region->generation, __ATOMIC_ACQUIRE);
    if (now != seen)
        return now;
    struct timespec timeout = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};
    syscall(SYS_futex, &region->wake, FUTEX_WAIT, (uint32_t)seen, &timeout, NULL, 0);
    return __atomic_load_n(&region->generation, __ATOMIC_ACQUIRE);
}
