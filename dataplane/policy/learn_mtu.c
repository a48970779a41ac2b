// SPDX-License-Identifier: BSD-3-Clause
#include "policy/learn_mtu.h"

#include "seqlock.h"

// What is known of one path. All of outer packets.
struct path {
    uint64_t *learned;
    uint16_t mark;
    uint8_t family;
    uint32_t mtu; // without what was learned
};

static struct path
path_of_mirror(const struct jn_mirror_peer *to) {
    return (struct path){to->learned, to->mark, to->peer->family, to->mtu};
}

static struct path
path_of_tunnel(const struct jn_vnet *vnet, unsigned int peer_idx) {
    const struct jn_vnet_tunnel *tunnel = vnet->tunnel[peer_idx];
    return (struct path){&vnet->engine.state->learned_mtu[peer_idx], tunnel->mark, tunnel->peer->outer_family,
                         (uint32_t)tunnel->own_mtu + tunnel->vxlan.overhead};
}

static uint32_t
current_mtu(const struct path *path) {
    uint16_t learned = jn_path_mtu_of(__atomic_load_n(path->learned, __ATOMIC_RELAXED), path->mark);
    return learned != 0 && learned < path->mtu ? learned : path->mtu;
}

// Several workers may learn at once: the least stays.
static bool
lower(const struct path *path, uint16_t mtu, uint64_t now_ns) {
    uint64_t next = jn_path_mtu_word(mtu, path->mark, now_ns), seen = __atomic_load_n(path->learned, __ATOMIC_RELAXED);
    do {
        uint16_t before = jn_path_mtu_of(seen, path->mark);
        if (before != 0 && before <= mtu)
            return false;
    } while (!__atomic_compare_exchange_n(path->learned, &seen, next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}

static enum jn_path_mtu_outcome
learn(const struct path *path, uint32_t said, const struct jn_quote *quote, uint64_t now_ns) {
    uint32_t now = current_mtu(path), mtu = jn_quote_mtu(said, quote->length, now);
    if (said == 0 && path->family == 6)
        return JN_PATH_MTU_TOO_SMALL; // every ICMPv6 error says it
    if (mtu < (path->family == 6 ? JN_LEAST_PATH_MTU6 : JN_LEAST_PATH_MTU4))
        return JN_PATH_MTU_TOO_SMALL;
    if (mtu >= now || quote->length <= mtu)
        return JN_PATH_MTU_NOT_LOWER;
    return lower(path, (uint16_t)mtu, now_ns) ? JN_PATH_MTU_LOWERED : JN_PATH_MTU_NOT_LOWER;
}

enum jn_path_mtu_outcome
jn_mirror_peer_learn(struct jn_mirror_peer *to, uint32_t said, const struct jn_quote *quote, uint64_t now_ns) {
    const struct path path = path_of_mirror(to);
    if (!(to->peer->flags & JN_PEER_LEARN_MTU))
        return JN_PATH_MTU_FIXED;
    if (quote == NULL || !jn_encap_is_quoted(&to->encap, quote))
        return JN_PATH_MTU_UNQUOTED;
    enum jn_path_mtu_outcome outcome = learn(&path, said, quote, now_ns);
    if (outcome == JN_PATH_MTU_LOWERED)
        jn_mirror_peer_refresh(to, now_ns);
    return outcome;
}

enum jn_path_mtu_outcome
jn_vnet_learn(struct jn_vnet *vnet, unsigned int peer_idx, uint32_t said, const struct jn_quote *quote,
              uint64_t now_ns) {
    const struct jn_vnet_tunnel *tunnel = vnet->tunnel[peer_idx];
    if (!(vnet->engine.gate->flags & JN_GATE_LEARN_MTU))
        return JN_PATH_MTU_FIXED;
    if (quote == NULL || tunnel == NULL || !jn_vxlan_is_quoted(&tunnel->vxlan, quote))
        return JN_PATH_MTU_UNQUOTED;
    const struct path path = path_of_tunnel(vnet, peer_idx);
    enum jn_path_mtu_outcome outcome = learn(&path, said, quote, now_ns);
    if (outcome == JN_PATH_MTU_LOWERED)
        jn_vnet_refresh(vnet, now_ns);
    return outcome;
}

// The outer MTU that is to be used.
static uint32_t
refreshed(const struct path *path, bool learns, uint64_t now_ns) {
    uint64_t seen = __atomic_load_n(path->learned, __ATOMIC_RELAXED);
    if (!learns)
        return path->mtu;
    if (seen != 0 && jn_path_mtu_age(seen, now_ns) >= JN_PATH_MTU_SECONDS)
        __atomic_compare_exchange_n(path->learned, &seen, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return current_mtu(path);
}

void
jn_mirror_peer_refresh(struct jn_mirror_peer *to, uint64_t now_ns) {
    const struct path path = path_of_mirror(to);
    uint32_t mtu = refreshed(&path, to->peer->flags & JN_PEER_LEARN_MTU, now_ns);
    if (mtu != jn_encap_mtu(&to->encap))
        jn_encap_set_mtu(&to->encap, mtu);
}

// Inner: what the tunnel's path takes by itself.
static uint16_t
tunnel_mtu(const struct jn_vnet *vnet, unsigned int peer_idx, uint64_t now_ns) {
    const struct path path = path_of_tunnel(vnet, peer_idx);
    uint32_t outer = refreshed(&path, vnet->engine.gate->flags & JN_GATE_LEARN_MTU, now_ns);
    return (uint16_t)(outer - vnet->tunnel[peer_idx]->vxlan.overhead);
}

// A redirecting VPG has one MTU, the lesser of gateway's and standby's: a connection clamped for the one must fit the other.
void
jn_vnet_refresh(struct jn_vnet *vnet, uint64_t now_ns) {
    uint16_t peer_bits = vnet->redirects ? vnet->sources : vnet->engine.peer_mask, least = 0, mtu[JN_GATE_PEERS] = {0};
    for (unsigned int peer_idx = 0; peer_idx < JN_GATE_PEERS; peer_idx++) {
        if (vnet->tunnel[peer_idx] == NULL)
            continue;
        mtu[peer_idx] = tunnel_mtu(vnet, peer_idx, now_ns);
        if ((peer_bits >> peer_idx & 1) && (least == 0 || mtu[peer_idx] < least))
            least = mtu[peer_idx];
    }
    for (unsigned int peer_idx = 0; peer_idx < JN_GATE_PEERS; peer_idx++) {
        bool shared = vnet->redirects && (vnet->sources >> peer_idx & 1);
        if (vnet->tunnel[peer_idx] != NULL &&
            jn_vnet_tunnel_mtu(vnet->tunnel[peer_idx]) != (shared ? least : mtu[peer_idx]))
            jn_store(&vnet->tunnel[peer_idx]->mtu, shared ? least : mtu[peer_idx]);
    }
    if (__atomic_load_n(&vnet->engine.state->path_mtu, __ATOMIC_RELAXED) != least)
        jn_store(&vnet->engine.state->path_mtu, least);
}
