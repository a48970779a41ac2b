// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int
listen_error(char err[JN_ERR_MAX], const char *path, const char *what, int code) {
    snprintf(err, JN_ERR_MAX, "%s: %s: %s", path, what, strerror(code));
    return -code;
}

static int
make_directory(const char *path, char err[JN_ERR_MAX]) {
    char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    snprintf(directory, sizeof(directory), "%s", path);
    char *slash = strrchr(directory, '/');
    if (slash == NULL || slash == directory)
        return 0;
    *slash = '\0';
    return mkdir(directory, 0755) == 0 || errno == EEXIST ? 0 : listen_error(err, directory, "cannot be made", errno);
}

// Only a socket that nobody answers may be taken away.
static int
remove_stale(const struct sockaddr_un *address, char err[JN_ERR_MAX]) {
    struct stat st;
    if (lstat(address->sun_path, &st) < 0)
        return errno == ENOENT ? 0 : listen_error(err, address->sun_path, "cannot be looked at", errno);
    if (!S_ISSOCK(st.st_mode)) {
        snprintf(err, JN_ERR_MAX, "%s: is there already, and is not a socket", address->sun_path);
        return -EEXIST;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return listen_error(err, address->sun_path, "no socket", errno);
    int rc = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
    close(fd);
    if (rc == ECONNREFUSED)
        return unlink(address->sun_path) == 0 || errno == ENOENT
                   ? 0
                   : listen_error(err, address->sun_path, "stale socket", errno);
    snprintf(err, JN_ERR_MAX, "%s: another junction-control answers there", address->sun_path);
    return -EADDRINUSE;
}

int
listen_at(const char *path, char err[JN_ERR_MAX]) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return listen_error(err, path, "socket path", ENAMETOOLONG);
    strcpy(address.sun_path, path);
    int rc = make_directory(path, err);
    if (rc == 0)
        rc = remove_stale(&address, err);
    if (rc < 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return listen_error(err, path, "no socket", errno);
    mode_t before = umask(0117); // the socket has its mode from its first moment
    rc = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0 ? errno : 0;
    umask(before);
    if (rc == 0)
        return fd;
    close(fd);
    return listen_error(err, path, "cannot listen", rc);
}
