// SPDX-License-Identifier: BSD-3-Clause
#include "regions.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "classifier.h"
#include "clock_read.h"
#include "consumer.h"
#include "core/huge.h"
#include "flow/unreported.h"
#include "former_life.h"
#include "lists.h"
#include "neighbour.h"
#include "touch.h"

enum { DRAIN_PAUSE_MS = 5, DRAIN_PAUSES = 1000, LEFT_PAUSES = 200 };

static void
describe_ports_and_wires(struct jn_app *app) {
    struct jn_counters_region *c = app->counters;
    const struct jn_options *o = &app->options;
    c->worker_count = o->worker_count;
    c->vpg_capacity = o->vpgs;
    c->port_count = o->port_count;
    c->wire_count = o->wire_count;
    c->pid = (uint32_t)getpid();
    c->started_ns = jn_clock_read(CLOCK_REALTIME);
    c->tsc_hz = rte_get_tsc_hz();
    for (unsigned int i = 0; i < o->worker_count; i++)
        c->worker_cores[i] = o->worker_cores[i];
    c->starting = o->replay == NULL;
    for (unsigned int i = 0; i < o->wire_count; i++) {
        memcpy(c->wires[i], o->wires[i].name, JN_NAME_MAX);
        c->wire_states[i] = (struct jn_wire_state){.access = o->wires[i].access,
                                                   .network = o->wires[i].network,
                                                   .link_loss_passed = o->wires[i].passes_link_loss};
    }
    jn_counters_publish_names(c);
    jn_neighbours_publish_names(app->neighbours);
    jn_gates_publish_names(app->gates);
    for (unsigned int i = 0; i < o->port_count; i++) {
        memcpy(c->ports[i].name, o->ports[i].name, JN_NAME_MAX);
        memcpy(c->ports[i].device, o->ports[i].device, sizeof(c->ports[i].device));
        c->ports[i].last_event = JN_PORT_EVENT_ROOM;
    }
}

bool
jn_exporter_lives(const struct jn_app *app) {
    char err[JN_ERR_MAX];
    struct jn_shm shm;
    if (jn_shm_attach(&shm, app->options.instance, JN_REGION_EXPORT, sizeof(struct jn_region_header), false, err) < 0)
        return false;
    bool lives = jn_shm_writer_alive(&shm);
    jn_shm_detach(&shm);
    return lives;
}

// A region taken over must be what this process would lay out: the workers write where they know their rings to be.
static bool
as_laid_out(const struct jn_app *app, char err[JN_ERR_MAX]) {
    const struct jn_options *o = &app->options;
    if (jn_records_check(app->records, app->records_shm.size, err) < 0)
        return false;
    snprintf(err, JN_ERR_MAX, "records region: its rings are not where they were made");
    for (unsigned int i = 0; i < o->worker_count; i++)
        if (app->records->rings[i].capacity != o->record_entries ||
            app->records->rings[i].offset != jn_records_size(i, o->record_entries))
            return false;
    return app->records->worker_count == o->worker_count;
}

// An exporter that runs, and may have been started just now, has a moment to take them.
static struct jn_left
wait_until_taken(const struct jn_app *app, const struct jn_records_region *records, bool *exporter) {
    struct jn_left left = jn_consumer_left_in(app->options.instance, records);
    for (int i = 0; i < LEFT_PAUSES && left.records != 0 && (*exporter = jn_exporter_lives(app)); i++) {
        nanosleep(&(struct timespec){.tv_nsec = DRAIN_PAUSE_MS * 1000000L}, NULL);
        left = jn_consumer_left_in(app->options.instance, records);
    }
    return left;
}

// Other cores or sizes than the last time mean another layout. An exporter that has the old region drains it all the same;
// without one, what was left in it is lost. It is said.
static void
report_records_dropped(const struct jn_app *app, uint64_t layout) {
    char err[JN_ERR_MAX];
    struct jn_shm shm;
    struct jn_left left = {0};
    bool exporter = false;
    int rc =
        jn_shm_attach(&shm, app->options.instance, JN_REGION_RECORDS, sizeof(struct jn_records_region), false, err);
    if (rc == -EPROTO)
        jn_log(JN_LOG_WARNING, "%s; records of an earlier life in it are given up", err);
    if (rc < 0)
        return;
    const struct jn_records_region *records = shm.base;
    bool elsewhere = shm.huge != app->options.huge; // other pages than then
    if ((jn_shm_header(&shm)->layout != layout || elsewhere) && jn_records_check(records, shm.size, err) == 0)
        left = wait_until_taken(app, records, &exporter);
    jn_shm_detach(&shm);
    if (left.records != 0)
        jn_log(JN_LOG_WARNING,
               "%lu records (%lu packets, %lu bytes) of an earlier life with other cores, sizes or pages are %s",
               (unsigned long)left.records, (unsigned long)left.packets, (unsigned long)left.bytes,
               exporter ? "left to the exporter that runs: its sink is behind" : "given up: no exporter took them");
}

static int
make_records(struct jn_app *app, char err[JN_ERR_MAX]) {
    const struct jn_options *o = &app->options;
    uint64_t layout = (uint64_t)o->worker_count << 32 | o->record_entries;
    int rc = 1;
    report_records_dropped(app, layout);
    for (bool reuse = true; rc == 1; reuse = false) {
        rc = jn_shm_create(&app->records_shm, o->instance, JN_REGION_RECORDS,
                           jn_records_size(o->worker_count, o->record_entries), layout, o->huge, reuse, err);
        if (rc < 0)
            return rc;
        app->records = app->records_shm.base;
        if (rc == 0 || as_laid_out(app, err))
            break;
        jn_log(JN_LOG_WARNING, "%s; it is made anew", err);
        jn_shm_remove(&app->records_shm);
        app->records = NULL;
    }
    if (rc == 0)
        jn_records_init(app->records, o->worker_count, o->record_entries);
    else
        jn_log(JN_LOG_INFO, "taking over the record rings of an earlier process");
    for (unsigned int i = 0; i < o->port_count; i++)
        memcpy(app->records->ports[i], o->ports[i].name, JN_NAME_MAX);
    return 0;
}

// Memory for a part of a region, and touched: no worker is to wait for it.
static int
back(const struct jn_shm *shm, size_t offset, size_t size) {
    int rc = jn_shm_back(shm, offset, size);
    if (rc == 0)
        jn_touch((char *)shm->base + offset, size);
    return rc;
}

static size_t
page_of(const struct jn_shm *shm) {
    struct statfs fs;
    return shm->huge && fstatfs(shm->fd, &fs) == 0 && fs.f_bsize > 0 ? (size_t)fs.f_bsize : 4096;
}

// What a worker writes alone is on its core's node. from and to: bytes of the region.
static void
place(const struct jn_app *app, const struct jn_shm *shm, unsigned int worker, size_t from, size_t to) {
    jn_numa_place((char *)shm->base + from, to - from, page_of(shm), app->numa.worker[worker]);
}

// A region that grows with the VPGs. head: bytes of its beginning, which is always there.
static int
make_growing(struct jn_app *app, struct jn_shm *shm, enum jn_region region, size_t size, size_t head,
             char err[JN_ERR_MAX]) {
    int rc = jn_shm_create(shm, app->options.instance, region, size, 0, false, false, err);
    if (rc < 0)
        return rc;
    rc = back(shm, 0, head);
    if (rc < 0)
        snprintf(err, JN_ERR_MAX, "%s: %s", shm->path, strerror(-rc));
    return rc;
}

static int
make_growing_regions(struct jn_app *app, char err[JN_ERR_MAX]) {
    uint32_t workers = app->options.worker_count, vpgs = app->options.vpgs;
    int rc = make_growing(app, &app->counters_shm, JN_REGION_COUNTERS, jn_counters_size(workers, vpgs),
                          jn_counters_size(workers, 0), err);
    if (rc == 0)
        rc = make_growing(app, &app->neighbours_shm, JN_REGION_NEIGHBOURS, jn_neighbours_size(workers, vpgs),
                          sizeof(*app->neighbours), err);
    if (rc == 0)
        rc =
            make_growing(app, &app->gates_shm, JN_REGION_GATES, jn_gates_size(workers, vpgs), sizeof(*app->gates), err);
    if (rc < 0)
        return rc;
    app->counters = app->counters_shm.base;
    app->neighbours = app->neighbours_shm.base;
    app->neighbours->worker_count = workers;
    app->neighbours->vpg_capacity = vpgs;
    app->gates = app->gates_shm.base;
    app->gates->worker_count = workers;
    app->gates->vpg_capacity = vpgs;
    app->path_mtus = (uint64_t *)((char *)app->neighbours + jn_path_mtus_offset(workers, vpgs));
    app->next_hops = (uint16_t *)((char *)app->neighbours + jn_next_hops_offset(workers, vpgs));
    app->gate_counters = (struct jn_gate_counters *)((char *)app->gates + jn_gate_counters_offset(0, vpgs));
    return 0;
}

// An array by VPG index, of so many bytes each: those from `first` up to `end`. Workers use the others.
static int
back_indexes(const struct jn_shm *shm, size_t offset, size_t each, uint32_t first, uint32_t end) {
    return back(shm, offset + first * each, (end - first) * each);
}

// Of every region the parts of the VPG indexes from `first` up to `end`.
static int
back_vpgs(struct jn_app *app, uint32_t first, uint32_t end) {
    uint32_t workers = app->options.worker_count, vpgs = app->options.vpgs;
    int rc = back_indexes(&app->neighbours_shm, jn_next_hops_offset(workers, vpgs), JN_VPG_PEERS * sizeof(uint16_t),
                          first, end);
    if (rc == 0)
        rc = back_indexes(&app->neighbours_shm, jn_path_mtus_offset(workers, vpgs), JN_VPG_PEERS * sizeof(uint64_t),
                          first, end);
    if (rc == 0)
        rc = back_indexes(&app->gates_shm, sizeof(*app->gates), sizeof(struct jn_gate_state), first, end);
    for (unsigned int w = 0; w < workers && rc == 0; w++) {
        const size_t peers = JN_VPG_PEERS * sizeof(struct jn_peer_counters);
        rc = back_indexes(&app->counters_shm, jn_counters_vpgs_offset(workers, w, vpgs), sizeof(struct jn_vpg_counters),
                          first, end);
        if (rc == 0)
            rc = back_indexes(&app->neighbours_shm, sizeof(*app->neighbours) + (size_t)w * vpgs * peers, peers, first,
                              end);
        if (rc == 0)
            rc = back_indexes(&app->gates_shm, jn_gate_counters_offset(w, vpgs), sizeof(struct jn_gate_counters), first,
                              end);
    }
    return rc;
}

int
jn_regions_grow(struct jn_app *app, uint32_t used, char err[JN_ERR_MAX]) {
    uint32_t before = app->vpg_used;
    if (used <= before)
        return 0;
    if (used > app->options.vpgs) {
        snprintf(err, JN_ERR_MAX, "the dataplane was started with room for %u VPGs: restart it", app->options.vpgs);
        return -E2BIG;
    }
    int rc = back_vpgs(app, before, used);
    if (rc < 0) {
        snprintf(err, JN_ERR_MAX, "no memory for the counters of %u VPGs: %s", used, strerror(-rc));
        return rc;
    }
    memset(app->next_hops + JN_VPG_PEERS * before, 0xff, JN_VPG_PEERS * (used - before) * sizeof(uint16_t));
    app->vpg_used = used;
    __atomic_store_n(&app->counters->vpg_used, used, __ATOMIC_RELEASE);
    __atomic_store_n(&app->neighbours->vpg_used, used, __ATOMIC_RELEASE);
    __atomic_store_n(&app->gates->vpg_used, used, __ATOMIC_RELEASE);
    return 0;
}

// What is written to a disk now and then stops who writes to the mapping meanwhile.
static void
warn_of_disk(const struct jn_app *app) {
    struct statfs fs;
    if (fstatfs(app->counters_shm.fd, &fs) == 0 && fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)
        jn_log(JN_LOG_WARNING, "%s is on a disk: packets may be late; mount a tmpfs there (prepare-host.sh does)",
               jn_run_directory());
}

// Last: only with all others of this life does it mean anything to the next one.
static int
make_unreported(struct jn_app *app, char err[JN_ERR_MAX]) {
    unsigned int workers = app->options.worker_count;
    uint32_t vpgs = app->options.vpgs;
    int rc = jn_shm_create(&app->unreported_shm, app->options.instance, JN_REGION_UNREPORTED,
                           jn_unreported_size(workers, vpgs, app->flows_each), 0, app->options.huge, false, err);
    if (rc < 0)
        return rc;
    app->unreported = app->unreported_shm.base;
    jn_unreported_init(app->unreported, workers, vpgs, app->flows_each);
    app->unreported->flows_boot = app->flows->header.boot;
    app->unreported->records_boot = app->records->header.boot;
    app->unreported->counters_boot = app->counters->header.boot;
    return 0;
}

// Like records, but without anything that the next life would want.
static int
make_samples(struct jn_app *app, char err[JN_ERR_MAX]) {
    unsigned int workers = app->options.worker_count;
    uint32_t capacity = app->options.classify;
    if (capacity == 0)
        return 0;
    size_t size = jn_samples_size(workers, capacity);
    int rc = make_growing(app, &app->samples_shm, JN_REGION_SAMPLES, size, size, err);
    if (rc < 0)
        return rc;
    app->samples = app->samples_shm.base;
    jn_samples_init(app->samples, workers, capacity);
    app->samples->records_boot = app->counters->header.boot; // as records carry it
    app->samples->waits = app->options.replay != NULL;
    for (unsigned int w = 0; w < workers; w++)
        place(app, &app->samples_shm, w, jn_samples_size(w, capacity), jn_samples_size(w + 1, capacity));
    return 0;
}

// All of the tables is there before a worker needs it, in large pages as far as there are some.
static void
have_pages(const struct jn_app *app) {
    const struct jn_shm *const tables[] = {&app->flows_shm, &app->records_shm, &app->unreported_shm};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (tables[i]->huge || app->options.replay != NULL)
            jn_touch(tables[i]->base, tables[i]->size);
        else
            jn_huge_touch(tables[i]->base, tables[i]->size);
        if (app->options.huge && !tables[i]->huge)
            jn_log(JN_LOG_WARNING, "%s: %zu MB do not fit into the huge pages that are free: they are in plain ones",
                   tables[i]->path, tables[i]->size >> 20);
    }
}

static int
make_regions(struct jn_app *app, char err[JN_ERR_MAX]) {
    const struct jn_options *o = &app->options;
    uint32_t entries = app->flows_each = (o->flow_entries + o->worker_count - 1) / o->worker_count;
    int rc = make_growing_regions(app, err);
    if (rc < 0)
        return rc;
    if (o->replay == NULL)
        warn_of_disk(app);
    rc = jn_shm_create(&app->flows_shm, o->instance, JN_REGION_FLOWS, jn_flow_region_size(o->worker_count, entries), 0,
                       o->huge, false, err);
    if (rc < 0)
        return rc;
    app->flows = app->flows_shm.base;
    jn_flow_region_init(app->flows, o->worker_count, entries);
    if ((rc = make_records(app, err)) < 0 || (rc = make_unreported(app, err)) < 0 || (rc = make_samples(app, err)) < 0)
        return rc;
    have_pages(app);
    for (unsigned int w = 0; w < o->worker_count; w++) {
        place(app, &app->unreported_shm, w, jn_unreported_size(w, o->vpgs, entries),
              jn_unreported_size(w + 1, o->vpgs, entries));
        place(app, &app->flows_shm, w, jn_flow_region_size(w, entries), jn_flow_region_size(w + 1, entries));
        place(app, &app->records_shm, w, jn_records_size(w, o->record_entries),
              jn_records_size(w + 1, o->record_entries));
        place(app, &app->counters_shm, w, jn_counters_vpgs_offset(o->worker_count, w, o->vpgs),
              jn_counters_vpgs_offset(o->worker_count, w + 1, o->vpgs));
    }
    describe_ports_and_wires(app);
    struct jn_shm *const all[] = {&app->counters_shm, &app->flows_shm,      &app->records_shm, &app->neighbours_shm,
                                  &app->gates_shm,    &app->unreported_shm, &app->samples_shm};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i]->base != NULL)
            jn_shm_ready(all[i]);
    return 0;
}

int
jn_regions_make(struct jn_app *app, char err[JN_ERR_MAX]) {
    struct jn_life *life = jn_former_life_take(app->options.instance);
    if (life != NULL)
        jn_former_life_report(app->options.instance, life, jn_exporter_lives(app));
    int rc = make_regions(app, err);
    if (life != NULL)
        jn_writer_give_back(life);
    return rc;
}

// No worker runs any more.
static uint64_t
look_what_is_left(struct jn_app *app) {
    if (jn_consumer_find(app))
        jn_consumer_forget(app);
    return jn_consumer_left(app);
}

void
jn_regions_remove(struct jn_app *app) {
    if (app->records != NULL) {
        uint64_t left = 0;
        for (int i = 0; i < DRAIN_PAUSES && (left = look_what_is_left(app)) != 0; i++) {
            if (!jn_exporter_lives(app))
                break;
            nanosleep(&(struct timespec){.tv_nsec = DRAIN_PAUSE_MS * 1000000L}, NULL);
        }
        if (left == 0) {
            jn_shm_remove(&app->records_shm);
        } else {
            jn_log(JN_LOG_WARNING, "%lu records are not delivered yet: they stay for the exporter",
                   (unsigned long)left);
            jn_shm_detach(&app->records_shm);
        }
    }
    jn_consumer_close(app);
    jn_classifier_close(app);
    struct jn_shm *const others[] = {&app->flows_shm,    &app->neighbours_shm, &app->gates_shm,
                                     &app->counters_shm, &app->unreported_shm, &app->samples_shm};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (others[i]->base != NULL)
            jn_shm_remove(others[i]);
}
