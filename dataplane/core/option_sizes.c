// SPDX-License-Identifier: BSD-3-Clause
#include "core/option_sizes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { REPLAY_MEMORY_MB = 512 };

void
jn_option_sizes_host(const struct jn_options *options, struct jn_sizes_host *host) {
    *host = (struct jn_sizes_host){.workers = options->worker_count,
                                   .port_count = options->port_count,
                                   .vpgs = options->vpgs,
                                   .mbufs = options->mbufs,
                                   .memory_mb = options->memory_mb};
    for (unsigned int i = 0; i < options->port_count; i++) {
        const struct jn_port_option *option = &options->ports[i];
        memcpy(host->ports[i].device, option->device, sizeof(host->ports[i].device));
        host->ports[i].mtu = option->mtu != 0 ? option->mtu : option->own_mtu;
        host->ports[i].mbufs = option->mbufs;
        host->ports[i].peer = JN_SIZES_NO_PEER;
        host->ports[i].tunnel = option->tunnel;
    }
    for (unsigned int i = 0; i < options->wire_count; i++) {
        host->ports[options->wires[i].access].peer = options->wires[i].network;
        host->ports[options->wires[i].network].peer = options->wires[i].access;
    }
}

bool
jn_option_counts_tunnel(const struct jn_options *options, unsigned int port_idx) {
    return jn_wire_of_port(options, port_idx) == NULL || options->ports[port_idx].tunnel;
}

static int
too_small(char err[JN_ERR_MAX], const struct jn_options *options, const struct jn_sizes *sizes) {
    const char *plural = options->worker_count == 1 ? "" : "s";
    if (options->memory_mb != 0 && options->memory_mb < sizes->least_memory_mb)
        snprintf(err, JN_ERR_MAX,
                 "--memory-mb: at least %u for %u worker%s, these ports and their packet buffers, found %u",
                 sizes->least_memory_mb, options->worker_count, plural, options->memory_mb);
    else
        snprintf(err, JN_ERR_MAX,
                 "--mbufs: at least %u for %u worker%s and these ports, found fewer; 0: as many as it takes",
                 sizes->least_mbufs, options->worker_count, plural);
    return -EINVAL;
}

int
jn_option_sizes(struct jn_options *options, struct jn_sizes *sizes, char err[JN_ERR_MAX]) {
    struct jn_sizes_host host;
    jn_option_sizes_host(options, &host);
    if (options->replay != NULL && options->memory_mb == 0)
        options->memory_mb = REPLAY_MEMORY_MB;
    if (!jn_sizes_count(&host, sizes) && options->replay == NULL)
        return too_small(err, options, sizes);
    if (options->memory_mb == 0)
        options->memory_mb = sizes->memory_mb;
    return 0;
}

static const struct jn_port_option *
with_longest_own_mtu(const struct jn_options *options) {
    const struct jn_port_option *longest = NULL;
    for (unsigned int i = 0; i < options->port_count; i++) {
        const struct jn_port_option *option = &options->ports[i];
        if (option->mtu == 0 && (longest == NULL || option->own_mtu > longest->own_mtu))
            longest = option;
    }
    return longest;
}

int
jn_option_sizes_known(struct jn_options *options, char err[JN_ERR_MAX]) {
    struct jn_sizes sizes;
    const struct jn_port_option *longest = with_longest_own_mtu(options);
    if (jn_option_sizes(options, &sizes, err) == 0)
        return 0;
    if (longest != NULL && options->memory_mb < sizes.least_memory_mb)
        snprintf(
            err, JN_ERR_MAX,
            "port %s (%s): its device has an MTU of %u: such frames need at least %u MB (dataplane.memory_mb), found "
            "%u; or set its mtu to less",
            longest->name, longest->device, longest->own_mtu, sizes.least_memory_mb, options->memory_mb);
    return -ENOTSUP;
}
