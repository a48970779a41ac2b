// SPDX-License-Identifier: BSD-3-Clause
// The shape of the tables in encap_vectors.h.
#pragma once

#include "tunnel/encap.h"

struct frame_vector {
    const char *what;
    struct jn_encap_frame facts;
    const char *hex;
};

struct fragment_vector {
    uint32_t offset, length; // in the outer packet's payload
    const char *header;
};

struct encap_vector {
    const char *what;
    struct jn_peer peer;
    uint16_t vlan_tci;
    uint32_t mtu, sequence, identification;
    unsigned int frame;
    enum jn_encap_outcome outcome;
    uint32_t offset, length; // in the frame
    unsigned int fragment, fragment_count;
    const char *header;
};
