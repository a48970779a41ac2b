// SPDX-License-Identifier: BSD-3-Clause
// DPDK 22.11 has the call that ends what has waited too long as an experimental one; later it is stable.
#define ALLOW_EXPERIMENTAL_API
#include "tunnel/reassembly.h"

#include <rte_cycles.h>
#include <rte_ip_frag.h>
#include <rte_mbuf.h>

#include "packet/checksum.h"
#include "packet/ip.h"
#include "packet/packet.h"

enum { BUCKETS = 64, WAYS = 4, PACKETS = BUCKETS * WAYS, WAIT_MS = 1000, LOOK_NS = 100000000 };

struct jn_reassembly {
    struct rte_ip_frag_tbl *table;
    struct rte_ip_frag_death_row lost;
    uint64_t looked_ns; // steady, when expiry was last looked for
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

struct rte_mbuf *
jn_reassembly_next_lost(struct jn_reassembly *r) {
    return r->lost.cnt != 0 ? r->lost.row[--r->lost.cnt] : NULL;
}

// The library leaves the IPv4 checksum to the NIC; here the packet may still be looked at by another worker.
static void
write_checksum(struct rte_mbuf *mbuf) {
    uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, mbuf->l2_len);
    if (jn_ip_family(ip) != 4)
        return;
    jn_put_be16(ip + 10, 0);
    jn_put_be16(ip + 10, jn_checksum(ip, jn_ip_header_length(ip)));
}

// The library reads what it finds: a fragment header right behind the fixed one, and lengths within the buffer.
bool
jn_reassembly_takes(const struct rte_mbuf *mbuf, const struct jn_packet *packet) {
    const uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, packet->l3_offset);
    bool v6 = packet->flags & JN_PACKET_IPV6;
    uint32_t header = jn_ip_header_length(ip) + (v6 ? JN_IPV6_FRAGMENT_BYTES : 0);
    return packet->exceptions == 0 && packet->ip_length > header &&
           packet->l3_offset + packet->ip_length <= rte_pktmbuf_data_len(mbuf) && (!v6 || ip[6] == JN_IP_FRAGMENT);
}

struct rte_mbuf *
jn_reassembly_add(struct jn_reassembly *r, struct rte_mbuf *mbuf, const struct jn_packet *packet) {
    uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, packet->l3_offset);
    uint64_t now = rte_rdtsc();
    struct rte_mbuf *whole;
    if (packet->flags & JN_PACKET_IPV6) {
        mbuf->l3_len = JN_IPV6_BYTES + sizeof(struct rte_ipv6_fragment_ext);
        whole =
            rte_ipv6_frag_reassemble_packet(r->table, &r->lost, mbuf, now, (void *)ip, (void *)(ip + JN_IPV6_BYTES));
    } else {
        mbuf->l3_len = jn_ip_header_length(ip);
        whole = rte_ipv4_frag_reassemble_packet(r->table, &r->lost, mbuf, now, (void *)ip);
    }
    if (whole != NULL)
        write_checksum(whole);
    return whole;
}

void
jn_reassembly_expire(struct jn_reassembly *r, uint64_t steady_ns) {
    if (steady_ns - r->looked_ns < LOOK_NS)
        return;
    r->looked_ns = steady_ns;
    rte_ip_frag_table_del_expired_entries(r->table, &r->lost, rte_rdtsc());
}
