// SPDX-License-Identifier: BSD-3-Clause
// From options to the sizes of all pools (lib/sizes.h). Main thread.
#pragma once

#include "core/options.h"

// What the sizes follow from, as the options and what was looked up have it.
void jn_option_sizes_host(const struct jn_options *options, struct jn_sizes_host *host);

// Was the port counted as one that carries tunnels?
bool jn_option_counts_tunnel(const struct jn_options *options, unsigned int port_idx);

// Work out the sizes. options->memory_mb, where it is 0, becomes what they take. -EINVAL with a sentence in err when
// what was asked for is too small.
int jn_option_sizes(struct jn_options *options, struct jn_sizes *sizes, char err[JN_ERR_MAX]);

// Once every device's own MTU is known (own_mtu): is there room for such frames? -ENOTSUP with a sentence in err when what
// memory_mb is has not even the least of it.
int jn_option_sizes_known(struct jn_options *options, char err[JN_ERR_MAX]);
