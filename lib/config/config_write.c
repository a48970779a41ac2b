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
replace(const char *text, const char *path, char err[JN_ERR_MAX]) {
    char temporary[PATH_MAX + 16], directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1; // with the slash
    snprintf(directory, sizeof(directory), "%.*s", length == 0 ? 1 : (int)length, length == 0 ? "." : path);
    snprintf(temporary, sizeof(temporary), "%.*s.%s.XXXXXX", (int)length, path, path + length);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return write_error(err, path, "no temporary file can be made beside it");
    int rc = write_file(fd, text, path, err);
    if (close(fd) < 0 && rc == 0)
        rc = write_error(err, path, "cannot be written");
    if (rc == 0 && rename(temporary, path) < 0)
        rc = write_error(err, path, "cannot be replaced");
    if (rc < 0) {
        unlink(temporary);
        return rc;
    }
    return jn_sync_directory(directory) < 0 ? write_error(err, directory, "cannot be synchronised") : 0;
}

int
jn_config_write(const json_t *document, const char *path, char err[JN_ERR_MAX]) {
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    if (text == NULL) {
        errno = ENOMEM;
        return write_error(err, path, "cannot be written");
    }
    char *target = realpath(path, NULL); // a symbolic link stays one
    int rc;
    if (target == NULL && errno != ENOENT)
        rc = write_error(err, path, "cannot be found");
    else if (strlen(target == NULL ? path : target) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        rc = write_error(err, path, "cannot be written");
    } else
        rc = replace(text, target == NULL ? path : target, err);
    free(target);
    free(text);
    return rc;
}
