// SPDX-License-Identifier: BSD-3-Clause
// Community ID flow hash, version 1 (https://github.com/corelight/community-id-spec), seed 0.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define JN_COMMUNITY_ID_SIZE 31 // "1:", 28 characters of Base64, NUL

// address: the two ends, network order. ports: host order, of the same ends; of ICMP the
// type and its counterpart type, or, with one_way, type and code. has_ports: false for protocols without.
// The ends may come in either order, except with one_way, where the first is the sender.
void jn_community_id(uint8_t family, const uint8_t address[2][16], uint8_t protocol, bool has_ports,
                     const uint16_t ports[2], bool one_way, char out[JN_COMMUNITY_ID_SIZE]);
