// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"

static char *
wrong(char sentence[JN_SENTENCE_MAX], const char *path, const char *what) {
    snprintf(sentence, JN_SENTENCE_MAX, "%.160s: %s", path, what);
    return NULL;
}

static const char *
what_to_do(int code) {
    switch (code) {
    case ENOENT: return "is not there; write the secret into it, or name the file that has it";
    case EACCES: return "cannot be read by who starts Junction; give it to that user";
    case ELOOP: return "leads round in a circle of symbolic links";
    case ENOTDIR: return "leads through a file as if it were a directory";
    default: return strerror(code);
    }
}

static const char *
kind_of(mode_t mode) {
    return S_ISDIR(mode) ? "is a directory; expected a file that holds the secret"
           : S_ISFIFO(mode)
               ? "is a pipe, which can be read only once; expected a file, for the exporter may start again"
               : "is a device or a socket; expected a file that holds the secret";
}

static void
judge_mode(const char *path, const struct stat *st, char warning[JN_SENTENCE_MAX]) {
    const char *readable = st->st_mode & S_IROTH ? "everybody on this host can read" : NULL;
    const char *writable = st->st_mode & (S_IWGRP | S_IWOTH) ? "others than its owner can change" : NULL;
    warning[0] = '\0';
    if (readable != NULL || writable != NULL)
        snprintf(warning, JN_SENTENCE_MAX, "%s%s%s the secret in %.120s (mode %04o); chmod 0400 it",
                 readable != NULL ? readable : "", readable != NULL && writable != NULL ? ", and " : "",
                 writable != NULL ? writable : "", path, st->st_mode & 07777);
}

// All that fits; SIZE_MAX with errno set when it cannot be read.
static size_t
read_whole(int fd, char *room, size_t size) {
    size_t length = 0;
    while (length < size) {
        ssize_t n = read(fd, room + length, size - length);
        if (n == 0)
            return length;
        if (n < 0 && errno != EINTR)
            return SIZE_MAX;
        length += n > 0 ? (size_t)n : 0;
    }
    return length;
}

static char *
take(int fd, const char *path, char sentence[JN_SENTENCE_MAX]) {
    char room[SECRET_FILE_MAX + 1], *secret = NULL;
    size_t length = read_whole(fd, room, sizeof(room));
    const char *what = NULL;
    bool unread = length == SIZE_MAX, large = length > SECRET_FILE_MAX;
    length -= !large && length > 0 && room[length - 1] == '\n';
    if (unread)
        what = strerror(errno);
    else if (large)
        what = "is larger than 65536 bytes; expected a file that holds the secret alone";
    else if (length == 0)
        what = "is empty; write the secret into it";
    else if (memchr(room, '\0', length) != NULL)
        what = "holds a NUL byte; expected text";
    else if ((secret = jn_secret_keep(room, length)) == NULL)
        what = "there is no memory for it";
    explicit_bzero(room, sizeof(room));
    return what != NULL ? wrong(sentence, path, what) : secret;
}

// Looked at before it is opened, for opening a device can do something; and after, for it may be another by then.
char *
secret_file_read(const char *path, char sentence[JN_SENTENCE_MAX], char warning[JN_SENTENCE_MAX]) {
    struct stat st;
    warning[0] = '\0';
    if (stat(path, &st) < 0)
        return wrong(sentence, path, what_to_do(errno));
    if (!S_ISREG(st.st_mode))
        return wrong(sentence, path, kind_of(st.st_mode));
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return wrong(sentence, path, what_to_do(errno));
    char *secret = NULL;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        wrong(sentence, path, kind_of(st.st_mode));
    } else {
        judge_mode(path, &st, warning);
        secret = take(fd, path, sentence);
    }
    close(fd);
    return secret;
}
