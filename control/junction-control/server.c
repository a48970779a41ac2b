// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "request.h"

static int
listen_error(char err[JN_ERR_MAX], const char *path, const char *what, int code) {
    snprintf(err, JN_ERR_MAX, "%s: %s: %s", path, what, strerror(code));
    return -code;
}

// The socket's directory, made when it is missing; nobody else may have a say in what a name in it means.
static int
make_directory(const char *path, char err[JN_ERR_MAX]) {
    char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    snprintf(directory, sizeof(directory), "%s", path);
    char *slash = strrchr(directory, '/');
    int rc = jn_path_check(path, JN_WRITER_CONTROL, err);
    if (rc != -ENOENT || slash == NULL || slash == directory)
        return rc;
    *slash = '\0';
    rc = jn_path_check(directory, JN_WRITER_CONTROL, err);
    if (rc < 0)
        return rc;
    return mkdir(directory, 0755) == 0 || errno == EEXIST ? jn_path_check(path, JN_WRITER_CONTROL, err)
                                                          : listen_error(err, directory, "cannot be made", errno);
}

// Only a socket that nobody answers may be taken away.
static int
remove_stale(const struct sockaddr_un *address, char err[JN_ERR_MAX]) {
    struct stat st;
    if (lstat(address->sun_path, &st) < 0)
        return errno == ENOENT ? 0 : listen_error(err, address->sun_path, "cannot be looked at", errno);
    int rc = jn_place_check(&st, S_IFSOCK, JN_WRITER_CONTROL, address->sun_path, err);
    if (rc < 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return listen_error(err, address->sun_path, "no socket", errno);
    rc = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
    close(fd);
    if (rc == ECONNREFUSED)
        return unlink(address->sun_path) == 0 || errno == ENOENT
                   ? 0
                   : listen_error(err, address->sun_path, "stale socket", errno);
    snprintf(err, JN_ERR_MAX, "%s: another junction-control answers there", address->sun_path);
    return -EADDRINUSE;
}

// A listening Unix socket at `path`, mode 0660, of group `junction`; its directory is made when missing, and a socket of ours
// whose process is gone is replaced. Returns it, or negative errno with a sentence in err.
static int
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
    rc = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
    umask(before);
    if (rc == 0)
        rc = -jn_place_hand_over_path(path, JN_WRITER_CONTROL);
    if (rc == 0 && listen(fd, 16) < 0)
        rc = errno;
    if (rc == 0)
        return fd;
    close(fd);
    return listen_error(err, path, "cannot listen", rc);
}

// Who only reads leaves places to those who may change something: nobody can shut them out by connections alone.
enum { MAX_CLIENTS = 32, MAX_READERS = 24, HALF_REQUEST_S = 10, MAX_PENDING_BYTES = 1 << 20 };

struct client {
    struct server *server;
    struct bufferevent *stream;
    struct event *half; // runs while a request has begun and not ended
    struct peer peer;
    bool reads_only;
    bool ended;   // it will send no more
    bool closing; // after what is still to be sent
    LIST_ENTRY(client) link;
};

struct server {
    struct event_base *base;
    struct evconnlistener *listener;
    struct control *control;
    const char *path;
    unsigned int count, readers;
    LIST_HEAD(, client) clients;
};

static void
client_free(struct client *client) {
    LIST_REMOVE(client, link);
    client->server->count--;
    client->server->readers -= client->reads_only;
    event_free(client->half);
    bufferevent_free(client->stream);
    free(client);
}

static void
send_line(struct client *client, char *text) {
    if (text == NULL)
        return;
    bufferevent_write(client->stream, text, strlen(text));
    bufferevent_write(client->stream, "\n", 1);
    free(text);
}

// Nothing more is read, and the client goes once it has taken what there is for it, or has taken nothing for 10 s.
static void
finish_client(struct client *client) {
    client->closing = true;
    event_del(client->half);
    bufferevent_disable(client->stream, EV_READ);
    bufferevent_set_timeouts(client->stream, NULL, &(struct timeval){.tv_sec = HALF_REQUEST_S});
    if (evbuffer_get_length(bufferevent_get_output(client->stream)) == 0)
        client_free(client);
}

static void
on_written(struct bufferevent *stream, void *argument) {
    struct client *client = argument;
    if (client->closing && evbuffer_get_length(bufferevent_get_output(stream)) == 0)
        client_free(client);
}

static void
on_half_request(evutil_socket_t fd, short what, void *argument) {
    (void)fd, (void)what;
    send_line(argument, request_refusal("timeout", "the request did not end within 10 s"));
    finish_client(argument);
}

static void
watch_half_request(struct client *client, bool begun) {
    if (!begun)
        event_del(client->half);
    else if (!event_pending(client->half, EV_TIMEOUT, NULL))
        event_add(client->half, &(struct timeval){.tv_sec = HALF_REQUEST_S});
}

// Whoever has not taken a megabyte of answers and asks for more is not going to read them.
static bool
reads_its_answers(struct client *client) {
    static struct jn_log_limit limit;
    if (evbuffer_get_length(bufferevent_get_output(client->stream)) <= MAX_PENDING_BYTES)
        return true;
    jn_log_limited(&limit, 5, JN_LOG_WARNING, "client of uid %u, pid %d cut off: it does not read its answers",
                   client->peer.uid, client->peer.pid);
    return false;
}

static void
no_line(struct client *client, size_t pending) {
    watch_half_request(client, pending > 0);
    if (pending >= REQUEST_MAX_BYTES)
        send_line(client, request_refusal("too_large", "a request is longer than 64 KiB"));
    if (pending >= REQUEST_MAX_BYTES || client->ended)
        finish_client(client);
}

// One request a turn, so that a client with many of them leaves turns to the others.
static void
on_read(struct bufferevent *stream, void *argument) {
    struct client *client = argument;
    struct evbuffer *input = bufferevent_get_input(stream);
    size_t length;
    bool garbage;
    if (client->closing)
        return;
    char *line = evbuffer_readln(input, &length, EVBUFFER_EOL_LF);
    if (line == NULL) {
        no_line(client, evbuffer_get_length(input));
        return;
    }
    watch_half_request(client, false);
    if (!reads_its_answers(client)) {
        free(line);
        client_free(client);
        return;
    }
    send_line(client, request_answer(client->server->control, &client->peer, line, length, &garbage));
    free(line);
    if (garbage)
        finish_client(client);
    else if (client->ended || evbuffer_get_length(input) > 0)
        bufferevent_trigger(stream, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

// A client that shut its sending side down still gets the answers to what it asked.
static void
on_end(struct bufferevent *stream, short what, void *argument) {
    struct client *client = argument;
    if ((what & BEV_EVENT_EOF) && !client->closing) {
        client->ended = true;
        on_read(stream, client);
    } else {
        client_free(client);
    }
}

static void
refuse_client(evutil_socket_t fd) {
    char *text = request_refusal("busy", "too many clients are connected already");
    if (text != NULL && (send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ||
                         send(fd, "\n", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0))
        jn_log(JN_LOG_DEBUG, "a refused client did not wait for its answer");
    free(text);
    evutil_closesocket(fd);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length, void *argument) {
    (void)listener, (void)address, (void)length;
    struct server *server = argument;
    struct ucred credentials = {.uid = (uid_t)-1};
    socklen_t size = sizeof(credentials);
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
    const struct peer peer = {.pid = credentials.pid, .uid = credentials.uid};
    bool reads_only = !request_may_change(&peer);
    bool room = server->count < MAX_CLIENTS && (!reads_only || server->readers < MAX_READERS);
    struct client *client = room ? calloc(1, sizeof(*client)) : NULL;
    if (client == NULL) {
        refuse_client(fd);
        return;
    }
    *client = (struct client){.server = server, .peer = peer, .reads_only = reads_only};
    server->readers += reads_only;
    client->stream = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
    client->half = evtimer_new(server->base, on_half_request, client);
    LIST_INSERT_HEAD(&server->clients, client, link);
    server->count++;
    bufferevent_setcb(client->stream, on_read, on_written, on_end, client);
    bufferevent_setwatermark(client->stream, EV_READ, 0, REQUEST_MAX_BYTES);
    bufferevent_enable(client->stream, EV_READ | EV_WRITE);
}

struct server *
server_open(struct event_base *base, const char *path, struct control *control, char err[JN_ERR_MAX]) {
    int fd = listen_at(path, err);
    if (fd < 0)
        return NULL;
    struct server *server = calloc(1, sizeof(*server));
    if (server != NULL)
        *server = (struct server){.base = base, .control = control, .path = path};
    if (server == NULL ||
        (server->listener = evconnlistener_new(base, on_accept, server, LEV_OPT_CLOSE_ON_FREE, 0, fd)) == NULL) {
        snprintf(err, JN_ERR_MAX, "%s: out of memory", path);
        free(server);
        close(fd);
        unlink(path);
        return NULL;
    }
    return server;
}

void
server_close(struct server *server) {
    while (!LIST_EMPTY(&server->clients))
        client_free(LIST_FIRST(&server->clients)); // NOLINT(clang-analyzer-unix.Malloc): it takes itself from the list
    evconnlistener_free(server->listener);
    unlink(server->path);
    free(server);
}
