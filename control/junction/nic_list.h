// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nic_host.h"

// Print the host's NICs on standard output, as a table or as JSON. Exit status.
int nic_list(const struct nic_host *host, bool json);
