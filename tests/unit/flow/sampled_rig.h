// SPDX-License-Identifier: BSD-3-Clause
// A worker with a classifier that the test plays, and one flow's packets for it. Included once a program.
#pragma once

#include "flow/flow_sample.h"
#include "flow/rules_by_application.h"
#include "rig/frame.h"
#include "rig/rig_classifier.h"
#include "test.h"

#define T0     (UINT64_C(1767322800) * 1000000000)
#define SECOND UINT64_C(1000000000)
#define VPG    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]}]"

enum { CAPACITY = 64 };

static const struct frame_spec udp = {.source = 0x0a800001,
                                      .destination = 0xc6120001,
                                      .protocol = 17,
                                      .source_port = 40000,
                                      .destination_port = 443,
                                      .payload = 40};
static struct rig rig;
static struct rig_classifier classifier;
static uint64_t now_ns;

static void
open_with(const char *vpgs) {
    rig_open(&rig, vpgs, 60);
    rig_classifier_open(&classifier, &rig, CAPACITY);
    rig_classifier_comes(&classifier);
    now_ns = T0;
    rig_idle(&rig, now_ns);
    verdict_by = NULL;
}

static int
close_rig(void **state) {
    (void)state;
    rig_classifier_close(&classifier);
    rig_close(&rig);
    return 0;
}

static void
send_frame(const struct frame_spec *spec) {
    uint8_t frame[RIG_FRAME];
    rig_frame(&rig, frame, frame_build(spec, frame), 0, false, now_ns += 1000);
}
