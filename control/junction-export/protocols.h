// SPDX-License-Identifier: BSD-3-Clause
// Application of a flow, guessed by protocol and port. Names, numbers and breeds are nDPI's.
#pragma once

#include <stdint.h>

#define APPLICATIONS_MAX 96u // room in the export region; the list below is shorter

struct application {
    const char *name;
    const char *breed;
    const char *ecs; // network.protocol, NULL when it says no more than network.transport
    uint16_t number; // nDPI's
};

extern const struct application applications[]; // 0 is Unknown
extern const unsigned int application_count;

// Once, before any guess.
void protocols_init(void);

// port: of the responder and of the initiator, 0 when there are none. Returns an index into `applications`.
unsigned int protocols_guess(uint8_t protocol, uint16_t responder_port, uint16_t initiator_port);

// nDPI's word for the IP protocol ("TCP"), or NULL.
const char *protocols_ip_name(uint8_t protocol);

// IANA's keyword in lower case ("ipv6-icmp"), or NULL.
const char *protocols_transport(uint8_t protocol);
