// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream.h"

// TPACKET_V2, a slot a frame: V3 would hold frames back until a block is full or a millisecond has passed.
enum { SLOT = 256, SLOTS = 32768, BLOCK = 1 << 20 };

static int
enter(const char *netns) {
    char path[300];
    snprintf(path, sizeof(path), "/run/netns/%s", netns);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) {
        fprintf(stderr, "stream: namespace %s: %s\n", netns, strerror(errno));
        return -1;
    }
    close(fd);
    return 0;
}

static int
configure(int fd) {
    const int on = 1, version = TPACKET_V2;
    const struct tpacket_req ring = {
        .tp_block_size = BLOCK, .tp_block_nr = SLOT * SLOTS / BLOCK, .tp_frame_size = SLOT, .tp_frame_nr = SLOTS};
    if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)) != 0)
        return -1;
    return 0;
}

int
stream_open(struct stream_end *end, const char *netns, const char *interface) {
    if (netns != NULL && enter(netns) != 0)
        return -1;
    end->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(interface)};
    if (end->fd < 0 || address.sll_ifindex == 0 || configure(end->fd) != 0) {
        fprintf(stderr, "stream: interface %s: %s\n", interface, strerror(errno));
        return -1;
    }
    end->ring = mmap(NULL, (size_t)SLOT * SLOTS, PROT_READ | PROT_WRITE, MAP_SHARED, end->fd, 0);
    end->next = 0;
    if (end->ring == MAP_FAILED || bind(end->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        fprintf(stderr, "stream: interface %s: %s\n", interface, strerror(errno));
        return -1;
    }
    return 0;
}

const uint8_t *
stream_receive(struct stream_end *end, size_t *length, int *vlan) {
    struct tpacket2_hdr *header = (void *)(end->ring + (size_t)SLOT * end->next);
    if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
        return NULL;
    *length = header->tp_snaplen;
    *vlan = header->tp_status & TP_STATUS_VLAN_VALID ? header->tp_vlan_tci : -1;
    return (const uint8_t *)header + header->tp_mac;
}

void
stream_release(struct stream_end *end) {
    struct tpacket2_hdr *header = (void *)(end->ring + (size_t)SLOT * end->next);
    __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    end->next = (end->next + 1) % SLOTS;
}

uint64_t
stream_overrun(struct stream_end *end) {
    struct tpacket_stats stats = {0};
    socklen_t size = sizeof(stats);
    if (getsockopt(end->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) != 0)
        return 0;
    return stats.tp_drops;
}
