// SPDX-License-Identifier: BSD-3-Clause
// DPDK 22.11 has the call that ends what has waited too long as an experimental one; later it is stable.
#define ALLOW_EXPERIMENTAL_API
#include "reassembly.h"

#include <string.h>

#include <rte_cycles.h>
#include <rte_ip_frag.h>
#include <rte_mbuf.h>

#include "pipeline.h"
#include "tx.h"

enum { BUCKETS = 64, WAYS = 4, PACKETS = BUCKETS * WAYS, WAIT_MS = 1000, FRAGMENT_HEADER = 44, IPV6_HEADER = 40 };

struct jn_reassembly {
    struct rte_ip_frag_tbl *table;
    struct rte_ip_frag_death_row lost;
    uint64_t looked; // TSC, when expiry was last looked for
};

struct jn_reassembly *
jn_reassembly_make(void) {
    struct jn_reassembly *r = rte_zmalloc(NULL, sizeof(*r), RTE_CACHE_LINE_SIZE);
    if (r == NULL)
        return NULL;
    r->table = rte_ip_frag_table_create(BUCKETS, WAYS, PACKETS, rte_get_tsc_hz() / 1000 * WAIT_MS, SOCKET_ID_ANY);
    if (r->table != NULL)
        return r;
    rte_free(r);
    return NULL;
}

void
jn_reassembly_free(struct jn_reassembly *r) {
    if (r == NULL)
        return;
    rte_ip_frag_free_death_row(&r->lost, 0);
    rte_ip_frag_table_destroy(r->table);
    rte_free(r);
}

// Of fragments no VNI is known: any network of the sender's.
static const struct jn_network *
network_of(const struct jn_worker *worker, const uint8_t *source, bool v6) {
    uint8_t outer[16] = {0};
    memcpy(outer, source, v6 ? 16 : 4);
    const struct jn_network_source *from = jn_network_find(worker->rules->sources, outer, v6 ? 6 : 4, UINT32_MAX);
    return from == NULL ? NULL : from->network;
}

static void
lose(struct jn_worker *worker, struct rte_mbuf *mbuf, enum jn_gate_loss why) {
    const uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, mbuf->l2_len);
    bool v6 = ip[0] >> 4 == 6;
    const struct jn_network *network = network_of(worker, ip + (v6 ? 8 : 12), v6);
    if (network != NULL) {
        jn_gate_lose(worker, network->slot, why, mbuf);
        return;
    }
    jn_count(&worker->underlay.counters->ignored_tunnel, 1); // the policy that knew the peer is gone
    rte_pktmbuf_free(mbuf);
}

static void
lose_row(struct jn_worker *worker) {
    struct rte_ip_frag_death_row *row = &worker->redirect.reassembly->lost;
    for (uint32_t i = 0; i < row->cnt; i++)
        lose(worker, row->row[i], JN_GATE_LOST_OUTER_FRAGMENT);
    row->cnt = 0;
}

// The library leaves the IPv4 checksum to the NIC; here the packet may still be looked at by another worker.
static void
write_checksum(struct rte_mbuf *mbuf) {
    struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(mbuf, struct rte_ipv4_hdr *, mbuf->l2_len);
    if (ip->version_ihl >> 4 == 4)
        ip->hdr_checksum = rte_ipv4_cksum(ip);
}

struct rte_mbuf *
jn_whole_copy(struct jn_worker *worker, const struct rte_mbuf *frame, enum jn_gate_loss *why) {
    struct rte_mbuf *whole = rte_pktmbuf_copy(frame, worker->redirect.pool, 0, UINT32_MAX);
    *why = JN_GATE_LOST_NO_MBUF;
    if (whole == NULL || whole->nb_segs == 1)
        return whole;
    rte_pktmbuf_free(whole);
    *why = JN_GATE_LOST_TOO_LONG;
    return NULL;
}

struct rte_mbuf *
jn_in_one_piece(struct jn_worker *worker, struct rte_mbuf *chain) {
    enum jn_gate_loss why;
    struct rte_mbuf *whole = jn_whole_copy(worker, chain, &why);
    if (whole == NULL)
        lose(worker, chain, why);
    else
        rte_pktmbuf_free(chain);
    return whole;
}

static struct rte_mbuf *
add(struct jn_reassembly *r, struct rte_mbuf *mbuf, const struct jn_packet *packet) {
    uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, packet->l3_offset);
    uint64_t now = rte_rdtsc();
    if (packet->flags & JN_PACKET_IPV6) {
        mbuf->l3_len = IPV6_HEADER + sizeof(struct rte_ipv6_fragment_ext);
        return rte_ipv6_frag_reassemble_packet(r->table, &r->lost, mbuf, now, (void *)ip, (void *)(ip + IPV6_HEADER));
    }
    mbuf->l3_len = (ip[0] & 15u) * 4u;
    return rte_ipv4_frag_reassemble_packet(r->table, &r->lost, mbuf, now, (void *)ip);
}

// The library reads what it finds: a fragment header right behind the fixed one, and lengths within the buffer.
static bool
is_sound(const struct rte_mbuf *mbuf, const struct jn_packet *packet) {
    const uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, packet->l3_offset);
    bool v6 = packet->flags & JN_PACKET_IPV6;
    uint32_t header = v6 ? IPV6_HEADER + 8 : (ip[0] & 15u) * 4u;
    return packet->notices == 0 && packet->ip_length > header &&
           packet->l3_offset + packet->ip_length <= rte_pktmbuf_data_len(mbuf) && (!v6 || ip[6] == FRAGMENT_HEADER);
}

struct rte_mbuf *
jn_reassembly_add(struct jn_worker *worker, struct rte_mbuf *mbuf, const struct jn_packet *packet) {
    const struct jn_network *network = network_of(worker, packet->address[0], packet->flags & JN_PACKET_IPV6);
    mbuf->l2_len = packet->l3_offset;
    if (network == NULL) {
        jn_count(&worker->underlay.counters->ignored_tunnel, 1);
        rte_pktmbuf_free(mbuf);
        return NULL;
    }
    if (mbuf->nb_segs != 1) {
        mbuf = jn_in_one_piece(worker, mbuf);
        if (mbuf == NULL)
            return NULL;
        mbuf->l2_len = packet->l3_offset;
    }
    if (!is_sound(mbuf, packet)) {
        jn_gate_lose(worker, network->slot, JN_GATE_LOST_OUTER_FRAGMENT, mbuf);
        return NULL;
    }
    struct rte_mbuf *chain = add(worker->redirect.reassembly, mbuf, packet);
    lose_row(worker);
    if (chain == NULL)
        return NULL;
    jn_count(&worker->redirect.counters[network->slot].reassembled, 1);
    write_checksum(chain);
    return jn_in_one_piece(worker, chain);
}

void
jn_reassembly_expire(struct jn_worker *worker) {
    struct jn_reassembly *r = worker->redirect.reassembly;
    uint64_t now = rte_rdtsc();
    if (now - r->looked < rte_get_tsc_hz() / 10)
        return;
    r->looked = now;
    rte_ip_frag_table_del_expired_entries(r->table, &r->lost, now);
    if (r->lost.cnt != 0)
        lose_row(worker);
}
