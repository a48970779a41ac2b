// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "trust.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Of the group `junction` are all of Junction's processes.
static bool
is_junctions(const struct stat *st) {
    bool junctions = (st->st_mode & S_IWGRP) && st->st_gid != 0 && st->st_gid == jn_readers_gid();
    for (int i = 0; i < JN_WRITER_COUNT; i++)
        junctions = junctions || (st->st_uid != 0 && st->st_uid == jn_writer_uid((enum jn_writer)i));
    return junctions;
}

// In a sticky directory a name is its owner's.
static enum trust
judge(const char *path, char why[JN_ERR_MAX]) {
    struct stat st;
    char name[64];
    if (stat(path, &st) < 0) {
        snprintf(why, JN_ERR_MAX, "%.300s: cannot be looked at", path);
        return TRUST_OTHERS;
    }
    bool foreign = st.st_uid != 0 && st.st_uid != geteuid();
    bool open = (st.st_mode & (S_IWGRP | S_IWOTH)) && !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX));
    if (!foreign && !open)
        return TRUST_STARTER;
    if (geteuid() == 0 && is_junctions(&st)) {
        snprintf(why, JN_ERR_MAX,
                 "%.300s: a process of Junction's may write it, and root acts on it: it has to be root's", path);
        return TRUST_JUNCTION;
    }
    if (foreign)
        snprintf(why, JN_ERR_MAX, "%.300s: belongs to %s", path, jn_user_name(st.st_uid, name, sizeof(name)));
    else
        snprintf(why, JN_ERR_MAX, "%.300s: may be written by others (mode %04o)", path, st.st_mode & 07777);
    return TRUST_OTHERS;
}

// The file, and each directory above it.
enum trust
trust_file(const char *path, char why[JN_ERR_MAX]) {
    char sentence[JN_ERR_MAX];
    char *at = realpath(path, NULL);
    enum trust worst = TRUST_STARTER;
    if (at == NULL)
        return judge(path, why);
    for (char *step = at;; step = dirname(step)) {
        enum trust trust = judge(step, sentence);
        if (trust > worst) {
            snprintf(why, JN_ERR_MAX, "%s", sentence);
            worst = trust;
        }
        if (strcmp(step, "/") == 0)
            break;
    }
    free(at);
    return worst;
}
