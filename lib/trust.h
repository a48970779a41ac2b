// SPDX-License-Identifier: BSD-3-Clause
// Whose word the configuration file is: root acts on its devices and paths.
#pragma once

#include "shm.h"

enum jn_trust {
    JN_TRUST_STARTER,  // only root, or who starts Junction, can change it
    JN_TRUST_OTHERS,   // others can: what was read at the start stays
    JN_TRUST_JUNCTION, // a process of Junction's own could make root act: nothing is started
};

// A sentence about the file or directory that others can change is in `why`, but for JN_TRUST_STARTER.
enum jn_trust jn_trust_file(const char *path, char why[JN_ERR_MAX]);
