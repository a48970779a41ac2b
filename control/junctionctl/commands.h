// SPDX-License-Identifier: BSD-3-Clause
// Every command in one table: its grammar gives parsing, --help, bash completion and the man page.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2, MAX_ARGUMENTS = 4 };

// What was asked for, the words that a grammar leaves open in `arguments`, in order.
struct invocation {
    const char *instance, *socket; // socket NULL: the instance's default
    bool json, help, version, man, all;
    const char *vpg, *limit;
    const char *description, *encapsulation, *key, *session, *ttl, *dscp, *snap_length, *sample_packets, *sample_flows;
    const char *rate_mbps, *direction, *too_long;
    const char *standby, *on_failure, *inner_ipv6, *group;
    bool sequence, no_sequence, disabled;
    const char *arguments[MAX_ARGUMENTS];
};

#define PEER_GRAMMAR                                                                                                   \
    "[--description TEXT] [--encapsulation WORD] [--key N] [--sequence] [--session N] [--ttl N] [--dscp N] "           \
    "[--snap-length N] [--sample-packets N] [--sample-flows N] [--rate-mbps N] [--direction WORD] [--too-long WORD]"

// X(grammar, handler, what it does). In a grammar: word, a|b one of them, UPPER anything, [--option] or [--option VALUE].
#define COMMANDS(X)                                                                                                    \
    X("show status", show_status, "The three processes, the policy in force at each worker, what passes now.")         \
    X("show ports", show_ports, "Ports: device, link, counters, rates. Read from shared memory.")                      \
    X("show workers", show_workers, "Workers: core, how busy, rates, flows, records. Read from shared memory.")        \
    X("show vpgs", show_vpgs, "VPGs and what passed each. Asks junction-control.")                                     \
    X("show flows [--vpg ID] [--limit N]", show_flows,                                                                 \
      "Live flows, most bytes since their last record first. Read from shared memory.")                                \
    X("show peers [--vpg ID]", show_peers,                                                                             \
      "Mirroring peers: state, next hop, copies sent and lost by reason; gateways of redirection: state, packets "     \
      "sent, returned and lost. Read from shared memory.")                                                             \
    X("show gate [--vpg ID]", show_gate,                                                                               \
      "Virtual networks: where redirected packets go, peers, hosts, what passed and what was refused. Read from "      \
      "shared memory.")                                                                                                \
    X("show neighbours", show_neighbours,                                                                              \
      "The underlay: own addresses, routes, next hops and what came in. Read from shared memory.")                     \
    X("show drops [--all]", show_drops, "Packets dropped or passed without being understood, by reason.")              \
    X("show policy", show_policy, "The policy: every VPG's default and rules. Asks junction-control.")                 \
    X("vpg ID inspection on|off", change_inspection,                                                                   \
      "Switch a VPG's inspection, in force at once and written to the configuration file.")                            \
    X("vpg ID mirror add ADDRESS " PEER_GRAMMAR " [--disabled]", change_mirror_add,                                    \
      "Add a mirroring peer to a VPG: flows that are running are copied at once. Written to the configuration file.")  \
    X("vpg ID mirror remove|enable|disable ADDRESS", change_mirror,                                                    \
      "Remove a mirroring peer, or switch it on or off, without losing a packet. Written to the configuration file.")  \
    X("vpg ID mirror set ADDRESS " PEER_GRAMMAR " [--no-sequence]", change_mirror_set,                                 \
      "Change options of a mirroring peer; the value \"default\" takes one back. Written to the configuration file.")  \
    X("vpg ID redirect set GATEWAY [--standby ADDRESS] [--on-failure WORD]", change_redirect_set,                      \
      "Send a VPG's packets through the gate's peer of that inner address, also of flows that are running. Written "   \
      "to the configuration file.")                                                                                    \
    X("vpg ID redirect unset", change_redirect_unset,                                                                  \
      "Forward a VPG's packets directly again. Written to the configuration file.")                                    \
    X("vpg ID gate open|close", change_gate,                                                                           \
      "Open or close a VPG's virtual network. Written to the configuration file.")                                     \
    X("vpg ID gate set-vni N", change_gate_vni,                                                                        \
      "Change the VXLAN network identifier of a VPG's virtual network. Written to the configuration file.")            \
    X("vpg ID gate peer add OUTER INNER [--inner-ipv6 ADDRESS] [--group GROUP] [--description TEXT]",                  \
      change_gate_peer_add,                                                                                            \
      "Add a peer to a VPG's virtual network: its VXLAN endpoint, and its address there. Written to the "              \
      "configuration file.")                                                                                           \
    X("vpg ID gate peer remove OUTER", change_gate_peer_remove,                                                        \
      "Remove a peer from a VPG's virtual network. Written to the configuration file.")                                \
    X("reload", change_reload, "Read the configuration file again; a mistake in it changes nothing.")                  \
    X("log error|warning|info|debug", change_log, "Log level of all processes until the next reload.")                 \
    X("completion bash", print_completion, "Print bash completion, for /etc/bash_completion.d.")

// X(option, name of its value or NULL, member of struct invocation, everywhere, what it does)
#define OPTIONS(X)                                                                                                     \
    X("--instance", "NAME", instance, true, "Which Junction of this host (default: default).")                         \
    X("--socket", "PATH", socket, true, "Of junction-control (default: /run/junction/NAME.sock).")                     \
    X("--json", NULL, json, true, "Print JSON, of the shape that docs/junctionctl.md gives.")                          \
    X("--help", NULL, help, true, "Print help, of one command when given with it.")                                    \
    X("--version", NULL, version, true, "Print the version.")                                                          \
    X("--man", NULL, man, true, "Print the man page.")                                                                 \
    X("--vpg", "ID", vpg, false, "Only what belongs to this VPG.")                                                     \
    X("--limit", "N", limit, false, "At most so many (default 50); 0: all.")                                           \
    X("--all", NULL, all, false, "Also those that are zero.")                                                          \
    X("--description", "TEXT", description, false, "Words for people.")                                                \
    X("--encapsulation", "WORD", encapsulation, false, "gretap (default), gre, erspan2 or erspan3.")                   \
    X("--key", "N", key, false, "GRE key, 0 to 4294967295 (default: none).")                                           \
    X("--sequence", NULL, sequence, false, "GRE sequence numbers; ERSPAN always has them.")                            \
    X("--no-sequence", NULL, no_sequence, false, "No GRE sequence numbers any more.")                                  \
    X("--session", "N", session, false, "ERSPAN session ID, 0 to 1023 (default: 0).")                                  \
    X("--ttl", "N", ttl, false, "TTL or hop limit of the outer header, 1 to 255 (default: 64).")                       \
    X("--dscp", "N", dscp, false, "DSCP of the outer header, 0 to 63 (default: 0).")                                   \
    X("--snap-length", "N", snap_length, false, "Bytes of a frame that are copied, from 64 (default: 0, all).")        \
    X("--sample-packets", "N", sample_packets, false, "Copy one in so many packets (default: 1).")                     \
    X("--sample-flows", "N", sample_flows, false, "Copy one in so many flows (default: 1).")                           \
    X("--rate-mbps", "N", rate_mbps, false, "Most that is sent, in Mbit/s (default: no limit).")                       \
    X("--direction", "WORD", direction, false, "both (default), uplink or downlink.")                                  \
    X("--too-long", "WORD", too_long, false, "Longer than the underlay's MTU: cut (default), fragment or drop.")       \
    X("--disabled", NULL, disabled, false, "Nothing is sent until it is enabled.")                                     \
    X("--standby", "ADDRESS", standby, false, "Inner address of another peer, that may take the gateway's place.")     \
    X("--on-failure", "WORD", on_failure, false, "While the gateway is down: bypass (default), drop or standby.")      \
    X("--inner-ipv6", "ADDRESS", inner_ipv6, false, "Its IPv6 address on the virtual network, beside an IPv4 one.")    \
    X("--group", "GROUP", group, false, "Its group, for privacy_separator.")

#define X(grammar, handler, text) int handler(const struct invocation *invocation);
COMMANDS(X)
#undef X

struct command {
    const char *grammar;
    int (*handle)(const struct invocation *invocation);
    const char *text;
};

struct option_entry {
    const char *name, *value;
    size_t offset; // in struct invocation: of a const char *, or of a bool when it takes no value
    bool everywhere;
    const char *text;
};

extern const struct command jn_commands[];
extern const size_t jn_command_count;
extern const struct option_entry jn_options[];
extern const size_t jn_option_count;

// The command that was asked for. NULL with *status set when there is nothing (more) to run.
const struct command *command_parse(int argc, char **argv, struct invocation *invocation, int *status);

void print_help(const struct command *command); // NULL: of everything
void print_man(void);
