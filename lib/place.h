// SPDX-License-Identifier: BSD-3-Clause
// Where an instance's files are, and whether they may be believed. What writes shared memory has a directory of its own:
//     /run/junction/INSTANCE/dataplane, .../control, .../export     and on hugetlbfs MOUNT/junction/INSTANCE/dataplane
// Root makes them, each of its writer's user and of group `junction`, mode 0750: others cannot even enter. A directory is
// opened step by step from the root of the file system, no symbolic link is followed, and each step has to belong to root
// and be closed to others' writing. So a name in it means what its writer put there.
// Another run directory (--run-dir) may be an ordinary user's: then all in it is that user's. No environment variable moves
// it.
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "instance.h"
#include "users.h"

// The user that has to own what the writer writes: beside root, nobody else is believed. Of a run directory that is an
// ordinary user's: that user.
uid_t jn_place_owner(enum jn_writer writer);

// Make the instance's directories and the one of claims, or give those that are there their owner and mode. huge: on
// hugetlbfs too, when there is one. To be called by every process that starts as root, before it becomes another user.
// Who cannot make them passes when they are there. 0, or negative errno with a sentence in err: -EPERM a directory is
// somebody else's, or open to others.
int jn_instance_make(const char *instance, bool huge, char err[JN_ERR_MAX]);

// Remove the instance's directories that are empty, if this user has the right to.
void jn_place_tidy(const char *instance);

// A descriptor of the writer's directory (O_PATH), checked; its path in `path`. huge: that on hugetlbfs. Negative errno with
// a sentence in err: -ENOENT it is not there (yet), -EACCES not for this user, -EPERM not to be believed.
int jn_place_open(const char *instance, enum jn_writer writer, bool huge, char path[JN_PATH_MAX], char err[JN_ERR_MAX]);

// The directory of claims on what instances share, such as interfaces: of the dataplane's user alone. Otherwise the same.
int jn_claims_open(char path[JN_PATH_MAX], char err[JN_ERR_MAX]);

// Remove that directory, when it is empty.
void jn_claims_remove(void);

// Is that file what its writer makes: regular, one name, the writer's or root's, written by nobody else? 0, or -EPERM with a
// sentence in err that has the owner's name. type: S_IFREG or S_IFSOCK.
int jn_place_check(const struct stat *st, mode_t type, enum jn_writer writer, const char *path, char err[JN_ERR_MAX]);

// Give a file that this process has just made its owner, group and mode. 0 or negative errno.
int jn_place_hand_over(int fd, enum jn_writer writer, mode_t mode);

// The same of a path that this process has just bound a socket to, where nobody else may change names; mode as it is.
int jn_place_hand_over_path(const char *path, enum jn_writer writer);

// Check each directory of a path that somebody configured for the writer, up to and without its last part: owned by root,
// the writer's user or this one, and closed to others' writing (or sticky). 0, or negative errno with a sentence in err.
int jn_path_check(const char *path, enum jn_writer writer, char err[JN_ERR_MAX]);

// One step of such a path: a descriptor (O_PATH) of the directory of that name in `at`, which is checked, and no link. path:
// its own, for sentences. passing: is it gone through, and not used? Negative errno with a sentence in err.
int jn_place_enter(int at, const char *name, enum jn_writer writer, bool passing, const char *path,
                   char err[JN_ERR_MAX]);

// Give a directory that root has entered to the writer. 0 or negative errno.
int jn_place_hand_over_directory(int fd, enum jn_writer writer);
