// SPDX-License-Identifier: BSD-3-Clause
// Applications of flows: as junction-classify found them, or guessed by protocol and port. Numbers, names and breeds are nDPI's.
#pragma once

#include "classified.h"
#include "record.h"

// What a record says of its flow's application, or is guessed where it says nothing.
struct application {
    uint16_t number; // nDPI's, below JN_APPLICATION_NUMBERS; 0: Unknown
    uint16_t master; // of the protocol that carries it; 0: the same, or none
    bool guessed;    // by port or address; what was seen in the packets is not, and Unknown is not
};

// Once, before anything else here.
void protocols_init(void);

// The record's flow's. flow: of a sound record.
struct application protocols_application(const struct jn_record_flow *flow);

// By protocol and port alone: nDPI's number. port: of the responder and of the initiator, 0 when there are none.
uint16_t protocols_guess(uint8_t protocol, uint16_t responder_port, uint16_t initiator_port);

// nDPI's name and breed of the application with that number: of one that nobody has named, "Unknown" and "Unrated".
const char *protocols_name(uint16_t number);
const char *protocols_breed(uint16_t number);

// ECS network.protocol or network.application: nDPI's name in lower case. NULL when it says no more than network.transport.
const char *protocols_word(uint16_t number, uint8_t protocol);

// nDPI's word for the IP protocol ("TCP"), or NULL.
const char *protocols_ip_name(uint8_t protocol);

// IANA's keyword in lower case ("ipv6-icmp"), or NULL.
const char *protocols_transport(uint8_t protocol);
