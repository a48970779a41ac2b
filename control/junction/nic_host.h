// SPDX-License-Identifier: BSD-3-Clause
// The kernel as `junction nic` sees and changes it: sysfs below a root, and modules. Tests put one of their own in its
// place.
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "nic.h"

struct nic_host {
    const char *root; // "" on a host
    // The text into a file of sysfs, whose path has the root in front: 0 or negative errno.
    int (*write)(const struct nic_host *host, const char *path, const char *text);
    // Load a driver's module, or what a modalias names. Whether it helped is seen afterwards.
    void (*load)(const struct nic_host *host, const char *module);
};

extern const struct nic_host nic_this_host;

// A formatted path behind the host's root, into a file of which the text is written by host->write: 0 or negative errno.
int nic_host_write(const struct nic_host *host, const char *text, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Is there a file of that path behind the host's root?
bool nic_host_has(const struct nic_host *host, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The first line of a file behind the host's root; "" where there is none.
void nic_host_read(const struct nic_host *host, char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Only one process changes drivers at a time: waits for the others, as long as the descriptor that is returned is open.
// Negative errno with a sentence in err.
int nic_host_lock(const struct nic_host *host, char err[JN_ERR_MAX]);
