// SPDX-License-Identifier: BSD-3-Clause
// A world that one seed rules, in place of the real one (world.h): its clocks, its disk, and sinks on the other side of its
// network. The exporter in it is the product's code.
#pragma once

#include "sink.h"
#include "world.h"

// The seed's numbers, one after the other.
void sim_seed(uint64_t seed);
uint64_t sim_random(void);
static inline uint64_t
sim_below(uint64_t limit) {
    return sim_random() % limit;
}
static inline bool
sim_one_in(uint64_t count) {
    return sim_below(count) == 0;
}

// Clocks stand but for these.
void sim_pass(uint64_t ns);
void sim_wall_jumps(void);

// The disk. What a fault does, and how often: one in so many calls; 0: never.
struct sim_faults {
    uint64_t capacity;    // bytes; what is beyond fails with ENOSPC
    uint64_t write_fails; // EIO
    uint64_t read_short;  // fewer bytes than were asked for
    bool read_only;       // EROFS
    bool dead;            // the process is gone: nothing happens any more
};
extern struct sim_faults sim_faults;
extern const struct world sim_world;

void sim_disk_new(void);
// A process is killed: its descriptors are closed; what a write beside it had begun is done in part.
void sim_disk_killed(void);
// The machine is reset: of what was not synced any part may be there, of names too.
void sim_disk_power_cut(void);
// What a file has. NULL: there is none.
const char *sim_disk_content(const char *name, size_t *size);
// A bit of a segment's documents is another. False: there is none.
bool sim_disk_damage(void);

// A sink: what the other side of a network has, which outlives the exporter.
#define SIM_RECORDS 65536u
#define SIM_DEVICES 16u
#define SIM_SINKS   3u
struct sim_remote {
    bool down;                                                 // takes nothing, says nothing
    uint64_t lose_answer, double_answer, refuse, breaks, full; // one in so many; 0: never
    bool any_order;                                            // a document may come after those behind it
    bool has[SIM_RECORDS];                                     // by the record's number
    bool refused[SIM_RECORDS];
    uint64_t latest[SIM_DEVICES]; // number of the last record that came for the first time
    uint64_t summaries;
    bool out_of_order; // a device's documents
    const char *wrong; // what must not be: NULL
};
extern struct sim_remote sim_remotes[SIM_SINKS];
// It has a record now, or again; bytes: the document's, which tell the record's number.
void sim_arrive(struct sim_remote *remote, bool flow, uint64_t bytes);
struct json_t;
void sim_take(struct sim_remote *remote, const struct json_t *document);
void sim_take_lines(struct sim_remote *remote, const char *text, size_t length);
extern const struct sink_type sim_sink_types[SIM_SINKS];

// A record's number is in its bytes; the device it is of follows from it.
#define SIM_BYTES 1000u
