// SPDX-License-Identifier: BSD-3-Clause
// The simulated disk from within: what calls do to it (sim_disk.c), and what befalls it (sim_disk_faults.c).
#pragma once

#include "sim.h"

enum { FILES = 512, DESCRIPTORS = 256, DIRECTORIES = 8, SECTOR = 512 };

struct content {
    char *bytes;
    uint64_t size;
};

struct sim_file {
    bool used;
    int directory;
    char name[64]; // "": none
    char durable_name[64];
    struct content seen, durable;
    uint64_t same; // both have these bytes alike
    int locked_by; // descriptor + 1
};

struct world_writer {
    struct world_write write;
    bool busy;
};

extern struct sim_file files[FILES];
extern struct world_writer *writers[DESCRIPTORS];

// Zeros are added, or the end is cut off.
void sim_set_size(struct content *content, uint64_t size);
// The same bytes, of which the first `same` are so already.
void sim_copy_content(struct content *to, const struct content *from, uint64_t same);
// Forget a file that has no name and is not open.
void sim_drop_unnamed(struct sim_file *file);
// The first `parts` of a write, without what makes them stay.
int sim_perform(const struct world_write *write, unsigned int parts);
