// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// For tc: a sender's kernel adds VLAN 100, or takes a tag away; either way the tag stands beside the frame, not in it. And an
// XDP program that is not Junction's.
//     tc filter add dev eth0 egress bpf da obj tags.bpf.o sec tc/push
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define VLAN 100

SEC("tc/push")
int
push_tag(struct __sk_buff *frame) {
    bpf_skb_vlan_push(frame, bpf_htons(ETH_P_8021Q), VLAN);
    return TC_ACT_OK;
}

// Two tags: the outer one of IEEE 802.1ad.
SEC("tc/push2")
int
push_tags(struct __sk_buff *frame) {
    bpf_skb_vlan_push(frame, bpf_htons(ETH_P_8021Q), VLAN + 1);
    bpf_skb_vlan_push(frame, bpf_htons(ETH_P_8021AD), VLAN);
    return TC_ACT_OK;
}

SEC("tc/pop")
int
pop_tags(struct __sk_buff *frame) {
    if (frame->vlan_present)
        bpf_skb_vlan_pop(frame);
    if (frame->vlan_present)
        bpf_skb_vlan_pop(frame);
    return TC_ACT_OK;
}

SEC("xdp")
int
somebody_elses(struct xdp_md *frame) {
    (void)frame;
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
