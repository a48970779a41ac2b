// SPDX-License-Identifier: BSD-3-Clause
// What an ICMP error quotes: the beginning of an outer packet that a router could not forward (RFC 792, RFC 4443
// section 3). Anyone can send such an error, so a quote is compared with the header that a tunnel writes. Pure.
#pragma once

#include "packet/ip.h"
#include "path_mtu.h"

// A quoted packet, as its IP header says. Pointers into the quote.
struct jn_quote {
    const uint8_t *ip, *transport; // behind the IP header, and behind the Fragment header of IPv6
    uint32_t held;                 // bytes at hand from `transport` on, at least 8
    uint32_t payload;              // bytes that the packet had from there on
    uint32_t length;               // of the whole IP packet
    uint8_t protocol;
};

// Read `held` bytes from an IP header on. False: no header, or not 8 bytes behind it (RFC 792 demands them); IPv4 options,
// or a fragment with a transport header elsewhere; IPv4 that may be fragmented, which is never too big.
bool jn_quote_read(const uint8_t *ip, uint32_t held, struct jn_quote *quote);

// Do addresses, protocol and checksum say that the packet had this IP header? sent: without options, its length and
// checksum in any state. A router may have counted TTL down before it quotes, with or without a new checksum.
bool jn_quote_has_header(const struct jn_quote *quote, const uint8_t *sent);

// Bytes of the longest packet that passes, as a router says that quotes a packet of `length` bytes: what it says, or if
// that is 0 (IPv4: it is older than RFC 1191) the next plateau below `length` and `now` (RFC 1191 section 7). now: the
// path's MTU as it is known.
uint32_t jn_quote_mtu(uint32_t said, uint32_t length, uint32_t now);
