// SPDX-License-Identifier: BSD-3-Clause
// A capture in the order of its times: each frame is a burst of one, at its own time, through the very stages of the live
// worker.
#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_mbuf.h>

#include "capture/capture.h"
#include "capture/capture_order.h"
#include "classifier.h"
#include "confine.h"
#include "consumer.h"
#include "core/tx.h"
#include "log.h"
#include "packet/parse.h"
#include "path/path.h"
#include "policy/ruleset.h"
#include "policy_watch.h"
#include "replay_gateway.h"
#include "replay_report.h"
#include "worker/worker_make.h"

enum { ACCESS, NETWORK, TUNNEL, PORTS, BUFFERS = 255 };
#define ASSUMED_MAC UINT64_C(0x020000000001)
enum { COPIES = 1024, ROOM = UINT16_MAX, LARGEST_PART = ROOM - RTE_PKTMBUF_HEADROOM };

struct player {
    struct jn_app *app;
    struct jn_capture capture;
    struct jn_capture_order order;
    struct jn_capture_writer kept[PORTS];
    struct jn_capture_frame frame; // the one that is being played
    struct rte_mempool *pool;
    uint8_t whole[JN_CAPTURE_LONGEST + UINT16_MAX]; // a frame of several parts
    struct jn_worker *worker;
    unsigned int reflected_count;
    struct rte_mbuf *reflected[JN_BURST]; // by the gateway; on their way back
};

static struct jn_app *
app_of(struct jn_worker *worker) {
    return ((struct jn_thread *)((char *)worker - offsetof(struct jn_thread, worker)))->app;
}

static void
look_for_classifier(struct jn_worker *worker) {
    jn_classifier_watch(app_of(worker)); // a former region stays mapped until the next one: this thread is the worker
}

static void
look_for_exporter(struct jn_worker *worker) {
    struct jn_app *app = app_of(worker);
    if (app->consumed == NULL)
        jn_consumer_find(app);
}

static int
replay_error(char err[JN_ERR_MAX], const char *file, const char *what) {
    snprintf(err, JN_ERR_MAX, "%s: %.200s", file, what);
    return -EINVAL;
}

static void
say_times(const struct jn_capture_order *order) {
    if (order->steps_back != 0)
        jn_log(JN_LOG_WARNING,
               "%lu of %lu frames have an earlier time than the one before them: played in the order of their times",
               (unsigned long)order->steps_back, (unsigned long)order->count);
    if (order->without_time != 0)
        jn_log(JN_LOG_WARNING,
               "%lu of %lu frames have no time, or one before 1970 or after 2262: played at that of the frame before",
               (unsigned long)order->without_time, (unsigned long)order->count);
}

static int
open_capture(struct player *p, const char *file, char err[JN_ERR_MAX]) {
    char reason[JN_ERR_MAX];
    int rc = jn_capture_open(&p->capture, file, reason);
    if (rc == 0)
        rc = jn_capture_order_make(&p->order, &p->capture, reason);
    if (rc < 0) {
        replay_error(err, file, reason);
        return rc;
    }
    if (p->order.count == 0)
        return replay_error(err, file, p->order.end[0] != '\0' ? p->order.end : "the capture is empty");
    say_times(&p->order);
    return 0;
}

// The tunnel port carries Ethernet, whatever the capture's link types.
static int
open_kept(struct player *p, char err[JN_ERR_MAX]) {
    int rc = 0;
    for (int i = 0; i < PORTS && rc == 0; i++) {
        struct jn_capture_kind kind = p->order.kind;
        if (i == TUNNEL) {
            kind.link_types[0] = JN_LINKTYPE_ETHERNET;
            kind.link_type_count = 1;
        }
        if (p->app->options.write[i] != NULL)
            rc = jn_capture_write_open(&p->kept[i], p->app->options.write[i], &kind, err);
    }
    return rc;
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
        struct jn_capture_frame frame = p->frame;
        uint32_t length = rte_pktmbuf_pkt_len(mbufs[i]);
        if (tx->port == TUNNEL)
            frame.link_type = JN_LINKTYPE_ETHERNET;
        if (tx->port == TUNNEL || frame.length != length) // not the frame itself
            frame.length = frame.wire_length = length;
        const void *data = rte_pktmbuf_read(mbufs[i], 0, length, p->whole);
        if (p->kept[tx->port].file != NULL && data != NULL)
            jn_capture_write(&p->kept[tx->port], &frame, data);
        if (tx->port == TUNNEL && p->app->options.reflect_gateway && data != NULL)
            reflect(p, data, length);
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
    p->worker->flow->sweep.at_once = true;
    p->worker->flow->wait_for_room = look_for_exporter;
    p->worker->flow->sampling.look = look_for_classifier;
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

static void
wait_for_classifier(struct player *p) {
    if (p->app->samples != NULL && !jn_classifier_await(p->app))
        jn_log(JN_LOG_WARNING, "junction-classify did not come: applications are not looked for");
    p->app->path->answers_take(p->worker);
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
    jn_parse_frame(data, p->frame.length, p->frame.wire_length, (enum jn_link_type)p->frame.link_type, &packet);
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
    p->app->path->parse(p->worker, burst);
    p->app->path->underlay_take(thread, burst);
    jn_tx_drop(p->worker, burst->mbuf, burst->count, JN_DROP_NO_WIRE);
}

// When the VPG's traffic ended: a capture without intervals has no boundaries but its packets.
static void
note_last_packet(const struct player *p) {
    const struct jn_burst *burst = &p->app->threads[0]->burst;
    bool inspected = burst->vpg_idx[0] != JN_NO_VPG && (burst->verdict[0] & JN_VERDICT_INSPECT);
    if (!inspected || p->worker->flow->interval.length_ns != 0)
        return;
    struct jn_worker_vpg *vpg = &p->worker->flow->vpgs[burst->vpg_idx[0]];
    vpg->last_ns = p->frame.time_ns;
    vpg->last_known = true;
}

static void
play(struct player *p, const uint8_t *data) {
    const struct jn_path *path = p->app->path;
    struct jn_worker *worker = p->worker;
    struct jn_burst *burst = &p->app->threads[0]->burst;
    worker->now_ns = p->frame.time_ns;
    path->interval_advance(worker);
    path->flow_expire(worker);
    path->orphan_expire(worker);
    bool network = to_a_device(p, data);
    struct rte_mbuf *mbuf = to_mbuf(p, data, p->frame.length);
    burst->count = 1;
    burst->port_in = network ? NETWORK : ACCESS;
    burst->port_out = network ? ACCESS : NETWORK;
    burst->wire = 0;
    burst->from_network = network;
    burst->captured = true;
    burst->link_type = (enum jn_link_type)p->frame.link_type;
    burst->mbuf[0] = mbuf;
    burst->data[0] = data;
    burst->length[0] = p->frame.length;
    burst->bytes[0] = p->frame.wire_length;
    jn_count(&worker->counters->ports[burst->port_in].rx_packets, 1);
    jn_count(&worker->counters->ports[burst->port_in].rx_bytes, p->frame.wire_length);
    path->pipeline(worker, burst);
    note_last_packet(p);
    if (p->reflected_count != 0)
        come_back(p);
}

static int
play_all(struct player *p, const volatile sig_atomic_t *signalled, char err[JN_ERR_MAX]) {
    while (!*signalled && jn_capture_order_next(&p->order, &p->frame)) {
        const uint8_t *data = jn_capture_bytes(&p->capture, &p->frame);
        if (data == NULL)
            return replay_error(err, p->app->options.replay, "the file changes while it is read");
        play(p, data);
    }
    if (p->order.end[0] == '\0')
        return 0;
    snprintf(err, JN_ERR_MAX, "%s: %.200s, after %lu frames", p->app->options.replay, p->order.end,
             (unsigned long)p->order.count);
    return -EINVAL;
}

static int
close_all(struct player *p, char err[JN_ERR_MAX]) {
    int rc = 0;
    for (int i = 0; i < PORTS; i++) {
        int closed = jn_capture_write_close(&p->kept[i], err);
        rc = closed < 0 ? closed : rc;
    }
    jn_capture_order_free(&p->order);
    jn_capture_close(&p->capture);
    return rc;
}

// A replay has one tunnel port, wherever the configuration has its underlay; and one wire, the first, of a VPG that has more.
static void
move_ports(struct jn_policy *policy) {
    struct jn_vpg *vpgs = (void *)((char *)policy + policy->vpg_offset);
    for (uint32_t i = 0; i < policy->vpg_count; i++)
        vpgs[i].wires = vpgs[i].wires & 1 ? 1 : vpgs[i].wires;
    struct jn_underlay_address *addresses = (void *)((char *)policy + policy->address_offset);
    struct jn_route *routes = (void *)((char *)policy + policy->route_offset);
    for (uint32_t i = 0; i < policy->address_count; i++)
        addresses[i].port = TUNNEL;
    for (uint32_t i = 0; i < policy->route_count; i++)
        routes[i].port = TUNNEL;
}

static struct player player;

int
jn_replay_open(struct jn_app *app, char err[JN_ERR_MAX]) {
    player.app = app;
    int rc = open_capture(&player, app->options.replay, err);
    return rc < 0 ? rc : open_kept(&player, err);
}

int
jn_replay(struct jn_app *app, const volatile sig_atomic_t *signalled, char err[JN_ERR_MAX]) {
    struct player *p = &player;
    app->on_policy = move_ports;
    int rc = set_up(p, err);
    if (rc == 0)
        rc = jn_confine_calls(&app->options, err);
    if (rc == 0 && wait_for_policy(p, signalled)) {
        wait_for_classifier(p);
        rc = play_all(p, signalled, err);
        jn_worker_finish(p->worker);
        jn_replay_report(app);
    }
    int closed = close_all(p, rc < 0 ? (char[JN_ERR_MAX]){0} : err); // the first error is told
    return rc < 0 ? rc : closed;
}
