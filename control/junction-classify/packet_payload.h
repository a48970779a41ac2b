// SPDX-License-Identifier: BSD-3-Clause
// Where the payload of a sampled packet is.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet_payload {
    const uint8_t *bytes; // in the packet
    size_t length;        // without what pads the frame
    uint32_t seq, ack;    // of TCP
    uint16_t port[2];     // source, destination; of TCP and UDP
    uint8_t protocol;     // behind extension headers, those that nDPI knows; also when no payload was found
    uint8_t tcp_flags;
};

// Read a packet of IPv4 or IPv6, from its IP header on, that may be cut anywhere and say anything. Of other protocols than TCP
// and UDP the payload is what follows the IP headers. False: no first fragment, or cut before its payload.
bool packet_payload_find(const uint8_t *bytes, size_t length, struct packet_payload *out);
