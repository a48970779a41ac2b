// SPDX-License-Identifier: BSD-3-Clause
// The keeper of the configuration file: a process that stays who started junction-control, and so may read and write the
// file when junction-control no longer may. It writes back what is policy alone: of the devices, sinks and paths that root
// acts on, junction-control can change nothing. Where junction-control is not started as root there is no keeper: it does
// the same by itself.
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "config/config.h"
#include "config/config_write.h"

struct keeper {
    const char *path;                 // of the configuration file; the caller's
    int fd;                           // to the process, or -1
    struct jn_config_writing writing; // where there is no process
};

// Start it, when root starts us: before there are other threads. 0, or negative errno with a sentence in err.
int keeper_start(struct keeper *keeper, const char *path, char err[JN_ERR_MAX]);

// Tell it of the socket that was made, once, and while we are still who started us: its directory may be root's alone.
// 0 or negative errno.
int keeper_owns_socket(const struct keeper *keeper, const char *path);

// It removes the socket, if it still is one, and ends.
void keeper_stop(struct keeper *keeper);

// Is it still there? Where there is none, yes.
bool keeper_lives(const struct keeper *keeper);

// stat(2) of the file: 0 or negative errno.
int keeper_look(const struct keeper *keeper, struct stat *file);

// jn_config_load of the file; `file` is all zero when it could not be looked at.
struct jn_config *keeper_load(const struct keeper *keeper, struct stat *file, struct jn_config_errors *errors);

// Write the document beside the file, as jn_config_write_begin does. 0, and commit or abandon has to follow; or negative
// errno with a sentence in err: -EPERM when more than policy was changed.
int keeper_write_begin(struct keeper *keeper, const json_t *document, char err[JN_ERR_MAX]);

// Put it in the file's place, as jn_config_write_commit does, and say what the file is now.
int keeper_write_commit(struct keeper *keeper, struct stat *file, char err[JN_ERR_MAX]);

void keeper_write_abandon(struct keeper *keeper);
