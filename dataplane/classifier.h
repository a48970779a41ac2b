// SPDX-License-Identifier: BSD-3-Clause
// Is junction-classify there? Workers are told: one that has gone, or takes nothing, is given no samples. All for the main
// thread.
#pragma once

#include "worker/app.h"

// Look for its region, whether it lives and takes samples, and tell the workers. True: there was another life before, of which
// workers may still be reading: jn_classifier_forget once each has passed a round, and before it is called again.
bool jn_classifier_watch(struct jn_app *app);
void jn_classifier_forget(struct jn_app *app);

// A replay waits for it, ten seconds at most. False: it is not there.
bool jn_classifier_await(struct jn_app *app);

// Leave the region.
void jn_classifier_close(struct jn_app *app);
