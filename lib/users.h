// SPDX-License-Identifier: BSD-3-Clause
// Who writes, and who reads: one user for each process that writes shared memory, one group that reads it all. Names are
// looked up once a process, at the first question. Where the host does not have them, root stands in for a user and root's
// group for the group: deploy/prepare-host.sh makes them.
#pragma once

#include <stddef.h>
#include <sys/types.h>

// X(writer, its directory in an instance's, its user)
#define JN_WRITERS(X)                                                                                                  \
    X(DATAPLANE, "dataplane", "junction-dataplane")                                                                    \
    X(CONTROL, "control", "junction-control")                                                                          \
    X(EXPORT, "export", "junction-export")                                                                             \
    X(CLASSIFY, "classify", "junction-classify")                                                                       \
    X(LAUNCH, "launch", "root")
#define JN_READERS_GROUP "junction"

enum jn_writer {
#define X(writer, directory, user) JN_WRITER_##writer,
    JN_WRITERS(X)
#undef X
        JN_WRITER_COUNT
};

const char *jn_writer_directory(enum jn_writer writer);
const char *jn_writer_user(enum jn_writer writer);

// The user's number; 0, which is root, where the host has no such user.
uid_t jn_writer_uid(enum jn_writer writer);
// The group's number; 0 where the host has no such group.
gid_t jn_readers_gid(void);

// Look all names up now: before a sandbox that would forbid it. Main thread.
void jn_users_load(void);

// The same, and the host's list of users is not asked again: behind a sandbox each question would be a system call too many.
void jn_users_close(void);

// The user's name, or "uid 1234" for one without, or that was not known when the list was closed. Returns text.
const char *jn_user_name(uid_t uid, char *text, size_t size);
