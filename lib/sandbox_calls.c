// SPDX-License-Identifier: BSD-3-Clause
// Lists of system calls that every process has. A name that this machine's architecture does not have is passed over.
#define _GNU_SOURCE
#include "sandbox_calls.h"

#include <sched.h>
#include <sys/prctl.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 // the C library names its memory
#endif

static const char common_calls[] =
    // memory
    "brk madvise mincore msync mmap mmap2 mprotect mremap munmap fallocate ftruncate ftruncate64 "
    // threads
    "exit exit_group futex futex_time64 get_robust_list set_robust_list rseq sched_yield sched_getaffinity getcpu "
    "membarrier set_tid_address sched_getparam sched_getscheduler getpriority "
    // clocks and waiting
    "clock_gettime clock_gettime64 clock_getres clock_nanosleep clock_nanosleep_time64 nanosleep gettimeofday time "
    "poll ppoll ppoll_time64 select pselect6 pipe pipe2 eventfd2 times restart_syscall "
    // signals, to this process alone
    "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait sigaltstack tgkill "
    // who we are
    "getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid getgroups getpgid getpgrp getsid uname "
    "sysinfo getrandom getrusage capget "
    // files, as the process's user may; a region is made in the user's own directory
    "read readv pread64 write writev pwrite64 close close_range lseek _llseek fstat fstat64 fstatfs fstatfs64 fsync "
    "fdatasync fcntl fcntl64 fadvise64 flock umask dup dup2 dup3 open openat stat stat64 lstat lstat64 newfstatat "
    "fstatat64 statx statfs statfs64 access faccessat faccessat2 readlink readlinkat getcwd getdents64 unlink unlinkat "
    "rmdir mkdirat fchown fchmod rename renameat renameat2";

static const struct jn_sandbox_rule common_rules[] = {
    {"clone", 0, CLONE_THREAD, CLONE_THREAD}, // threads, but no process
    {"prctl", 0, UINT32_MAX, PR_SET_NAME},
    {"prctl", 0, UINT32_MAX, PR_SET_VMA},
    {"prctl", 0, UINT32_MAX, PR_SET_TIMERSLACK},
};

const struct jn_sandbox_list jn_sandbox_common = {common_calls, common_rules,
                                                  sizeof(common_rules) / sizeof(common_rules[0])};

const char jn_sandbox_fatal[] =
    // other programs
    "execve execveat ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp "
    // the kernel
    "init_module finit_module delete_module kexec_load kexec_file_load reboot "
    "open_by_handle_at "
    // other views of the system
    "mount umount2 pivot_root chroot setns unshare fsopen open_tree move_mount swapon swapoff add_key request_key "
    "keyctl "
    // other users
    "setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid";
