// SPDX-License-Identifier: BSD-3-Clause
// Outer packets that come in fragments, made whole by DPDK's IP fragmentation library within fixed bounds: so many packets
// at once, so many fragments of each, so long.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct jn_packet;
struct jn_reassembly;
struct rte_mbuf;

// One worker's; all its memory at once. NULL when there is none.
struct jn_reassembly *jn_reassembly_make(void);
void jn_reassembly_free(struct jn_reassembly *reassembly);

// Can it be a part of a packet? mbuf: an Ethernet frame in one piece; packet: what jn_parse_frame found in it.
bool jn_reassembly_takes(const struct rte_mbuf *mbuf, const struct jn_packet *packet);

// Take a fragment that jn_reassembly_takes. Returns the whole frame, a chain of buffers, once all have come, else NULL.
struct rte_mbuf *jn_reassembly_add(struct jn_reassembly *reassembly, struct rte_mbuf *mbuf,
                                   const struct jn_packet *packet);

// Give up what has waited too long; looked for ten times a second. Called every round, with the worker's steady time.
void jn_reassembly_expire(struct jn_reassembly *reassembly, uint64_t steady_ns);

// A fragment that was given up, now the caller's; NULL: no more. After every call of the two above, until it is NULL.
// mbuf->l2_len tells where its IP header begins.
struct rte_mbuf *jn_reassembly_next_lost(struct jn_reassembly *reassembly);
