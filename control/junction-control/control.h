// SPDX-License-Identifier: BSD-3-Clause
// What junction-control knows, and the changes it makes: each checked whole, brought into force, then written down.
#pragma once

#include <sys/stat.h>

#include "config/config.h"
#include "heartbeat.h"
#include "keeper.h"
#include "publish.h"

struct control {
    const char *instance, *path; // of the configuration file
    const char *socket;
    struct keeper keeper; // of the configuration file
    struct publisher publisher;
    struct jn_config *config;  // in force
    struct jn_config *started; // what the running dataplane was started with, as far as is known
    bool devices_pinned;       // the launcher does not believe what the file says of them by now
    uint64_t boot;             // of the dataplane that `started` speaks of; 0: none seen yet
    uint64_t boot_in_force;    // of the dataplane last seen to run with the policy
    uint16_t vpg_idx_hint;     // behind the index given last: one that became free ages before it is given again
    uint64_t boot_fitted;      // of the dataplane to whose room the indexes of VPGs were fitted last
    struct jn_heartbeat heartbeats[JN_MAX_WORKERS]; // of the workers of the dataplane
    struct jn_heartbeat main_heartbeat;             // of its main thread
    bool waiting;                                   // for a dataplane, and it was said
    bool take_back;                                 // what is in force is not what the file says: to be published again
    struct stat file;                               // as it was when loaded or written
    int log_override;                               // level set while running, which is in no file; -1: none
    uint64_t started_ns;                            // CLOCK_MONOTONIC
};

// Why a request failed: `code` is one word of docs/junctionctl.md.
struct failure {
    const char *code;
    char message[JN_ERR_MAX];
    struct jn_config_errors errors;
};

// All return 0, or a negative number with `failure` filled; then the old policy is in force.
int control_start(struct control *control, struct failure *failure, struct publication *publication);
int control_reload(struct control *control, struct failure *failure, struct publication *publication);
int control_set_log(struct control *control, enum jn_log_level level, struct failure *failure,
                    struct publication *publication);

// A change of one VPG: a copy of the document to be changed, with *object its VPG in it; NULL with `failure` filled
// when it cannot be. Then the copy, which is taken, is checked like any file, brought into force and written down.
json_t *control_begin_change(const struct control *control, const char *vpg, json_t **object, struct failure *failure);
int control_end_change(struct control *control, json_t *document, struct failure *failure,
                       struct publication *publication);

int control_fail(struct failure *failure, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void control_free(struct control *control);

// One line about where a publication got to.
const char *publication_text(const struct publication *publication, char *out, size_t size);

// Which keys of the file wait for a restart of the dataplane: false and "" when none.
bool control_restart_needed(struct control *control, char *paths, size_t size);

// Look at the dataplane now and then: say when it came, went, or refused the policy.
void control_watch(struct control *control);
