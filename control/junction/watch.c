// SPDX-License-Identifier: BSD-3-Clause
#include "watch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

enum { LOOK_MS = 500, KILL_MS = 5000 };

long
watch_timeout(long wanted) {
    return wanted < 0 || wanted > LOOK_MS ? LOOK_MS : wanted;
}

// By a signal, or by a debugger: then it does not hang.
static bool
is_stopped(pid_t pid) {
    char path[64], text[512] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    size_t length = file != NULL ? fread(text, 1, sizeof(text) - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    text[length] = '\0';
    const char *name_end = strrchr(text, ')'); // the name may hold anything
    return name_end != NULL && name_end[1] == ' ' && (name_end[2] == 'T' || name_end[2] == 't');
}

// False: it has not begun to beat, or its region is another's.
static bool
beats_of(struct watch *watch, const char *instance, uint64_t *beats) {
    char err[JN_ERR_MAX];
    struct jn_counters_view *view = &watch->counters;
    if (view->region != NULL && !jn_counters_current(view, instance))
        jn_counters_close(view);
    if (view->region == NULL && jn_counters_open(view, instance, err) < 0)
        return false;
    *beats = jn_counters_load(&view->region->rounds);
    return view->region->pid == (uint32_t)watch->pid && *beats != 0;
}

static void
end_hanging(struct watch *watch, uint64_t limit_ms) {
    uint64_t silent_ms = watch->heartbeat.silent_ms;
    if (watch->signals == 0 && silent_ms >= limit_ms) {
        jn_log(JN_LOG_ERROR, "the dataplane's main thread hangs for %.1f s: it is ended", (double)silent_ms / 1000);
        kill(watch->pid, SIGABRT);
        watch->signals++;
    } else if (watch->signals == 1 && silent_ms >= limit_ms + KILL_MS) {
        jn_log(JN_LOG_ERROR, "the dataplane has not ended: it is killed");
        kill(watch->pid, SIGKILL);
        watch->signals++;
    }
}

void
watch_dataplane_at(struct watch *watch, const char *instance, pid_t pid, unsigned int hang_seconds, uint64_t now_ms) {
    uint64_t beats;
    if (watch->pid != pid) {
        if (watch->counters.region != NULL)
            jn_counters_close(&watch->counters);
        *watch = (struct watch){.pid = pid};
    }
    if (pid == 0 || !beats_of(watch, instance, &beats))
        return;
    watch->beaten = true;
    if (is_stopped(pid))
        watch->heartbeat = (struct jn_heartbeat){0};
    enum jn_heartbeat_news news = jn_heartbeat_look(&watch->heartbeat, beats, now_ms);
    if (news == JN_HEARTBEAT_BACK)
        watch->signals = 0;
    if (hang_seconds != 0)
        end_hanging(watch, (hang_seconds + WATCH_MAIN_EXTRA_S) * UINT64_C(1000));
}

bool
watch_has_beaten(const struct watch *watch) {
    return watch->beaten;
}

void
watch_dataplane(struct watch *watch, const char *instance, pid_t pid, unsigned int hang_seconds) {
    watch_dataplane_at(watch, instance, pid, hang_seconds, jn_heartbeat_now_ms());
}
