// SPDX-License-Identifier: BSD-3-Clause
#include "delivery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lane_lose.h"
#include "lane_spool.h"

static void
on_secured(void *context, struct block *block) {
    struct delivery *d = context;
    if (--block->unsecured > 0)
        return;
    d->memory -= block_memory(block);
    d->unsecured -= block->count;
    for (uint32_t i = 0; i < block->count; i++)
        d->secured(d->context, block->opaque[i]);
}

void
delivery_released(struct delivery *d, uint64_t number) {
    if (number > d->next.records)
        number = d->next.records;
    d->released = number;
}

void
delivery_lets_go(struct delivery *d, unsigned int source, uint64_t number) {
    for (unsigned int i = 0; i < d->lane_count; i++)
        if (d->lanes[i].spool != NULL) // of one that is away the numbers are its own
            jn_sink_set(&d->lanes[i].options.view->let_go[source], number);
}

uint64_t
delivery_next(const struct delivery *d) {
    return d->next.records + (d->filling != NULL ? d->filling->count : 0);
}

void
delivery_rings(struct delivery *d, uint64_t boot) {
    for (unsigned int w = 0; w < JN_MAX_WORKERS; w++)
        delivery_lets_go(d, w, delivery_next(d));
    for (unsigned int i = 0; i < d->lane_count; i++)
        if (d->lanes[i].spool != NULL)
            jn_sink_set(&d->lanes[i].options.view->rings_boot, boot);
}

static void
go_on_behind(struct delivery *d, const struct spool *spool) {
    if (spool != NULL && spool->end.records > d->next.records)
        d->next = spool->end;
}

int
delivery_open(struct delivery *d, const struct lane_options *options, unsigned int count, char err[JN_ERR_MAX]) {
    unsigned int open_sinks = 0;
    d->next.records = 1; // 0: not known
    d->lanes = calloc(count, sizeof(*d->lanes));
    if (d->lanes == NULL) {
        snprintf(err, JN_ERR_MAX, "no memory for the sinks");
        return -ENOMEM;
    }
    for (d->lane_count = 0; d->lane_count < count; d->lane_count++) {
        struct lane_options mine = options[d->lane_count];
        struct lane *lane = &d->lanes[d->lane_count];
        mine.secured = on_secured;
        mine.context = d;
        int rc = lane_open(lane, &mine, count > 1, err);
        if (rc < 0) {
            lane_close(lane);
            return rc;
        }
        open_sinks += lane->sink != NULL;
        go_on_behind(d, lane->spool);
    }
    if (open_sinks == 0)
        return -EIO; // err is the last one's
    delivery_released(d, d->next.records);
    delivery_rings(d, 0);
    delivery_lets_go(d, JN_SINK_SOURCE_SUMS, delivery_next(d));
    return 0;
}

// A lane that has no memory to take it would never secure it.
static void
give_to_lanes(struct delivery *d, struct block *block) {
    block->unsecured = d->lane_count + 1;
    for (unsigned int i = 0; i < d->lane_count; i++)
        while (!lane_add(&d->lanes[i], block))
            if (!lane_lose_oldest(&d->lanes[i]))
                abort(); // not even a list's item can be had
}

static void
seal(struct delivery *d) {
    struct block *block = d->filling;
    d->filling = NULL;
    jn_sink_add_amount(&d->next, &block->amount);
    block_seal(block);
    d->memory += block_memory(block);
    d->unsecured += block->count;
    give_to_lanes(d, block);
    on_secured(d, block); // this call's own share
    block_let_go(block);
}

int
delivery_add(struct delivery *d, const struct document *document, uint64_t opaque) {
    if (d->memory >= DELIVERY_MEMORY)
        return -EAGAIN;
    for (unsigned int attempt = 0; attempt < 2; attempt++) {
        if (d->filling == NULL)
            d->filling = block_make(d->next.records, &d->next, world->clock->steady_ns());
        if (d->filling == NULL)
            return -EAGAIN;
        if (block_add(d->filling, document, opaque))
            return 0;
        if (d->filling->count == 0)
            return -EAGAIN;
        seal(d);
    }
    return -EAGAIN;
}

static bool
due(const struct delivery *d, bool quiet) {
    if (d->filling == NULL || d->filling->count == 0)
        return false;
    uint64_t age = world->clock->steady_ns() - d->filling->born_ns;
    if (age > LANE_SPILL_NS)
        return true;
    if (age < DELIVERY_SEAL_NS && !quiet)
        return false;
    if (age >= DELIVERY_SEAL_NS && quiet)
        return true;
    for (unsigned int i = 0; i < d->lane_count; i++)
        if (lane_hungry(&d->lanes[i]))
            return true;
    return false;
}

// One that can go on does not wait for one that can neither send nor spool: that one loses its oldest.
static void
make_room(struct delivery *d) {
    bool another = false;
    for (unsigned int i = 0; i < d->lane_count; i++)
        another = another || !lane_stuck(&d->lanes[i]);
    for (unsigned int i = 0; another && i < d->lane_count; i++)
        if (lane_stuck(&d->lanes[i]))
            lane_lose_oldest(&d->lanes[i]);
}

unsigned int
delivery_step(struct delivery *d, bool quiet) {
    unsigned int moved = 0;
    bool pressed = d->fill != DELIVERY_ROOM || d->memory >= DELIVERY_MEMORY / 2;
    if (due(d, quiet)) {
        seal(d);
        moved++;
    }
    for (unsigned int i = 0; i < d->lane_count; i++)
        moved += lane_step(&d->lanes[i], pressed, d->released);
    for (unsigned int i = 0; i < d->lane_count; i++)
        d->failed = d->failed || d->lanes[i].failed;
    if (d->fill == DELIVERY_CRISIS || d->memory >= DELIVERY_MEMORY)
        make_room(d);
    return moved;
}

void
delivery_hurry(struct delivery *d) {
    if (d->filling != NULL && d->filling->count > 0)
        seal(d);
    for (unsigned int i = 0; i < d->lane_count; i++)
        lane_spill(&d->lanes[i]);
}

bool
delivery_settled(const struct delivery *d) {
    return d->unsecured == 0 && (d->filling == NULL || d->filling->count == 0);
}

bool
delivery_empty(const struct delivery *d) {
    for (unsigned int i = 0; i < d->lane_count; i++)
        if (!lane_empty(&d->lanes[i]))
            return false;
    return delivery_settled(d);
}

void
delivery_close(struct delivery *d) {
    for (unsigned int i = 0; i < d->lane_count; i++)
        lane_close(&d->lanes[i]);
    free(d->lanes);
    if (d->filling != NULL)
        block_let_go(d->filling);
    d->lanes = NULL;
    d->filling = NULL;
    d->lane_count = 0;
}
