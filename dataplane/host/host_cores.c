// SPDX-License-Identifier: BSD-3-Clause
#include "host/host_cores.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/host_file.h"
#include "log.h"

#define CPUS "/sys/devices/system/cpu/"

static int
check_core(const struct jn_host *host, unsigned int core, char err[JN_ERR_MAX]) {
    cpu_set_t present, online;
    char text[128];
    // The scheduler knows. What a container shows of the host's CPUs may be made up.
    if (CPU_ISSET(core, &host->cores))
        return 0;
    if (jn_host_list(host, &present, CPUS "present") && !CPU_ISSET(core, &present)) {
        snprintf(err, JN_ERR_MAX, "worker core %u: this host has no such CPU, it has %s: change dataplane.worker_cores",
                 core, jn_host_list_text(&present, text, sizeof(text)));
        return -EINVAL;
    }
    if (jn_host_list(host, &online, CPUS "online") && !CPU_ISSET(core, &online)) {
        snprintf(err, JN_ERR_MAX, "worker core %u: the CPU is offline: echo 1 >" CPUS "cpu%u/online", core, core);
        return -EINVAL;
    }
    snprintf(
        err, JN_ERR_MAX,
        "worker core %u: this process may use CPUs %s alone: change dataplane.worker_cores, or what keeps it from the "
        "others: AllowedCPUs= and CPUAffinity= of its unit, the cpuset of its container, taskset",
        core, jn_host_list_text(&host->cores, text, sizeof(text)));
    return -EINVAL;
}

int
jn_host_check_cores(const struct jn_host *host, const struct jn_options *options, char err[JN_ERR_MAX]) {
    for (unsigned int i = 0; i < options->worker_count; i++) {
        for (unsigned int j = 0; j < i; j++) {
            if (options->worker_cores[i] != options->worker_cores[j])
                continue;
            snprintf(err, JN_ERR_MAX, "worker core %u: workers %u and %u have it: give each a core of its own",
                     options->worker_cores[i], j, i);
            return -EINVAL;
        }
        int rc = check_core(host, options->worker_cores[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool
has_core(const struct jn_options *options, unsigned int core) {
    for (unsigned int i = 0; i < options->worker_count; i++)
        if (options->worker_cores[i] == core)
            return true;
    return false;
}

static void
warn_of_instance(const struct jn_options *options, const char *instance) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    if (jn_shm_attach(&shm, instance, JN_REGION_COUNTERS, sizeof(struct jn_counters_region), false, err) < 0)
        return;
    const struct jn_counters_region *region = shm.base;
    uint32_t count = region->worker_count < JN_MAX_WORKERS ? region->worker_count : JN_MAX_WORKERS;
    for (uint32_t i = 0; i < count && jn_shm_writer_alive(&shm); i++)
        if (has_core(options, region->worker_cores[i]))
            jn_log(JN_LOG_WARNING,
                   "worker core %u: instance %s has it too, and each gets a part of its time: dataplane.worker_cores",
                   region->worker_cores[i], instance);
    jn_shm_detach(&shm);
}

void
jn_host_warn_cores(const struct jn_options *options) {
    DIR *instances = opendir(jn_run_directory());
    if (instances == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(instances)) != NULL;)
        if (jn_instance_valid(entry->d_name) && strcmp(entry->d_name, options->instance) != 0)
            warn_of_instance(options, entry->d_name);
    closedir(instances);
}

void
jn_host_main_cores(const struct jn_host *host, const struct jn_options *options, cpu_set_t *cores) {
    *cores = host->cores;
    for (unsigned int i = 0; i < options->worker_count; i++)
        CPU_CLR(options->worker_cores[i], cores);
    if (CPU_COUNT(cores) == 0)
        *cores = host->cores;
}
