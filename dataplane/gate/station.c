// SPDX-License-Identifier: BSD-3-Clause
// A lossy cache of four ways. Each place is guarded by a version: odd while somebody writes; a writer that finds it odd
// goes its way, a reader takes it for empty.
#include "gate/station.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"

struct place {
    uint32_t version;
    uint16_t slot;
    uint8_t family; // 0: empty
    uint8_t reserved;
    uint8_t address[16];
    struct jn_station station;
    uint64_t seen_ns;
};
_Static_assert(sizeof(struct place) == 48, "four a few lines");

struct jn_stations {
    struct place places[JN_STATIONS];
    uint32_t vpgs;
    struct place of_vpg[];
};

struct jn_stations *
jn_stations_make(uint32_t vpgs) {
    struct jn_stations *stations = calloc(1, sizeof(*stations) + vpgs * sizeof(struct place));
    if (stations != NULL)
        stations->vpgs = vpgs;
    return stations;
}

void
jn_stations_free(struct jn_stations *stations) {
    free(stations);
}

static struct place *
bucket_of(const struct jn_stations *stations, uint16_t slot, const uint8_t address[16]) {
    uint64_t a[2];
    memcpy(a, address, sizeof(a));
    uint64_t hash = (a[0] ^ a[1] * UINT64_C(0x9e3779b97f4a7c15) ^ slot) * UINT64_C(0xd6e8feb86659fd93) >> 32;
    return (struct place *)&stations->places[(hash & (JN_STATIONS / JN_STATION_WAYS - 1)) * JN_STATION_WAYS];
}

static bool
begin_write(struct place *place) {
    uint32_t version = __atomic_load_n(&place->version, __ATOMIC_RELAXED);
    return version % 2 == 0 && __atomic_compare_exchange_n(&place->version, &version, version + 1, false,
                                                           __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

// Others may be looking at the version: whose it is, they see there.
static uint32_t
version_of(const struct place *place) {
    return __atomic_load_n(&place->version, __ATOMIC_RELAXED);
}

static void
end_write(struct place *place) {
    __atomic_store_n(&place->version, version_of(place) + 1, __ATOMIC_RELEASE);
}

static void
empty(struct place *place) {
    if (!begin_write(place))
        return;
    __atomic_store_n(&place->family, 0, __ATOMIC_RELEASE);
    end_write(place);
}

static bool
read_place(const struct place *place, struct place *out) {
    uint32_t version = jn_seq_begin(&place->version);
    jn_seq_load(out, place, sizeof(*out));
    return jn_seq_whole(&place->version, version) && out->family != 0;
}

static bool
is_of(const struct place *place, uint16_t slot, uint8_t family, const uint8_t address[16]) {
    return place->slot == slot && place->family == family && memcmp(place->address, address, 16) == 0;
}

static void
write_place(struct place *place, struct place *now) {
    struct place before;
    bool same = read_place(place, &before) && is_of(&before, now->slot, now->family, now->address) &&
                memcmp(&before.station, &now->station, sizeof(now->station)) == 0;
    if (same && now->seen_ns - before.seen_ns < UINT64_C(1000000000))
        return; // so that workers do not contend for what all of them know
    if (!begin_write(place))
        return;
    now->version = version_of(place);
    jn_seq_store(place, now, sizeof(*place));
    end_write(place);
}

// The device's own place, else an empty one, else the one seen longest ago.
static struct place *
choose(struct place *bucket, const struct place *now) {
    struct place *oldest = bucket, seen;
    for (unsigned int way = 0; way < JN_STATION_WAYS; way++) {
        if (!read_place(&bucket[way], &seen))
            seen.seen_ns = 0;
        else if (is_of(&seen, now->slot, now->family, now->address))
            return &bucket[way];
        if (seen.seen_ns < __atomic_load_n(&oldest->seen_ns, __ATOMIC_RELAXED))
            oldest = &bucket[way];
    }
    return oldest;
}

static void
write_last(struct jn_stations *stations, struct place *now) {
    struct place *last = &stations->of_vpg[now->slot], before;
    bool other = read_place(last, &before) && memcmp(before.station.device, now->station.device, 6) != 0;
    now->station.one_of_several = other || (before.family != 0 && before.station.one_of_several);
    write_place(last, now);
}

void
jn_station_learn(struct jn_stations *stations, const struct jn_flow_entry *entry, uint64_t now_ns) {
    static const uint8_t unknown[6];
    bool a = entry->flags & JN_FLOW_DEVICE_A, b = entry->flags & JN_FLOW_DEVICE_B;
    bool initiator = entry->flags & JN_FLOW_INITIATOR_B, from_network = entry->flags & JN_FLOW_FROM_NETWORK;
    int device = initiator != from_network; // what is on the access side
    // A device's address on the other side is a spoofed one, or comes round by the network: its own frames tell where it is.
    if ((a != b && device != b) || memcmp(entry->mac[0], unknown, 6) == 0 || memcmp(entry->mac[1], unknown, 6) == 0)
        return;
    struct place now = {.slot = jn_flow_vpg(entry),
                        .family = jn_flow_family(entry),
                        .station = {.vlan = entry->vlan},
                        .seen_ns = now_ns};
    memcpy(now.address, entry->address[device], sizeof(now.address));
    memcpy(now.station.device, entry->mac[device], 6);
    memcpy(now.station.remote, entry->mac[!device], 6);
    write_place(choose(bucket_of(stations, now.slot, now.address), &now), &now);
    if (now.slot < stations->vpgs)
        write_last(stations, &now);
}

bool
jn_station_find(const struct jn_stations *stations, uint16_t slot, uint8_t family, const uint8_t address[16],
                struct jn_station *out) {
    const struct place *bucket = bucket_of(stations, slot, address);
    struct place seen;
    for (unsigned int way = 0; way < JN_STATION_WAYS; way++)
        if (read_place(&bucket[way], &seen) && is_of(&seen, slot, family, address)) {
            *out = seen.station;
            return true;
        }
    return false;
}

bool
jn_station_last(const struct jn_stations *stations, uint16_t slot, struct jn_station *out) {
    struct place seen;
    if (slot >= stations->vpgs || !read_place(&stations->of_vpg[slot], &seen))
        return false;
    *out = seen.station;
    return true;
}

void
jn_station_forget(struct jn_stations *stations, uint16_t slot) {
    for (uint32_t i = 0; i < JN_STATIONS; i++)
        if (__atomic_load_n(&stations->places[i].slot, __ATOMIC_RELAXED) == slot)
            empty(&stations->places[i]);
    empty(&stations->of_vpg[slot]);
}
