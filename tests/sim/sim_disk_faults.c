// SPDX-License-Identifier: BSD-3-Clause
// Kills, resets of the machine, and bits that change.
#include <string.h>

#include "sim_disk.h"

void
sim_disk_killed(void) {
    for (int i = 0; i < DESCRIPTORS; i++)
        if (writers[i] != NULL && writers[i]->busy)
            sim_perform(&writers[i]->write, (unsigned int)sim_below(writers[i]->write.part_count + 1));
    sim_faults.dead = true;
}

// Sectors that differ are there or not, in no order.
static void
tear(struct sim_file *file) {
    uint64_t durable = file->durable.size, seen = file->seen.size;
    uint64_t size = seen > durable ? durable + sim_below(seen - durable + 1) : seen;
    sim_set_size(&file->durable, size);
    for (uint64_t at = file->same / SECTOR * SECTOR; at < size; at += SECTOR) {
        uint64_t length = size - at < SECTOR ? size - at : SECTOR;
        if (at + length <= seen && sim_one_in(2))
            memcpy(file->durable.bytes + at, file->seen.bytes + at, length);
    }
    sim_copy_content(&file->seen, &file->durable, file->same < size ? file->same : size);
    file->same = size;
}

void
sim_disk_power_cut(void) {
    for (int i = 0; i < FILES; i++) {
        struct sim_file *file = &files[i];
        if (!file->used)
            continue;
        tear(file);
        if (strcmp(file->name, file->durable_name) != 0 && sim_one_in(2))
            memcpy(file->durable_name, file->name, sizeof(file->name));
        memcpy(file->name, file->durable_name, sizeof(file->name));
        file->locked_by = 0;
        sim_drop_unnamed(file);
    }
}

const char *
sim_disk_content(const char *name, size_t *size) {
    for (int i = 0; i < FILES; i++)
        if (files[i].used && strcmp(files[i].name, name) == 0) {
            *size = files[i].seen.size;
            return files[i].seen.bytes;
        }
    return NULL;
}

bool
sim_disk_damage(void) {
    for (unsigned int attempt = 0; attempt < 50; attempt++) {
        struct sim_file *file = &files[sim_below(FILES)];
        if (!file->used || strstr(file->name, ".spool") == NULL || file->durable.size <= 1024)
            continue;
        uint64_t at = 256 + sim_below(file->durable.size - 256);
        file->durable.bytes[at] ^= (char)(1 << sim_below(8));
        if (at < file->seen.size)
            file->seen.bytes[at] = file->durable.bytes[at];
        return true;
    }
    return false;
}
