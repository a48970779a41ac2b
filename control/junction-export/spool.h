// SPDX-License-Identifier: BSD-3-Clause
// Where a sink's documents wait on disk. A directory of its own with segments, named by the number of their first document,
// and a position: what lies before it, the sink has. What was said to be written is fsynced. It has a largest size; beyond it
// the oldest segment goes that has nothing on its way to the sink.
//
// What a reset of the machine can leave: a segment whose end is torn (it was never said to be written, and is cut off), a
// position that is older (documents come again), a segment that was to be gone (likewise). What was lost to the bound is in
// the position file before its segment is unlinked, so that it is counted once.
#pragma once

#include "block.h"
#include "frame_reader.h"

#define SPOOL_SEGMENT_MAX (UINT64_C(64) << 20)
#define SPOOL_VERSION     1u

// First bytes of a segment.
struct spool_header {
    uint64_t magic;
    uint32_t version;
    uint32_t crc;                   // CRC-32 of all else
    uint64_t life;                  // random number of the exporter that wrote it
    struct jn_sink_amount first;    // number of its first document; packets and bytes of all before it
    struct jn_sink_amount previous; // the same behind the last document of the segment before it
    char node[64];
    char instance[32];
    char sink[32];
    uint64_t born_ns; // wall clock
    uint8_t reserved[48];
};
_Static_assert(sizeof(struct spool_header) == 256, "the spool's format");

struct spool_segment {
    struct spool_segment *next;     // younger
    struct jn_sink_amount first;    // as in the header
    struct jn_sink_amount end;      // behind its last document, as far as that is known: what was fsynced
    uint64_t size;                  // bytes that may be read
    uint64_t born_ns;               // wall clock
    bool sound;                     // found with a header that is right
    struct jn_sink_amount previous; // as in the header
};

// Documents that went for want of room, and are counted as lost: what stands before `to`, from `from` on.
struct spool_gap {
    uint64_t from, to;
};
#define SPOOL_GAPS 16

// One of two slots of the position file, written in turn. The higher generation whose checksum is right counts.
struct spool_position {
    uint64_t generation;
    struct jn_sink_amount acknowledged;             // the sink has all before: the next number; their packets and bytes
    struct spool_gap gaps[SPOOL_GAPS];              // oldest first; those without numbers are behind
    struct jn_sink_amount lost[JN_SINK_LOSS_COUNT]; // since the spool was made
    uint32_t reserved;
    uint32_t crc;
};

struct spool_options {
    const char *directory; // the sink's own; it is there
    const char *node, *instance, *sink;
    uint64_t max_bytes;
    struct jn_sink_view *view;
};

struct spool {
    struct spool_options options;
    uint64_t life;
    int directory, lock, position_file;
    struct world_writer *writer;
    struct spool_segment *oldest, *youngest;
    int file;               // of the youngest, while it is written; -1: the next block begins another
    uint64_t segment_bytes; // a segment is not begun anew before it is so large
    uint64_t total_bytes;
    struct jn_sink_amount end; // behind the last document that was written, of all
    struct spool_position position;
    struct spool_position position_before; // a drop that fails has not been
    bool position_changed;
    uint64_t saved_ns;
    uint64_t released; // set by the lane: documents before this number are in no ring any more
    // What the writer does.
    enum spool_doing { SPOOL_IDLE, SPOOL_APPENDS, SPOOL_DROPS } doing;
    struct block *parts[WORLD_PARTS];
    unsigned int part_count;
    uint64_t write_size;
    struct spool_header header; // of a segment that is begun
    struct spool_segment *begun;
    struct spool_segment *dropped;
    struct jn_sink_amount drop_amount;
    char slot[sizeof(struct spool_position)];
    // The reader.
    struct spool_segment *reading;
    int read_file;
    uint64_t unreadable_ns; // since when; 0: it can be read
    struct frame_reader reader;
    struct jn_sink_amount wanted; // the document that comes next: its number, packets and bytes of all before
};

// Begin to write these blocks behind all others: true. False: not now (something is being written, or room is being made:
// ask again), or it cannot be for want of room while all that is there is on its way: *full.
bool spool_append(struct spool *spool, struct block *const *blocks, unsigned int count, bool *full);

// Has what was begun come to its end? Blocks that are fsynced now are handed to `written`. 0, or a negative errno: of the
// disk, said; what was to be written is to be appended again.
int spool_step(struct spool *spool, void (*written)(void *context, struct block *block), void *context);

// The sink has all documents before this one. Segments that it needs no more go. lost: counted with it, by reason.
void spool_acknowledged(struct spool *spool, const struct jn_sink_amount *next,
                        const struct jn_sink_amount lost[JN_SINK_LOSS_COUNT]);

// Documents that never came here are lost: counted with the position. Whoever calls has shown it.
void spool_lost(struct spool *spool, enum jn_sink_loss loss, const struct jn_sink_amount *amount);

// The oldest segment that has nothing on its way goes, for its disk is full. False: there is none.
bool spool_drop_oldest(struct spool *spool);

// Waits for what is being written; those blocks are not said to be written.
void spool_close(struct spool *spool);

// For the spool's other files.

// Write the position into its file. It need not stay: with an older one documents come again.
int spool_save_position(struct spool *spool);

// Unlink a segment and forget it. It is not the one that is written.
void spool_forget(struct spool *spool, struct spool_segment *segment);
