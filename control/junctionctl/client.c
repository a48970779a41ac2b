// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_WAIT_S = 15 };

// Somebody else may listen where a socket was told to be.
static bool
is_control(int fd, const char *path, char err[JN_ERR_MAX]) {
    struct ucred server = {.uid = (uid_t)-1};
    socklen_t size = sizeof(server);
    char name[64];
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &size) == 0 &&
        (server.uid == 0 || server.uid == jn_writer_uid(JN_WRITER_CONTROL) || server.uid == geteuid()))
        return true;
    snprintf(err, JN_ERR_MAX, "%s: %s listens there, and not junction-control", path,
             jn_user_name(server.uid, name, sizeof(name)));
    return false;
}

static int
connect_to(const struct invocation *invocation, char err[JN_ERR_MAX]) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval wait = {.tv_sec = ANSWER_WAIT_S};
    char path[JN_PATH_MAX];
    jn_socket_path(invocation->instance, path, sizeof(path));
    if (invocation->socket != NULL)
        snprintf(path, sizeof(path), "%s", invocation->socket);
    int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (n < 0 || (size_t)n >= sizeof(address.sun_path)) {
        snprintf(err, JN_ERR_MAX, "--socket: longer than %zu", sizeof(address.sun_path) - 1);
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0) {
        if (is_control(fd, path, err))
            return fd;
        close(fd);
        return -1;
    }
    snprintf(err, JN_ERR_MAX, "junction-control cannot be reached at %s: %s%s", address.sun_path, strerror(errno),
             errno == EACCES ? " (you must be root or in group " JN_READERS_GROUP ")" : "");
    if (fd >= 0)
        close(fd);
    return -1;
}

static int
send_request(int fd, const char *method, json_t *params) {
    json_t *request = params != NULL ? json_pack("{s:i, s:s, s:o}", "id", 1, "method", method, "params", params)
                                     : json_pack("{s:i, s:s}", "id", 1, "method", method);
    char *text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    size_t length = text != NULL ? strlen(text) : 0, sent = 0;
    if (text != NULL)
        text[length++] = '\n'; // in place of the NUL
    while (sent < length) {
        ssize_t n = send(fd, text + sent, length - sent, MSG_NOSIGNAL);
        if (n < 0)
            break;
        sent += (size_t)n;
    }
    free(text);
    return length > 0 && sent == length ? 0 : -1;
}

static json_t *
receive(int fd, char err[JN_ERR_MAX]) {
    json_error_t sentence;
    FILE *stream = fdopen(fd, "r");
    char *line = NULL;
    size_t size = 0;
    ssize_t length = stream != NULL ? getline(&line, &size, stream) : -1;
    json_t *answer = length > 0 ? json_loadb(line, (size_t)length, 0, &sentence) : NULL;
    if (length <= 0)
        snprintf(err, JN_ERR_MAX, "junction-control gave no answer");
    else if (!json_is_object(answer))
        snprintf(err, JN_ERR_MAX, "junction-control's answer is not JSON: %s", sentence.text);
    free(line);
    if (stream != NULL)
        fclose(stream);
    else
        close(fd);
    return answer;
}

json_t *
client_ask(const struct invocation *invocation, const char *method, json_t *params, json_t **error,
           char err[JN_ERR_MAX]) {
    *error = NULL;
    int fd = connect_to(invocation, err);
    if (fd < 0) {
        json_decref(params);
        return NULL;
    }
    if (send_request(fd, method, params) < 0) {
        snprintf(err, JN_ERR_MAX, "junction-control does not take requests");
        close(fd);
        return NULL;
    }
    json_t *answer = receive(fd, err), *result = json_object_get(answer, "result");
    if (result == NULL && answer != NULL) {
        *error = json_incref(json_object_get(answer, "error"));
        snprintf(err, JN_ERR_MAX, "junction-control's answer has neither result nor error");
    }
    json_incref(result);
    json_decref(answer);
    return result;
}

json_t *
client_result(const struct invocation *invocation, const char *method, json_t *params) {
    char err[JN_ERR_MAX];
    json_t *error, *sentence;
    size_t i;
    json_t *result = client_ask(invocation, method, params, &error, err);
    if (result != NULL)
        return result;
    const char *message = json_string_value(json_object_get(error, "message"));
    fprintf(stderr, "junctionctl: %s\n", message != NULL ? message : err);
    json_array_foreach(json_object_get(error, "errors"), i, sentence) {
        fprintf(stderr, "  %s\n", json_string_value(sentence) != NULL ? json_string_value(sentence) : "?");
    }
    json_decref(error);
    return NULL;
}
