// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_sizes.h"

#include "config/config_kind.h"
#include "sizes.h"

uint32_t
jn_config_tunnel_ports(const struct jn_config_dataplane *dataplane) {
    uint32_t ports = 0;
    for (unsigned int i = 0; i < dataplane->address_count; i++)
        ports |= UINT32_C(1) << dataplane->addresses[i].port;
    return ports;
}

static void
describe_host(const struct jn_config_dataplane *d, struct jn_sizes_host *host) {
    uint32_t tunnels = jn_config_tunnel_ports(d);
    *host = (struct jn_sizes_host){.workers = d->worker_count,
                                   .port_count = d->port_count,
                                   .vpgs = d->max_vpgs,
                                   .mbufs = d->mbufs,
                                   .memory_mb = d->memory_mb};
    for (unsigned int i = 0; i < d->port_count; i++) {
        jn_copy_text(host->ports[i].device, sizeof(host->ports[i].device), d->ports[i].device);
        host->ports[i].mtu = d->ports[i].mtu;
        host->ports[i].peer = JN_SIZES_NO_PEER;
        host->ports[i].tunnel = tunnels >> i & 1;
    }
    for (unsigned int i = 0; i < d->wire_count; i++) {
        host->ports[d->wires[i].access].peer = d->wires[i].network;
        host->ports[d->wires[i].network].peer = d->wires[i].access;
    }
}

void
jn_config_check_sizes(struct jn_reader *reader, const struct jn_json_step *at) {
    const struct jn_config_dataplane *d = &reader->config->dataplane;
    struct jn_sizes_host host;
    struct jn_sizes sizes;
    const char *plural = d->worker_count == 1 ? "" : "s";
    describe_host(d, &host);
    if (jn_sizes_count(&host, &sizes))
        return;
    if (d->mbufs != 0 && d->mbufs < sizes.least_mbufs)
        jn_reader_error(reader, JN_MEMBER(at, "mbufs"),
                        "at least %u for %u worker%s and these ports, found %u; 0: as many as it takes",
                        sizes.least_mbufs, d->worker_count, plural, d->mbufs);
    if (d->memory_mb != 0 && d->memory_mb < sizes.least_memory_mb)
        jn_reader_error(reader, JN_MEMBER(at, "memory_mb"),
                        "at least %u for %u worker%s, these ports and their packet buffers, found %u",
                        sizes.least_memory_mb, d->worker_count, plural, d->memory_mb);
}
