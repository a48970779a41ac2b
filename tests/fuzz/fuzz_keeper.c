// SPDX-License-Identifier: BSD-3-Clause
// What a junction-control that was taken over may say to the keeper of the configuration file: whatever it is, nothing in
// the file has changed but "vpgs". The input is the bytes of its requests.
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../control/junction-control/keeper_work.h"
#include "fuzz.h"

enum { LONGEST = 16384 }; // with the answers, what a socket pair holds

static const char before_text[] =
    "{\"dataplane\":{\"ports\":[{\"name\":\"a\",\"device\":\"net_null0\"},{\"name\":\"b\",\"device\":\"net_null1\"}],"
    "\"wires\":[{\"name\":\"w\",\"access\":\"a\",\"network\":\"b\"}]},\"sink\":{\"type\":\"stdout\"},\"vpgs\":[]}";
static char path[64];

static void
write_before(void) {
    int fd;
    if (path[0] == '\0') {
        signal(SIGPIPE, SIG_IGN);
        strcpy(path, "/tmp/junction-fuzz-XXXXXX");
        fd = mkstemp(path);
    } else
        fd = open(path, O_WRONLY | O_TRUNC);
    if (fd < 0 || write(fd, before_text, strlen(before_text)) != (ssize_t)strlen(before_text))
        abort();
    close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char err[JN_ERR_MAX];
    int ends[2];
    if (size > LONGEST)
        return 0;
    write_before();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 || write(ends[0], data, size) != (ssize_t)size)
        abort();
    shutdown(ends[0], SHUT_WR);
    for (int i = 0; i < 64 && keeper_answer(ends[1], path) == 0; i++)
        continue;
    close(ends[0]);
    close(ends[1]);
    json_t *before = json_loads(before_text, 0, NULL), *after = json_load_file(path, 0, NULL);
    if (after == NULL || keeper_check(before, after, err) != 0)
        abort();
    json_decref(before);
    json_decref(after);
    return 0;
}
