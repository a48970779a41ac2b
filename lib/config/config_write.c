// SPDX-License-Identifier: BSD-3-Clause
// The file written back: whole or not at all, also when the power goes.
#define _GNU_SOURCE
#include "config/config_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

enum { NEW_FILE_MODE = 0640 }; // Kafka's properties may hold a password

static int
write_error(char err[JN_ERR_MAX], const char *path, const char *what) {
    int code = errno;
    snprintf(err, JN_ERR_MAX, "%.255s: %s: %s", path, what, strerror(code));
    return -code;
}

int
jn_write_all(int fd, const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        text += written;
        length -= (size_t)written;
    }
    return 0;
}

int
jn_sync_directory(const char *directory) {
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    close(fd);
    return rc;
}

// Owner before mode: a change of owner clears bits of the mode.
static int
take_attributes(int fd, const char *path) {
    struct stat old, new;
    if (stat(path, &old) < 0)
        return errno == ENOENT ? fchmod(fd, NEW_FILE_MODE) : -1;
    if (fstat(fd, &new) < 0)
        return -1;
    if ((new.st_uid != old.st_uid || new.st_gid != old.st_gid) && fchown(fd, old.st_uid, old.st_gid) < 0)
        return -1;
    return fchmod(fd, old.st_mode & 07777);
}

static int
write_file(int fd, const char *text, const char *path, char err[JN_ERR_MAX]) {
    if (take_attributes(fd, path) < 0)
        return write_error(err, path, "its mode and owner cannot be given to the new file");
    if (jn_write_all(fd, text, strlen(text)) < 0 || jn_write_all(fd, "\n", 1) < 0 || fsync(fd) < 0)
        return write_error(err, path, "cannot be written");
    return 0;
}

static int
fill_paths(struct jn_config_writing *w, const char *path, char err[JN_ERR_MAX]) {
    char *target = realpath(path, NULL); // a symbolic link stays one
    if (target == NULL && errno != ENOENT)
        return write_error(err, path, "cannot be found");
    const char *named = target != NULL ? target : path, *slash = strrchr(named, '/');
    int length = slash == NULL ? 0 : (int)(slash - named) + 1; // with the slash
    bool fits = snprintf(w->path, sizeof(w->path), "%s", named) < (int)sizeof(w->path);
    snprintf(w->directory, sizeof(w->directory), "%.*s", length == 0 ? 1 : length, length == 0 ? "." : w->path);
    snprintf(w->temporary, sizeof(w->temporary), "%.*s.%s.XXXXXX", length, w->path, w->path + length);
    free(target);
    errno = ENAMETOOLONG;
    return fits ? 0 : write_error(err, path, "cannot be written");
}

int
jn_config_write_begin(struct jn_config_writing *w, const json_t *document, const char *path, char err[JN_ERR_MAX]) {
    int rc = fill_paths(w, path, err);
    if (rc < 0)
        return rc;
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    errno = ENOMEM;
    int fd = text != NULL ? mkostemp(w->temporary, O_CLOEXEC) : -1;
    rc = fd >= 0        ? write_file(fd, text, w->path, err)
         : text != NULL ? write_error(err, path, "no temporary file can be made beside it")
                        : write_error(err, path, "cannot be written");
    free(text);
    if (fd >= 0 && close(fd) < 0 && rc == 0)
        rc = write_error(err, path, "cannot be written");
    if (fd >= 0 && rc < 0)
        unlink(w->temporary);
    return rc;
}

int
jn_config_write_commit(const struct jn_config_writing *w, char err[JN_ERR_MAX]) {
    if (rename(w->temporary, w->path) < 0) {
        int rc = write_error(err, w->path, "cannot be replaced");
        unlink(w->temporary);
        return rc;
    }
    if (jn_sync_directory(w->directory) == 0)
        return 0;
    write_error(err, w->directory, "cannot be synchronised: the change is there, but may not outlive a loss of power");
    return 1;
}

void
jn_config_write_abandon(const struct jn_config_writing *w) {
    unlink(w->temporary);
}
