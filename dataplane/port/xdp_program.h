// SPDX-License-Identifier: BSD-3-Clause
// XDP programs and maps that this process has open. DPDK's driver opened them; the kernel names others' only to
// CAP_SYS_ADMIN, which does not last. Main thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shm.h"

// Open our programs' files, while they can be reached: afterwards the process may be a user who cannot pass the directories
// above. directory: NULL for beside the executable or installed. A file that is not there is missed when it is needed.
void jn_xdp_programs_open(const char *directory);

// A path at which the program's file can be read, as long as the process lives. shared: of an interface that stays the
// host's. tags: the one that puts VLAN tags back. 0, or -ENOENT with a sentence in err.
int jn_xdp_program_path(bool shared, bool tags, char *path, size_t size, char err[JN_ERR_MAX]);

// A descriptor of the program of that number, to be closed: ours, or with CAP_SYS_ADMIN anybody's. Negative: none.
int jn_xdp_program_by_id(uint32_t id);

// A descriptor of our map of that number, to be closed. Negative: none.
int jn_xdp_map_by_id(uint32_t id);
