// SPDX-License-Identifier: BSD-3-Clause
// A private copy of the neighbours region, found sound, with what else is needed to make sense of it.
#pragma once

#include <jansson.h>

#include "neighbour.h"
#include "sample.h"

struct underlay {
    struct jn_neighbours_region *region;
    struct jn_policy *policy;
    struct sample sample; // of the counters: ports' names and links
};

// 0, or negative errno with a sentence in err. Free with underlay_free.
int underlay_take(struct underlay *underlay, const char *instance, char err[JN_ERR_MAX]);
void underlay_free(struct underlay *underlay);

// Members of a row.
json_t *underlay_address(uint8_t family, const uint8_t address[16]);
json_t *underlay_port(const struct underlay *underlay, unsigned int port);
json_t *underlay_vlan(uint16_t vlan);
json_t *underlay_mac(uint64_t link); // null while it is not known

// Is the port there, and its link up?
bool underlay_port_up(const struct underlay *underlay, unsigned int port);
