// SPDX-License-Identifier: BSD-3-Clause
// libpcap reads (classic with both resolutions, pcapng, any snap length) and writes; each frame is a burst of one, at the
// capture's time, through the very stages of the live worker.
#include "replay.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include <rte_mbuf.h>

#include "core/tx.h"
#include "flow/fragment_orphan.h"
#include "flow/idle_expiry.h"
#include "flow/interval.h"
#include "lists.h"
#include "packet/parse.h"
#include "pipeline/pipeline.h"
#include "policy/ruleset.h"
#include "policy_watch.h"
#include "replay_gateway.h"
#include "worker/tunnel_rx.h"
#include "worker/worker_make.h"
#include "worker/worker_rules.h"

enum { ACCESS, NETWORK, TUNNEL, PORTS, BUFFERS = 255, LARGEST_FRAME = 262144 }; // libpcap's own limit
#define ASSUMED_MAC UINT64_C(0x020000000001)
enum { COPIES = 1024, ROOM = UINT16_MAX, LARGEST_PART = ROOM - RTE_PKTMBUF_HEADROOM };

struct player {
    struct jn_app *app;
    pcap_t *capture;
    pcap_t *ethernet; // what the tunnel port carries, whatever the capture's link type
    enum jn_link_type link_type;
    pcap_dumper_t *kept[PORTS];
    struct pcap_pkthdr *header; // of the frame being played
    struct rte_mempool *pool;
    uint8_t whole[LARGEST_FRAME]; // a frame of several parts
    struct jn_worker *worker;
    unsigned int reflected_count;
    struct rte_mbuf *reflected[JN_BURST]; // by the gateway; on their way back
};

static int
replay_error(char err[JN_ERR_MAX], const char *file, const char *what) {
    snprintf(err, JN_ERR_MAX, "%s: %s", file, what);
    return -EINVAL;
}

static int
open_capture(struct player *p, const char *file, char err[JN_ERR_MAX]) {
    char reason[PCAP_ERRBUF_SIZE];
    p->capture = pcap_open_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, reason);
    if (p->capture == NULL) {
        bool named = strncmp(reason, file, strlen(file)) == 0;
        snprintf(err, JN_ERR_MAX, "%s%s%s", named ? "" : file, named ? "" : ": ", reason);
        return -EINVAL;
    }
    int type = pcap_datalink(p->capture);
    p->link_type = type == DLT_EN10MB                                        ? JN_LINKTYPE_ETHERNET
                   : type == DLT_RAW || type == DLT_IPV4 || type == DLT_IPV6 ? JN_LINKTYPE_RAW_IP
                   : type == DLT_LINUX_SLL                                   ? JN_LINKTYPE_COOKED_V1
                   : type == DLT_LINUX_SLL2                                  ? JN_LINKTYPE_COOKED_V2
                                                                             : 0;
    if (p->link_type != 0)
        return 0;
    const char *name = pcap_datalink_val_to_name(type);
    snprintf(err, JN_ERR_MAX,
             "%s: link type %s (%d) is not supported: expected Ethernet, raw IP, or Linux cooked v1 or v2", file,
             name != NULL ? name : "unknown", type);
    return -EINVAL;
}

static int
open_kept(struct player *p, char err[JN_ERR_MAX]) {
    p->ethernet = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, LARGEST_FRAME, PCAP_TSTAMP_PRECISION_NANO);
    for (int i = 0; i < PORTS; i++) {
        const char *file = p->app->options.write[i];
        pcap_t *like = i == TUNNEL ? p->ethernet : p->capture;
        if (file != NULL && (p->kept[i] = pcap_dump_open(like, file)) == NULL)
            return replay_error(err, file, pcap_geterr(like));
    }
    return 0;
}

static struct rte_mbuf *
to_mbuf(struct player *p, const uint8_t *data, uint32_t length) {
    struct rte_mbuf *head = NULL;
    for (uint32_t done = 0; head == NULL || done < length;) {
        struct rte_mbuf *part = rte_pktmbuf_alloc(p->pool);
        uint16_t bytes = (uint16_t)(length - done < LARGEST_PART ? length - done : LARGEST_PART);
        memcpy(rte_pktmbuf_append(part, bytes), data + done, bytes);
        done += bytes;
        if (head == NULL)
            head = part;
        else
            rte_pktmbuf_chain(head, part);
    }
    return head;
}

static void
reflect(struct player *p, const uint8_t *data, uint32_t length) {
    if (p->reflected_count == JN_BURST || length > LARGEST_PART)
        return;
    struct rte_mbuf *mbuf = to_mbuf(p, data, length);
    if (jn_replay_reflect(rte_pktmbuf_mtod(mbuf, uint8_t *), length))
        p->reflected[p->reflected_count++] = mbuf;
    else
        rte_pktmbuf_free(mbuf);
}

static uint16_t
keep(struct jn_tx *tx, struct rte_mbuf **mbufs, uint16_t count) {
    struct player *p = tx->context;
    for (uint16_t i = 0; i < count; i++) {
        struct pcap_pkthdr header = *p->header;
        if (tx->port == TUNNEL || header.caplen != rte_pktmbuf_pkt_len(mbufs[i])) // not the frame itself
            header.caplen = header.len = rte_pktmbuf_pkt_len(mbufs[i]);
        const void *data = rte_pktmbuf_read(mbufs[i], 0, rte_pktmbuf_pkt_len(mbufs[i]), p->whole);
        if (p->kept[tx->port] != NULL && data != NULL)
            pcap_dump((u_char *)p->kept[tx->port], &header, data);
        if (tx->port == TUNNEL && p->app->options.reflect_gateway && data != NULL)
            reflect(p, data, header.caplen);
    }
    rte_pktmbuf_free_bulk(mbufs, count);
    return count;
}

static int
set_up(struct player *p, char err[JN_ERR_MAX]) {
    static const char *const names[PORTS] = {"access0", "network0", "tunnel0"};
    struct jn_options *o = &p->app->options;
    o->port_count = PORTS;
    o->wire_count = 1;
    snprintf(o->wires[0].name, JN_NAME_MAX, "wire0");
    o->wires[0].access = ACCESS;
    o->wires[0].network = NETWORK;
    memcpy(p->app->counters->ports[TUNNEL].mac, (const uint8_t[]){2, 0, 0, 0, 0, 2}, 6);
    for (int i = 0; i < PORTS; i++) {
        snprintf(o->ports[i].name, JN_NAME_MAX, "%s", names[i]);
        memcpy(p->app->records->ports[i], o->ports[i].name, JN_NAME_MAX);
        p->app->ports[i] = (struct jn_port){.option = &o->ports[i],
                                            .tx_queues = 1,
                                            .rx_queues = 1,
                                            .state = JN_PORT_UP,
                                            .segments = true,
                                            .longest = UINT32_MAX,
                                            .mtu = i == TUNNEL ? o->tunnel_mtu : UINT16_MAX - 512};
    }
    o->mbufs = COPIES; // large ones: whole frames of any length fit
    int rc = jn_workers_make(p->app, err);
    if (rc < 0)
        return rc;
    p->worker = &p->app->threads[0]->worker;
    p->worker->flow->block_when_full = true;
    for (int i = 0; i < PORTS; i++) {
        p->worker->tx[i]->transmit = keep;
        p->worker->tx[i]->context = p;
    }
    p->pool = rte_pktmbuf_pool_create("capture", BUFFERS, 0, 0, ROOM, SOCKET_ID_ANY);
    return p->pool == NULL ? replay_error(err, "replay", "no memory for packet buffers") : 0;
}

// The capture has no peers to answer: next hops and gateways are as if resolved, to made-up MAC addresses.
static void
assume_gateways(struct player *p) {
    for (unsigned int vpg_idx = 0; vpg_idx < p->app->rules->vpg_idx_end; vpg_idx++) {
        const struct jn_vnet *vnet = p->app->rules->vnet[vpg_idx];
        if (vnet != NULL && vnet->redirects)
            vnet->engine.state->target =
                jn_target_make(JN_TARGET_PEER, vnet->engine.gate->gateway, JN_REPLAY_GATEWAY_MAC);
    }
}

static void
assume_next_hops(struct player *p) {
    for (uint32_t i = 0; i < p->app->rules->neighbour_count; i++) {
        uint64_t *state_mac = &p->app->neighbours->neighbours[i].state_mac;
        if (jn_neighbour_state_of(*state_mac) != JN_NEIGHBOUR_FREE)
            *state_mac = (uint64_t)JN_NEIGHBOUR_REACHABLE << 48 | ASSUMED_MAC;
    }
}

static bool
wait_for_policy(struct player *p, const volatile sig_atomic_t *signalled) {
    struct jn_app *app = p->app;
    while (app->rules == NULL && !*signalled && app->counters->policy_error == 0) {
        app->stop = 1; // nobody else acknowledges: this thread is the worker
        jn_policy_watch(app, 100);
    }
    if (app->rules == NULL)
        return false;
    assume_next_hops(p);
    assume_gateways(p);
    jn_worker_take_rules(p->worker, app->rules);
    return true;
}

// A frame whose destination is a device enters by the network port, every other by the access port.
static bool
to_a_device(const struct player *p, const uint8_t *data) {
    const struct jn_ruleset *rules = p->app->rules;
    struct jn_packet packet;
    jn_parse_frame(data, p->header->caplen, p->header->len, p->link_type, &packet);
    uint16_t vpg_idx = jn_ruleset_vpg_idx(rules, 0, packet.vlan_tci);
    return vpg_idx != JN_NO_VPG && (packet.flags & JN_PACKET_IP) &&
           jn_ruleset_is_device(rules, vpg_idx, jn_packet_family(&packet), packet.address[1]);
}

// All that the gateway gives back, as a burst of the tunnel port.
static void
come_back(struct player *p) {
    struct jn_thread *thread = p->app->threads[0];
    struct jn_burst *burst = &thread->burst;
    burst->count = p->reflected_count;
    burst->port_in = TUNNEL;
    burst->port_out = JN_NO_PORT;
    burst->link_type = JN_LINKTYPE_ETHERNET;
    for (unsigned int i = 0; i < p->reflected_count; i++) {
        burst->mbuf[i] = p->reflected[i];
        burst->data[i] = rte_pktmbuf_mtod(burst->mbuf[i], const uint8_t *);
        burst->length[i] = burst->bytes[i] = rte_pktmbuf_pkt_len(burst->mbuf[i]);
        jn_count(&p->worker->counters->ports[TUNNEL].rx_bytes, burst->bytes[i]);
    }
    jn_count(&p->worker->counters->ports[TUNNEL].rx_packets, p->reflected_count);
    p->reflected_count = 0;
    jn_stage_parse(p->worker, burst);
    jn_underlay_take(thread, burst);
    jn_tx_drop(p->worker, burst->mbuf, burst->count, JN_DROP_NO_WIRE);
}

static void
play(struct player *p, const uint8_t *data) {
    struct jn_worker *worker = p->worker;
    struct jn_burst *burst = &p->app->threads[0]->burst;
    // A record that says fewer bytes than it holds contradicts itself: the frame had those that are there.
    if (p->header->len < p->header->caplen)
        p->header->len = p->header->caplen;
    // The seconds of a classic capture are 32 bits without sign; libpcap hands them out with one.
    uint64_t seconds = p->header->ts.tv_sec < 0 ? (uint32_t)p->header->ts.tv_sec : (uint64_t)p->header->ts.tv_sec;
    uint64_t now = seconds * 1000000000u + (uint64_t)p->header->ts.tv_usec; // nanoseconds, as asked
    if (now > worker->now_ns)
        worker->now_ns = now;
    jn_interval_advance(worker);
    jn_flow_expire(worker);
    jn_orphan_expire(worker);
    bool network = to_a_device(p, data);
    struct rte_mbuf *mbuf = to_mbuf(p, data, p->header->caplen);
    burst->count = 1;
    burst->port_in = network ? NETWORK : ACCESS;
    burst->port_out = network ? ACCESS : NETWORK;
    burst->wire = 0;
    burst->from_network = network;
    burst->captured = true;
    burst->link_type = p->link_type;
    burst->mbuf[0] = mbuf;
    burst->data[0] = data;
    burst->length[0] = p->header->caplen;
    burst->bytes[0] = p->header->len;
    jn_count(&worker->counters->ports[burst->port_in].rx_packets, 1);
    jn_count(&worker->counters->ports[burst->port_in].rx_bytes, p->header->len);
    jn_pipeline(worker, burst);
    if (p->reflected_count != 0)
        come_back(p);
}

static void
print_counters(const struct player *p) {
    const struct jn_worker_counters *c = p->worker->counters;
    for (int i = 0; i < PORTS; i++)
        if (c->ports[i].rx_packets + c->ports[i].tx_packets != 0)
            fprintf(stderr, "%s: received %lu frames, sent %lu\n", p->app->options.ports[i].name,
                    (unsigned long)c->ports[i].rx_packets, (unsigned long)c->ports[i].tx_packets);
    fprintf(stderr, "flows: %lu, records: %lu\n", (unsigned long)c->flows_created, (unsigned long)c->records_written);
    for (unsigned int i = 0; i < JN_DROP_COUNT; i++)
        if (c->drops[i] != 0)
            fprintf(stderr, "dropped, %s: %lu\n", jn_list_word(&jn_drop_list, i), (unsigned long)c->drops[i]);
    for (unsigned int i = 0; i < JN_EXCEPTION_COUNT; i++)
        if (c->exceptions[i] != 0)
            fprintf(stderr, "exception, %s: %lu\n", jn_list_word(&jn_exception_list, i),
                    (unsigned long)c->exceptions[i]);
    for (unsigned int i = 0; i < JN_GATE_DROP_COUNT; i++) {
        uint64_t lost = 0;
        for (unsigned int vpg_idx = 0; vpg_idx < p->worker->flow->vpg_used; vpg_idx++)
            lost += p->worker->redirect->counters[vpg_idx].drops[i];
        if (lost != 0)
            fprintf(stderr, "dropped at a gate, %s: %lu\n", jn_list_word(&jn_gate_drop_list, i), (unsigned long)lost);
    }
}

static int
play_all(struct player *p, const volatile sig_atomic_t *signalled, char err[JN_ERR_MAX]) {
    const uint8_t *data;
    uint64_t frames = 0;
    int rc = 0;
    for (; !*signalled && (rc = pcap_next_ex(p->capture, &p->header, &data)) == 1; frames++)
        play(p, data);
    if (rc == PCAP_ERROR) {
        snprintf(err, JN_ERR_MAX, "%s: %s, after %lu frames", p->app->options.replay, pcap_geterr(p->capture),
                 (unsigned long)frames);
        return -EINVAL;
    }
    return frames == 0 ? replay_error(err, p->app->options.replay, "the capture is empty") : 0;
}

static int
close_kept(struct player *p, char err[JN_ERR_MAX]) {
    int rc = 0;
    for (int i = 0; i < PORTS; i++) {
        if (p->kept[i] == NULL)
            continue;
        if (pcap_dump_flush(p->kept[i]) != 0 && rc == 0)
            rc = replay_error(err, p->app->options.write[i], "cannot be written");
        pcap_dump_close(p->kept[i]);
    }
    return rc;
}

// A replay has one tunnel port, wherever the configuration has its underlay.
static void
move_tunnel(struct jn_policy *policy) {
    struct jn_underlay_address *addresses = (void *)((char *)policy + policy->address_offset);
    struct jn_route *routes = (void *)((char *)policy + policy->route_offset);
    for (uint32_t i = 0; i < policy->address_count; i++)
        addresses[i].port = TUNNEL;
    for (uint32_t i = 0; i < policy->route_count; i++)
        routes[i].port = TUNNEL;
}

int
jn_replay(struct jn_app *app, const volatile sig_atomic_t *signalled, char err[JN_ERR_MAX]) {
    static struct player player;
    struct player *p = &player;
    p->app = app;
    app->on_policy = move_tunnel;
    int rc = open_capture(p, app->options.replay, err);
    if (rc == 0)
        rc = open_kept(p, err);
    if (rc == 0)
        rc = set_up(p, err);
    if (rc == 0 && wait_for_policy(p, signalled)) {
        rc = play_all(p, signalled, err);
        jn_worker_finish(p->worker);
        print_counters(p);
    }
    int closed = close_kept(p, err);
    if (p->ethernet != NULL)
        pcap_close(p->ethernet);
    if (p->capture != NULL)
        pcap_close(p->capture);
    return rc < 0 ? rc : closed;
}
