// SPDX-License-Identifier: BSD-3-Clause
// All that runs for every packet, by its entries. The sources of it are compiled once for each instruction set that CPUs
// have (meson.build: hot), and the copies lie in one program: struct jn_path is the only way into one. A worker runs within
// one copy; nothing in it may be told from another copy's by its address, and no variable may be in it.
#pragma once

#include "flow/answer.h"
#include "flow/flow_burst.h"
#include "flow/fragment_orphan.h"
#include "flow/idle_expiry.h"
#include "flow/interval.h"
#include "instance.h"
#include "path/cpu.h"
#include "pipeline/pipeline.h"
#include "redirect/outer_fragment.h"
#include "redirect/reinject.h"
#include "redirect/vxlan_input.h"
#include "redirect/vxlan_usual.h"
#include "worker/tunnel_rx.h"
#include "worker/worker_loop.h"
#include "worker/worker_rules.h"

// Member, function: the worker's loop, which is all that the dataplane itself calls beside a replay's pipeline; then its
// parts, for tests, fuzzers and benchmarks.
#define JN_PATH_ENTRIES(X)                                                                                             \
    X(worker_run, jn_worker_run)                                                                                       \
    X(pipeline, jn_pipeline)                                                                                           \
    X(parse, jn_stage_parse)                                                                                           \
    X(flow_burst_find, jn_flow_burst_find)                                                                             \
    X(flow, jn_stage_flow)                                                                                             \
    X(inspect, jn_stage_inspect)                                                                                       \
    X(mirror, jn_stage_mirror)                                                                                         \
    X(redirect, jn_stage_redirect)                                                                                     \
    X(forward, jn_stage_forward)                                                                                       \
    X(mirror_send, jn_mirror_send)                                                                                     \
    X(usual_find, jn_vxlan_usual_find)                                                                                 \
    X(usual_take, jn_vxlan_usual_take)                                                                                 \
    X(input_source, jn_vxlan_input_source)                                                                             \
    X(input_is_plain, jn_vxlan_input_is_plain)                                                                         \
    X(input_check, jn_vxlan_input_check)                                                                               \
    X(input_take, jn_vxlan_input_take)                                                                                 \
    X(underlay_take, jn_underlay_take)                                                                                 \
    X(reinject_send, jn_reinject_send)                                                                                 \
    X(in_one_piece, jn_in_one_piece)                                                                                   \
    X(outer_fragment_add, jn_outer_fragment_add)                                                                       \
    X(interval_advance, jn_interval_advance)                                                                           \
    X(answers_take, jn_answers_take)                                                                                   \
    X(attach, jn_worker_attach)                                                                                        \
    X(flow_expire, jn_flow_expire)                                                                                     \
    X(orphan_expire, jn_orphan_expire)                                                                                 \
    X(refresh_paths, jn_mirror_refresh_paths)

struct jn_path {
    const char *name; // as in the configuration
#define X(member, function) __typeof__(&function) member;
    JN_PATH_ENTRIES(X)
#undef X
};

// The path by that name; the best that a CPU with `isa` has where wanted is NULL or "auto". NULL: there is none of that name,
// or the CPU has not what it needs, and err says so.
const struct jn_path *jn_path_choose(const char *wanted, enum jn_isa isa, char err[JN_ERR_MAX]);

// The paths that a CPU with `isa` has, one after the other, the plain one first; NULL at the end.
const struct jn_path *jn_path_at(unsigned int n, enum jn_isa isa);
