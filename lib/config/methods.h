// SPDX-License-Identifier: BSD-3-Clause
// What junction-control does when it is asked over its socket, and the command of junctionctl that asks. A row here and a
// handler in junction-control make a method: its parameters, the command line, help, completion, man page and reference
// are worked out from the row and from the list of configuration keys.
#pragma once

#include "config/config_keys.h"

// X(handler, method)
#define JN_QUERIES(X)                                                                                                  \
    X(status, "status")                                                                                                \
    X(policy, "policy")                                                                                                \
    X(vpgs, "vpgs")

// X(handler, method, command, key, what it does). In a command stand words as they are typed, a|b for one of several,
// UPPER for a value, and options. "[OPTION...]" is every member of the key's object that is not required; "OPTION..."
// is the same where at least one must be given, and where one can be taken back. The values and the options are the
// method's parameters, named and typed like the members of the key's object.
#define JN_CHANGES(X)                                                                                                  \
    X(inspection, "vpg.inspection", "vpg ID inspection on|off", ROOT,                                                  \
      "Switch a VPG's inspection, in force at once and written to the configuration file.")                            \
    X(mirror_add, "vpg.mirror.add", "vpg ID mirror add ADDRESS [OPTION...]", PEER,                                     \
      "Add a mirroring peer to a VPG, at most two: flows that are running are copied at once. Written to the "         \
      "configuration file.")                                                                                           \
    X(mirror_remove, "vpg.mirror.remove", "vpg ID mirror remove ADDRESS", PEER,                                        \
      "Remove a mirroring peer, without losing a packet. Written to the configuration file.")                          \
    X(mirror_enable, "vpg.mirror.enable", "vpg ID mirror enable ADDRESS", PEER,                                        \
      "Switch a mirroring peer on, without losing a packet. Written to the configuration file.")                       \
    X(mirror_disable, "vpg.mirror.disable", "vpg ID mirror disable ADDRESS", PEER,                                     \
      "Switch a mirroring peer off, without losing a packet. Written to the configuration file.")                      \
    X(mirror_set, "vpg.mirror.set", "vpg ID mirror set ADDRESS OPTION...", PEER,                                       \
      "Change options of a mirroring peer; the value \"default\" takes one back. Written to the configuration file.")  \
    X(redirect_set, "vpg.redirect.set", "vpg ID redirect set GATEWAY [--standby ADDRESS] [--on-failure WORD]",         \
      REDIRECTION,                                                                                                     \
      "Send a VPG's packets through the gate's peer of that inner address, also of flows that are running. Options "   \
      "that are not named stay as they are; the value \"default\" takes one back. Written to the configuration file.") \
    X(redirect_unset, "vpg.redirect.unset", "vpg ID redirect unset", REDIRECTION,                                      \
      "Forward a VPG's packets directly again. Written to the configuration file.")                                    \
    X(gate, "vpg.gate", "vpg ID gate open|close", GATE,                                                                \
      "Open or close a VPG's virtual network. Written to the configuration file.")                                     \
    X(gate_vni, "vpg.gate.vni", "vpg ID gate set-vni VNI", GATE,                                                       \
      "Change the VXLAN network identifier of a VPG's virtual network. Written to the configuration file.")            \
    X(gate_peer_add, "vpg.gate.peer.add", "vpg ID gate peer add OUTER INNER [OPTION...]", GATE_PEER,                   \
      "Add a peer to a VPG's virtual network, at most 16: its VXLAN endpoint, and its address there. Written to the "  \
      "configuration file.")                                                                                           \
    X(gate_peer_remove, "vpg.gate.peer.remove", "vpg ID gate peer remove OUTER", GATE_PEER,                            \
      "Remove a peer from a VPG's virtual network; gateway and standby cannot be removed. Written to the "             \
      "configuration file.")                                                                                           \
    X(reload, "reload", "reload", ROOT, "Read the configuration file again; an error in it changes nothing.")          \
    X(log, "log", "log error|warning|info|debug", ROOT,                                                                \
      "Log level of all processes until the next reload; not written to the file.")

// X(word of a command, parameter, JSON type): values that are no member of the key's object. Of a boolean the first word
// is true.
#define JN_COMMAND_WORDS(X)                                                                                            \
    X("ID", "vpg", JSON_STRING)                                                                                        \
    X("on|off", "enabled", JSON_TRUE)                                                                                  \
    X("open|close", "enabled", JSON_TRUE)                                                                              \
    X("error|warning|info|debug", "level", JSON_STRING)

enum jn_method_number {
#define X(handler, ...) JN_METHOD_##handler,
    JN_QUERIES(X) JN_CHANGES(X)
#undef X
        JN_METHOD_COUNT
};

struct jn_method {
    const char *name, *command; // command NULL: of a query
    enum jn_key key;
};
extern const struct jn_method jn_methods[JN_METHOD_COUNT];

#define JN_MAX_PARAMETERS 24

struct jn_parameter {
    char name[32];    // "snap_length"
    json_type type;   // JSON_STRING, JSON_INTEGER, or JSON_TRUE: a boolean
    enum jn_key key;  // which key of the configuration it is; JN_KEY_ROOT: none
    const char *word; // in the command, up to a space; NULL: an option
};

// The parameters of a method, those that must be given first. Returns how many.
size_t jn_method_parameters(const struct jn_method *method, struct jn_parameter parameters[JN_MAX_PARAMETERS]);
