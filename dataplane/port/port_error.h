// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdio.h>
#include <string.h>

#include "core/options.h"
#include "core/port.h"
#include "log.h"

// Put into err what fails at this port, with its name, its device and the words for rc, a negative errno. Returns rc.
static inline int
jn_port_error(const struct jn_port *port, const char *what, int rc, char err[JN_ERR_MAX]) {
    snprintf(err, JN_ERR_MAX, "port %s (%s): %s: %s", port->option->name, port->option->device, what, strerror(-rc));
    return rc;
}
