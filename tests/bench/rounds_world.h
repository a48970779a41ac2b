// SPDX-License-Identifier: BSD-3-Clause
// A dataplane in one process whose ports are rings, so that no system call is in a round: one worker at full rate, an
// exporter and a classifier that take what they are given, two gateways. Frames become those of the next flow as they come in.
#pragma once

#include <pthread.h>

#include "rounds_gaps.h"
#include "worker/app.h"

enum { WORLD_VPGS = 1024 };

enum world_flows {
    WORLD_ALL, // one after the other
    WORLD_FEW, // the first ones alone
    WORLD_NEW, // each frame is of a flow that never was
};

// What others do, as of their next look at it.
struct world {
    enum world_flows flows;
    unsigned int vlans;      // 0: untagged and VLAN 5; else VLANs 1 up to it, in turn
    int exporter_away;       // takes nothing
    int classifier_away;     // the same
    unsigned int gateway_up; // bits: which gateways answer, 1: 10.0.0.2, 2: 10.0.0.3
    uint32_t count;          // of all flows
    struct rounds_gaps gaps;
    pthread_t worker;
    struct jn_app app;
};
extern struct world world;

// Ends the program.
void world_stop_with(const char *what);
void world_make(uint32_t flows);
void world_remove(void);

// These VPGs come into force: as junction-control publishes them and the main thread takes them. Returns how long that took
// until every worker had them, in milliseconds.
double world_bring(const char *vpgs, unsigned int interval_s, unsigned int idle_s);

// As the main thread lives on meanwhile.
void world_wait_ms(uint64_t ms);

// All flows have been seen, and what the last change took is over.
void world_settle(void);

// For less than a second or two at a time: nothing else runs on the worker's core, or before the main thread on its own.
void world_alone(bool alone);

// A classifier that is there, or has gone.
void world_classifier(bool there);
