// SPDX-License-Identifier: BSD-3-Clause
// junction-control: reads the configuration, publishes the policy, serves junctionctl.
#define _GNU_SOURCE
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "change.h"
#include "clock_read.h"
#include "config/config_load.h"
#include "control_confine.h"
#include "privilege.h"
#include "request.h"
#include "server.h"

enum { WATCH_US = 250000 };

struct arguments {
    const char *instance, *config, *socket, *run_dir;
    bool devices_pinned;
};

static const char usage[] = "usage: junction-control -c FILE [--instance NAME] [--socket PATH]\n"
                            "  -c, --config FILE    configuration, see docs/configuration.md\n"
                            "  --instance NAME      keeps several Junctions on one host apart (default: default)\n"
                            "  --run-dir DIR        where the instances' directories are (default: /run/junction)\n"
                            "  --socket PATH        listen there (default: the configuration's, or\n"
                            "                       /run/junction/INSTANCE/control/socket)\n"
                            "  --devices-pinned     a dataplane that starts anew has the devices of before\n"
                            "SIGHUP reads the file again. An error in it changes nothing.\n";

static int
print_usage(void) {
    fputs(usage, stderr);
    return 2;
}

// 0: go on; else exit with that minus one.
static int
parse_arguments(int argc, char **argv, struct arguments *arguments) {
    static const struct option options[] = {
        {"instance", required_argument, NULL, 'i'}, {"config", required_argument, NULL, 'c'},
        {"socket", required_argument, NULL, 's'},   {"run-dir", required_argument, NULL, 'r'},
        {"devices-pinned", no_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},        {0}};
    *arguments = (struct arguments){.instance = "default"};
    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (c) {
        case 'i': arguments->instance = optarg; break;
        case 'c': arguments->config = optarg; break;
        case 's': arguments->socket = optarg; break;
        case 'r': arguments->run_dir = optarg; break;
        case 'p': arguments->devices_pinned = true; break;
        case 'h': fputs(usage, stdout); return 1;
        case 'V': puts("junction-control " JN_VERSION); return 1;
        default: return print_usage() + 1;
        }
    }
    return arguments->config == NULL || optind != argc ? print_usage() + 1 : 0;
}

static void
on_terminate(evutil_socket_t number, short what, void *base) {
    (void)number, (void)what;
    event_base_loopbreak(base);
}

static void
on_hangup(evutil_socket_t number, short what, void *argument) {
    (void)number, (void)what;
    struct failure failure = {0};
    struct publication publication;
    int rc = change_reload(&(struct change){.control = argument, .failure = &failure, .publication = &publication});
    json_t *result = rc < 0 ? NULL : change_result(argument, &publication, &failure);
    if (result == NULL)
        jn_log(JN_LOG_ERROR, "reload refused, the old policy stays: %s", failure.message);
    else if (json_is_string(json_object_get(result, "restart_needed")))
        jn_log(JN_LOG_WARNING, "changed, but in force only after a restart: %s",
               json_string_value(json_object_get(result, "restart_needed")));
    json_decref(result);
    jn_config_errors_free(&failure.errors);
}

struct watch {
    struct event_base *base;
    struct control *control;
};

// Without its keeper this process could neither read nor write the file, and does not know whether a change is in it. The next
// one has another keeper, and publishes what the file says.
static void
on_watch(evutil_socket_t fd, short what, void *argument) {
    (void)fd, (void)what;
    const struct watch *watch = argument;
    if (!keeper_lives(&watch->control->keeper))
        event_base_loopbreak(watch->base);
    else
        control_watch(watch->control);
}

// SIGHUP waits until it is heard, as from junction run, also where the process was started by hand.
static void
hold_hangup(int how) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigprocmask(how, &set, NULL);
}

static int
load_at_start(struct control *control) {
    struct jn_config_errors errors = {0};
    control->config = control->started = keeper_load(&control->keeper, &control->file, &errors);
    jn_config_errors_log(&errors);
    jn_config_errors_free(&errors);
    return control->config != NULL ? 0 : -1;
}

enum { EVENT_COUNT = 4 };

static void
add_events(struct watch *watch, struct event *events[EVENT_COUNT]) {
    struct event_base *base = watch->base;
    events[0] = evsignal_new(base, SIGTERM, on_terminate, base);
    events[1] = evsignal_new(base, SIGINT, on_terminate, base);
    events[2] = evsignal_new(base, SIGHUP, on_hangup, watch->control);
    events[3] = event_new(base, -1, EV_PERSIST, on_watch, watch);
    for (int i = 0; i < EVENT_COUNT; i++)
        event_add(events[i], i == 3 ? &(struct timeval){.tv_usec = WATCH_US} : NULL);
    hold_hangup(SIG_UNBLOCK);
}

static void
announce(struct control *control, const struct publication *publication) {
    char text[128];
    jn_log(JN_LOG_INFO, "ready on %s; %s", control->socket, publication_text(publication, text, sizeof(text)));
    control->waiting = !publication->dataplane;
    if (control->waiting)
        jn_log(JN_LOG_INFO, "waiting for junction-dataplane");
}

// Publish what was loaded, and serve until a signal.
static int
serve(struct event_base *base, struct control *control) {
    struct failure failure = {0};
    struct publication publication;
    struct event *events[EVENT_COUNT];
    struct watch watch = {base, control};
    add_events(&watch, events);
    int rc = control_confine_calls(failure.message);
    if (rc == 0)
        rc = control_start(control, &failure, &publication);
    if (rc < 0) {
        jn_log(JN_LOG_ERROR, "%s", failure.message);
    } else {
        announce(control, &publication);
        event_base_dispatch(base);
        rc = keeper_lives(&control->keeper) ? 0 : -1;
        if (rc < 0)
            jn_log(JN_LOG_ERROR, "the keeper of %s is gone", control->path);
    }
    for (int i = 0; i < EVENT_COUNT; i++)
        event_free(events[i]);
    jn_config_errors_free(&failure.errors);
    return rc < 0 ? 1 : 0;
}

// The region is junction-control's; what only root may make has been made.
static int
publish_and_serve(struct event_base *base, struct control *control) {
    char err[JN_ERR_MAX];
    int rc = control_confine_user(err);
    if (rc == 0)
        rc = publisher_open(&control->publisher, control->instance, err);
    if (rc < 0) {
        jn_log(JN_LOG_ERROR, "%s", err);
        return 1;
    }
    rc = serve(base, control);
    // After a failed start only a region that already held a policy is worth keeping.
    publisher_close(&control->publisher, rc == 0 || control->publisher.policy == NULL);
    return rc;
}

// Whoever started us: root reads any file, and makes a socket anywhere.
static int
listen_and_run(struct control *control) {
    char err[JN_ERR_MAX];
    struct event_base *base = event_base_new();
    struct server *server = NULL;
    if (base == NULL)
        snprintf(err, sizeof(err), "out of memory");
    else if (jn_instance_make(control->instance, false, err) == 0)
        server = server_open(base, control->socket, control, err);
    if (server == NULL)
        jn_log(JN_LOG_ERROR, "%s", err);
    int rc = server != NULL && keeper_owns_socket(&control->keeper, control->socket) == 0
                 ? publish_and_serve(base, control)
                 : 1;
    if (server != NULL)
        server_close(server);
    if (base != NULL)
        event_base_free(base);
    return rc;
}

int
main(int argc, char **argv) {
    struct arguments arguments;
    char err[JN_ERR_MAX], path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    struct control control = {.log_override = -1};
    int rc = parse_arguments(argc, argv, &arguments);
    if (rc != 0)
        return rc - 1;
    jn_log_open("junction-control");
    hold_hangup(SIG_BLOCK);
    if ((arguments.run_dir != NULL && jn_run_directory_set(arguments.run_dir, err) < 0) ||
        jn_instance_check(arguments.instance, err) < 0) {
        jn_log(JN_LOG_ERROR, "%s", err);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    control.started_ns = jn_clock_read(CLOCK_MONOTONIC);
    control.instance = arguments.instance;
    control.path = arguments.config;
    control.devices_pinned = arguments.devices_pinned;
    if (jn_privilege_begin(err) < 0 || keeper_start(&control.keeper, control.path, err) < 0) {
        jn_log(JN_LOG_ERROR, "%s", err);
        return 1;
    }
    if (load_at_start(&control) < 0)
        return 1;
    jn_socket_path(arguments.instance, path, sizeof(path));
    if (control.config->socket[0] != '\0')
        snprintf(path, sizeof(path), "%s", control.config->socket);
    control.socket = arguments.socket != NULL ? arguments.socket : path;
    rc = listen_and_run(&control);
    keeper_stop(&control.keeper);
    control_free(&control);
    return rc;
}
