// SPDX-License-Identifier: BSD-3-Clause
// One request, one line of JSON: {"id":N,"method":"...","params":{...}}. One table lists the methods and what they take.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "control.h"

#define REQUEST_MAX_BYTES 65536u

struct peer {
    pid_t pid;
    uid_t uid;
};

// How copies to a mirroring peer are made: the keys of the configuration file. O(name, JSON type)
#define PEER_OPTIONS(O)                                                                                                \
    O("description", JSON_STRING)                                                                                      \
    O("encapsulation", JSON_STRING)                                                                                    \
    O("key", JSON_INTEGER)                                                                                             \
    O("sequence", JSON_TRUE)                                                                                           \
    O("session", JSON_INTEGER)                                                                                         \
    O("ttl", JSON_INTEGER)                                                                                             \
    O("dscp", JSON_INTEGER)                                                                                            \
    O("snap_length", JSON_INTEGER)                                                                                     \
    O("sample_packets", JSON_INTEGER)                                                                                  \
    O("sample_flows", JSON_INTEGER)                                                                                    \
    O("rate_mbps", JSON_INTEGER)                                                                                       \
    O("direction", JSON_STRING)                                                                                        \
    O("too_long", JSON_STRING)

// X(method, handler, changes something, parameters), each parameter P(name, JSON type), which must be given, or
// O(name, JSON type), which may be left out or null.
#define METHODS(X, P, O)                                                                                               \
    X("status", method_status, false, )                                                                                \
    X("policy", method_policy, false, )                                                                                \
    X("vpgs", method_vpgs, false, )                                                                                    \
    X("reload", method_reload, true, )                                                                                 \
    X("vpg.inspection", method_vpg_inspection, true, P("vpg", JSON_STRING) P("enabled", JSON_TRUE))                    \
    X("vpg.mirror.add", method_mirror_add, true,                                                                       \
      P("vpg", JSON_STRING) P("address", JSON_STRING) O("enabled", JSON_TRUE) PEER_OPTIONS(O))                         \
    X("vpg.mirror.remove", method_mirror_remove, true, P("vpg", JSON_STRING) P("address", JSON_STRING))                \
    X("vpg.mirror.enable", method_mirror_enable, true, P("vpg", JSON_STRING) P("address", JSON_STRING))                \
    X("vpg.mirror.disable", method_mirror_disable, true, P("vpg", JSON_STRING) P("address", JSON_STRING))              \
    X("vpg.mirror.set", method_mirror_set, true,                                                                       \
      P("vpg", JSON_STRING) P("address", JSON_STRING) O("enabled", JSON_TRUE) PEER_OPTIONS(O))                         \
    X("vpg.gate", method_gate, true, P("vpg", JSON_STRING) P("enabled", JSON_TRUE))                                    \
    X("vpg.gate.vni", method_gate_vni, true, P("vpg", JSON_STRING) P("vni", JSON_INTEGER))                             \
    X("vpg.gate.peer.add", method_gate_peer_add, true,                                                                 \
      P("vpg", JSON_STRING) P("outer", JSON_STRING) P("inner", JSON_STRING) O("inner_ipv6", JSON_STRING)               \
          O("group", JSON_STRING) O("description", JSON_STRING))                                                       \
    X("vpg.gate.peer.remove", method_gate_peer_remove, true, P("vpg", JSON_STRING) P("outer", JSON_STRING))            \
    X("vpg.redirect.set", method_redirect_set, true,                                                                   \
      P("vpg", JSON_STRING) P("gateway", JSON_STRING) O("standby", JSON_STRING) O("on_failure", JSON_STRING))          \
    X("vpg.redirect.unset", method_redirect_unset, true, P("vpg", JSON_STRING))                                        \
    X("log", method_log, true, P("level", JSON_STRING))

// A handler gives the result, or NULL with `failure` filled. Its parameters are there and of the right types.
#define NO_PARAMETER(name, type)
#define X(word, handler, changes, parameters)                                                                          \
    json_t *handler(struct control *control, const json_t *params, struct failure *failure);
METHODS(X, NO_PARAMETER, NO_PARAMETER)
#undef X

// The answer to one line, never NULL but for want of memory; free() it. close: the line was no request at all, so whatever
// follows it cannot be trusted.
char *request_answer(struct control *control, const struct peer *peer, const char *line, size_t length, bool *close);

// The answer to what never became a request, e.g. too long a line.
char *request_refusal(const char *code, const char *message);
