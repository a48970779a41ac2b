// SPDX-License-Identifier: BSD-3-Clause
// What a device's hash can do for the workers, and what it is asked for. Pure: from what its driver tells alone.
#pragma once

#include <rte_ethdev.h>

#include "packet/owner.h"

// What it can hash alike for both directions of a flow. JN_OWNER_KEYED: nothing. JN_OWNER_PORTS: it knows TCP and UDP with
// their ports only.
enum jn_owner_hash jn_port_rss_of(const struct rte_eth_dev_info *info);

// The types (RTE_ETH_RSS_...) that make it hash so; 0 if it cannot.
uint64_t jn_port_rss_types(const struct rte_eth_dev_info *info, enum jn_owner_hash hash);

// Bytes of its key.
uint8_t jn_port_rss_key_bytes(const struct rte_eth_dev_info *info);

// Do the types that its driver reads back mean the same hash as those asked for?
bool jn_port_rss_is_same(uint64_t asked, uint64_t told);

// How many queue pairs to ask it for first: at most one a worker; one where its hash is of no use.
unsigned int jn_port_rss_queues(const struct rte_eth_dev_info *info, unsigned int workers);

// The next lower count after a refusal: a power of two; 0 after one.
unsigned int jn_port_rss_fewer(unsigned int queues);
