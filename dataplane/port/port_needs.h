// SPDX-License-Identifier: BSD-3-Clause
// What devices need of the kernel: to be opened, and while they run, which is when one may go and return.
#pragma once

#include "core/options.h"
#include "sandbox_calls.h"

// Capabilities of the main thread (JN_CAPABILITY bits of lib/privilege.h), over all ports.
uint64_t jn_port_needs_to_open(const struct jn_options *options);
uint64_t jn_port_needs_to_run(const struct jn_options *options);

// System calls while they run, beside those of jn_sandbox_common: up to JN_PORT_CALL_LISTS lists. Returns how many.
enum { JN_PORT_CALL_LISTS = 3 };
size_t jn_port_calls(const struct jn_options *options, const struct jn_sandbox_list *lists[JN_PORT_CALL_LISTS]);
