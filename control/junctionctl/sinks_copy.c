// SPDX-License-Identifier: BSD-3-Clause
#include "sinks_copy.h"

#include <errno.h>
#include <stdio.h>

#include "counters_view.h"
#include "sample.h"

int
sinks_take(struct sinks_copy *copy, const char *instance, char err[JN_ERR_MAX]) {
    struct jn_shm shm;
    int rc = jn_shm_attach(&shm, instance, JN_REGION_SINKS, sizeof(copy->region), false, err);
    if (rc == -ENOENT)
        snprintf(err, JN_ERR_MAX, "junction-export of instance %s is not running", instance);
    if (rc < 0)
        return rc;
    const struct jn_sinks_region *region = shm.base;
    sample_copy(&copy->region, region, sizeof(copy->region));
    for (unsigned int i = 0; i < JN_MAX_SINKS; i++) {
        struct jn_sink_view *view = &copy->region.sinks[i];
        if (!jn_sink_texts(&region->sinks[i], view->trouble, view->advice))
            view->trouble[0] = view->advice[0] = '\0';
    }
    copy->alive = jn_shm_writer_alive(&shm);
    jn_shm_detach(&shm);
    return 0;
}

bool
sinks_used(const struct jn_sink_view *view) {
    return view->name[0] != '\0' && view->state != JN_SINK_STATE_NONE;
}

json_t *
sinks_text(const char *text, size_t size) {
    char plain[JN_SINK_TEXT_MAX];
    return json_string(jn_counters_text(text, size, plain, sizeof(plain)));
}

json_t *
sinks_in_trouble(const char *instance) {
    struct sinks_copy copy;
    char err[JN_ERR_MAX];
    if (sinks_take(&copy, instance, err) < 0 || !copy.alive)
        return json_null();
    json_t *names = json_array();
    for (unsigned int i = 0; i < JN_MAX_SINKS; i++) {
        const struct jn_sink_view *view = &copy.region.sinks[i];
        if (sinks_used(view) && view->in_trouble != 0)
            json_array_append_new(names, sinks_text(view->name, sizeof(view->name)));
    }
    return names;
}
