// SPDX-License-Identifier: BSD-3-Clause
// What junction-classify may do: nothing as root, and once it looks at packets no more than that. It has no network, starts
// nothing, and opens nothing but for reading, where the kernel has Landlock below its instance's directory alone: the shared
// memory of a dataplane or an exporter that was started again.
#pragma once

#include "instance.h"

// Become junction-classify, without any capability. 0, or negative errno with a sentence in err.
int classify_confine_user(char err[JN_ERR_MAX]);

// From here on the calling thread, and those that it starts, open no file but below the instance's directory. After all that
// libraries read, before other threads. 0, or negative errno with a sentence in err; a kernel without Landlock is no error.
int classify_confine_files(const char *instance, char err[JN_ERR_MAX]);

// From here on a system call that is not on the list kills the process. All threads run. 0, or negative errno with a sentence
// in err.
int classify_confine_calls(char err[JN_ERR_MAX]);
