// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "classify_confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "privilege.h"
#include "sandbox.h"
#include "users.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 // the C library names its memory
#endif

// Less than what every other process has: this one parses what strangers send. clone is missing, for its threads run by now.
static const char serving_names[] =
    // memory; a part of a region of its own is given some when a dataplane with more workers comes
    "brk madvise mmap mmap2 mprotect mremap munmap fallocate "
    // threads, clocks, waiting
    "exit exit_group futex futex_time64 rseq set_robust_list sched_yield sched_getaffinity getcpu clock_gettime "
    "clock_gettime64 clock_nanosleep clock_nanosleep_time64 nanosleep gettimeofday time restart_syscall "
    // signals, to this process alone
    "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack tgkill "
    // who we are
    "getpid gettid getuid geteuid getgid getegid getrandom sysinfo uname "
    // the log's line, the regions' files, and at the end the removal of its own
    "read pread64 write writev pwrite64 close lseek fstat fstat64 newfstatat fstatat64 statx stat stat64 fcntl fcntl64 "
    "unlink "
    "unlinkat rmdir";
static const struct jn_sandbox_rule serving_rules[] = {
    {"openat", 2, O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY), O_RDONLY},
    {"prctl", 0, UINT32_MAX, PR_SET_VMA},
    {"prctl", 0, UINT32_MAX, PR_SET_NAME}, // a thread names itself
};
static const struct jn_sandbox_list serving = {serving_names, serving_rules,
                                               sizeof(serving_rules) / sizeof(serving_rules[0])};

int
classify_confine_user(char err[JN_ERR_MAX]) {
    return jn_privilege_change_user(jn_writer_user(JN_WRITER_CLASSIFY), 0, err);
}

#ifndef JN_SANITIZED // whose report reads what it likes
// All rights that the first version knows: what is not granted below is refused.
static const struct landlock_ruleset_attr handled = {
    .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
                         LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                         LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                         LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                         LANDLOCK_ACCESS_FS_MAKE_SYM,
};

static int
restrict_below(int ruleset, const char *directory) {
    const struct landlock_path_beneath_attr below = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR,
        .parent_fd = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
    };
    if (below.parent_fd < 0)
        return -errno;
    long rc = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
    if (rc == 0)
        rc = syscall(SYS_landlock_restrict_self, ruleset, 0);
    int code = rc < 0 ? errno : 0;
    close(below.parent_fd);
    return -code;
}
#endif

int
classify_confine_files(const char *instance, char err[JN_ERR_MAX]) {
    int rc = jn_privilege_limit(0, err);
#ifndef JN_SANITIZED
    char directory[JN_PATH_MAX + JN_INSTANCE_MAX];
    snprintf(directory, sizeof(directory), "%s/%s", jn_run_directory(), instance);
    int ruleset = rc < 0 ? -1 : (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
    if (rc == 0 && ruleset < 0)
        jn_log(JN_LOG_INFO, "this kernel has no Landlock (%s): files are kept by their modes alone", strerror(errno));
    if (ruleset >= 0) {
        rc = restrict_below(ruleset, directory);
        if (rc < 0)
            snprintf(err, JN_ERR_MAX, "files other than those of %s cannot be given up: %s", directory, strerror(-rc));
        close(ruleset);
    }
#else
    (void)instance;
#endif
    return rc;
}

int
classify_confine_calls(char err[JN_ERR_MAX]) {
    const struct jn_sandbox_list *const lists[] = {&serving};
    return jn_sandbox_enter(JN_SANDBOX_KILL, lists, 1, NULL, err);
}
