// SPDX-License-Identifier: BSD-3-Clause
// SSH sessions of this host. sudo, tmux and screen hide from a program that it was started by one; so what SSH servers
// have connections for is looked at, beside the environment.
#pragma once

#include "nic_use.h"

// Add the interfaces that carry one. Who is not root sees its own alone: then uses->complete becomes false.
void nic_ssh_sessions(struct nic_uses *uses);
