// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_offloads.h"

#include <rte_ethdev.h>

#include "sizes.h"

// Chains of buffers, received or sent, take drivers off their vector paths (ixgbe, i40e and ice take the simple transmit
// path only without any offload but MBUF_FAST_FREE): they are asked for where a frame is longer than a buffer. A frame that
// long can leave by such a port alone, so that its transmit side needs them exactly then, too. What still comes in pieces to a
// port that cannot send them is put together (core/tx.c).
//
// MBUF_FAST_FREE is never asked for. It promises that all frames of a queue are of one pool, with one reference each. A
// wire's queue has those of its other port, Junction's answers from their own pool, and what returns from the gateway by the
// tunnel port's; a tunnel port's has everybody's, and jumbo copies that share their original's bytes. Addresses, and with
// them tunnels, may be given to a port while it runs; a port that returns may have another pool while the queue still holds
// buffers of the one before. ixgbe would put all of them into the first one's pool. Without it ixgbe's and i40e's vector
// paths look at each buffer's count and pool, which are in a cache line that was read to send it.
struct jn_port_offloads
jn_port_choose_offloads(uint16_t mtu, const struct jn_port_offloads *capabilities) {
    if (!jn_sizes_is_jumbo(mtu))
        return (struct jn_port_offloads){0, 0};
    return (struct jn_port_offloads){.rx = capabilities->rx & RTE_ETH_RX_OFFLOAD_SCATTER,
                                     .tx = capabilities->tx & RTE_ETH_TX_OFFLOAD_MULTI_SEGS};
}
