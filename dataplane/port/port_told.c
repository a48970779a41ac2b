// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_told.h"

#define RECOVERY (uint32_t)(JN_TOLD_RECOVERING | JN_TOLD_RECOVERED | JN_TOLD_FAILED)

uint32_t
jn_port_told_add(uint32_t told, enum jn_port_told bit) {
    return (bit & RECOVERY ? told & ~RECOVERY : told) | bit;
}

enum jn_port_step
jn_port_told_step(uint32_t *told, bool recovering) {
    uint32_t recovery = *told & RECOVERY;
    if (*told & JN_TOLD_REMOVED) {
        *told = 0;
        return JN_PORT_GOES;
    }
    *told &= ~RECOVERY;
    if (recovery == JN_TOLD_RECOVERING)
        return JN_PORT_RECOVERS;
    if (recovery == JN_TOLD_FAILED) {
        *told = 0; // a reset that was asked for is part of opening it
        return JN_PORT_REOPENS;
    }
    if (recovery == JN_TOLD_RECOVERED)
        return JN_PORT_RESUMES;
    if (!(*told & JN_TOLD_RESET) || recovering)
        return JN_PORT_STAYS;
    *told = 0;
    return JN_PORT_RESETS;
}
