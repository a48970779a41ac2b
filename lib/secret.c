// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "contract.h"

char *
jn_secret_keep(const char *bytes, size_t length) {
    jn_require(memchr(bytes, '\0', length) == NULL); // its length is what finds its pages again
    char *secret = mmap(NULL, length + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED)
        return NULL;
    madvise(secret, length + 1, MADV_DONTDUMP);
    memcpy(secret, bytes, length);
    return secret;
}

void
jn_secret_forget(char *secret) {
    if (secret == NULL)
        return;
    size_t length = strlen(secret);
    explicit_bzero(secret, length);
    munmap(secret, length + 1);
}

// AddressSanitizer's search for leaks traces the process itself.
void
jn_secret_no_dumps(void) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef JN_SANITIZED
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

char *
jn_secret_from_environment(const char *name) {
    const char *value = getenv(name);
    return value == NULL ? NULL : jn_secret_keep(value, strlen(value));
}

void
jn_secret_wipe_environment(const char *name) {
    char *value = getenv(name);
    if (value != NULL)
        explicit_bzero(value, strlen(value));
    unsetenv(name);
}
