// SPDX-License-Identifier: BSD-3-Clause
// What junction-export has taken of the record rings, by its own region: it comes later than the dataplane, goes, and comes
// again. All for the main thread.
#pragma once

#include "worker/app.h"

// Look for the exporter's region, and tell the workers. True: there was another one before, which workers may still be
// reading: jn_consumer_forget once each has passed a round.
bool jn_consumer_find(struct jn_app *app);
void jn_consumer_forget(struct jn_app *app);

// Records that nobody has taken.
uint64_t jn_consumer_left(const struct jn_app *app);

struct jn_left {
    uint64_t records, packets, bytes; // packets and bytes: of the flow records among them
};

// The same of a records region that an earlier process made: records as they were checked.
struct jn_left jn_consumer_left_in(const char *instance, const struct jn_records_region *records);

// Leave the region.
void jn_consumer_close(struct jn_app *app);
