// SPDX-License-Identifier: BSD-3-Clause
// What the commands that change a driver do, between what they are told and what they print.
#pragma once

#include "nic_file.h"

// Give all NICs of the set to the driver, or none; driver NULL: back to the kernel. persist: and at each boot. 0, or negative
// errno with a sentence in err: then drivers and file are as they were.
int nic_change(const struct nic_host *host, const struct nic_set *set, const char *driver, const struct nic_uses *uses,
               bool persist, char err[JN_ERR_MAX]);

// Do what a line of the file says, in the light of a set of all NICs that have a line. Each line by itself: one card that is
// missing keeps no other one from its driver. 0, or negative errno with a sentence in err.
int nic_apply(const struct nic_host *host, const struct nic_set *set, const struct nic_line *line,
              const struct nic_uses *uses, char err[JN_ERR_MAX]);
