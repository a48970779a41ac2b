// SPDX-License-Identifier: BSD-3-Clause
// A capture through the whole pipeline: a private instance, its policy published from here, dataplane, classifier and exporter
// run to their ends, and nothing left behind.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applications/applications.h"
#include "config/config_compile.h"
#include "config/config_keys.h"
#include "config/config_load.h"
#include "launch.h"
#include "launcher.h"
#include "process.h"
#include "replay_table.h"
#include "replay_warn.h"

enum { MAX_SUBNETS = 64, STOP_MS = 10000 };
enum { WRITE_NETWORK, WRITE_ACCESS, WRITE_TUNNEL, WRITE_COUNT };

struct replay {
    char instance[JN_INSTANCE_MAX];
    const char *capture, *config, *documents;
    unsigned int tunnel_mtu, flow_entries; // 0: the dataplane's default
    bool reflect_gateway, lean;
    char isa[JN_KEY_WORD_MAX];
    const char *subnets[MAX_SUBNETS];
    size_t subnet_count;
    double interval_s;
    const char *write_options[WRITE_COUNT], *write_files[WRITE_COUNT];
    const char *run_dir;                      // NULL: the default, or own_directory
    char own_directory[64];                   // "": none
    struct jn_shm region;                     // of the policy
    struct jn_config_classifier classifier;   // enabled: some VPG's flows are to be classified
    pid_t dataplane, classify, export, table; // 0: not running
    long classify_deadline;                   // for its end, once it was told to; 0: it was not
    bool failed, stopping;                    // stopping: what still runs was told to end
};

// What is replayed without a configuration file: one VPG that takes everything.
static struct jn_config *
default_config(const struct replay *replay) {
    struct jn_config_errors errors = {0};
    json_t *subnets = json_array();
    for (size_t i = 0; i < replay->subnet_count; i++)
        json_array_append_new(subnets, json_string(replay->subnets[i]));
    json_t *document = json_pack("{s:{s:[{s:s,s:s},{s:s,s:s}], s:[{s:s,s:s,s:s}]}, s:[{s:s,s:s,s:o}]}", "dataplane",
                                 "ports", "name", "access0", "device", "net_null0", "name", "network0", "device",
                                 "net_null1", "wires", "name", "wire0", "access", "access0", "network", "network0",
                                 "vpgs", "id", "replay", "wire", "wire0", "device_subnets", subnets);
    char *text = document != NULL ? json_dumps(document, 0) : NULL;
    json_decref(document);
    if (text == NULL) {
        fprintf(stderr, "junction: --device-subnet: not text\n");
        return NULL;
    }
    struct jn_config *config = jn_config_parse(text, strlen(text), "--device-subnet", &errors);
    jn_config_errors_print(&errors);
    jn_config_errors_free(&errors);
    free(text);
    return config;
}

static bool
some_metadata(const struct jn_policy *policy) {
    for (uint32_t v = 0; v < policy->vpg_count; v++)
        if (jn_policy_vpgs(policy)[v].metadata != JN_METADATA_NONE)
            return true;
    return false;
}

static int
publish_for_replay(struct replay *replay, const struct jn_config *config) {
    char err[JN_ERR_MAX];
    struct jn_policy *policy = jn_config_compile(config, NULL, err);
    if (policy != NULL) {
        policy->interval_ns = (uint64_t)(replay->interval_s * 1e9);
        replay->classifier = config->classifier;
        replay->classifier.enabled &= jn_applications_known() && some_metadata(policy);
        int rc = jn_shm_create(&replay->region, replay->instance, JN_REGION_POLICY, jn_policy_region_size(), 1, false,
                               false, err);
        if (rc == 0) {
            jn_policy_region_init(replay->region.base);
            rc = jn_policy_back(&replay->region, policy->length);
            if (rc < 0)
                snprintf(err, sizeof(err), "%s: no room for the policy: %s", replay->region.path, strerror(-rc));
            else
                rc = jn_policy_publish(replay->region.base, policy, err);
            jn_shm_ready(&replay->region);
        }
        free(policy);
        if (rc == 0)
            return 0;
    }
    fprintf(stderr, "junction: %s\n", err);
    return -1;
}

static pid_t
start_dataplane(const struct replay *replay) {
    struct arguments arguments = {0};
    arguments_add(&arguments, "junction-dataplane");
    arguments_add(&arguments, "--instance=%s", replay->instance);
    arguments_add(&arguments, "--run-dir=%s", jn_run_directory());
    arguments_add(&arguments, "--replay=%s", replay->capture);
    arguments_add(&arguments, "--log=warning");
    for (int i = 0; i < WRITE_COUNT; i++)
        if (replay->write_files[i] != NULL)
            arguments_add(&arguments, "%s=%s", replay->write_options[i], replay->write_files[i]);
    if (replay->tunnel_mtu != 0)
        arguments_add(&arguments, "--tunnel-mtu=%u", replay->tunnel_mtu);
    if (replay->flow_entries != 0)
        arguments_add(&arguments, "--flow-entries=%u", replay->flow_entries);
    arguments_add(&arguments, "--isa=%s", replay->isa);
    if (replay->reflect_gateway)
        arguments_add(&arguments, "--reflect-gateway");
    if (replay->classifier.enabled)
        arguments_add(&arguments, "--classify=%u", replay->classifier.ring_entries);
    pid_t pid = process_start(&arguments, PROCESS_OURS, NULL);
    arguments_free(&arguments);
    return pid;
}

static pid_t
start_classifier(const struct replay *replay) {
    struct arguments arguments = {0};
    arguments_add(&arguments, "junction-classify");
    arguments_add(&arguments, "--instance=%s", replay->instance);
    arguments_add(&arguments, "--run-dir=%s", jn_run_directory());
    arguments_add(&arguments, "--threads=%u", replay->classifier.threads);
    arguments_add(&arguments, "--flows=%u", replay->classifier.flows);
    arguments_add(&arguments, "--log=warning");
    pid_t pid = process_start(&arguments, PROCESS_OURS, NULL);
    arguments_free(&arguments);
    return pid;
}

static pid_t
start_export(const struct replay *replay, int output) {
    struct arguments arguments = {0};
    arguments_add(&arguments, "junction-export");
    arguments_add(&arguments, "--instance=%s", replay->instance);
    arguments_add(&arguments, "--run-dir=%s", jn_run_directory());
    arguments_add(&arguments, "--sink=stdout");
    arguments_add(&arguments, "--until-end");
    if (replay->documents != NULL)
        arguments_add(&arguments, "--documents=%s", replay->documents);
    if (replay->lean)
        arguments_add(&arguments, "--fields=lean");
    pid_t pid = process_start(&arguments, output, NULL);
    arguments_free(&arguments);
    return pid;
}

static void
end(pid_t pid, int number) {
    if (pid > 0)
        kill(pid, number);
}

static void
end_all(const struct replay *replay, int number) {
    end(replay->dataplane, number);
    end(replay->classify, number);
    end(replay->export, number);
}

static bool
records_left(const struct replay *replay) {
    char err[JN_ERR_MAX];
    struct jn_shm shm;
    bool left = jn_shm_attach(&shm, replay->instance, JN_REGION_RECORDS, 0, false, err) == 0;
    if (left)
        jn_shm_detach(&shm);
    return left;
}

static void
forget(struct replay *replay, pid_t pid) {
    pid_t *parts[] = {&replay->dataplane, &replay->classify, &replay->export, &replay->table};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (*parts[i] == pid)
            *parts[i] = 0;
}

static void
child_has_ended(struct replay *replay, pid_t pid, int status) {
    char text[64];
    bool dataplane = pid == replay->dataplane, classifier = pid == replay->classify;
    forget(replay, pid);
    if (dataplane) {
        end(replay->classify, SIGTERM);
        replay->classify_deadline = milliseconds_now() + STOP_MS;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    // An exit status came with a line of the process's own.
    if (WIFSIGNALED(status) && !replay->stopping)
        fprintf(stderr, "junction: a part of the replay %s\n", jn_exit_text(status, text, sizeof(text)));
    replay->failed = true;
    // Without the classifier names are missing from there on, and nothing else. What was read before a capture turned bad is
    // still delivered: the exporter ends by itself at the end of that.
    if (classifier || (dataplane && WIFEXITED(status) && records_left(replay)))
        return;
    replay->stopping = true;
    end_all(replay, SIGTERM);
}

// The next signal's number; 0: the time is over.
static int
wait_until(long deadline) {
    long left = deadline < 0 ? -1 : deadline - milliseconds_now();
    return signal_wait(left < 0 && deadline >= 0 ? 0 : left);
}

static void
wait_for_all(struct replay *replay) {
    long deadline = -1;
    while (replay->dataplane > 0 || replay->classify > 0 || replay->export > 0 || replay->table > 0) {
        // Nobody needs a classifier that hangs, and what was read is delivered without it.
        bool classifier = deadline < 0 && replay->classify > 0 && replay->classify_deadline != 0;
        int status, number = wait_until(classifier ? replay->classify_deadline : deadline);
        bool asked = number != 0 && number != SIGCHLD;
        if (number == 0 && classifier) {
            end(replay->classify, SIGKILL);
            replay->classify_deadline = 0;
        } else if ((asked && replay->stopping) || (number == 0 && deadline >= 0)) {
            end_all(replay, SIGKILL);
            deadline = -1;
        } else if (asked) {
            replay->failed = replay->stopping = true;
            end(replay->dataplane, SIGTERM);
        }
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
            child_has_ended(replay, pid, status);
        if (replay->stopping && deadline < 0)
            deadline = milliseconds_now() + STOP_MS;
    }
}

// The owners remove theirs; those of one that was killed are still there.
static void
remove_regions(struct replay *replay) {
    static const enum jn_region all[] = {
#define X(id, number, name, writer) JN_REGION_##id,
        JN_REGIONS(X)
#undef X
    };
    char err[JN_ERR_MAX];
    if (replay->region.base != NULL)
        jn_shm_remove(&replay->region);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct jn_shm shm;
        if (jn_shm_attach(&shm, replay->instance, all[i], 0, false, err) != -ENOENT)
            jn_shm_remove(&shm);
    }
    jn_instance_tidy(replay->instance);
}

// An ordinary user has no place in the run directory, and nobody else looks into a replay: a directory of its own will do.
static bool
choose_run_directory(struct replay *replay) {
    char err[JN_ERR_MAX];
    if (replay->run_dir == NULL && geteuid() == 0)
        return true;
    if (replay->run_dir == NULL) {
        strcpy(replay->own_directory, "/tmp/junction-replay-XXXXXX");
        if (mkdtemp(replay->own_directory) == NULL) {
            fprintf(stderr, "junction: %s: %s\n", replay->own_directory, strerror(errno));
            replay->own_directory[0] = '\0';
            return false;
        }
        replay->run_dir = replay->own_directory;
    }
    if (jn_run_directory_set(replay->run_dir, err) == 0)
        return true;
    fprintf(stderr, "junction: %s\n", err);
    return false;
}

static void
remove_run_directory(const struct replay *replay) {
    if (replay->own_directory[0] == '\0')
        return;
    jn_claims_remove();
    rmdir(replay->own_directory);
}

// On a terminal documents would only rush by: a process of ours reads them, and tells them in one screen.
static int
start_table(struct replay *replay) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    replay->table = fork();
    if (replay->table == 0) {
        close(ends[1]);
        _exit(replay_table(ends[0], replay->capture) ? 0 : 1);
    }
    close(ends[0]);
    return replay->table > 0 ? ends[1] : -1;
}

static int
play(struct replay *replay) {
    int output = -1;
    signals_block();
    if (isatty(STDOUT_FILENO) && replay->documents == NULL) {
        output = start_table(replay);
        if (output < 0) {
            fprintf(stderr, "junction: %s\n", strerror(errno));
            return 1;
        }
    }
    replay->export = start_export(replay, output);
    if (output >= 0)
        close(output);
    replay->dataplane = start_dataplane(replay);
    if (replay->classifier.enabled)
        replay->classify = start_classifier(replay);
    if (replay->dataplane < 0 || replay->classify < 0 || replay->export < 0) {
        replay->failed = replay->stopping = true;
        end_all(replay, SIGTERM);
    }
    wait_for_all(replay);
    return replay->failed ? 1 : 0;
}

static bool
take_interval(struct replay *replay, const char *text) {
    char *rest;
    replay->interval_s = strtod(text, &rest);
    if (*rest == '\0' && rest != text && replay->interval_s >= 0 && replay->interval_s <= 86400)
        return true;
    fprintf(stderr, "junction: --interval: expected 0 to 86400 seconds, found %s\n", text);
    return false;
}

static bool
parse_replay_options(struct replay *replay, int argc, char **argv) {
    static const char writes[WRITE_COUNT] = {[WRITE_NETWORK] = 'n', [WRITE_ACCESS] = 'a', [WRITE_TUNNEL] = 't'};
    for (int c; (c = launcher_option(argc, argv)) != -1;) {
        if (c == 'c')
            replay->config = optarg;
        else if (c == 's' && replay->subnet_count < MAX_SUBNETS)
            replay->subnets[replay->subnet_count++] = optarg;
        else if (c == 'r')
            replay->run_dir = optarg;
        else if (c == 'd')
            replay->documents = optarg;
        else if (c == 'g')
            replay->reflect_gateway = true;
        else if (c != '?' && memchr(writes, c, WRITE_COUNT) != NULL)
            replay->write_files[(const char *)memchr(writes, c, WRITE_COUNT) - writes] = optarg;
        else if (c != 'i' || !take_interval(replay, optarg))
            return false;
    }
    replay->capture = argv[optind];
    if (replay->config != NULL && replay->subnet_count > 0) {
        fputs("junction: --device-subnet does not go with -c: the file has its VPGs' device subnets\n", stderr);
        return false;
    }
    return optind + 1 == argc;
}

int
launcher_replay(int argc, char **argv) {
    struct replay replay = {.write_options = {"--write-network", "--write-access", "--write-tunnel"}, .region.fd = -1};
    if (!parse_replay_options(&replay, argc, argv))
        return launcher_usage("replay");
    struct jn_config *config = replay.config != NULL ? launcher_load(replay.config) : default_config(&replay);
    if (config == NULL)
        return 1;
    replay_warn(config, replay.write_files[WRITE_TUNNEL] != NULL);
    if (config->dataplane.address_count > 0)
        replay.tunnel_mtu = config->dataplane.ports[config->dataplane.addresses[0].port].mtu;
    replay.lean = config->flow_fields == JN_FLOW_FIELDS_LEAN;
    jn_key_word_at(JN_KEY_ISA, config->dataplane.isa, replay.isa);
    replay.flow_entries = config->dataplane.flow_table_entries;
    snprintf(replay.instance, sizeof(replay.instance), "replay-%d", getpid());
    int status = 1;
    if (choose_run_directory(&replay)) {
        status = publish_for_replay(&replay, config) == 0 ? play(&replay) : 1;
        remove_regions(&replay);
        remove_run_directory(&replay);
    }
    jn_config_free(config);
    return status;
}
