// SPDX-License-Identifier: BSD-3-Clause
#include "bench_sweep.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "bench_notes.h"
#include "bench_pace.h"
#include "packet/owner.h"
#include "packet/parse.h"

enum { HEAD = 64, MOST_SIZES = 16, MOST_QUEUES = 8, ORDERS = 8, ETHERNET = 12 };
enum { IPV4_LENGTH = 2, IPV4_CHECKSUM = 10, IPV4_SOURCE = 12, IPV4_DESTINATION = 16, IPV6_LENGTH = 4 };

// One for each length of frame: all that is the same in each flow's frame.
struct template {
    uint8_t head[HEAD];
    uint16_t length;
    uint32_t sum; // of the IPv4 header, without source and destination
};

// Of one queue.
struct sweep {
    const uint32_t *dealt;              // the flows of this queue, or NULL: there is one queue, and it has all
    uint32_t flows, flow, stride, left; // left: of this pass
    uint32_t order, size;
    unsigned int address, ports; // where they are; address: the low 32 bits of the source
    bool ipv6, paced;
    uint32_t strides[ORDERS];
    unsigned int sizes;
    struct template templates[MOST_SIZES];
} __rte_cache_aligned;

static struct sweep sweeps[MOST_QUEUES];
static unsigned int used;

static inline void
put16(uint8_t *at, uint16_t value) {
    value = rte_cpu_to_be_16(value);
    memcpy(at, &value, sizeof(value));
}

static inline void
put32(uint8_t *at, uint32_t value) {
    value = rte_cpu_to_be_32(value);
    memcpy(at, &value, sizeof(value));
}

static inline uint16_t
fold(uint32_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

// Four flows an address of 10.128.0.0/9 or fd00:80::/32, to 65536 destinations.
static inline void
write_frame(const struct sweep *sweep, const struct template *template, uint32_t flow, uint8_t *frame) {
    uint32_t source = 0x0a800000 + flow / 4, destination = 0xc6120000 + (flow * 7 & 0xffff);
    rte_memcpy(frame, template->head, HEAD);
    uint8_t *address = frame + sweep->address;
    put32(address, source);
    put16(frame + sweep->ports, (uint16_t)(10000 + flow % 4 * 1000));
    if (sweep->ipv6) {
        put32(address + 16, destination);
        return;
    }
    put32(address + 4, destination);
    uint32_t sum = template->sum + (source >> 16) + (source & 0xffff) + (destination >> 16) + (destination & 0xffff);
    put16(address - IPV4_SOURCE + IPV4_CHECKSUM, fold(sum));
}

// A table has the flows side by side in the order of the first pass, which so is no later one's.
static inline uint32_t
next_flow(struct sweep *sweep) {
    if (unlikely(sweep->left == 0)) {
        sweep->left = sweep->flows;
        sweep->stride = sweep->strides[1 + sweep->order++ % (ORDERS - 1)];
    }
    sweep->left--;
    sweep->flow += sweep->stride;
    if (sweep->flow >= sweep->flows)
        sweep->flow -= sweep->flows;
    return sweep->dealt != NULL ? sweep->dealt[sweep->flow] : sweep->flow;
}

static uint16_t
receive(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, uint16_t most, void *context) {
    struct sweep *sweep = context;
    (void)port, (void)queue, (void)most;
    if (sweep->paced && atomic_load_explicit(&bench_notes->rate, memory_order_relaxed) != 0 && count > 0) {
        uint16_t arrived = bench_pace_arrived(mbufs, count);
        if (arrived < count)
            rte_pktmbuf_free_bulk(mbufs + arrived, (unsigned int)(count - arrived));
        count = arrived;
    }
    for (uint16_t i = 0; i < count; i++) {
        const struct template *template = &sweep->templates[sweep->size];
        if (++sweep->size == sweep->sizes)
            sweep->size = 0;
        if (i + 2 < count)
            __builtin_prefetch(rte_pktmbuf_mtod(mbufs[i + 2], void *), 1);
        write_frame(sweep, template, next_flow(sweep), rte_pktmbuf_mtod(mbufs[i], uint8_t *));
        mbufs[i]->data_len = template->length;
        mbufs[i]->pkt_len = template->length;
    }
    return count;
}

static uint32_t
common_divisor(uint32_t a, uint32_t b) {
    return b == 0 ? a : common_divisor(b, a % b);
}

// Steps that come by every flow once: none of them divides the flows.
static void
choose_orders(struct sweep *sweep) {
    static const double shares[ORDERS] = {0.618, 0.414, 0.732, 0.236, 0.646, 0.317, 0.872, 0.162};
    for (unsigned int i = 0; i < ORDERS; i++) {
        uint32_t stride = (uint32_t)(shares[i] * sweep->flows) | 1;
        while (sweep->flows > 1 && common_divisor(stride, sweep->flows) != 1)
            stride++;
        sweep->strides[i] = stride % sweep->flows;
    }
    sweep->left = sweep->flows;
    sweep->stride = sweep->strides[0];
}

static void
make_template(struct sweep *sweep, struct template *template, bool tagged, uint16_t length) {
    static const uint8_t ethernet[ETHERNET] = {2, 0, 0, 0, 0, 0x0b, 2, 0, 0, 0, 0, 0x0a};
    uint8_t *head = template->head, *p = head + ETHERNET;
    memcpy(head, ethernet, ETHERNET);
    template->length = length;
    if (tagged) {
        put32(p, 0x81000005);
        p += 4;
    }
    put16(p, sweep->ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
    p += 2;
    uint16_t rest = (uint16_t)(length - (p - head)), header = sweep->ipv6 ? 40 : 20;
    if (sweep->ipv6) {
        memcpy(p, (const uint8_t[]){0x60, 0, 0, 0, 0, 0, 17, 64, 0xfd, 0, 0, 0x80}, 12);
        put16(p + IPV6_LENGTH, (uint16_t)(rest - header));
        memcpy(p + 24, (const uint8_t[]){0x20, 1, 0x0d, 0xb8}, 4);
        sweep->address = (unsigned int)(p - head) + 20;
    } else {
        memcpy(p, (const uint8_t[]){0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17}, 10);
        put16(p + IPV4_LENGTH, rest);
        template->sum = 0x4500u + rest + (64 << 8) + 17;
        sweep->address = (unsigned int)(p - head) + IPV4_SOURCE;
    }
    p += header;
    sweep->ports = (unsigned int)(p - head);
    put16(p + 2, 53);
    memset(p + 4, 0, (size_t)(head + HEAD - p) - 4);
    put16(p + 4, (uint16_t)(rest - header)); // and no checksum: of IPv6, as in a tunnel (RFC 6935)
}

// KIND:FLOWS:SIZES.
static bool
parse(struct sweep *sweep, const char *text) {
    char kind[8];
    int length = 0;
    if (sscanf(text, "%7[a-z0-9]:%u:%n", kind, &sweep->flows, &length) != 2 || length == 0 || sweep->flows == 0)
        return false;
    sweep->ipv6 = strcmp(kind, "ipv6") == 0;
    bool tagged = strcmp(kind, "vlan") == 0;
    if (!sweep->ipv6 && !tagged && strcmp(kind, "ipv4") != 0)
        return false;
    for (const char *at = text + length; sweep->sizes < MOST_SIZES; at++) {
        char *end;
        unsigned long size = strtoul(at, &end, 10);
        if (end == at || size < 60 || size > 1518)
            return false;
        make_template(sweep, &sweep->templates[sweep->sizes++], tagged, (uint16_t)size);
        at = end;
        if (*at != ',')
            return *at == '\0';
    }
    return false;
}

// The queue that gets the flow, as a NIC deals them out that Junction has told how.
static unsigned int
queue_of(const struct sweep *sweep, const struct jn_owners *owners, uint32_t flow) {
    uint8_t frame[HEAD];
    struct jn_packet packet;
    write_frame(sweep, &sweep->templates[0], flow, frame);
    jn_parse_frame(frame, HEAD, sweep->templates[0].length, JN_LINKTYPE_ETHERNET, &packet);
    return jn_owner(owners, &packet);
}

static void
deal(struct sweep *sweep, unsigned int queue, unsigned int queues, unsigned int entries) {
    static struct jn_owners owners;
    uint32_t count = 0, *dealt = malloc(sweep->flows * sizeof(*dealt));
    jn_owners_toeplitz(&owners, JN_OWNER_ADDRESSES, entries, queues);
    for (uint32_t flow = 0; dealt != NULL && flow < sweep->flows; flow++)
        if (queue_of(sweep, &owners, flow) == queue)
            dealt[count++] = flow;
    if (count == 0) {
        fprintf(stderr, "bench_sweep: queue %u gets none of the flows\n", queue);
        exit(1);
    }
    sweep->dealt = dealt;
    sweep->flows = count;
}

static void
attach_queue(uint16_t port, uint16_t queue, const struct rte_eth_dev_info *info, const char *text, bool paced) {
    struct sweep *sweep = &sweeps[used];
    if (used == MOST_QUEUES || !parse(sweep, text)) {
        fprintf(stderr, "bench_sweep: expected ipv4|ipv6|vlan:FLOWS:SIZES, found \"%s\"\n", text);
        exit(1);
    }
    used++;
    if (info->nb_rx_queues > 1)
        deal(sweep, queue, info->nb_rx_queues, info->reta_size);
    choose_orders(sweep);
    sweep->paced = paced;
    if (rte_eth_add_rx_callback(port, queue, receive, sweep) == NULL) {
        fprintf(stderr, "bench_sweep: the port takes no callback\n");
        exit(1);
    }
}

void
bench_sweep_attach(uint16_t port, const char *device, bool paced) {
    const char *text = getenv("BENCH_SWEEP");
    struct rte_eth_dev_info info;
    size_t length = strlen(device);
    if (text == NULL || strncmp(text, device, length) != 0 || text[length] != ':' ||
        rte_eth_dev_info_get(port, &info) != 0)
        return;
    if (paced)
        bench_pace_start();
    for (uint16_t queue = 0; queue < info.nb_rx_queues; queue++)
        attach_queue(port, queue, &info, text + length + 1, paced);
}
