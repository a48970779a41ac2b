// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "keeper_work.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "config/config_load.h"
#include "config/config_write.h"
#include "keeper.h"
#include "privilege.h"
#include "sandbox.h"

static int
read_all(int fd, void *to, size_t length) {
    for (char *at = to; length > 0;) {
        ssize_t n = read(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -EPIPE;
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

int
keeper_send(int fd, const struct keeper_head *head, const char *text) {
    int rc = jn_write_all(fd, (const char *)head, sizeof(*head));
    return rc < 0 ? rc : jn_write_all(fd, text, head->length);
}

int
keeper_receive_head(int fd, struct keeper_head *head) {
    return read_all(fd, head, sizeof(*head));
}

char *
keeper_receive_text(int fd, uint64_t length) {
    char *text = length <= JN_CONFIG_MAX_BYTES ? malloc(length + 1) : NULL;
    if (text == NULL || read_all(fd, text, length) < 0) {
        free(text);
        return NULL;
    }
    text[length] = '\0';
    return text;
}

int
keeper_check(const json_t *before, const json_t *after, char err[JN_ERR_MAX]) {
    const json_t *const documents[2] = {before, after};
    if (json_is_true(json_object_get(before, "managed"))) {
        snprintf(err, JN_ERR_MAX, "the file says \"managed\": true");
        return -EPERM;
    }
    for (int i = 0; i < 2; i++) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)documents[i], key, value) {
            const json_t *other = json_object_get(documents[1 - i], key);
            if (strcmp(key, "vpgs") == 0 || (other != NULL && json_equal(value, other)))
                continue;
            snprintf(err, JN_ERR_MAX, "%.64s: is changed in the file alone, and needs a restart", key);
            return -EPERM;
        }
    }
    return 0;
}

// The change that is written and not yet in place.
static struct jn_config_writing writing;
static bool is_writing;

static void
abandon(void) {
    if (is_writing)
        jn_config_write_abandon(&writing);
    is_writing = false;
}

static int
write_beside(const char *path, const char *text, size_t length, char err[JN_ERR_MAX]) {
    struct jn_config_errors errors = {0}, ignored = {0};
    struct jn_config *before = jn_config_load(path, &ignored), *after = jn_config_parse(text, length, path, &errors);
    int rc = -EPERM;
    if (before == NULL)
        snprintf(err, JN_ERR_MAX, "%.255s: has errors by now: it is left as it is", path);
    else if (after == NULL)
        snprintf(err, JN_ERR_MAX, "%s", errors.count > 0 ? errors.text[0] : "the changed configuration has errors");
    else if (keeper_check(before->document, after->document, err) == 0)
        rc = jn_config_write_begin(&writing, after->document, path, err);
    jn_config_free(before);
    jn_config_free(after);
    jn_config_errors_free(&errors);
    jn_config_errors_free(&ignored);
    return rc;
}

static void
look(const char *path, struct keeper_head *answer) {
    answer->code = stat(path, &answer->file) < 0 ? -errno : 0;
    if (answer->code < 0)
        answer->file = (struct stat){0};
}

static int
answer_step(int fd, enum keeper_request request, const char *path, int code, const char *err) {
    struct keeper_head answer = {.request = request};
    if (code >= 0)
        look(path, &answer);
    answer.code = code;
    answer.length = code != 0 ? strlen(err) : 0;
    return keeper_send(fd, &answer, err);
}

static int
answer_write(int fd, const char *path, uint64_t length) {
    char err[JN_ERR_MAX] = "";
    char *text = keeper_receive_text(fd, length);
    if (text == NULL)
        return -EPIPE;
    abandon();
    int rc = write_beside(path, text, length, err);
    is_writing = rc == 0;
    free(text);
    return answer_step(fd, KEEPER_WRITE, path, rc, err);
}

static int
answer_commit(int fd, const char *path) {
    char err[JN_ERR_MAX] = "no change was begun";
    int rc = is_writing ? jn_config_write_commit(&writing, err) : -EINVAL;
    is_writing = false;
    return answer_step(fd, KEEPER_COMMIT, path, rc, err);
}

static int
answer_abandon(int fd, const char *path) {
    abandon();
    return answer_step(fd, KEEPER_ABANDON, path, 0, "");
}

static int
answer_read(int fd, const char *path) {
    struct keeper_head answer = {.request = KEEPER_READ};
    look(path, &answer);
    struct jn_config_text text = jn_config_read(path);
    answer.code = text.text != NULL ? 0 : -text.error;
    answer.opened = text.opened;
    answer.length = text.text != NULL ? text.length : 0;
    int rc = keeper_send(fd, &answer, text.text);
    free(text.text);
    return rc;
}

// Said once, by root: who may say it later is not believed.
static char *socket_path;

static int
answer_socket(int fd, uint64_t length) {
    struct keeper_head answer = {.request = KEEPER_SOCKET};
    char *path = keeper_receive_text(fd, length);
    if (path == NULL)
        return -EPIPE;
    if (socket_path != NULL) {
        free(path);
        answer.code = -EPERM;
    } else
        socket_path = path;
    return keeper_send(fd, &answer, NULL);
}

static int
answer_end(int fd) {
    struct keeper_head answer = {.request = KEEPER_END};
    struct stat st;
    if (socket_path != NULL && lstat(socket_path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(socket_path);
    keeper_send(fd, &answer, NULL);
    return -EPIPE;
}

static int
answer(int fd, const char *path, const struct keeper_head *request) {
    struct keeper_head looked = {.request = KEEPER_LOOK};
    switch (request->request) {
    case KEEPER_READ: return answer_read(fd, path);
    case KEEPER_WRITE: return answer_write(fd, path, request->length);
    case KEEPER_COMMIT: return answer_commit(fd, path);
    case KEEPER_ABANDON: return answer_abandon(fd, path);
    case KEEPER_SOCKET: return answer_socket(fd, request->length);
    case KEEPER_END: return answer_end(fd);
    case KEEPER_LOOK: look(path, &looked); return keeper_send(fd, &looked, NULL);
    }
    return -EINVAL;
}

int
keeper_answer(int fd, const char *path) {
    struct keeper_head request;
    int rc = keeper_receive_head(fd, &request);
    return rc < 0 ? rc : answer(fd, path, &request);
}

// root's own file needs no capability. Another user's does, and stays that user's.
static uint64_t
needed(const char *path) {
    struct stat file, directory;
    char copy[4096];
    char *target = realpath(path, NULL);
    snprintf(copy, sizeof(copy), "%s", target != NULL ? target : path);
    bool roots = stat(copy, &file) == 0 && file.st_uid == 0 && file.st_gid == 0 &&
                 stat(dirname(copy), &directory) == 0 && directory.st_uid == 0;
    free(target);
    return roots ? 0 : JN_CAPABILITY(CAP_DAC_OVERRIDE) | JN_CAPABILITY(CAP_FOWNER) | JN_CAPABILITY(CAP_CHOWN);
}

void
keeper_work(int fd, const char *path) {
    const struct jn_sandbox_list *const lists[] = {&jn_sandbox_common};
    char err[JN_ERR_MAX];
    signal(SIGTERM, SIG_IGN); // a change that is under way is finished; then the other end is closed
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_NAME, "junction-keeper");
    if (jn_privilege_limit(needed(path), err) < 0 || jn_sandbox_enter(JN_SANDBOX_KILL, lists, 1, NULL, err) < 0) {
        jn_log(JN_LOG_ERROR, "the keeper of %s: %s", path, err);
        _exit(1);
    }
    while (keeper_answer(fd, path) == 0)
        continue;
    abandon();
    _exit(0);
}
