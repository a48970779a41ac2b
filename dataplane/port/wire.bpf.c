// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// On a wire port every frame goes to Junction, and the interface's own kernel stack sees nothing: without a socket on the
// queue a frame is dropped rather than let through to the host.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "port/tag.bpf.h"

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, 64); // queues
    __type(key, __u32);
    __type(value, __u32);
} xsks_map SEC(".maps"); // the name DPDK's driver looks for

#ifdef JN_TAGS
SEC("xdp")
int
junction_tagged(struct xdp_md *context) {
    if (!put_tag_back(context))
        return XDP_DROP;
    return (int)bpf_redirect_map(&xsks_map, context->rx_queue_index, XDP_DROP);
}
#else
SEC("xdp")
int
junction_wire(struct xdp_md *context) {
    if (!is_to_serve())
        return XDP_DROP;
    return (int)bpf_redirect_map(&xsks_map, context->rx_queue_index, XDP_DROP);
}
#endif

char _license[] SEC("license") = "Dual BSD/GPL";
