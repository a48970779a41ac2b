// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "users.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>

#include "contract.h"

enum { LOOKUP_BYTES = 16384 };

static const struct {
    const char *directory, *user;
} writers[] = {
#define X(writer, directory, user) {directory, user},
    JN_WRITERS(X)
#undef X
};

static struct {
    bool loaded, closed;
    uid_t uid[JN_WRITER_COUNT];
    gid_t readers;
} known;

const char *
jn_writer_directory(enum jn_writer writer) {
    jn_require_always(writer < JN_WRITER_COUNT);
    return writers[writer].directory;
}

const char *
jn_writer_user(enum jn_writer writer) {
    jn_require_always(writer < JN_WRITER_COUNT);
    return writers[writer].user;
}

void
jn_users_load(void) {
    static char room[LOOKUP_BYTES];
    struct passwd user, *found_user = NULL;
    struct group group, *found_group = NULL;
    if (known.loaded)
        return;
    for (unsigned int i = 0; i < JN_WRITER_COUNT; i++)
        if (getpwnam_r(writers[i].user, &user, room, sizeof(room), &found_user) == 0 && found_user != NULL)
            known.uid[i] = user.pw_uid;
    if (getgrnam_r(JN_READERS_GROUP, &group, room, sizeof(room), &found_group) == 0 && found_group != NULL)
        known.readers = group.gr_gid;
    known.loaded = true;
}

uid_t
jn_writer_uid(enum jn_writer writer) {
    jn_require_always(writer < JN_WRITER_COUNT);
    jn_users_load();
    return known.uid[writer];
}

gid_t
jn_readers_gid(void) {
    jn_users_load();
    return known.readers;
}

void
jn_users_close(void) {
    jn_users_load();
    known.closed = true;
}

// NULL: none that may be asked for.
static const char *
name_of(uid_t uid) {
    static char room[LOOKUP_BYTES];
    struct passwd user, *found = NULL;
    if (uid == 0)
        return "root";
    for (unsigned int i = 0; i < JN_WRITER_COUNT; i++)
        if (jn_writer_uid(i) == uid)
            return writers[i].user;
    return !known.closed && getpwuid_r(uid, &user, room, sizeof(room), &found) == 0 && found != NULL ? user.pw_name
                                                                                                     : NULL;
}

const char *
jn_user_name(uid_t uid, char *text, size_t size) {
    const char *name = name_of(uid);
    if (name != NULL)
        snprintf(text, size, "user %s", name);
    else
        snprintf(text, size, "uid %u", (unsigned int)uid);
    return text;
}
