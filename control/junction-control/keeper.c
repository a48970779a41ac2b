// SPDX-License-Identifier: BSD-3-Clause
// Requests and answers over a socket pair: a head, then as many bytes as it says.
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config_load.h"
#include "config/config_write.h"
#include "keeper_work.h"

int
keeper_start(struct keeper *keeper, const char *path, char err[JN_ERR_MAX]) {
    int ends[2];
    *keeper = (struct keeper){.path = path, .fd = -1};
    if (geteuid() != 0)
        return 0;
    pid_t pid = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? fork() : -1;
    if (pid < 0) {
        snprintf(err, JN_ERR_MAX, "the keeper of %s cannot be started: %s", path, strerror(errno));
        return -EAGAIN;
    }
    if (pid == 0) {
        close(ends[0]);
        keeper_work(ends[1], path);
    }
    close(ends[1]);
    keeper->fd = ends[0];
    return 0;
}

// text: of the request. The answer's text is the caller's to free; NULL when there is none.
static char *
ask(const struct keeper *keeper, enum keeper_request request, const char *text, struct keeper_head *answer) {
    struct keeper_head head = {.request = request, .length = text != NULL ? strlen(text) : 0};
    if (keeper_send(keeper->fd, &head, text) == 0 && keeper_receive_head(keeper->fd, answer) == 0)
        return keeper_receive_text(keeper->fd, answer->length);
    *answer = (struct keeper_head){.code = -EPIPE};
    return NULL;
}

int
keeper_owns_socket(const struct keeper *keeper, const char *path) {
    struct keeper_head answer = {0};
    if (keeper->fd >= 0)
        free(ask(keeper, KEEPER_SOCKET, path, &answer));
    return answer.code;
}

void
keeper_stop(struct keeper *keeper) {
    struct keeper_head answer;
    if (keeper->fd < 0)
        return;
    free(ask(keeper, KEEPER_END, NULL, &answer));
    close(keeper->fd);
    keeper->fd = -1;
}

bool
keeper_lives(const struct keeper *keeper) {
    char byte;
    return keeper->fd < 0 || (recv(keeper->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno != ECONNRESET);
}

int
keeper_look(const struct keeper *keeper, struct stat *file) {
    struct keeper_head answer;
    if (keeper->fd < 0)
        return stat(keeper->path, file) < 0 ? -errno : 0;
    free(ask(keeper, KEEPER_LOOK, NULL, &answer));
    *file = answer.file;
    return answer.code;
}

struct jn_config *
keeper_load(const struct keeper *keeper, struct stat *file, struct jn_config_errors *errors) {
    struct keeper_head answer;
    struct jn_config_text text;
    if (keeper->fd < 0) {
        if (stat(keeper->path, file) < 0)
            *file = (struct stat){0};
        return jn_config_load(keeper->path, errors);
    }
    text = (struct jn_config_text){.text = ask(keeper, KEEPER_READ, NULL, &answer)};
    text.length = answer.length;
    text.error = -answer.code;
    text.opened = answer.opened;
    if (answer.code < 0 || text.text == NULL) {
        free(text.text);
        text.text = NULL;
    }
    *file = answer.file;
    return jn_config_from_text(&text, keeper->path, errors);
}

// One of the three steps of a change. 0 or 1, or negative errno with the keeper's sentence in err.
static int
ask_step(const struct keeper *keeper, enum keeper_request request, const char *text, struct stat *file,
         char err[JN_ERR_MAX]) {
    struct keeper_head answer;
    char *sentence = ask(keeper, request, text, &answer);
    if (answer.code != 0)
        snprintf(err, JN_ERR_MAX, "%s", sentence != NULL ? sentence : "the keeper of the configuration file is gone");
    if (file != NULL && answer.code >= 0)
        *file = answer.file;
    free(sentence);
    return answer.code;
}

int
keeper_write_begin(struct keeper *keeper, const json_t *document, char err[JN_ERR_MAX]) {
    if (keeper->fd < 0)
        return jn_config_write_begin(&keeper->writing, document, keeper->path, err);
    char *text = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (text == NULL) {
        snprintf(err, JN_ERR_MAX, "%.255s: cannot be written: out of memory", keeper->path);
        return -ENOMEM;
    }
    int rc = ask_step(keeper, KEEPER_WRITE, text, NULL, err);
    free(text);
    return rc;
}

int
keeper_write_commit(struct keeper *keeper, struct stat *file, char err[JN_ERR_MAX]) {
    if (keeper->fd >= 0)
        return ask_step(keeper, KEEPER_COMMIT, NULL, file, err);
    int rc = jn_config_write_commit(&keeper->writing, err);
    if (rc >= 0 && stat(keeper->path, file) < 0)
        *file = (struct stat){0};
    return rc;
}

void
keeper_write_abandon(struct keeper *keeper) {
    char err[JN_ERR_MAX];
    if (keeper->fd >= 0)
        ask_step(keeper, KEEPER_ABANDON, NULL, NULL, err);
    else
        jn_config_write_abandon(&keeper->writing);
}
