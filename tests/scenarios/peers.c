// SPDX-License-Identifier: BSD-3-Clause
// peers [EAL OPTION...]: what stands behind the first port, on the other side of Junction's tunnel port. It answers ARP for
// every address but the asker's, takes copies by GRE, and is a gateway that gives back by VXLAN all that it gets. Until it
// is told to end; then it prints what it has seen as JSON.
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "packet/bytes.h"
#include "packet/headers.h"
#include "replay_gateway.h"

enum { BURST = 64, RING = 4096, BUFFERS = 32767, IDLE_US = 50, MAX_PEERS = 16, ARP_BYTES = 28 };
enum { VXLAN_AT = JN_ETHERNET_BYTES + JN_IPV4_BYTES + JN_UDP_BYTES, INNER_AT = VXLAN_AT + 8 };

// Ours on the underlay, and on the virtual network.
static const uint8_t macs[2][6] = {{2, 0, 0, 0, 2, 16}, {2, 0, 0, 0, 3, 16}};

static struct peers {
    uint32_t addresses[MAX_PEERS]; // that copies went to
    uint64_t copies[MAX_PEERS];
    unsigned int count;
    uint64_t arp_replies, probes, returned, other, tx_full; // packets
} seen;
static volatile sig_atomic_t stopping;

static void
on_signal(int number) {
    (void)number;
    stopping = 1;
}

// A request for another address than the asker's becomes its answer, from us.
static bool
answer_arp(uint8_t *frame, uint32_t length, const uint8_t *mac) {
    uint8_t *arp = frame + JN_ETHERNET_BYTES, target[4];
    if (length < JN_ETHERNET_BYTES + ARP_BYTES || jn_be16(frame + 12) != JN_ETHER_ARP || jn_be16(arp + 6) != 1 ||
        memcmp(arp + 14, arp + 24, 4) == 0)
        return false;
    memcpy(target, arp + 24, 4);
    jn_put_be16(arp + 6, 2);
    memcpy(arp + 18, arp + 8, 10); // whom it answers: MAC and address
    jn_put(jn_put(arp + 8, mac, 6), target, 4);
    memcpy(frame, frame + 6, 6);
    memcpy(frame + 6, mac, 6);
    return true;
}

static void
take_copy(uint32_t address) {
    for (unsigned int i = 0; i < seen.count; i++)
        if (seen.addresses[i] == address) {
            seen.copies[i]++;
            return;
        }
    if (seen.count < MAX_PEERS) {
        seen.addresses[seen.count] = address;
        seen.copies[seen.count++] = 1;
    }
}

// Of the virtual network: a probe is answered, an IP packet goes back, anything else ends here.
static bool
answer_vxlan(uint8_t *frame, uint32_t length) {
    uint8_t *inner = frame + INNER_AT;
    if (length < INNER_AT + JN_ETHERNET_BYTES)
        return false;
    if (jn_be16(inner + 12) == JN_ETHER_ARP) {
        uint8_t asker[6];
        memcpy(asker, inner + 6, 6);
        if (!answer_arp(inner, length - INNER_AT, macs[1]) || !jn_replay_reflect(frame, length))
            return false;
        memcpy(inner, asker, 6); // those that were exchanged once more
        memcpy(inner + 6, macs[1], 6);
        seen.probes++;
        return true;
    }
    if (!jn_replay_reflect(frame, length))
        return false;
    seen.returned++;
    return true;
}

// Does it go out again, changed in place?
static bool
answer(uint8_t *frame, uint32_t length) {
    const uint8_t *ip = frame + JN_ETHERNET_BYTES;
    if (answer_arp(frame, length, macs[0])) {
        seen.arp_replies++;
        return true;
    }
    if (length >= INNER_AT && jn_be16(frame + 12) == JN_ETHER_IPV4) {
        if (ip[9] == JN_IP_GRE) {
            take_copy(jn_be32(ip + 16));
            return false;
        }
        if (ip[9] == JN_IP_UDP && answer_vxlan(frame, length))
            return true;
    }
    seen.other++;
    return false;
}

static void
send_all(struct rte_mbuf **mbufs, uint16_t count) {
    uint16_t sent = 0;
    for (unsigned int tries = 0; sent < count && tries < 1000; tries++) {
        sent += rte_eth_tx_burst(0, 0, mbufs + sent, (uint16_t)(count - sent));
        if (sent < count)
            usleep(IDLE_US);
    }
    seen.tx_full += count - sent;
    rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
}

static void
serve(void) {
    struct rte_mbuf *got[BURST], *back[BURST];
    uint16_t count = 0;
    while (!stopping || count != 0) { // what has come by then is still taken
        uint16_t answers = 0;
        count = rte_eth_rx_burst(0, 0, got, BURST);
        for (uint16_t i = 0; i < count; i++) {
            uint8_t *frame = rte_pktmbuf_mtod(got[i], uint8_t *);
            if (got[i]->nb_segs == 1 && answer(frame, got[i]->data_len))
                back[answers++] = got[i];
            else
                rte_pktmbuf_free(got[i]);
        }
        send_all(back, answers);
        if (count == 0)
            usleep(IDLE_US);
    }
}

static int
open_port(void) {
    const struct rte_eth_conf configuration = {0};
    struct rte_mempool *pool =
        rte_pktmbuf_pool_create("peers", BUFFERS, 256, 0, 2048 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
    if (pool == NULL || rte_eth_dev_configure(0, 1, 1, &configuration) != 0 ||
        rte_eth_rx_queue_setup(0, 0, RING, SOCKET_ID_ANY, NULL, pool) != 0 ||
        rte_eth_tx_queue_setup(0, 0, RING, SOCKET_ID_ANY, NULL) != 0)
        return -1;
    rte_eth_promiscuous_enable(0); // where the device has it
    return rte_eth_dev_start(0);
}

int
main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = on_signal};
    if (rte_eal_init(argc, argv) < 0 || open_port() != 0) {
        fprintf(stderr, "peers: expected EAL options with one device\n");
        return 1;
    }
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    serve();
    printf("{\"copies\":{");
    for (unsigned int i = 0; i < seen.count; i++)
        printf("%s\"%u.%u.%u.%u\":%lu", i == 0 ? "" : ",", seen.addresses[i] >> 24, seen.addresses[i] >> 16 & 255,
               seen.addresses[i] >> 8 & 255, seen.addresses[i] & 255, seen.copies[i]);
    printf("},\"arp_replies\":%lu,\"probes\":%lu,\"returned\":%lu,\"other\":%lu,\"tx_full\":%lu}\n", seen.arp_replies,
           seen.probes, seen.returned, seen.other, seen.tx_full);
    return 0;
}
