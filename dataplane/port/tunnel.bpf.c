// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// On a tunnel port that is no wire's, Junction shares the interface with the host: ARP and neighbour discovery for
// Junction's own underlay addresses, and GRE, VXLAN and ICMP to them, go to Junction; all else goes on to the kernel.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "port/tag.bpf.h"

#define VXLAN_PORT 4789
#define OWN_MAX    64

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, __u32);
} xsks_map SEC(".maps"); // the name DPDK's driver looks for

// Filled by the dataplane with each policy. IPv4 addresses stand in the last four bytes, behind zeros.
struct own_address {
    __u8 bytes[16];
};
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, OWN_MAX);
    __type(key, struct own_address);
    __type(value, __u8);
} own_addresses SEC(".maps");

static __always_inline int
is_own(const struct own_address *address) {
    return bpf_map_lookup_elem(&own_addresses, address) != 0;
}

static __always_inline int
is_own4(const void *bytes) {
    struct own_address address = {};
    __builtin_memcpy(address.bytes + 12, bytes, 4);
    return is_own(&address);
}

static __always_inline int
is_own6(const void *bytes) {
    struct own_address address;
    __builtin_memcpy(address.bytes, bytes, 16);
    return is_own(&address);
}

static __always_inline int
is_ours(__u8 protocol, const void *transport, const void *end) {
    const struct udphdr *udp = transport;
    if (protocol == IPPROTO_GRE || protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
        return 1;
    return protocol == IPPROTO_UDP && (const void *)(udp + 1) <= end && udp->dest == bpf_htons(VXLAN_PORT);
}

static __always_inline int
is_ours4(const void *l3, const void *end) {
    const struct iphdr *ip = l3;
    if ((const void *)(ip + 1) > end || !is_own4(&ip->daddr))
        return 0;
    // Of a later fragment the port is not there to look at. Behind options it is where a program that is loaded without
    // CAP_PERFMON, as for an interface that returns, may not look; the address is nobody else's.
    return (ip->frag_off & bpf_htons(0x1fff)) || ip->ihl != 5 || is_ours(ip->protocol, ip + 1, end);
}

// The target of a solicitation, or whom an advertisement is about, is for the engine to look at; both may be multicast.
static __always_inline int
is_ours6(const void *l3, const void *end) {
    const struct ipv6hdr *ip = l3;
    const __u8 *icmp = (const void *)(ip + 1);
    if ((const void *)(ip + 1) > end)
        return 0;
    if (is_own6(&ip->daddr))
        return is_ours(ip->nexthdr, icmp, end) || ip->nexthdr == IPPROTO_FRAGMENT;
    if (ip->nexthdr != IPPROTO_ICMPV6 || ip->daddr.in6_u.u6_addr8[0] != 0xff || (const void *)(icmp + 24) > end)
        return 0;
    return icmp[0] == 135 && is_own6(icmp + 8);
}

// Requests for, and answers to, our addresses. A gratuitous ARP of a next hop is the kernel's as well: it passes, and the
// engine learns by its own next request.
static __always_inline int
is_our_arp(const void *l3, const void *end) {
    const __u8 *arp = l3;
    if ((const void *)(arp + 28) > end)
        return 0;
    return is_own4(arp + 24);
}

static __always_inline int
is_ours_of_type(__be16 type, const void *l3, const void *end) {
    if (type == bpf_htons(ETH_P_ARP))
        return is_our_arp(l3, end);
    if (type == bpf_htons(ETH_P_IP))
        return is_ours4(l3, end);
    return type == bpf_htons(ETH_P_IPV6) && is_ours6(l3, end);
}

// A frame behind one VLAN tag at most. beside: one is kept beside it.
static __always_inline int
is_for_junction(const struct xdp_md *context, int beside) {
    const void *data = (const void *)(long)context->data, *end = (const void *)(long)context->data_end;
    const struct ethhdr *ethernet = data;
    const void *l3 = ethernet + 1;
    if (l3 > end)
        return 0;
    __be16 type = ethernet->h_proto;
    if (type == bpf_htons(ETH_P_8021Q) && !beside) {
        const __be16 *tag = l3;
        if ((const void *)(tag + 2) > end)
            return 0;
        type = tag[1];
        l3 = tag + 2;
    }
    return is_ours_of_type(type, l3, end);
}

#ifdef JN_TAGS
// What goes on to the kernel keeps its tag beside it.
SEC("xdp")
int
junction_tagged(struct xdp_md *context) {
    struct vlan_tag tag;
    __u32 queue = context->rx_queue_index;
    int beside = tag_beside(context, &tag);
    if (!is_for_junction(context, beside) || bpf_map_lookup_elem(&xsks_map, &queue) == 0)
        return XDP_PASS;
    if (beside && !insert_tag(context, &tag))
        return XDP_DROP;
    return (int)bpf_redirect_map(&xsks_map, context->rx_queue_index, XDP_DROP);
}
#else
SEC("xdp")
int
junction_tunnel(struct xdp_md *context) {
    if (!is_to_serve() || !is_for_junction(context, 0))
        return XDP_PASS;
    return (int)bpf_redirect_map(&xsks_map, context->rx_queue_index, XDP_PASS);
}
#endif

char _license[] SEC("license") = "Dual BSD/GPL";
