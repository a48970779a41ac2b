// SPDX-License-Identifier: BSD-3-Clause
// argp (glibc): one table gives parsing and help.
#define _GNU_SOURCE
#include "core/options.h"

#include <argp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_name.h"
#include "log.h"

const char *argp_program_version = "junction-dataplane " JN_VERSION;

enum {
    INSTANCE = 'i',
    PORT = 256,
    RUN_DIR,
    WIRE,
    CORES,
    NO_HUGE,
    MEMORY,
    FLOWS,
    RECORDS,
    CLASSIFY,
    VPGS,
    VPG_DEVICES,
    MBUFS,
    ISA,
    IDLE,
    IDLE_MAX,
    HANG,
    LOG,
    XDP,
    REPLAY,
    WRITE_ACCESS,
    WRITE_NETWORK,
    WRITE_TUNNEL,
    TUNNEL_MTU,
    REFLECT_GATEWAY,
};

static const struct argp_option table[] = {
    {"instance", INSTANCE, "NAME", 0, "Which Junction on this host (default)", 0},
    {"run-dir", RUN_DIR, "DIR", 0, "Where the instances' directories are (/run/junction)", 0},
    {"port", PORT, "NAME=DEVICE[;mtu=N][;mbufs=N][;tunnel]", 0,
     "A port: PCI address or DPDK device arguments; tunnel: it carries some, though it has a wire. Repeat", 0},
    {"wire", WIRE, "NAME=ACCESS:NETWORK[;link_loss=keep|pass]", 0, "A wire of two ports. Repeat", 0},
    {"worker-cores", CORES, "LIST", 0, "One worker each, as 2,3 (the last core)", 0},
    {"no-huge", NO_HUGE, NULL, 0, "Use plain pages also where there are huge ones", 0},
    {"memory-mb", MEMORY, "N", 0, "Packet memory (what the buffers take)", 0},
    {"flow-entries", FLOWS, "N", 0, "Flow table size of all workers together (1000000)", 0},
    {"record-entries", RECORDS, "N", 0, "Record ring size a worker, a power of two (65536)", 0},
    {"classify", CLASSIFY, "N", 0, "Samples that a worker's ring to junction-classify holds; 0: there is none (0)", 0},
    {"vpgs", VPGS, "N", 0, "VPGs that there is room for (256)", 0},
    {"vpg-devices", VPG_DEVICES, "N", 0, "Devices of a VPG with a gate that are remembered, a power of two (8192)", 0},
    {"mbufs", MBUFS, "N", 0, "Packet buffers a port (what it takes)", 0},
    {"isa", ISA, "auto|sse4.2|avx2|avx512", 0, "Instructions that workers use (auto: the most that the CPU has)", 0},
    {"idle", IDLE, "never|pause|sleep", 0, "What an idle worker does (sleep)", 0},
    {"idle-max-us", IDLE_MAX, "N", 0, "Longest sleep in microseconds (50)", 0},
    {"hang-seconds", HANG, "N", 0, "A worker that has not come round for so long ends the process; 0: never (10)", 0},
    {"log", LOG, "LEVEL", 0, "error, warning, info or debug (info)", 0},
    {"xdp-directory", XDP, "DIR", 0, "Where the XDP programs are", 0},
    {"replay", REPLAY, "FILE", 0, "Play a capture in its own time instead of opening ports", 0},
    {"write-access", WRITE_ACCESS, "FILE", 0, "With --replay: keep what leaves by the access port", 0},
    {"write-network", WRITE_NETWORK, "FILE", 0, "With --replay: keep what leaves by the network port", 0},
    {"write-tunnel", WRITE_TUNNEL, "FILE", 0, "With --replay: keep what leaves by the tunnel port", 0},
    {"reflect-gateway", REFLECT_GATEWAY, NULL, 0, "With --replay: a gateway gives back what is redirected, as it was",
     0},
    {"tunnel-mtu", TUNNEL_MTU, "N", 0, "With --replay: of the tunnel port (1500)", 0},
    {0},
};

static unsigned int
parse_number(struct argp_state *state, const char *option, const char *text, unsigned int low, unsigned int high) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value < low || value > high)
        argp_error(state, "--%s: expected %u to %u, found \"%s\"", option, low, high, text);
    return (unsigned int)value;
}

// NAME=rest: the name into `name`, the rest returned.
static const char *
parse_name(struct argp_state *state, const char *option, const char *text, char name[JN_NAME_MAX]) {
    const char *equals = strchr(text, '=');
    size_t length = equals != NULL ? (size_t)(equals - text) : 0;
    if (length == 0 || length >= JN_NAME_MAX)
        argp_error(state, "--%s: expected NAME=..., NAME of 1 to %d characters, found \"%s\"", option, JN_NAME_MAX - 1,
                   text);
    memcpy(name, text, length);
    return equals + 1;
}

// One of the settings behind a device, up to the next semicolon.
static unsigned int
parse_setting(struct argp_state *state, const char *name, const char *text, unsigned int low, unsigned int high) {
    char value[16];
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(text, ";"), text);
    return parse_number(state, name, value, low, high);
}

static void
add_port(struct argp_state *state, struct jn_options *o, const char *text) {
    if (o->port_count == JN_MAX_PORTS)
        argp_error(state, "--port: at most %d", JN_MAX_PORTS);
    struct jn_port_option *port = &o->ports[o->port_count];
    const char *device = parse_name(state, "port", text, port->name), *mtu = strstr(device, ";mtu="),
               *mbufs = strstr(device, ";mbufs=");
    size_t length = strcspn(device, ";");
    if (length == 0 || length >= sizeof(port->device))
        argp_error(state, "--port %s: expected a device of 1 to %zu characters", port->name, sizeof(port->device) - 1);
    char as_named[sizeof(port->device)] = "";
    memcpy(as_named, device, length);
    if (!jn_device_write(as_named, port->device, sizeof(port->device)))
        argp_error(state, "--port %s: the device is too long", port->name);
    if (mtu != NULL)
        port->mtu = (uint16_t)parse_setting(state, "mtu", mtu + 5, 68, 65535);
    if (mbufs != NULL)
        port->mbufs = parse_setting(state, "mbufs", mbufs + 7, 0, JN_SIZES_MOST_MBUFS);
    port->tunnel = strstr(device, ";tunnel") != NULL;
    for (unsigned int i = 0; i < o->port_count; i++)
        if (strcmp(o->ports[i].name, port->name) == 0)
            argp_error(state, "--port: two ports are named \"%s\"", port->name);
    o->port_count++;
}

static uint16_t
find_port(struct argp_state *state, const struct jn_options *o, const char *name, size_t length) {
    for (unsigned int i = 0; i < o->port_count; i++)
        if (strlen(o->ports[i].name) == length && memcmp(o->ports[i].name, name, length) == 0)
            return (uint16_t)i;
    argp_error(state, "--wire: no port before it is named \"%.*s\"", (int)length, name);
    return 0;
}

// What stands behind a wire's ports.
static bool
parse_link_loss(struct argp_state *state, const char *text) {
    if (*text == '\0' || strcmp(text, ";link_loss=keep") == 0)
        return false;
    if (strcmp(text, ";link_loss=pass") != 0)
        argp_error(state, "--wire: expected ;link_loss=keep or ;link_loss=pass, found \"%s\"", text);
    return true;
}

static void
add_wire(struct argp_state *state, struct jn_options *o, const char *text) {
    if (o->wire_count == JN_MAX_WIRES)
        argp_error(state, "--wire: at most %d", JN_MAX_WIRES);
    struct jn_wire_option *wire = &o->wires[o->wire_count++];
    const char *access = parse_name(state, "wire", text, wire->name), *colon = strchr(access, ':');
    if (colon == NULL)
        argp_error(state, "--wire: expected NAME=ACCESS:NETWORK, found \"%s\"", text);
    wire->access = find_port(state, o, access, (size_t)(colon - access));
    size_t length = strcspn(colon + 1, ";");
    wire->network = find_port(state, o, colon + 1, length);
    wire->passes_link_loss = parse_link_loss(state, colon + 1 + length);
    if (wire->access == wire->network)
        argp_error(state, "--wire %s: expected two different ports", wire->name);
    for (unsigned int i = 0; i + 1 < o->wire_count; i++) {
        const struct jn_wire_option *w = &o->wires[i];
        if (w->access == wire->access || w->network == wire->network || w->access == wire->network ||
            w->network == wire->access)
            argp_error(state, "--wire %s: a port of it is in wire %s already", wire->name, w->name);
    }
}

static void
set_cores(struct argp_state *state, struct jn_options *o, char *text) {
    char *rest = NULL;
    o->worker_count = 0;
    for (char *word = strtok_r(text, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        if (o->worker_count == JN_MAX_WORKERS)
            argp_error(state, "--worker-cores: at most %d", JN_MAX_WORKERS);
        unsigned int core = parse_number(state, "worker-cores", word, 0, CPU_SETSIZE - 1);
        for (unsigned int i = 0; i < o->worker_count; i++)
            if (o->worker_cores[i] == core)
                argp_error(state, "--worker-cores: core %u is named twice", core);
        o->worker_cores[o->worker_count++] = core;
    }
}

static uint32_t
power_of_two(struct argp_state *state, const char *option, const char *text, unsigned int low, unsigned int high) {
    unsigned int value = parse_number(state, option, text, low, high);
    if (value & (value - 1))
        argp_error(state, "--%s: expected a power of two, found %u", option, value);
    return value;
}

static uint32_t
ring_of_samples(struct argp_state *state, const char *text) {
    return strcmp(text, "0") == 0 ? 0 : power_of_two(state, "classify", text, 64, 1 << 16);
}

static enum jn_idle
idle_word(struct argp_state *state, const char *text) {
    static const char *const words[] = {"never", "pause", "sleep"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0)
            return (enum jn_idle)i;
    argp_error(state, "--idle: expected never, pause or sleep, found \"%s\"", text);
    return JN_IDLE_SLEEP;
}

static void
check_combinations(struct argp_state *state, const struct jn_options *o) {
    bool writes = o->write[0] != NULL || o->write[1] != NULL || o->write[2] != NULL;
    if (o->replay == NULL && o->wire_count == 0)
        argp_error(state, "expected at least two --port and one --wire, or --replay");
    if (o->replay != NULL && (o->port_count != 0 || o->worker_count > 1))
        argp_error(state, "--replay has its own ports and one worker");
    if (o->replay == NULL && writes)
        argp_error(state, "--write-access, --write-network and --write-tunnel go with --replay");
}

static void
set_run_directory(struct argp_state *state, const char *text) {
    char err[JN_ERR_MAX];
    if (jn_run_directory_set(text, err) < 0)
        argp_error(state, "%s", err);
}

static error_t
parse_option(int key, char *text, struct argp_state *state) {
    struct jn_options *o = state->input;
    switch (key) {
    case INSTANCE: o->instance = text; return 0;
    case RUN_DIR: set_run_directory(state, text); return 0;
    case PORT: add_port(state, o, text); return 0;
    case WIRE: add_wire(state, o, text); return 0;
    case CORES: set_cores(state, o, text); return 0;
    case NO_HUGE: o->huge = false; return 0;
    case MEMORY: o->memory_mb = parse_number(state, "memory-mb", text, 0, 1 << 20); return 0;
    case FLOWS: o->flow_entries = parse_number(state, "flow-entries", text, 64, 1 << 28); return 0;
    case RECORDS: o->record_entries = power_of_two(state, "record-entries", text, 64, 1 << 22); return 0;
    case CLASSIFY: o->classify = ring_of_samples(state, text); return 0;
    case VPGS: o->vpgs = parse_number(state, "vpgs", text, 1, JN_MAX_VPGS); return 0;
    case VPG_DEVICES: o->vpg_devices = power_of_two(state, "vpg-devices", text, 64, 1 << 20); return 0;
    case MBUFS: o->mbufs = parse_number(state, "mbufs", text, 0, JN_SIZES_MOST_MBUFS); return 0;
    case ISA: o->isa = text; return 0;
    case IDLE: o->idle = idle_word(state, text); return 0;
    case IDLE_MAX: o->idle_max_us = parse_number(state, "idle-max-us", text, 1, 10000); return 0;
    case HANG: o->hang_seconds = parse_number(state, "hang-seconds", text, 0, 3600); return 0;
    case LOG:
        if (jn_log_level_from_word(text) < 0)
            argp_error(state, "--log: expected error, warning, info or debug, found \"%s\"", text);
        jn_log_set_level((enum jn_log_level)jn_log_level_from_word(text));
        return 0;
    case XDP: o->xdp_directory = text; return 0;
    case REPLAY: o->replay = text; return 0;
    case WRITE_ACCESS: o->write[0] = text; return 0;
    case WRITE_NETWORK: o->write[1] = text; return 0;
    case WRITE_TUNNEL: o->write[2] = text; return 0;
    case REFLECT_GATEWAY: o->reflect_gateway = true; return 0;
    case TUNNEL_MTU: o->tunnel_mtu = (uint16_t)parse_number(state, "tunnel-mtu", text, 68, 65000); return 0;
    case ARGP_KEY_END: check_combinations(state, o); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static unsigned int
last_core(void) {
    cpu_set_t cores;
    unsigned int last = 0;
    if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
        for (unsigned int i = 0; i < CPU_SETSIZE; i++)
            if (CPU_ISSET(i, &cores))
                last = i;
    return last;
}

void
jn_options_parse(struct jn_options *options, int argc, char **argv) {
    static const struct argp argp = {.options = table,
                                     .parser = parse_option,
                                     .args_doc = "",
                                     .doc = "Junction's packet processor. Usually started by `junction run`."};
    *options = (struct jn_options){.instance = "default",
                                   .huge = true,
                                   .flow_entries = 1000000,
                                   .record_entries = 65536,
                                   .vpgs = 256,
                                   .vpg_devices = 8192,
                                   .isa = "auto",
                                   .idle = JN_IDLE_SLEEP,
                                   .idle_max_us = 50,
                                   .hang_seconds = 10,
                                   .tunnel_mtu = 1500};
    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, options);
    if (options->worker_count == 0)
        options->worker_cores[options->worker_count++] = last_core();
    if (options->replay != NULL)
        options->huge = false;
}
