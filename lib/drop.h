// SPDX-License-Identifier: BSD-3-Clause
// Every way in which a packet or copy is lost, or passes without being understood, has one name here.
// The list gives the enum, the counter, the metric's label and the word that junctionctl shows.
#pragma once

#include <stdint.h>

// X(enumerator, word, explanation). A `drop` never leaves the box; a `notice` is forwarded all the same.
#define JN_DROPS(X)                                                                                                    \
    X(POLICY, "policy", "a rule with the action drop matched the flow")                                                \
    X(NO_WIRE, "no_wire", "received on a port that belongs to no wire")                                                \
    X(TX_FULL, "tx_full", "the transmit queue did not take the frame")                                                 \
    X(TOO_LONG, "too_long", "longer than the buffers of the transmit port, or in pieces that it cannot send")          \
    X(TX_DOWN, "tx_down", "the transmit port is down or gone")                                                         \
    X(STOPPED, "stopped", "still on its way through Junction when it was stopped")                                     \
    X(HANDOVER_FULL, "handover_full", "the ring to the worker that owns the flow was full")                            \
    X(GATE, "gate", "to or from a virtual network, for a reason that show gate names")

#define JN_NOTICES(X)                                                                                                  \
    X(NO_VPG, "no_vpg", "the frame belongs to no VPG; forwarded unseen")                                               \
    X(NON_IP, "non_ip", "not IP (ARP, LLDP, ...); forwarded")                                                          \
    X(L2_TRUNCATED, "l2_truncated", "frame ends inside its link-layer headers")                                        \
    X(TAGS_TOO_DEEP, "tags_too_deep", "more VLAN tags or MPLS labels than are looked through")                         \
    X(MPLS_NOT_IP, "mpls_not_ip", "MPLS payload that is neither IPv4 nor IPv6")                                        \
    X(IP_BAD_VERSION, "ip_bad_version", "EtherType and IP version disagree")                                           \
    X(IP_TRUNCATED, "ip_truncated", "frame ends inside the IP header")                                                 \
    X(IP_BAD_IHL, "ip_bad_ihl", "IPv4 header length under 20 or beyond the total length")                              \
    X(IP_BAD_LENGTH, "ip_bad_length", "IP length longer than the frame or shorter than its header")                    \
    X(EXT_TRUNCATED, "ext_truncated", "frame ends inside an IPv6 extension header")                                    \
    X(EXT_TOO_MANY, "ext_too_many", "more IPv6 extension headers than are looked through")                             \
    X(L4_TRUNCATED, "l4_truncated", "frame ends inside the transport header")                                          \
    X(FRAG_ORPHAN, "frag_orphan", "later fragment whose first one was never seen")                                     \
    X(FRAG_ZERO, "frag_zero", "fragment without payload")                                                              \
    X(FRAG_TABLE_FULL, "frag_table_full", "fragment table full: the oldest datagram was forgotten")                    \
    X(FLOW_TABLE_FULL, "flow_table_full", "flow table full: the oldest flow of the bucket was reported and left")      \
    X(OWN_TUNNEL, "own_tunnel", "Junction's own tunnel traffic on a wire: forwarded, not mirrored again")              \
    X(RECORD_LOST, "record_lost", "record ring full: a flow record was lost")                                          \
    X(BYPASSED, "bypassed", "to be redirected, and forwarded directly as on_failure says")

enum jn_drop {
#define X(e, w, t) JN_DROP_##e,
    JN_DROPS(X)
#undef X
        JN_DROP_COUNT
};

enum jn_notice {
#define X(e, w, t) JN_NOTICE_##e,
    JN_NOTICES(X)
#undef X
        JN_NOTICE_COUNT
};

static inline const char *
jn_drop_word(unsigned int reason) {
    static const char *const words[] = {
#define X(e, w, t) w,
        JN_DROPS(X)
#undef X
    };
    return reason < JN_DROP_COUNT ? words[reason] : "unknown";
}

static inline const char *
jn_notice_word(unsigned int reason) {
    static const char *const words[] = {
#define X(e, w, t) w,
        JN_NOTICES(X)
#undef X
    };
    return reason < JN_NOTICE_COUNT ? words[reason] : "unknown";
}
