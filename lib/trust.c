// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "trust.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_LINKS = 40 };

// Of the group `junction` are all of Junction's processes.
static bool
is_junctions(const struct stat *st) {
    bool junctions = (st->st_mode & S_IWGRP) && st->st_gid != 0 && st->st_gid == jn_readers_gid();
    for (int i = 0; i < JN_WRITER_COUNT; i++)
        junctions = junctions || (st->st_uid != 0 && st->st_uid == jn_writer_uid((enum jn_writer)i));
    return junctions;
}

// In a sticky directory a name is its owner's. The mode of a symbolic link says nothing.
static enum jn_trust
judge(const char *path, char why[JN_ERR_MAX]) {
    struct stat st;
    char name[64];
    if (lstat(path, &st) < 0) {
        snprintf(why, JN_ERR_MAX, "%.300s: cannot be looked at", path);
        return JN_TRUST_OTHERS;
    }
    bool foreign = st.st_uid != 0 && st.st_uid != geteuid();
    bool open =
        !S_ISLNK(st.st_mode) && (st.st_mode & (S_IWGRP | S_IWOTH)) && !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX));
    if (!foreign && !open)
        return JN_TRUST_STARTER;
    if (geteuid() == 0 && is_junctions(&st)) {
        snprintf(why, JN_ERR_MAX,
                 "%.300s: a process of Junction's may write it, and root acts on it: it has to be root's", path);
        return JN_TRUST_JUNCTION;
    }
    if (foreign)
        snprintf(why, JN_ERR_MAX, "%.300s: belongs to %s", path, jn_user_name(st.st_uid, name, sizeof(name)));
    else
        snprintf(why, JN_ERR_MAX, "%.300s: may be written by others (mode %04o)", path, st.st_mode & 07777);
    return JN_TRUST_OTHERS;
}

// A way through the file system: `at` was walked, without links, "" is the root; `rest` is still to be.
struct way {
    char at[PATH_MAX], rest[PATH_MAX];
    unsigned int links;
};

static bool
begin(struct way *way, const char *path) {
    char here[PATH_MAX] = "";
    *way = (struct way){0};
    if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL)
        return false;
    return snprintf(way->rest, sizeof(way->rest), "%s/%s", here, path) < (int)sizeof(way->rest);
}

// at is a symbolic link: go where it leads. False: too far.
static bool
follow(struct way *way) {
    char target[PATH_MAX], rest[PATH_MAX];
    ssize_t length = readlink(way->at, target, sizeof(target) - 1);
    if (length < 0 || ++way->links > MAX_LINKS)
        return false;
    target[length] = '\0';
    strcpy(rest, way->rest);
    *(target[0] == '/' ? way->at : strrchr(way->at, '/')) = '\0';
    return snprintf(way->rest, sizeof(way->rest), "%s/%s", target, rest) < (int)sizeof(way->rest);
}

// One name further. False at the end.
static bool
step(struct way *way) {
    const char *name = way->rest + strspn(way->rest, "/");
    size_t length = strcspn(name, "/"), walked = strlen(way->at);
    if (length == 2 && memcmp(name, "..", 2) == 0 && walked > 0)
        *strrchr(way->at, '/') = '\0';
    else if (length > 0 && !(name[0] == '.' && length <= 2 && name[length - 1] == '.'))
        snprintf(way->at + walked, sizeof(way->at) - walked, "/%.*s", (int)length, name);
    memmove(way->rest, name + length, strlen(name + length) + 1);
    return length > 0;
}

// Who can change a directory or a link on the way to the file can have its name mean another one.
enum jn_trust
jn_trust_file(const char *path, char why[JN_ERR_MAX]) {
    struct way way;
    char sentence[JN_ERR_MAX];
    struct stat st;
    enum jn_trust worst = judge("/", why);
    bool found = begin(&way, path);
    while (found && step(&way)) {
        enum jn_trust trust = way.at[0] != '\0' ? judge(way.at, sentence) : JN_TRUST_STARTER;
        if (trust > worst) {
            snprintf(why, JN_ERR_MAX, "%s", sentence);
            worst = trust;
        }
        if (lstat(way.at, &st) == 0 && S_ISLNK(st.st_mode))
            found = follow(&way);
    }
    if (found || worst != JN_TRUST_STARTER)
        return worst;
    snprintf(why, JN_ERR_MAX, "%.300s: leads too far", path);
    return JN_TRUST_OTHERS;
}
