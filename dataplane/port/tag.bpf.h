// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// A VLAN tag that the kernel keeps beside the frame, not in it: XDP sees it as metadata alone, and only a program that is
// bound to its device may ask (Linux 6.8). Each program is built twice: without JN_TAGS it loads on every kernel, and DPDK's
// driver attaches it; with JN_TAGS it takes the other's place where it can (port/xdp_tags.h).
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

// Is the program that knows no tags to stay? Until that is told it takes no frame: a tag might be missing.
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} serves SEC(".maps");

static __always_inline int
is_to_serve(void) {
    const __u32 key = 0, *yes = bpf_map_lookup_elem(&serves, &key);
    return yes != 0 && *yes != 0;
}

#ifdef JN_TAGS
extern int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *context, __be16 *protocol, __u16 *tci) __ksym __weak;

struct vlan_tag {
    __be16 protocol, tci;
};

// The tag beside the frame, and whether there is one.
static __always_inline int
tag_beside(const struct xdp_md *context, struct vlan_tag *tag) {
    __u16 tci = 0; // without CAP_PERFMON nothing uninitialised may be handed over
    tag->protocol = tag->tci = 0;
    if (bpf_xdp_metadata_rx_vlan_tag(context, &tag->protocol, &tci) != 0)
        return 0;
    tag->tci = bpf_htons(tci);
    return 1;
}

// Put the tag into the frame, before those that are there. 0: there is no room.
static __always_inline int
insert_tag(struct xdp_md *context, const struct vlan_tag *tag) {
    struct {
        __u8 addresses[2 * ETH_ALEN];
        struct vlan_tag tag;
    } __attribute__((packed)) * to;
    __u8 addresses[2 * ETH_ALEN];
    void *data = (void *)(long)context->data;
    if (data + sizeof(addresses) > (void *)(long)context->data_end)
        return 0;
    __builtin_memcpy(addresses, data, sizeof(addresses));
    if (bpf_xdp_adjust_head(context, -(int)sizeof(*tag)) != 0)
        return 0;
    to = (void *)(long)context->data;
    if ((void *)(to + 1) > (void *)(long)context->data_end)
        return 0;
    __builtin_memcpy(to->addresses, addresses, sizeof(addresses));
    to->tag = *tag;
    return 1;
}

static __always_inline int
put_tag_back(struct xdp_md *context) {
    struct vlan_tag tag;
    return !tag_beside(context, &tag) || insert_tag(context, &tag);
}
#endif
