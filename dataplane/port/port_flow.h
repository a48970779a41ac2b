// SPDX-License-Identifier: BSD-3-Clause
// Rules of rte_flow that make a device hash by addresses alone, where its hash types cannot (i40e). Main thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Rules for IPv4 and IPv6, TCP, UDP and SCTP: all of them, or none and false. The device is started; its key and its table
// stay.
bool jn_port_flow_make(uint16_t ethdev);

// Take away all rules.
void jn_port_flow_clear(uint16_t ethdev);
