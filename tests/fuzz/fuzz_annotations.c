// SPDX-License-Identifier: BSD-3-Clause
// Annotations from a junction-classify that was taken over, and an annotated region that a former exporter left: what is kept is
// sound, bounded, and makes JSON. First byte: 0 to 127, what rings hold; else what the region holds. Then triples of offset (two
// bytes, in eights), length, and that many bytes.
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "annotation_check.h"
#include "annotation_rings.h"
#include "flow_document.h"
#include "fuzz.h"
#include "log.h"
#include "place.h"
#include "protocols.h"
#include "record_check.h"

enum { RINGS = 2, FLOWS = 16, ENTRIES = 4 };

static char run_dir[64];
static struct jn_shm texts;
static struct jn_annotations_region *region;
static struct annotated kept;
static struct annotation_rings rings;
static struct flow_writer writer;

static void
remove_run_dir(void) {
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", run_dir);
    demand(system(command) == 0);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv) {
    static struct names names;
    char err[JN_ERR_MAX];
    (void)argc;
    (void)argv;
    strcpy(run_dir, "/dev/shm/junction-fuzz-XXXXXX");
    demand(mkdtemp(run_dir) != NULL && jn_run_directory_set(run_dir, err) == 0);
    atexit(remove_run_dir);
    jn_log_set_level(JN_LOG_ERROR);
    protocols_init();
    flow_writer_open(&writer, "edge-1", &names);
    writer.annotated = &kept;
    demand(jn_shm_create(&texts, "fuzz", JN_REGION_ANNOTATIONS, jn_annotations_size(RINGS), 1, false, false, err) == 0);
    region = texts.base;
    jn_annotations_init(region, RINGS);
    jn_shm_ready(&texts);
    demand(annotated_open(&kept, "fuzz", FLOWS, err) >= 0);
    return 0;
}

static void
overlay(uint8_t *base, size_t size, const uint8_t *data, size_t left) {
    while (left >= 3) {
        size_t offset = (data[0] | (size_t)data[1] << 8) * 8 % size, length = data[2];
        data += 3;
        left -= 3;
        length = length < left ? length : left;
        length = length < size - offset ? length : size - offset;
        memcpy(base + offset, data, length);
        data += length;
        left -= length;
    }
}

static struct jn_annotation *
annotation_at(unsigned int ring, unsigned int i) {
    return (struct jn_annotation *)((char *)region + jn_annotations_size(ring)) + i;
}

// Sound ones of few flows, so that what is laid over them is not refused each time.
static void
write_sound(void) {
    memset(region->rings, 0, sizeof(region->rings));
    jn_annotations_init(region, RINGS);
    for (unsigned int ring = 0; ring < RINGS; ring++) {
        for (unsigned int i = 0; i < ENTRIES; i++)
            *annotation_at(ring, i) = (struct jn_annotation){
                .boot = 1, .flow = {0, i % 2, 2}, .kind = (uint8_t)(1 + 4 * ring + i), .length = 4, .text = "text"};
        region->rings[ring].head = ENTRIES;
    }
}

static void
check_flow(const struct jn_annotated_flow *flow) {
    size_t at = 0, length;
    uint8_t kind;
    const char *text;
    while (jn_annotated_next(flow, &at, &kind, &text, &length)) {
        struct jn_annotation again = {.boot = 1, .kind = kind, .length = (uint8_t)length};
        memcpy(again.text, text, length);
        demand(annotation_error(&again) == NULL);
    }
    demand(at == flow->length && flow->edition % 2 == 0);
}

static void
write_document(uint64_t boot, uint8_t worker, uint32_t flow_idx, uint32_t version) {
    static struct flow_document document;
    struct jn_record record = {.type = JN_RECORD_FLOW, .worker = worker, .boot = boot, .vpg_id = "fuzz"};
    record.flow = (struct jn_record_flow){.flow_idx = flow_idx,
                                          .version = version,
                                          .end_reason = 1 + flow_idx % 2,
                                          .flags = JN_APPLICATION_DECIDED_PHASE << JN_FLOW_APPLICATION_SHIFT,
                                          .application = (uint16_t)(version % JN_APPLICATION_NUMBERS),
                                          .vlan_tci = 0xffff};
    demand(record_error(&record, worker) == NULL);
    flow_document_write(&writer, &record, &document);
    demand(document.length <= FLOW_DOCUMENT_MAX);
    json_t *parsed = json_loadb(document.text, document.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    demand(parsed != NULL);
    json_decref(parsed);
}

static void
write_documents(bool sound) {
    for (unsigned int i = 0; i < FLOWS; i++) {
        const struct jn_annotated_flow *flow = &kept.flows[i];
        if (sound && flow->boot != 0)
            check_flow(flow);
        if (flow->boot != 0 && flow->worker < JN_MAX_WORKERS)
            write_document(flow->boot, flow->worker, flow->flow.flow_idx, flow->flow.version);
    }
}

static void
try_rings(const uint8_t *data, size_t size) {
    char err[JN_ERR_MAX];
    write_sound();
    memset(kept.region->taken, 0, sizeof(kept.region->taken));
    annotation_rings_open(&rings, "fuzz", &kept);
    annotation_rings_look(&rings, true);
    demand(rings.count == RINGS);
    // The head of ring 0, then its annotations: what a thread may write.
    overlay((uint8_t *)annotation_at(0, 0), ENTRIES * sizeof(struct jn_annotation), data, size / 2);
    overlay((uint8_t *)&region->rings[1], 16, data + size / 2, size - size / 2);
    annotation_rings_take(&rings);
    demand(jn_annotated_check(kept.region, kept.shm.size, err) == 0 && kept.region->pending == 0);
    write_documents(true);
    annotation_rings_close(&rings);
    overlay((uint8_t *)region->rings, sizeof(region->rings), data, size); // another region that cannot be right
    annotation_rings_open(&rings, "fuzz", &kept);
    annotation_rings_look(&rings, true);
    annotation_rings_take(&rings);
    annotation_rings_close(&rings);
}

// A former exporter's region is believed as far as it can be: what its texts are, documents hold all the same.
static void
try_region(const uint8_t *data, size_t size) {
    char err[JN_ERR_MAX];
    size_t from = offsetof(struct jn_annotated_region, capacity);
    for (unsigned int i = 0; i < ENTRIES; i++)
        annotated_add(&kept, annotation_at(1, i));
    overlay((uint8_t *)kept.region + from, jn_annotated_size(FLOWS) - from, data, size);
    annotated_close(&kept, false);
    demand(annotated_open(&kept, "fuzz", FLOWS, err) >= 0);
    write_documents(false);
    for (unsigned int i = 0; i < ENTRIES; i++)
        annotated_add(&kept, annotation_at(1, i));
    write_documents(false);
    annotated_close(&kept, true);
    demand(annotated_open(&kept, "fuzz", FLOWS, err) >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    write_sound();
    if (data[0] < 128)
        try_rings(data + 1, size - 1);
    else
        try_region(data + 1, size - 1);
    return 0;
}
