// SPDX-License-Identifier: BSD-3-Clause
#include "copies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/capture.h"
#include "packet/parse.h"

static void
write_packet(FILE *out, const uint8_t *ip, uint32_t length, uint64_t time_ns, unsigned int copy) {
    uint8_t packet[JN_CAPTURE_LONGEST];
    const uint32_t record[4] = {(uint32_t)(time_ns / 1000000000), (uint32_t)(time_ns / 1000 % 1000000), length, length};
    memcpy(packet, ip, length);
    unsigned int width = ip[0] >> 4 == 4 ? 4 : 16, first = width == 4 ? 12 : 8;
    for (unsigned int end = 0; end < 2; end++) {
        uint8_t *last = packet + first + end * width + width - 1;
        last[0] ^= (uint8_t)copy;
        last[-1] ^= (uint8_t)(copy >> 8);
    }
    fwrite(record, sizeof(record), 1, out);
    fwrite(packet, length, 1, out);
}

static int
write_copy(FILE *out, struct jn_capture *capture, unsigned int copy) {
    char err[JN_ERR_MAX];
    struct jn_capture_frame about;
    int rc;
    jn_capture_rewind(capture);
    while ((rc = jn_capture_next(capture, &about, err)) == 1) {
        struct jn_packet p;
        const uint8_t *frame = jn_capture_bytes(capture, &about);
        jn_parse_frame(frame, about.length, about.wire_length, (enum jn_link_type)about.link_type, &p);
        if (p.flags & JN_PACKET_IP && about.length - p.l3_offset >= p.ip_length)
            write_packet(out, frame + p.l3_offset, p.ip_length, about.time_ns, copy);
    }
    return rc;
}

bool
copies_write(const char *path_in, unsigned int copies, char path[64]) {
    static const uint32_t header[6] = {0xa1b2c3d4, 2 | 4u << 16, 0, 0, 65535, JN_LINKTYPE_RAW_IP};
    char err[JN_ERR_MAX];
    struct jn_capture capture;
    snprintf(path, 64, "/tmp/bench_classify.XXXXXX");
    int fd = mkstemp(path);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (out == NULL) {
        perror("bench_classify: /tmp");
        return false;
    }
    fwrite(header, sizeof(header), 1, out);
    int rc = jn_capture_open(&capture, path_in, err);
    for (unsigned int copy = 0; rc == 0 && copy < copies; copy++)
        rc = write_copy(out, &capture, copy);
    jn_capture_close(&capture);
    bool written = fclose(out) == 0;
    if (rc == 0 && written)
        return true;
    fprintf(stderr, "bench_classify: %s cannot be read, or not written to /tmp\n", path_in);
    unlink(path);
    return false;
}
