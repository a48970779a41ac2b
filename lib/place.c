// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "contract.h"
#include "log.h"

// No instance has a dot in its name.
#define CLAIMS         ".claims"
#define HUGE_DIRECTORY "junction"

enum { DIRECTORY_MODE = 0750, CLAIMS_MODE = 0700, NAME_BYTES = 64, MAKE_TRIES = 8 };

static bool
is_standard(void) {
    return strcmp(jn_run_directory(), JN_RUN_DIRECTORY) == 0;
}

// root's, or with another run directory that of an ordinary user who runs this.
static uid_t
run_directory_owner(void) {
    struct stat st;
    if (is_standard() || geteuid() == 0)
        return 0;
    return stat(jn_run_directory(), &st) == 0 && st.st_uid == 0 ? 0 : geteuid();
}

uid_t
jn_place_owner(enum jn_writer writer) {
    uid_t owner = run_directory_owner();
    return owner == 0 ? jn_writer_uid(writer) : owner;
}

static int
place_error(char err[JN_ERR_MAX], const char *path, const char *what, int code) {
    snprintf(err, JN_ERR_MAX, "%s: %s: %s%s", path, what, strerror(code),
             code == EACCES || (code == EPERM && geteuid() != 0) ? " (you must be root or in group " JN_READERS_GROUP
                                                                   ")"
                                                                 : "");
    return -code;
}

static int
foreign(char err[JN_ERR_MAX], const char *path, uid_t found, uid_t wanted) {
    char has[NAME_BYTES], owner[NAME_BYTES];
    snprintf(err, JN_ERR_MAX, "%s: belongs to %s, not to %s: not believed", path, jn_user_name(found, has, sizeof(has)),
             jn_user_name(wanted, owner, sizeof(owner)));
    return -EPERM;
}

// May a name below the directory be believed? passing: a sticky one will do, for what is below it is checked too.
static int
check_directory(const struct stat *st, uid_t owner, bool passing, const char *path, char err[JN_ERR_MAX]) {
    if (!S_ISDIR(st->st_mode)) {
        snprintf(err, JN_ERR_MAX, "%s: is not a directory", path);
        return -EPERM;
    }
    if (st->st_uid != 0 && st->st_uid != owner)
        return foreign(err, path, st->st_uid, owner);
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) == 0 || (passing && (st->st_mode & S_ISVTX)))
        return 0;
    snprintf(err, JN_ERR_MAX, "%s: may be written by %s (mode %04o): not believed", path,
             st->st_mode & S_IWOTH ? "everybody" : "its group", st->st_mode & 07777);
    return -EPERM;
}

// The directory of that name, checked. path: its own, for sentences.
static int
enter(int at, const char *name, uid_t owner, bool passing, const char *path, char err[JN_ERR_MAX]) {
    struct stat st;
    int fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
        snprintf(err, JN_ERR_MAX, "%s: is a symbolic link, or no directory: not believed", path);
        return -EPERM;
    }
    if (fd < 0)
        return place_error(err, path, "cannot be entered", errno);
    int rc = fstat(fd, &st) < 0 ? place_error(err, path, "cannot be looked at", errno)
                                : check_directory(&st, owner, passing, path, err);
    if (rc == 0)
        return fd;
    close(fd);
    return rc;
}

// From the root of the file system down to the directory. passing: is it to be passed too, or used?
static int
walk(const char *directory, uid_t owner, bool passing, char err[JN_ERR_MAX]) {
    int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    const char *rest = directory + strspn(directory, "/");
    while (at >= 0 && *rest != '\0') {
        char name[NAME_MAX + 1], path[PATH_MAX];
        size_t length = strcspn(rest, "/");
        if (length > NAME_MAX) {
            close(at);
            return place_error(err, directory, "cannot be entered", ENAMETOOLONG);
        }
        snprintf(name, sizeof(name), "%.*s", (int)length, rest);
        rest += length;
        snprintf(path, sizeof(path), "%.*s", (int)(rest - directory), directory);
        rest += strspn(rest, "/");
        int below = enter(at, name, owner, passing || *rest != '\0', path, err);
        close(at);
        at = below;
    }
    return at;
}

int
jn_path_check(const char *path, enum jn_writer writer, char err[JN_ERR_MAX]) {
    char directory[PATH_MAX];
    snprintf(directory, sizeof(directory), "%s", path);
    char *slash = strrchr(directory, '/');
    if (path[0] != '/' || slash == NULL) {
        snprintf(err, JN_ERR_MAX, "%s: expected an absolute path", path);
        return -EINVAL;
    }
    *slash = '\0';
    int fd = walk(directory, geteuid() == 0 ? jn_place_owner(writer) : geteuid(), true, err);
    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

int
jn_place_enter(int at, const char *name, enum jn_writer writer, bool passing, const char *path, char err[JN_ERR_MAX]) {
    return enter(at, name, geteuid() == 0 ? jn_place_owner(writer) : geteuid(), passing, path, err);
}

// Where hugetlbfs is mounted, followed by /junction. The first mount that may be believed.
static bool
huge_directory(char path[JN_PATH_MAX], char err[JN_ERR_MAX]) {
    FILE *mounts = is_standard() ? setmntent("/proc/self/mounts", "r") : NULL;
    bool found = false;
    err[0] = '\0';
    for (struct mntent *m; mounts != NULL && !found && (m = getmntent(mounts)) != NULL;) {
        if (strcmp(m->mnt_type, "hugetlbfs") != 0 || strlen(m->mnt_dir) >= JN_PATH_MAX / 2)
            continue;
        int fd = walk(m->mnt_dir, 0, true, err);
        found = fd >= 0;
        if (found) {
            close(fd);
            snprintf(path, JN_PATH_MAX, "%s/" HUGE_DIRECTORY, m->mnt_dir);
        }
    }
    if (mounts != NULL)
        endmntent(mounts);
    return found;
}

static bool
parent_directory(bool huge, char path[JN_PATH_MAX], char err[JN_ERR_MAX]) {
    if (!huge)
        snprintf(path, JN_PATH_MAX, "%s", jn_run_directory());
    return !huge || huge_directory(path, err);
}

static void
append(char path[JN_PATH_MAX], const char *name) {
    size_t length = strlen(path);
    snprintf(path + length, JN_PATH_MAX - length, "/%s", name);
}

// The run directory, or the one on hugetlbfs. What is above it may be sticky, itself not.
static int
enter_parent(const char *path, char err[JN_ERR_MAX]) {
    return walk(path, run_directory_owner(), false, err);
}

static int
enter_below(int at, const char *name, uid_t owner, char path[JN_PATH_MAX], char err[JN_ERR_MAX]) {
    append(path, name);
    if (at < 0)
        return at;
    int fd = enter(at, name, owner, false, path, err);
    close(at);
    return fd;
}

int
jn_place_open(const char *instance, enum jn_writer writer, bool huge, char path[JN_PATH_MAX], char err[JN_ERR_MAX]) {
    jn_require_always(jn_instance_valid(instance));
    if (!parent_directory(huge, path, err)) {
        snprintf(err, JN_ERR_MAX, "there is no hugetlbfs");
        return -ENOENT;
    }
    int at = enter_below(enter_parent(path, err), instance, run_directory_owner(), path, err);
    return enter_below(at, jn_writer_directory(writer), jn_place_owner(writer), path, err);
}

int
jn_claims_open(char path[JN_PATH_MAX], char err[JN_ERR_MAX]) {
    snprintf(path, JN_PATH_MAX, "%s", jn_run_directory());
    return enter_below(enter_parent(path, err), CLAIMS, jn_place_owner(JN_WRITER_DATAPLANE), path, err);
}

void
jn_claims_remove(void) {
    char err[JN_ERR_MAX];
    int at = enter_parent(jn_run_directory(), err);
    if (at < 0)
        return;
    unlinkat(at, CLAIMS, AT_REMOVEDIR);
    close(at);
}

static gid_t
readers(void) {
    return run_directory_owner() == 0 ? jn_readers_gid() : getegid();
}

static int
give_shape(int at, const char *name, uid_t owner, mode_t mode, const char *path, char err[JN_ERR_MAX]) {
    struct stat st;
    gid_t group = readers();
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = fd < 0 ? -1 : fstat(fd, &st);
    if (rc == 0 && (st.st_uid != owner || st.st_gid != group))
        rc = fchown(fd, owner, group);
    if (rc == 0 && (st.st_mode & 07777) != mode)
        rc = fchmod(fd, mode);
    rc = rc < 0 ? place_error(err, path, "cannot be given its owner and mode", errno) : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

// What is there must be believable before it is mended: whoever could write in it may have done so.
static int
make_at(int at, const char *name, uid_t owner, mode_t mode, const char *path, char err[JN_ERR_MAX]) {
    bool made = mkdirat(at, name, 0700) == 0;
    int code = made ? EEXIST : errno, fd = enter(at, name, owner, false, path, err);
    if (fd == -ENOENT && code != EEXIST) {
        snprintf(err, JN_ERR_MAX, "%s: cannot be made: %s (start as root first, or with a --run-dir of your own)", path,
                 strerror(code));
        return -code;
    }
    if (fd < 0)
        return fd;
    close(fd);
    bool mine = geteuid() == 0 || run_directory_owner() != 0;
    return mine && (made || is_standard()) ? give_shape(at, name, owner, mode, path, err) : 0;
}

// The run directory, or the one on hugetlbfs: what is above it has to be there.
static int
make_parent(const char *path, char err[JN_ERR_MAX]) {
    char above[JN_PATH_MAX];
    snprintf(above, sizeof(above), "%s", path);
    char *slash = strrchr(above, '/');
    *slash = '\0';
    int at = walk(above, geteuid(), true, err);
    if (at < 0)
        return at;
    int rc = make_at(at, slash + 1, is_standard() ? 0 : geteuid(), DIRECTORY_MODE, path, err);
    close(at);
    return rc;
}

// In the directory `above`, whose descriptor `at` stays open.
static int
make_below(int at, const char *above, const char *name, uid_t owner, mode_t mode, char err[JN_ERR_MAX]) {
    char path[JN_PATH_MAX];
    snprintf(path, sizeof(path), "%s", above);
    append(path, name);
    return make_at(at, name, owner, mode, path, err);
}

// Regions on hugetlbfs are the dataplane's alone.
static int
make_writers(int at, bool huge, const char *above, char err[JN_ERR_MAX]) {
    int rc = at < 0 ? at : 0;
    for (unsigned int i = 0; rc == 0 && i < (huge ? JN_WRITER_DATAPLANE + 1 : JN_WRITER_COUNT); i++)
        rc = make_below(at, above, jn_writer_directory(i), jn_place_owner(i), DIRECTORY_MODE, err);
    if (at >= 0)
        close(at);
    return rc;
}

static int
make_all(const char *instance, bool huge, char err[JN_ERR_MAX]) {
    char path[JN_PATH_MAX];
    if (!parent_directory(huge, path, err))
        return 0;
    int rc = make_parent(path, err), at = rc == 0 ? enter_parent(path, err) : rc;
    if (at < 0)
        return at;
    if (!huge)
        rc = make_below(at, path, CLAIMS, jn_place_owner(JN_WRITER_DATAPLANE), CLAIMS_MODE, err);
    if (rc == 0)
        rc = make_below(at, path, instance, run_directory_owner(), DIRECTORY_MODE, err);
    if (rc == 0)
        return make_writers(enter_below(at, instance, run_directory_owner(), path, err), huge, path, err);
    close(at);
    return rc;
}

int
jn_instance_make(const char *instance, bool huge, char err[JN_ERR_MAX]) {
    int rc = -ENOENT;
    jn_require_always(jn_instance_valid(instance));
    // One that is ending may remove a directory in which another is just to be made.
    for (int i = 0; i < MAKE_TRIES && rc == -ENOENT; i++)
        rc = make_all(instance, false, err);
    for (int i = 0; i < MAKE_TRIES && huge && rc == 0; i++) {
        int there = make_all(instance, true, err);
        if (there == 0)
            break;
        if (there != -ENOENT)
            jn_log(JN_LOG_WARNING, "%s: plain pages are used", err);
        if (there != -ENOENT)
            break;
    }
    return rc;
}

static void
remove_empty(const char *instance, bool huge) {
    char path[JN_PATH_MAX], err[JN_ERR_MAX];
    if (!parent_directory(huge, path, err))
        return;
    int at = enter_below(enter_parent(path, err), instance, run_directory_owner(), path, err);
    if (at < 0)
        return;
    for (unsigned int i = 0; i < JN_WRITER_COUNT; i++)
        unlinkat(at, jn_writer_directory(i), AT_REMOVEDIR);
    close(at);
    rmdir(path);
}

void
jn_place_tidy(const char *instance) {
    remove_empty(instance, true);
    remove_empty(instance, false);
}

int
jn_place_check(const struct stat *st, mode_t type, enum jn_writer writer, const char *path, char err[JN_ERR_MAX]) {
    uid_t owner = jn_place_owner(writer);
    if ((st->st_mode & S_IFMT) != type)
        snprintf(err, JN_ERR_MAX, "%s: is not a %s: not believed", path, type == S_IFSOCK ? "socket" : "regular file");
    else if (st->st_uid != 0 && st->st_uid != owner)
        foreign(err, path, st->st_uid, owner);
    else if (st->st_nlink > 1)
        snprintf(err, JN_ERR_MAX, "%s: has %lu names: not believed", path, (unsigned long)st->st_nlink);
    else if (type == S_IFREG && (st->st_mode & (S_IWGRP | S_IWOTH)))
        snprintf(err, JN_ERR_MAX, "%s: may be written by others than its owner (mode %04o): not believed", path,
                 st->st_mode & 07777);
    else
        return 0;
    return -EPERM;
}

int
jn_place_hand_over(int fd, enum jn_writer writer, mode_t mode) {
    uid_t owner = geteuid() == 0 ? jn_place_owner(writer) : (uid_t)-1;
    return fchown(fd, owner, readers()) < 0 || fchmod(fd, mode) < 0 ? -errno : 0;
}

int
jn_place_hand_over_path(const char *path, enum jn_writer writer) {
    uid_t owner = geteuid() == 0 ? jn_place_owner(writer) : (uid_t)-1;
    return lchown(path, owner, readers()) < 0 ? -errno : 0;
}

int
jn_place_hand_over_directory(int fd, enum jn_writer writer) {
    return fchownat(fd, "", jn_place_owner(writer), readers(), AT_EMPTY_PATH) < 0 ? -errno : 0;
}
