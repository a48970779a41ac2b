// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "privilege.h"

#include <cap-ng.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "users.h"

enum { LIMIT_TRIES = 5000, LIMIT_PAUSE_NS = 1000000 };

static int
privilege_error(char err[JN_ERR_MAX], const char *what, int code) {
    snprintf(err, JN_ERR_MAX, "%s: %s", what, strerror(code));
    return -code;
}

// capget and capset alone work on another thread, and in a signal handler: libcap-ng's own state is one a thread.
static bool
read_capabilities(pid_t thread, uint64_t *permitted) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = thread};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0)
        return false;
    *permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    return true;
}

static int
write_capabilities(uint64_t set) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)set, .permitted = (uint32_t)set},
        {.effective = (uint32_t)(set >> 32), .permitted = (uint32_t)(set >> 32)},
    };
    return (int)syscall(SYS_capset, &header, data);
}

uint64_t
jn_privilege_held(void) {
    uint64_t permitted = 0;
    read_capabilities(0, &permitted);
    return permitted;
}

// Looked up once: behind the filter of system calls the host's list of users may be out of reach.
static char user_text[64];

static void
remember_user(void) {
    uid_t uid = geteuid();
    const struct passwd *user = getpwuid(uid);
    if (user != NULL)
        snprintf(user_text, sizeof(user_text), "user %.50s", user->pw_name);
    else
        snprintf(user_text, sizeof(user_text), "user %u", uid);
}

const char *
jn_privilege_who(void) {
    if (user_text[0] == '\0')
        remember_user();
    return user_text;
}

const char *
jn_privilege_hint(int code, char *out, size_t size) {
    snprintf(out, size, "%s%s", code == EACCES || code == EPERM || code == EROFS ? " for " : "",
             code == EACCES || code == EPERM || code == EROFS ? jn_privilege_who() : "");
    return out;
}

const char *
jn_privilege_text(uint64_t set, char *out, size_t size) {
    size_t length = 0;
    snprintf(out, size, "none");
    for (unsigned int i = 0; i <= CAP_LAST_CAP && length < size; i++)
        if (set & JN_CAPABILITY(i))
            length += (size_t)snprintf(out + length, size - length, "%scap_%s", length > 0 ? ", " : "",
                                       capng_capability_to_name(i));
    return out;
}

int
jn_privilege_begin(char err[JN_ERR_MAX]) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return privilege_error(err, "no_new_privs cannot be set", errno);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
        if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EPERM)
            return privilege_error(err, "the capability bounding set cannot be emptied", errno);
    return 0;
}

// AddressSanitizer's search for leaks traces the process itself.
static void
refuse_tracers(void) {
#ifdef JN_SANITIZED
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
#else
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

// The capabilities of threads beside the calling one go by themselves: what they have is cleared when none of their user
// IDs is root's any longer, but for the thread that asks to keep it (PR_SET_KEEPCAPS).
static int
become(const struct passwd *user, uint64_t kept) {
    capng_clear(CAPNG_SELECT_CAPS);
    for (unsigned int i = 0; i <= CAP_LAST_CAP; i++)
        if (kept & JN_CAPABILITY(i))
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, i);
    return capng_change_id((int)user->pw_uid, (int)user->pw_gid, CAPNG_INIT_SUPP_GRP);
}

static int
stay(const char *user, const struct passwd *wanted, uint64_t kept, char err[JN_ERR_MAX]) {
    remember_user();
    if (geteuid() == 0)
        jn_log(JN_LOG_WARNING, "%s %s: stays root, whose files it may write; see docs/security.md",
               wanted == NULL ? "there is no user" : "has no capability to change to user", user);
    else if (wanted == NULL || wanted->pw_uid != geteuid())
        jn_log(JN_LOG_INFO, "runs as %s, not as %s: only root can change to another user", jn_privilege_who(), user);
    refuse_tracers();
    return write_capabilities(kept) < 0 ? privilege_error(err, "capabilities cannot be given up", errno) : 0;
}

int
jn_privilege_change_user(const char *user, uint64_t kept, char err[JN_ERR_MAX]) {
    int end_signal = 0;
    pid_t parent = getppid();
    kept &= jn_privilege_held();
    jn_users_load(); // behind the filter of system calls it could not
    const struct passwd *wanted = getpwnam(user);
    const uint64_t change = JN_CAPABILITY(CAP_SETUID) | JN_CAPABILITY(CAP_SETGID);
    if (geteuid() != 0 || wanted == NULL || (jn_privilege_held() & change) != change)
        return stay(user, wanted, kept, err);
    prctl(PR_GET_PDEATHSIG, &end_signal, 0, 0, 0);
    int rc = become(wanted, kept);
    if (rc != 0 || geteuid() != wanted->pw_uid || getegid() != wanted->pw_gid) {
        snprintf(err, JN_ERR_MAX, "cannot change to user %s (step %d): %s", user, -rc, strerror(errno));
        return -EPERM;
    }
    remember_user();
    refuse_tracers();
    // The kernel forgets it with a change of user.
    if (end_signal != 0 && (prctl(PR_SET_PDEATHSIG, end_signal, 0, 0, 0) < 0 || getppid() != parent))
        raise(end_signal);
    return 0;
}

static void
give_up(int number) {
    int saved = errno;
    (void)number;
    write_capabilities(0);
    errno = saved;
}

// Signal every other thread that has capabilities. How many there were; the last one's name in `name`.
static unsigned int
signal_holders(int number, char *name, size_t size) {
    unsigned int holders = 0;
    pid_t self = gettid(), process = getpid();
    DIR *threads = opendir("/proc/self/task");
    if (threads == NULL)
        return 1;
    for (const struct dirent *entry; (entry = readdir(threads)) != NULL;) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
        uint64_t permitted = 0;
        if (thread <= 0 || thread == self || !read_capabilities(thread, &permitted) || permitted == 0)
            continue;
        holders++;
        snprintf(name, size, "%d", thread);
        syscall(SYS_tgkill, process, thread, number);
    }
    closedir(threads);
    return holders;
}

// A thread can give up only what is its own: each is interrupted by a signal until the kernel says that it has none.
int
jn_privilege_limit(uint64_t kept, char err[JN_ERR_MAX]) {
    struct sigaction action = {.sa_handler = give_up, .sa_flags = SA_RESTART};
    int number = SIGRTMIN;
    char thread[32] = "";
    if (write_capabilities(kept & jn_privilege_held()) < 0)
        return privilege_error(err, "capabilities cannot be given up", errno);
    sigaction(number, &action, NULL);
    unsigned int holders = signal_holders(number, thread, sizeof(thread));
    for (int i = 0; holders > 0 && i < LIMIT_TRIES; i++) {
        nanosleep(&(struct timespec){.tv_nsec = LIMIT_PAUSE_NS}, NULL);
        holders = signal_holders(number, thread, sizeof(thread));
    }
    if (holders > 0) {
        snprintf(err, JN_ERR_MAX, "thread %s does not give up its capabilities", thread);
        return -EPERM;
    }
    signal(number, SIG_IGN); // one may still be on its way
    return 0;
}
