// SPDX-License-Identifier: BSD-3-Clause
// generator [EAL OPTION...]: sends the frames of captures by the first two ports and counts what comes in by them, as
// commands on its standard input say (commands.c). It is what generator.lua gives the scenarios instead of Pktgen.
#include <poll.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <stdio.h>
#include <unistd.h>

#include "generator.h"

enum { BUFFERS = 32767, RING = 16384, IDLE_US = 50 };
#define STAMP_MAGIC UINT64_C(0x4a4e5354414d5031)

struct stamp {
    uint64_t magic, cycles;
};
enum { STAMP_AT = 42 }; // behind the headers of UDP over IPv4

struct port ports[PORTS];

static int
open_port(uint16_t number) {
    const struct rte_eth_conf configuration = {0};
    char name[16];
    snprintf(name, sizeof(name), "port%u", number);
    ports[number].pool = rte_pktmbuf_pool_create(name, BUFFERS, 256, 0, 2048 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
    if (ports[number].pool == NULL || rte_eth_dev_configure(number, 1, 1, &configuration) != 0 ||
        rte_eth_rx_queue_setup(number, 0, RING, SOCKET_ID_ANY, NULL, ports[number].pool) != 0 ||
        rte_eth_tx_queue_setup(number, 0, RING, SOCKET_ID_ANY, NULL) != 0)
        return -1;
    rte_eth_promiscuous_enable(number);
    return rte_eth_dev_start(number);
}

static void
count_received(struct port *port, const struct rte_mbuf *mbuf) {
    const uint32_t size = mbuf->pkt_len + 4; // with the checksum, as sizes are said
    struct stamp stamp;
    port->sizes[size <= 64 ? 0 : size <= 127 ? 1 : size <= 255 ? 2 : size <= 511 ? 3 : size <= 1023 ? 4 : 5]++;
    if (port->sample_room == 0 || mbuf->data_len < STAMP_AT + sizeof(stamp))
        return;
    memcpy(&stamp, rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, STAMP_AT), sizeof(stamp));
    if (stamp.magic == STAMP_MAGIC && port->sample_count < port->sample_room)
        port->samples[port->sample_count++] = (rte_rdtsc() - stamp.cycles) * 1000000000 / rte_get_tsc_hz();
}

static uint16_t
receive(uint16_t number) {
    struct rte_mbuf *mbufs[BURST];
    struct port *port = &ports[number];
    const uint16_t count = rte_eth_rx_burst(number, 0, mbufs, BURST);
    port->received += count;
    for (uint16_t i = 0; i < count; i++)
        count_received(port, mbufs[i]);
    rte_pktmbuf_free_bulk(mbufs, count);
    return count;
}

// How many are due: by count, and by rate since the start.
static uint16_t
due(const struct port *port, uint64_t now) {
    uint64_t count = port->burst;
    if (port->until != 0 && port->until - port->sent < count)
        count = port->until - port->sent;
    if (port->pps > 0) {
        const double should = (double)(now - port->begin) * port->pps / (double)rte_get_tsc_hz();
        const double waiting = should - (double)(port->offered - port->offered_before);
        count = waiting < 1 ? 0 : RTE_MIN(count, (uint64_t)waiting);
    }
    return (uint16_t)count;
}

static struct rte_mbuf *
make(struct port *port, uint64_t now) {
    const struct frame *frame = &port->frames[port->next];
    struct rte_mbuf *mbuf = rte_pktmbuf_alloc(port->pool);
    if (mbuf == NULL)
        return NULL;
    uint8_t *data = (uint8_t *)rte_pktmbuf_append(mbuf, frame->length);
    memcpy(data, port->bytes + frame->at, frame->length);
    if (port->stamp_every != 0 && now >= port->next_stamp && frame->length >= STAMP_AT + sizeof(struct stamp)) {
        const struct stamp stamp = {STAMP_MAGIC, rte_rdtsc()};
        memcpy(data + STAMP_AT, &stamp, sizeof(stamp));
        port->next_stamp = now + port->stamp_every;
    }
    port->next = (port->next + 1) % port->frame_count;
    return mbuf;
}

// What the ring does not take is offered again when a number of frames is to be sent, and given up when a rate is.
static uint16_t
transmit(uint16_t number) {
    struct port *port = &ports[number];
    struct rte_mbuf *mbufs[BURST];
    uint16_t count = 0, sent;
    const uint64_t now = rte_rdtsc();
    if (!port->sending)
        return 0;
    const uint16_t wanted = due(port, now);
    const uint32_t first = port->next;
    while (count < wanted && (mbufs[count] = make(port, now)) != NULL)
        count++;
    sent = rte_eth_tx_burst(number, 0, mbufs, count);
    rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
    port->sent += sent;
    port->offered += count;
    if (port->until != 0) {
        port->offered -= count - sent;
        port->next = (first + sent) % port->frame_count;
        port->sending = port->sent < port->until;
    } else {
        port->failed += count - sent;
    }
    return sent;
}

int
main(int argc, char **argv) {
    struct pollfd commands = {.fd = STDIN_FILENO, .events = POLLIN};
    if (rte_eal_init(argc, argv) < 0 || open_port(0) != 0 || open_port(1) != 0) {
        fprintf(stderr, "generator: expected EAL options with two devices: %s\n", rte_strerror(rte_errno));
        return 1;
    }
    for (unsigned int round = 0;; round++) {
        uint32_t done = 0;
        for (uint16_t port = 0; port < PORTS; port++)
            done += receive(port) + transmit(port);
        if ((done == 0 || round % 64 == 0) && poll(&commands, 1, 0) > 0 && !take_command())
            return 0;
        if (done == 0)
            usleep(IDLE_US);
    }
}
