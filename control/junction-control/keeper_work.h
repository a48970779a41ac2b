// SPDX-License-Identifier: BSD-3-Clause
// What the keeper's process does, and how it is spoken with.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "config/config.h"

// KEEPER_WRITE writes beside the file; KEEPER_COMMIT or KEEPER_ABANDON has to follow.
enum keeper_request {
    KEEPER_LOOK,
    KEEPER_READ,
    KEEPER_WRITE,
    KEEPER_COMMIT,
    KEEPER_ABANDON,
    KEEPER_SOCKET,
    KEEPER_END
};

// Before `length` bytes of text. Of a request: what is asked. Of an answer: its code, 0, 1 or negative errno, and the file;
// the text of one that is not 0 is a sentence.
struct keeper_head {
    enum keeper_request request;
    int code;
    bool opened; // of an answer to KEEPER_READ
    uint64_t length;
    struct stat file; // all zero when it could not be looked at
};

// All return 0 or negative errno.
int keeper_send(int fd, const struct keeper_head *head, const char *text);
int keeper_receive_head(int fd, struct keeper_head *head);

// That many bytes and a NUL behind them, to be freed; NULL when they do not come, or are more than a configuration has.
char *keeper_receive_text(int fd, uint64_t length);

// May a document take another's place in the file: is all but "vpgs" the same, and not "managed"? 0, or -EPERM with a
// sentence in err that names the key.
int keeper_check(const json_t *before, const json_t *after, char err[JN_ERR_MAX]);

// Answer one request for the file. 0, or negative errno: no other will come.
int keeper_answer(int fd, const char *path);

// Answer requests for the file until the other end is closed. Gives up all but what that needs.
void keeper_work(int fd, const char *path) __attribute__((noreturn));
