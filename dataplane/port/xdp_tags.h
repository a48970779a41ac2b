// SPDX-License-Identifier: BSD-3-Clause
// VLAN tags that the kernel keeps beside an AF_XDP frame. DPDK's driver attaches our program without them, for that one works
// on every kernel; it takes nothing until it is told to. Main thread only.
#pragma once

#include <stdbool.h>

// After DPDK's driver has opened the interface: put the program that puts tags back into frames in the place of the one
// attached, on the same maps. It can be loaded where the kernel has bpf_xdp_metadata_rx_vlan_tag (Linux 6.8), and attached in
// native mode. Where it cannot, and `tags` is false then, the one that is attached begins to serve. A program of the user's
// own (xdp_prog=) stays as it is. shared: of an interface that stays the host's. Returns the program's descriptor, to be kept
// open as long as the port is; -1: the former one stays.
int jn_xdp_serve(const char *interface, bool shared, bool *tags);
