// SPDX-License-Identifier: BSD-3-Clause
// The three processes together: whatever dies is started again, unless it cannot start at all.
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "config/config_load.h"
#include "launcher.h"
#include "process.h"
#include "trust.h"

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

// The command line of the dataplane.
static void
dataplane_arguments(struct arguments *arguments, const struct jn_config *config, const char *instance) {
    static const char *const idle_words[] = {"never", "pause", "sleep"};
    const struct jn_config_dataplane *dataplane = &config->dataplane;
    arguments_add(arguments, "junction-dataplane");
    arguments_add(arguments, "--instance=%s", instance);
    for (unsigned int i = 0; i < dataplane->port_count; i++) {
        const struct jn_config_port *port = &dataplane->ports[i];
        if (port->mtu != 0)
            arguments_add(arguments, "--port=%s=%s;mtu=%u", port->name, port->device, port->mtu);
        else
            arguments_add(arguments, "--port=%s=%s", port->name, port->device);
    }
    for (unsigned int i = 0; i < dataplane->wire_count; i++) {
        const struct jn_config_wire *wire = &dataplane->wires[i];
        arguments_add(arguments, "--wire=%s=%s:%s", wire->name, dataplane->ports[wire->access].name,
                      dataplane->ports[wire->network].name);
    }
    add_cores(arguments, dataplane);
    if (!dataplane->hugepages)
        arguments_add(arguments, "--no-huge");
    arguments_add(arguments, "--memory-mb=%u", dataplane->memory_mb);
    arguments_add(arguments, "--flow-entries=%u", dataplane->flow_table_entries);
    arguments_add(arguments, "--record-entries=%u", dataplane->record_ring_entries);
    arguments_add(arguments, "--vpgs=%u", dataplane->max_vpgs);
    arguments_add(arguments, "--mbufs=%u", dataplane->mbufs);
    arguments_add(arguments, "--idle=%s", idle_words[dataplane->idle]);
    arguments_add(arguments, "--idle-max-us=%u", dataplane->idle_max_sleep_us);
    arguments_add(arguments, "--log=%s", jn_log_level_word(config->log_level));
}

enum {
    FIRST_DELAY_MS = 100,
    LAST_DELAY_MS = 5000,
    STABLE_MS = 30000,  // having lived so long, a part starts anew with the first delay
    START_UP_MS = 5000, // dying sooner is a failure to start
    MAX_START_UP_DEATHS = 5,
    STOP_MS = 25000, // what a part gets to end in after SIGTERM
};

// In the order in which they are stopped: the dataplane flushes its last records, the exporter delivers them.
enum { DATAPLANE, EXPORT, CONTROL, PART_COUNT };

struct part {
    const char *name;
    pid_t pid;       // 0: not running
    long started_ms; // the last time
    long restart_ms; // when not running: start it then
    long delay_ms;
    int start_up_deaths;
};

struct launch {
    const char *instance, *path;
    const char *run_dir; // NULL: the default
    struct jn_config *config;
    struct part parts[PART_COUNT];
    bool failed;
};

// The file may have changed since: a dataplane that starts anew starts as the file says, if that is right.
static void
take_file(struct launch *launch) {
    struct jn_config_errors errors = {0};
    char why[JN_ERR_MAX];
    if (trust_file(launch->path, why) != TRUST_STARTER) {
        jn_log(JN_LOG_WARNING, "%s: the dataplane starts with the devices of before, whatever the file says now", why);
        return;
    }
    struct jn_config *config = jn_config_load(launch->path, &errors);
    if (config != NULL) {
        jn_config_free(launch->config);
        launch->config = config;
    } else {
        jn_log(JN_LOG_WARNING, "%s has errors: the dataplane starts with the one before", launch->path);
    }
    jn_config_errors_free(&errors);
}

static void
start_part(struct launch *launch, int number) {
    struct part *part = &launch->parts[number];
    struct arguments arguments = {0};
    char why[JN_ERR_MAX];
    if (number == DATAPLANE && part->started_ms != 0)
        take_file(launch);
    if (number == DATAPLANE) {
        dataplane_arguments(&arguments, launch->config, launch->instance);
    } else {
        arguments_add(&arguments, "%s", part->name);
        arguments_add(&arguments, "--instance=%s", launch->instance);
        arguments_add(&arguments, "-c");
        arguments_add(&arguments, "%s", launch->path);
    }
    if (number == CONTROL && trust_file(launch->path, why) != TRUST_STARTER)
        arguments_add(&arguments, "--devices-pinned");
    if (launch->run_dir != NULL)
        arguments_add(&arguments, "--run-dir=%s", launch->run_dir);
    part->started_ms = milliseconds_now();
    pid_t pid = process_start(&arguments, -1);
    part->pid = pid > 0 ? pid : 0;
    part->restart_ms = part->started_ms + LAST_DELAY_MS;
    if (pid > 0)
        jn_log(JN_LOG_INFO, "%s started, pid %d", part->name, pid);
    arguments_free(&arguments);
}

static void
part_has_died(struct launch *launch, struct part *part, int status) {
    char text[64];
    long now = milliseconds_now(), lived = now - part->started_ms;
    part->pid = 0;
    part->start_up_deaths = lived < START_UP_MS ? part->start_up_deaths + 1 : 0;
    if (lived >= STABLE_MS || part->delay_ms == 0)
        part->delay_ms = FIRST_DELAY_MS;
    process_end_text(status, text, sizeof(text));
    if (part->start_up_deaths == MAX_START_UP_DEATHS) {
        jn_log(JN_LOG_ERROR, "%s %s within %d s, %d times in a row: giving up", part->name, text, START_UP_MS / 1000,
               MAX_START_UP_DEATHS);
        launch->failed = true;
        return;
    }
    jn_log(JN_LOG_ERROR, "%s %s: started again in %ld ms", part->name, text, part->delay_ms);
    part->restart_ms = now + part->delay_ms;
    part->delay_ms = part->delay_ms * 2 < LAST_DELAY_MS ? part->delay_ms * 2 : LAST_DELAY_MS;
}

// While stopping: anything but an orderly end makes `run` itself fail.
static void
part_has_ended(struct launch *launch, struct part *part, int status) {
    char text[64];
    part->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    process_end_text(status, text, sizeof(text));
    jn_log(JN_LOG_ERROR, "%s %s while stopping", part->name, text);
    launch->failed = true;
}

static void
reap(struct launch *launch, bool stopping) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        for (int i = 0; i < PART_COUNT; i++) {
            if (launch->parts[i].pid != pid)
                continue;
            if (stopping)
                part_has_ended(launch, &launch->parts[i], status);
            else
                part_has_died(launch, &launch->parts[i], status);
        }
    }
}

// Start what is due; how long until the next is, -1 when none is waiting.
static long
start_due(struct launch *launch) {
    long now = milliseconds_now(), next = -1;
    for (int i = 0; i < PART_COUNT; i++) {
        struct part *part = &launch->parts[i];
        if (part->pid != 0)
            continue;
        if (part->restart_ms <= now)
            start_part(launch, i);
        else if (next < 0 || part->restart_ms - now < next)
            next = part->restart_ms - now;
    }
    return next;
}

static void
supervise(struct launch *launch) {
    while (!launch->failed) {
        int number = signal_wait(start_due(launch));
        if (number == SIGTERM || number == SIGINT)
            return;
        if (number == SIGHUP && launch->parts[CONTROL].pid != 0)
            kill(launch->parts[CONTROL].pid, SIGHUP);
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

// What is read now is what devices are opened by, as long as this process lives.
static bool
trust_at_start(const char *path) {
    char why[JN_ERR_MAX];
    enum trust trust = trust_file(path, why);
    if (trust == TRUST_JUNCTION)
        fprintf(stderr, "junction: %s\n", why);
    if (trust == TRUST_OTHERS)
        jn_log(JN_LOG_WARNING, "%s: changed devices, wires and sizes are taken only by a new `junction run`", why);
    return trust != TRUST_JUNCTION;
}

int
launcher_run(int argc, char **argv) {
    struct launch launch = {
        .instance = "default",
        .parts = {{.name = "junction-dataplane"}, {.name = "junction-export"}, {.name = "junction-control"}}};
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
    signals_block();
    supervise(&launch);
    for (int i = 0; i < PART_COUNT; i++)
        stop(&launch, &launch.parts[i]);
    jn_instance_tidy(launch.instance);
    jn_config_free(launch.config);
    return launch.failed ? 1 : 0;
}
