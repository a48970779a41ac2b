// SPDX-License-Identifier: BSD-3-Clause
// The entries of neighbours: opened and let go by the main thread, told by the engine what was heard of them.
#pragma once

#include "underlay/underlay.h"

struct jn_underlay_path;
struct underlay_frame;

// Main thread: the index of the path's next hop in the table. If it is not there, it is entered as INCOMPLETE in the
// lowest free entry. -ENOSPC when none is free.
int jn_neighbour_open(struct jn_neighbour *neighbours, uint32_t count, const struct jn_underlay_path *path);

// Main thread: free an entry. It may be opened again for another next hop only after every worker has finished a round
// (its acknowledgement of a policy says so): a worker may still be writing to it.
void jn_neighbour_close(struct jn_neighbour *neighbour);

// The neighbour of that address on the link that the frame came by. NULL: none.
struct jn_neighbour *jn_underlay_find(struct jn_underlay *u, const struct underlay_frame *f, uint8_t family,
                                      const uint8_t *address);

// A neighbour said where it is; confirmed: in answer to us, which shows that it hears us too (RFC 4861 7.3.1).
void jn_underlay_heard(struct jn_neighbour *n, const uint8_t mac[6], bool confirmed, uint64_t now_ns);

// A frame contradicted the known MAC address (RFC 4861 7.2.5): keep using it, and probe.
void jn_underlay_doubt(struct jn_neighbour *n);

// Age the entry. True: it is to be asked now.
bool jn_underlay_is_due(struct jn_neighbour *n, uint64_t now_ns);
