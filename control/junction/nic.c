// SPDX-License-Identifier: BSD-3-Clause
// junction nic: which NICs there are, and which driver has them.
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "launcher.h"
#include "nic_change.h"
#include "nic_file.h"
#include "nic_list.h"
#include "process.h"

struct wish {
    const char *driver; // NULL: not said
    bool json, persist, force;
    char *const *names;
    int count;
};

static const struct nic_host *const host = &nic_this_host;

static int
add_names(struct nic_set *set, const struct wish *wish, char err[JN_ERR_MAX]) {
    int rc = 0;
    set->force = wish->force;
    for (int i = 0; rc == 0 && i < wish->count; i++)
        rc = nic_set_add(set, host, wish->names[i], err);
    return rc;
}

static void
say(const struct jn_nic *before) {
    char err[JN_ERR_MAX], was[JN_DRIVER_MAX + IF_NAMESIZE + 4], is[sizeof(was)];
    struct jn_nic now;
    if (jn_nic_read(host->root, before->address, &now, err) < 0)
        return;
    jn_nic_holder_text(before, was, sizeof(was));
    jn_nic_holder_text(&now, is, sizeof(is));
    if (strcmp(before->driver, now.driver) == 0)
        printf("%s: %s, as before\n", now.address, is);
    else
        printf("%s: %s (before: %s)\n", now.address, is, was);
}

static int
change(const struct wish *wish, const char *driver) {
    static struct nic_set set;
    static struct nic_uses uses;
    char err[JN_ERR_MAX];
    int lock = nic_host_lock(host, err);
    int rc = lock < 0 ? lock : add_names(&set, wish, err);
    if (rc == 0 && driver != NULL)
        nic_uses_read(&uses);
    if (rc == 0)
        rc = nic_change(host, &set, driver, &uses, wish->persist, err);
    if (rc < 0) {
        fprintf(stderr, "junction: %s\n", err);
        return 1;
    }
    for (size_t i = 0; i < set.count; i++)
        say(&set.nic[i]);
    return 0;
}

static int
show(const struct wish *wish) {
    return nic_list(host, wish->json);
}

static int
bind_them(const struct wish *wish) {
    return change(wish, wish->driver != NULL ? wish->driver : JN_NIC_DRIVER);
}

static int
unbind_them(const struct wish *wish) {
    return change(wish, NULL);
}

static bool
is_wished(const struct wish *wish, const char *address) {
    char wished[JN_PCI_ADDRESS_MAX];
    for (int i = 0; i < wish->count; i++)
        if (jn_pci_address(wish->names[i], wished) && strcmp(wished, address) == 0)
            return true;
    return wish->count == 0;
}

static int
apply(const struct wish *wish) {
    static struct nic_file file;
    static struct nic_uses uses;
    static struct nic_set set;
    char err[JN_ERR_MAX];
    int lock = nic_host_lock(host, err), status = 0;
    if (lock < 0 || nic_file_read(&file, host, err) < 0) {
        fprintf(stderr, "junction: %s\n", err);
        return 1;
    }
    for (size_t i = 0; i < file.count; i++)
        nic_set_add(&set, host, file.line[i].address, err);
    if (file.count > 0)
        nic_uses_read(&uses);
    for (size_t i = 0; i < file.count; i++) {
        const struct jn_nic *nic = nic_set_find(&set, file.line[i].address);
        if (!is_wished(wish, file.line[i].address))
            continue;
        if (nic_apply(host, &set, &file.line[i], &uses, err) < 0) {
            fprintf(stderr, "junction: %s\n", err);
            status = 1;
        } else {
            say(nic);
        }
    }
    return status;
}

static const struct verb {
    const char *word;
    int (*run)(const struct wish *wish);
    bool needs_names, takes_names, takes_json, takes_driver, takes_persist, takes_force;
} verbs[] = {
    {"list", show, .takes_json = true},
    {"bind", bind_them, true, true, .takes_driver = true, .takes_persist = true, .takes_force = true},
    {"unbind", unbind_them, true, true, .takes_persist = true},
    {"apply", apply, .takes_names = true},
};

static const struct verb *
find_verb(const char *word) {
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].word, word) == 0)
            return &verbs[i];
    return NULL;
}

static bool
fits(const struct verb *verb, const struct wish *wish) {
    return (wish->count > 0 ? verb->takes_names : !verb->needs_names) && (!wish->json || verb->takes_json) &&
           (wish->driver == NULL || verb->takes_driver) && (!wish->persist || verb->takes_persist) &&
           (!wish->force || verb->takes_force);
}

int
launcher_nic(int argc, char **argv) {
    struct wish wish = {0};
    for (int c; (c = launcher_option(argc, argv)) != -1;) {
        if (c == 'd')
            wish.driver = optarg;
        else if (c == 'j')
            wish.json = true;
        else if (c == 'p')
            wish.persist = true;
        else if (c == 'f')
            wish.force = true;
        else
            return launcher_usage("nic");
    }
    const struct verb *verb = optind < argc ? find_verb(argv[optind]) : NULL;
    wish.names = argv + optind + 1;
    wish.count = argc - optind - 1;
    if (verb == NULL || !fits(verb, &wish))
        return launcher_usage("nic");
    if (wish.driver != NULL && !jn_driver_name(wish.driver)) {
        fprintf(stderr, "junction: --driver: that is not a driver's name: %s\n", wish.driver);
        return 2;
    }
    signals_block(); // a NIC is not left between two drivers
    return verb->run(&wish);
}
