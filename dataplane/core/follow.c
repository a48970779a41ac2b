// SPDX-License-Identifier: BSD-3-Clause
#include "core/follow.h"

#include <errno.h>

#include "log.h"

bool
jn_follow(struct jn_follow *follow, const char *instance, enum jn_region region, size_t least, const char *lacks) {
    static struct jn_log_limit limit;
    struct jn_shm now;
    char err[JN_ERR_MAX];
    if (follow->now.base != NULL && !jn_shm_replaced(&follow->now, instance, region))
        return false;
    int rc = jn_shm_attach(&now, instance, region, least, false, err);
    if (rc < 0 && rc != -ENOENT)
        jn_log_limited(&limit, 1, JN_LOG_WARNING, "%s: %s", lacks, err);
    if (rc < 0)
        return false; // the old one still tells
    jn_follow_forget(follow);
    follow->former = follow->now;
    follow->now = now;
    return true;
}

void
jn_follow_forget(struct jn_follow *follow) {
    if (follow->former.base != NULL)
        jn_shm_detach(&follow->former);
}

void
jn_follow_close(struct jn_follow *follow) {
    jn_follow_forget(follow);
    if (follow->now.base != NULL)
        jn_shm_detach(&follow->now);
}
