// SPDX-License-Identifier: BSD-3-Clause
// The tables of subcommands and options, and what they give.
#pragma once

#include <stdio.h>

#include "config/config.h"

// X(subcommand, function, arguments, what it does)
#define SUBCOMMANDS(X)                                                                                                 \
    X("run", launcher_run, "-c FILE [--instance NAME] [--run-dir DIR]",                                                \
      "Start junction-dataplane, junction-control, junction-export and, with the classifier enabled, "                 \
      "junction-classify in the foreground. What dies is started again, later and later. A dataplane that cannot "     \
      "start at all is given up, with exit status 1; the others never are, and never end the dataplane. SIGTERM and "  \
      "SIGINT end all in order, SIGHUP takes the edited file.")                                                        \
    X("check", launcher_check, "-c FILE",                                                                              \
      "Read the file: exit status 0 when it is right, else 1 and every error with path and line.")                     \
    X("nic", launcher_nic,                                                                                             \
      "list [--json] | bind ADDRESS... [--driver NAME] [--persist] [--force] | unbind ADDRESS... [--persist] | "       \
      "apply [ADDRESS...]",                                                                                            \
      "Which PCI NICs there are and which driver has them: list; give them to vfio-pci, by which DPDK opens them: "    \
      "bind; and back to the kernel: unbind. An address is 0000:03:00.0, 03:00.0, or the name of an interface. All "   \
      "of "                                                                                                            \
      "one command are bound, or none. A NIC that carries the default route or an SSH session, also below a bond, "    \
      "bridge or VLAN, is not bound without --force; one that is in use never is. apply binds what "                   \
      "/etc/junction/nic-bindings has, at boot or when a card returns.")                                               \
    X("replay", launcher_replay, "FILE.pcap [OPTION...]",                                                              \
      "Play a capture through the whole pipeline, in the order of its times. It is pcap or pcapng, not compressed, "   \
      "of "                                                                                                            \
      "Ethernet, Linux cooked headers, raw IP, BSD loopback, PPP, PPPoE or Cisco HDLC, also of several; - is "         \
      "standard "                                                                                                      \
      "input. Documents go to standard output as JSON lines, or as a table where that is a terminal; counters to "     \
      "standard error. A frame whose destination is a device enters by the network port, every other by the access "   \
      "port. Without a time, or with one before 1970 or after 2262, it has that of the frame before it.")

// X(subcommand, letter of getopt, option, name of its value or NULL, what it does)
#define LAUNCHER_OPTIONS(X)                                                                                            \
    X("run", 'c', "config", "FILE", "The configuration file; -c for short.")                                           \
    X("run", 'i', "instance", "NAME", "Keeps several Junctions on one host apart (default: default).")                 \
    X("run", 'r', "run-dir", "DIR", "Where the instances' directories are (default: /run/junction).")                  \
    X("check", 'c', "config", "FILE", "The configuration file; -c for short.")                                         \
    X("nic", 'j', "json", NULL, "Of list: as JSON.")                                                                   \
    X("nic", 'd', "driver", "NAME", "Of bind: the driver (default: vfio-pci).")                                        \
    X("nic", 'p', "persist", NULL,                                                                                     \
      "Of bind and unbind: also at the next boot, by /etc/junction/nic-bindings and junction nic apply.")              \
    X("nic", 'f', "force", NULL,                                                                                       \
      "Of bind: also a NIC that this host is reached by, with virtual functions, or that will not be of use.")         \
    X("replay", 'c', "config", "FILE",                                                                                 \
      "VPGs, rules, flow_table_entries and documents of a configuration, instead of one VPG for everything; -c for "   \
      "short.")                                                                                                        \
    X("replay", 's', "device-subnet", "PREFIX", "Where devices are. Repeat.")                                          \
    X("replay", 'i', "interval", "SECONDS", "A summary each interval; 0, the default, is one summary at the end.")     \
    X("replay", 'd', "documents", "summary,flow", "Which kinds of document.")                                          \
    X("replay", 'r', "run-dir", "DIR",                                                                                 \
      "Where its shared memory is (default: /run/junction; an ordinary user's: a directory of its own in /tmp).")      \
    X("replay", 'n', "write-network", "FILE",                                                                          \
      "Keep what left by the network port, as a capture in the order of the one played.")                              \
    X("replay", 'a', "write-access", "FILE", "Keep what left by the access port, as a capture.")                       \
    X("replay", 't', "write-tunnel", "FILE",                                                                           \
      "Keep what left by the tunnel port, as a capture: copies for mirroring peers, and packets on their way to the "  \
      "gateway.")                                                                                                      \
    X("replay", 'g', "reflect-gateway", NULL,                                                                          \
      "Play a gateway that gives back everything that is redirected to it, as it was, so that a capture goes all the " \
      "way. Without it redirected packets do not come back.")

#define X(word, function, arguments, text) int function(int argc, char **argv);
SUBCOMMANDS(X)
#undef X

struct subcommand {
    const char *word;
    int (*run)(int argc, char **argv);
    const char *arguments, *text;
};
// The subcommand of that word, or NULL.
const struct subcommand *launcher_subcommand(const char *word);

// getopt_long with the options of the subcommand argv[0]: the letter of the next one, -1 after the last, or '?'.
int launcher_option(int argc, char **argv);

void launcher_print_usage(FILE *stream);
void launcher_print_help(const struct subcommand *subcommand);
void launcher_print_man(void);
// Print the usage of the subcommand on standard error: 2.
int launcher_usage(const char *word);

// Load and print every error and warning on standard error. NULL when there is any error.
struct jn_config *launcher_load(const char *path);
