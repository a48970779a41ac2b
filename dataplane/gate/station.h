// SPDX-License-Identifier: BSD-3-Clause
// What the wires' Ethernet addresses are, as the flows of VPGs with a gate have shown: behind which MAC address a device
// is, which MAC address stands for the network, and their VLAN tag. What comes back from a virtual network as another
// flow than the one that left, or never was one, is given its Ethernet header from here. Shared by all workers.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define JN_STATIONS     8192u // power of two
#define JN_STATION_WAYS 4u

struct jn_stations;
struct jn_flow_entry;

// The two ends of a wire, as its frames name them.
struct jn_station {
    uint8_t device[6];   // on the access side
    uint8_t remote[6];   // on the network side
    uint16_t vlan;       // TCI, 0xffff: untagged
    bool one_of_several; // of the last: devices of the VPG have shown others too
    uint8_t reserved;
};

// Memory for the table, zeroed, with room for so many VPG slots; NULL when there is none. Main thread.
struct jn_stations *jn_stations_make(uint32_t vpgs);
void jn_stations_free(struct jn_stations *stations);

// Take note of what a flow's entry says of its device, and so of its VPG. Any worker; when another one is just writing in
// the same place, nothing is noted: the next flow will say it again.
void jn_station_learn(struct jn_stations *stations, const struct jn_flow_entry *entry, uint64_t now_ns);

// The station of that device (network order) of the VPG in that slot. False: it is not known. Any worker.
bool jn_station_find(const struct jn_stations *stations, uint16_t slot, uint8_t family, const uint8_t address[16],
                     struct jn_station *out);

// The station that the VPG has shown last, whichever device's it was. False: it has shown none yet. Any worker.
bool jn_station_last(const struct jn_stations *stations, uint16_t slot, struct jn_station *out);

// The VPG's place is another's now: forget what it showed. Main thread.
void jn_station_forget(struct jn_stations *stations, uint16_t slot);
