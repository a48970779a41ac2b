// SPDX-License-Identifier: BSD-3-Clause
// The capture that a test's only argument names: what it made, for other dissectors to judge.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// NULL without an argument.
static inline FILE *
capture_open(int argc, char **argv) {
    static const uint32_t pcap[6] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, 1};
    FILE *capture = argc > 1 ? fopen(argv[1], "w") : NULL;
    if (argc > 1 && capture == NULL) {
        perror(argv[1]);
        exit(1);
    }
    if (capture != NULL)
        fwrite(pcap, sizeof(pcap), 1, capture);
    return capture;
}

static inline void
capture_keep(FILE *capture, const uint8_t *frame, uint32_t length) {
    uint32_t header[4] = {0, 0, length, length};
    if (capture == NULL)
        return;
    fwrite(header, sizeof(header), 1, capture);
    fwrite(frame, length, 1, capture);
}
