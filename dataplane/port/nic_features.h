// SPDX-License-Identifier: BSD-3-Clause
// Features of network interfaces that change frames on their way to us (ethtool -k): tags taken out, packets joined,
// checksums left to a card that is not there. They are off as long as a port has its interface. What was on stands in the
// file of the interface's claim (port/xdp.h) before it is switched off, so that a killed process's successor gives it
// back. Main thread only.
#pragma once

#include <stdbool.h>

#include "shm.h"

// Does a kernel hand the device's frames over as it has them, whose checksums may be unfinished: AF_XDP, AF_PACKET, libpcap on
// an interface, TAP? PCI devices and others give whole ones, and a file what is in it.
bool jn_nic_leaves_unfinished(const char *device);

// Of an AF_PACKET device: warn that packets which the kernel has joined do not fit the frames of its ring, and come cut.
void jn_nic_warn_of_packet(const char *device);

// Does the feature change frames that the interface receives, or, of a veth pair's other end, that it sends to us? The
// kernel's names of features.
bool jn_nic_changes_received(const char *feature);
bool jn_nic_changes_sent(const char *feature);

// Switch off what changes frames, at the interface and at the other end of a veth pair in this network namespace. claim:
// descriptor of the claim's file. What stays on is a warning. 0, or negative errno with a sentence in err: -EPERM with
// the command that helps.
int jn_nic_features_take(const char *interface, int claim, char err[JN_ERR_MAX]);

// Somebody switched on again what we switched off: switch it off, and warn.
void jn_nic_features_hold(int claim);

// Switch on again what the claim's file says was on. left_behind: by a process that was killed; an interface of that number
// may be another one now, and is left alone then.
void jn_nic_features_give_back(int claim, bool left_behind);

// Once the interface is opened: do all frames come with their VLAN tags? tags: the XDP program puts them back. 0, or
// -ENOTSUP with a sentence in err when tags would be lost; what cannot be told is a warning. Each says the command that helps.
int jn_nic_tags_check(const char *interface, bool tags, char err[JN_ERR_MAX]);
