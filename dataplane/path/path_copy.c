// SPDX-License-Identifier: BSD-3-Clause
// Compiled once for each copy: JN_PATH is the name by which the linker knows it, JN_PATH_NAME the configuration's.
#include "path/path.h"

extern const struct jn_path JN_PATH;

const struct jn_path JN_PATH = {.name = JN_PATH_NAME,
#define X(member, function) .member = function,
                                JN_PATH_ENTRIES(X)
#undef X
};
