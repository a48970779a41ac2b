// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "spool_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"

enum { ABOVE_MODE = 0755, MODE = 0750, CREATION_MASK = 022 };

static int
refuse(char err[JN_ERR_MAX], const char *path, const char *what, int code) {
    snprintf(err, JN_ERR_MAX, "spool %.300s: %s", path, what);
    return code;
}

// Into the directory of that name, which is made if it is not there. It takes the place of `at`, which is closed.
static int
go_down(int at, const char *name, bool last, const char *path, char err[JN_ERR_MAX]) {
    char why[JN_ERR_MAX];
    int rc = mkdirat(at, name, last ? MODE : ABOVE_MODE) < 0 && errno != EEXIST ? -errno : 0;
    if (rc < 0)
        rc = refuse(err, path, strerror(-rc), rc);
    int fd = rc < 0 ? rc : jn_place_enter(at, name, JN_WRITER_EXPORT, !last, path, why);
    close(at);
    if (rc == 0 && fd < 0)
        snprintf(err, JN_ERR_MAX, "spool %.*s", JN_ERR_MAX - 8, why);
    return fd;
}

// Root's is given to junction-export; whose it is was checked.
static int
hand_over(int fd, const char *path, char err[JN_ERR_MAX]) {
    struct stat st;
    int rc = fstat(fd, &st) < 0 ? -errno : 0;
    if (rc == 0 && geteuid() == 0 && st.st_uid == 0 && jn_place_owner(JN_WRITER_EXPORT) != 0)
        rc = jn_place_hand_over_directory(fd, JN_WRITER_EXPORT);
    return rc < 0 ? refuse(err, path, strerror(-rc), rc) : 0;
}

static int
walk(const char *path, char err[JN_ERR_MAX]) {
    int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (at < 0)
        return refuse(err, path, strerror(errno), -errno);
    for (const char *rest = path + strspn(path, "/"); at >= 0 && *rest != '\0';) {
        char name[NAME_MAX + 1], here[PATH_MAX];
        size_t length = strcspn(rest, "/");
        if (length > NAME_MAX) {
            close(at);
            return refuse(err, path, strerror(ENAMETOOLONG), -ENAMETOOLONG);
        }
        snprintf(name, sizeof(name), "%.*s", (int)length, rest);
        rest += length;
        snprintf(here, sizeof(here), "%.*s", (int)(rest - path), path);
        rest += strspn(rest, "/");
        at = go_down(at, name, *rest == '\0', here, err);
    }
    return at;
}

int
spool_place_make(const char *path, char err[JN_ERR_MAX]) {
    mode_t mask = umask(CREATION_MASK); // junction-export has to get through
    int fd = walk(path, err);
    umask(mask);
    if (fd < 0)
        return fd;
    int rc = hand_over(fd, path, err);
    close(fd);
    return rc;
}
