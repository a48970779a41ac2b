// SPDX-License-Identifier: BSD-3-Clause
#include "part.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "log.h"
#include "process.h"
#include "seqlock.h"

enum { NS_PER_MS = 1000000 };

static void
show(const struct part *part) {
    struct jn_launch_part *shown = part->shown;
    if (shown == NULL)
        return;
    jn_store(&shown->pid, (uint32_t)part->pid);
    jn_store(&shown->deaths, (uint32_t)part->start_up_deaths);
    jn_store(&shown->restart_ns, part->pid != 0 ? 0 : (uint64_t)part->restart_ms * NS_PER_MS);
}

static void
show_death(const struct part *part, int status, long now_ms) {
    if (part->shown == NULL)
        return;
    jn_store(&part->shown->status, status);
    jn_store(&part->shown->died_ns, (uint64_t)now_ms * NS_PER_MS);
    show(part);
}

static long
longest_pause(const struct part *part) {
    return part->number == JN_PART_DATAPLANE ? PART_DATAPLANE_PAUSE_MS : PART_BESIDE_PAUSE_MS;
}

void
part_started(struct part *part, pid_t pid, long now_ms) {
    part->started_ms = now_ms;
    part->pid = pid > 0 ? pid : 0;
    part->restart_ms = now_ms + longest_pause(part);
    part->serves = part->number != JN_PART_DATAPLANE;
    show(part);
    if (pid > 0)
        jn_log(JN_LOG_INFO, "%s started, pid %d", part->name, pid);
}

void
part_serves(struct part *part) {
    part->serves = true;
}

bool
part_died(struct part *part, int status, long now_ms) {
    char text[64];
    long lived = now_ms - part->started_ms;
    part->pid = 0;
    bool started = part->serves && lived >= PART_START_UP_MS;
    part->was_up |= started;
    part->start_up_deaths = started ? 0 : part->start_up_deaths + 1;
    if (lived >= PART_STABLE_MS || part->pause_ms == 0)
        part->pause_ms = PART_FIRST_PAUSE_MS;
    jn_exit_text(status, text, sizeof(text));
    if (part->number == JN_PART_DATAPLANE && !part->was_up && !part->serves && WIFEXITED(status) &&
        WEXITSTATUS(status) == JN_EXIT_CANNOT) {
        jn_log(JN_LOG_ERROR, "%s cannot start with this configuration: giving up", part->name);
        return false;
    }
    if (part->number == JN_PART_DATAPLANE && !part->was_up && part->start_up_deaths >= PART_START_UP_DEATHS) {
        jn_log(JN_LOG_ERROR, "%s %s while starting, %d times in a row: giving up", part->name, text,
               part->start_up_deaths);
        return false;
    }
    long pause_ms = part->pause_ms;
    part->restart_ms = now_ms + pause_ms;
    part->pause_ms = pause_ms * 2 < longest_pause(part) ? pause_ms * 2 : longest_pause(part);
    show_death(part, status, now_ms);
    jn_log(JN_LOG_ERROR, "%s %s: started again in %ld ms", part->name, text, pause_ms);
    return true;
}

// SIGTERM itself ends a part that has not yet come to the point of listening to it, and so has nothing to put in order.
bool
part_ended(struct part *part, int status) {
    char text[64];
    part->pid = 0;
    show(part);
    if ((WIFEXITED(status) && WEXITSTATUS(status) == 0) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM))
        return true;
    jn_exit_text(status, text, sizeof(text));
    jn_log(JN_LOG_ERROR, "%s %s while stopping", part->name, text);
    return false;
}

void
part_hurry(struct part *part, long now_ms) {
    part->pause_ms = 0;
    if (part->pid != 0)
        return;
    part->restart_ms = now_ms;
    show(part);
}
