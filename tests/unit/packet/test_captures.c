// SPDX-License-Identifier: BSD-3-Clause
// The parser over captures, against what tshark tallied (expected.json beside them): the project's own, those beside the
// project, and those of the directories given as arguments. A directory that is not there is passed over.
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "capture/capture.h"
#include "packet/parse.h"

static const char *const names[] = {"packets", "bytes", "ip", "tcp", "udp", "fragments"};
enum { PACKETS, BYTES, IP, TCP, UDP, FRAGMENTS, TALLIES };

static bool
tally(const char *path, long long counts[TALLIES]) {
    char error[JN_ERR_MAX];
    struct jn_capture capture;
    struct jn_capture_frame frame;
    int rc = jn_capture_open(&capture, path, error);
    while (rc == 0 && (rc = jn_capture_next(&capture, &frame, error)) == 1) {
        struct jn_packet p;
        jn_parse_frame(jn_capture_bytes(&capture, &frame), frame.length, frame.wire_length,
                       (enum jn_link_type)frame.link_type, &p);
        rc = 0;
        bool ip = p.flags & JN_PACKET_IP;
        counts[PACKETS]++;
        counts[BYTES] += frame.wire_length;
        counts[IP] += ip;
        counts[TCP] += ip && jn_packet_counted_protocol(&p) == 6;
        counts[UDP] += ip && jn_packet_counted_protocol(&p) == 17;
        counts[FRAGMENTS] += (p.flags & JN_PACKET_FRAGMENT) != 0;
    }
    jn_capture_close(&capture);
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", path, error);
    return rc == 0;
}

static int
check_directory(const char *directory) {
    char path[512];
    const char *name;
    json_t *wanted;
    int wrong = 0;
    snprintf(path, sizeof(path), "%s/expected.json", directory);
    json_t *expected = json_load_file(path, 0, NULL);
    if (expected == NULL) {
        printf("no captures in %s\n", directory);
        return 0;
    }
    json_object_foreach(expected, name, wanted) {
        long long counts[TALLIES] = {0};
        snprintf(path, sizeof(path), "%s/%s", directory, name);
        if (!tally(path, counts))
            wrong++;
        for (int i = 0; i < TALLIES; i++) {
            long long value = json_integer_value(json_object_get(wanted, names[i]));
            if (value != counts[i]) {
                printf("%s: %s: expected %lld, found %lld\n", name, names[i], value, counts[i]);
                wrong++;
            }
        }
    }
    printf("%zu captures in %s\n", json_object_size(expected), directory);
    json_decref(expected);
    return wrong;
}

int
main(int argc, char **argv) {
    int wrong =
        check_directory(JN_SOURCE_ROOT "/tests/captures") + check_directory(JN_SOURCE_ROOT "/../shared/captures");
    for (int i = 1; i < argc; i++)
        wrong += check_directory(argv[i]);
    return wrong != 0;
}
