// SPDX-License-Identifier: BSD-3-Clause
// The processes together: whatever dies is started again.
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applications/applications.h"
#include "config/config_keys.h"
#include "config/config_load.h"
#include "config/config_sizes.h"
#include "launcher.h"
#include "part.h"
#include "process.h"
#include "trust.h"
#include "watch.h"

static void
add_cores(struct arguments *arguments, const struct jn_config_dataplane *dataplane) {
    char cores[JN_MAX_WORKERS * 12] = "";
    int length = 0;
    for (unsigned int i = 0; i < dataplane->worker_count; i++)
        length += snprintf(cores + length, sizeof(cores) - (size_t)length, "%s%u", i > 0 ? "," : "",
                           dataplane->worker_cores[i]);
    if (length > 0) {
        arguments_add(arguments, "--worker-cores");
        arguments_add(arguments, "%s", cores);
    }
}

// Applications by nDPI: as configured, where this was built with it.
static bool
classifies(const struct jn_config *config) {
    return jn_applications_known() && config->classifier.enabled;
}

// The command line of the classifier. It never sees the file, which may have secrets: it parses what strangers send.
static void
classifier_arguments(struct arguments *arguments, const struct jn_config *config, const char *instance) {
    arguments_add(arguments, "junction-classify");
    arguments_add(arguments, "--instance=%s", instance);
    arguments_add(arguments, "--threads=%u", config->classifier.threads);
    arguments_add(arguments, "--flows=%u", config->classifier.flows);
    arguments_add(arguments, "--log=%s", jn_log_level_word(config->log_level));
}

// The command line of the dataplane.
static void
dataplane_arguments(struct arguments *arguments, const struct jn_config *config, const char *instance) {
    char word[JN_KEY_WORD_MAX];
    const struct jn_config_dataplane *dataplane = &config->dataplane;
    uint32_t tunnels = jn_config_tunnel_ports(dataplane);
    arguments_add(arguments, "junction-dataplane");
    arguments_add(arguments, "--instance=%s", instance);
    for (unsigned int i = 0; i < dataplane->port_count; i++) {
        const struct jn_config_port *port = &dataplane->ports[i];
        char mtu[16] = "";
        if (port->mtu != 0)
            snprintf(mtu, sizeof(mtu), ";mtu=%u", port->mtu);
        arguments_add(arguments, "--port=%s=%s%s%s", port->name, port->device, mtu, tunnels >> i & 1 ? ";tunnel" : "");
    }
    for (unsigned int i = 0; i < dataplane->wire_count; i++) {
        const struct jn_config_wire *wire = &dataplane->wires[i];
        arguments_add(arguments, "--wire=%s=%s:%s%s", wire->name, dataplane->ports[wire->access].name,
                      dataplane->ports[wire->network].name,
                      wire->link_loss == JN_LINK_LOSS_PASS ? ";link_loss=pass" : "");
    }
    add_cores(arguments, dataplane);
    if (!dataplane->hugepages)
        arguments_add(arguments, "--no-huge");
    arguments_add(arguments, "--memory-mb=%u", dataplane->memory_mb);
    arguments_add(arguments, "--flow-entries=%u", dataplane->flow_table_entries);
    arguments_add(arguments, "--record-entries=%u", dataplane->record_ring_entries);
    arguments_add(arguments, "--vpgs=%u", dataplane->max_vpgs);
    arguments_add(arguments, "--vpg-devices=%u", dataplane->vpg_devices);
    arguments_add(arguments, "--mbufs=%u", dataplane->mbufs);
    arguments_add(arguments, "--isa=%s", jn_key_word_at(JN_KEY_ISA, dataplane->isa, word));
    arguments_add(arguments, "--idle=%s", jn_key_word_at(JN_KEY_IDLE_MODE, dataplane->idle, word));
    arguments_add(arguments, "--idle-max-us=%u", dataplane->idle_max_sleep_us);
    arguments_add(arguments, "--hang-seconds=%u", dataplane->hang_seconds);
    if (classifies(config))
        arguments_add(arguments, "--classify=%u", config->classifier.ring_entries);
    arguments_add(arguments, "--log=%s", jn_log_level_word(config->log_level));
}

enum { STOP_MS = 25000 }; // what a part gets to end in after SIGTERM

struct launch {
    const char *instance, *path;
    const char *run_dir; // NULL: the default
    struct jn_config *config;
    struct part parts[JN_PART_COUNT];
    struct jn_shm shm;          // what junctionctl is shown
    struct watch watch;         // of the dataplane
    struct variables variables; // secrets, for the exporter
    bool failed;
};

// A classifier runs when the dataplane that is started has samples for it.
static void
choose_parts(struct launch *launch) {
    struct part *classifier = &launch->parts[JN_PART_CLASSIFY];
    bool before = classifier->unwanted;
    classifier->unwanted = !classifies(launch->config);
    if (classifier->unwanted && classifier->pid != 0)
        kill(classifier->pid, SIGTERM);
    if (before && !classifier->unwanted)
        part_hurry(classifier, milliseconds_now());
}

// The file may have changed since: a dataplane that starts anew starts as the file says, if that is right.
static void
take_file(struct launch *launch) {
    struct jn_config_errors errors = {0};
    char why[JN_ERR_MAX];
    if (jn_trust_file(launch->path, why) != JN_TRUST_STARTER) {
        jn_log(JN_LOG_WARNING, "%s: the dataplane starts with the devices of before, whatever the file says now", why);
        return;
    }
    struct jn_config *config = jn_config_load(launch->path, &errors);
    if (config != NULL) {
        jn_config_free(launch->config);
        launch->config = config;
        variables_take(&launch->variables, config);
        choose_parts(launch);
    } else {
        jn_log(JN_LOG_WARNING, "%s has errors: the dataplane starts with the one before", launch->path);
    }
    jn_config_errors_free(&errors);
}

// The file may name other variables by now.
static void
take_variables(struct launch *launch) {
    struct jn_config_errors errors = {0};
    struct jn_config *config = jn_config_load(launch->path, &errors);
    if (config != NULL)
        variables_take(&launch->variables, config);
    jn_config_free(config);
    jn_config_errors_free(&errors);
}

static void
start_part(struct launch *launch, struct part *part) {
    struct arguments arguments = {0};
    char why[JN_ERR_MAX];
    if (part->started_ms != 0 && part->number == JN_PART_DATAPLANE)
        take_file(launch);
    else if (part->started_ms != 0 && part->number != JN_PART_CLASSIFY)
        take_variables(launch);
    if (part->number == JN_PART_DATAPLANE) {
        dataplane_arguments(&arguments, launch->config, launch->instance);
    } else if (part->number == JN_PART_CLASSIFY) {
        classifier_arguments(&arguments, launch->config, launch->instance);
    } else {
        arguments_add(&arguments, "%s", part->name);
        arguments_add(&arguments, "--instance=%s", launch->instance);
        arguments_add(&arguments, "-c");
        arguments_add(&arguments, "%s", launch->path);
    }
    if (part->number == JN_PART_CONTROL && jn_trust_file(launch->path, why) != JN_TRUST_STARTER)
        arguments_add(&arguments, "--devices-pinned");
    if (launch->run_dir != NULL)
        arguments_add(&arguments, "--run-dir=%s", launch->run_dir);
    // Standard output is for documents, which junction-export alone writes.
    int output = part->number == JN_PART_EXPORT ? PROCESS_OURS : PROCESS_NONE;
    const struct variables *given = part->number == JN_PART_EXPORT ? &launch->variables : NULL;
    part_started(part, process_start(&arguments, output, given), milliseconds_now());
    arguments_free(&arguments);
}

static void
reap(struct launch *launch, bool stopping) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        for (int i = 0; i < JN_PART_COUNT; i++) {
            struct part *part = &launch->parts[i];
            if (part->pid != pid)
                continue;
            if (part->unwanted)
                part_ended(part, status);
            else
                launch->failed |= stopping ? !part_ended(part, status) : !part_died(part, status, milliseconds_now());
        }
    }
}

// Start what is due; how long until the next is, -1 when none is waiting.
static long
start_due(struct launch *launch) {
    long now = milliseconds_now(), next = -1;
    for (int i = 0; i < JN_PART_COUNT; i++) {
        struct part *part = &launch->parts[i];
        if (part->pid != 0 || part->unwanted)
            continue;
        if (part->restart_ms <= now)
            start_part(launch, part);
        else if (next < 0 || part->restart_ms - now < next)
            next = part->restart_ms - now;
    }
    return next;
}

// The file was edited: control takes it, and what waits to be started again may be right now.
static void
hang_up(struct launch *launch) {
    if (launch->parts[JN_PART_CONTROL].pid != 0)
        kill(launch->parts[JN_PART_CONTROL].pid, SIGHUP);
    for (int i = 0; i < JN_PART_COUNT; i++)
        part_hurry(&launch->parts[i], milliseconds_now());
}

static void
supervise(struct launch *launch) {
    while (!launch->failed) {
        struct part *dataplane = &launch->parts[JN_PART_DATAPLANE];
        int number = signal_wait(watch_timeout(start_due(launch)));
        watch_dataplane(&launch->watch, launch->instance, dataplane->pid, launch->config->dataplane.hang_seconds);
        if (dataplane->pid != 0 && watch_has_beaten(&launch->watch))
            part_serves(dataplane);
        if (number == SIGTERM || number == SIGINT)
            return;
        if (number == SIGHUP)
            hang_up(launch);
        reap(launch, false);
    }
}

static void
stop(struct launch *launch, struct part *part) {
    long deadline = milliseconds_now() + STOP_MS;
    if (part->pid == 0)
        return;
    kill(part->pid, SIGTERM);
    while (part->pid != 0) {
        long left = deadline - milliseconds_now();
        if (left <= 0) {
            jn_log(JN_LOG_ERROR, "%s did not end within %d s: killed", part->name, STOP_MS / 1000);
            kill(part->pid, SIGKILL);
            deadline = milliseconds_now() + STOP_MS;
        }
        signal_wait(left > 0 ? left : STOP_MS);
        reap(launch, true);
    }
}

// Two launchers of one instance would start its parts twice. Without room for the region only what is shown is missing.
static bool
show_parts(struct launch *launch) {
    char err[JN_ERR_MAX];
    int rc = jn_shm_create(&launch->shm, launch->instance, JN_REGION_LAUNCH, sizeof(struct jn_launch_region),
                           sizeof(struct jn_launch_region), false, false, err);
    if (rc < 0)
        jn_log(rc == -EBUSY ? JN_LOG_ERROR : JN_LOG_WARNING, "%s", err);
    if (rc < 0)
        return rc != -EBUSY;
    struct jn_launch_region *region = launch->shm.base;
    for (int i = 0; i < JN_PART_COUNT; i++)
        launch->parts[i].shown = &region->parts[i];
    jn_shm_ready(&launch->shm);
    return true;
}

// What is read now is what devices are opened by, as long as this process lives.
static bool
trust_at_start(const char *path) {
    char why[JN_ERR_MAX];
    enum jn_trust trust = jn_trust_file(path, why);
    if (trust == JN_TRUST_JUNCTION)
        fprintf(stderr, "junction: %s\n", why);
    if (trust == JN_TRUST_OTHERS)
        jn_log(JN_LOG_WARNING, "%s: changed devices, wires and sizes are taken only by a new `junction run`", why);
    return trust != JN_TRUST_JUNCTION;
}

int
launcher_run(int argc, char **argv) {
    struct launch launch = {.instance = "default",
                            .parts = {
#define X(id, program) [JN_PART_##id] = {.name = program, .number = JN_PART_##id},
                                JN_PARTS(X)
#undef X
                            }};
    char err[JN_ERR_MAX];
    for (int c; (c = launcher_option(argc, argv)) != -1;) {
        if (c == 'c')
            launch.path = optarg;
        else if (c == 'i')
            launch.instance = optarg;
        else if (c == 'r')
            launch.run_dir = optarg;
        else
            return launcher_usage("run");
    }
    if (launch.path == NULL || optind != argc || !jn_instance_valid(launch.instance))
        return launcher_usage("run");
    if (launch.run_dir != NULL && jn_run_directory_set(launch.run_dir, err) < 0) {
        fprintf(stderr, "junction: %s\n", err);
        return 2;
    }
    launch.config = launcher_load(launch.path);
    if (launch.config == NULL || !trust_at_start(launch.path))
        return 1;
    if (jn_instance_make(launch.instance, launch.config->dataplane.hugepages, err) < 0) {
        fprintf(stderr, "junction: %s\n", err);
        jn_config_free(launch.config);
        return 1;
    }
    signal(SIGPIPE, SIG_IGN); // who reads the log may end; so in all that is started here
    signals_block();
    close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC); // what our starter left open is nothing for the parts
    variables_take(&launch.variables, launch.config);
    launch.failed = !show_parts(&launch);
    choose_parts(&launch);
    supervise(&launch);
    for (int i = 0; i < JN_PART_COUNT; i++)
        stop(&launch, &launch.parts[i]);
    if (launch.shm.base != NULL)
        jn_shm_remove(&launch.shm);
    jn_instance_tidy(launch.instance);
    jn_config_free(launch.config);
    variables_forget(&launch.variables);
    return launch.failed ? 1 : 0;
}
