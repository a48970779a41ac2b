// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator.h"

enum { FILE_HEADER = 24, FRAME_HEADER = 16, LONGEST = 2048 };

static uint8_t *
whole_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        *size = (size_t)ftell(file);
        rewind(file);
        bytes = malloc(*size + 1);
        if (bytes != NULL && fread(bytes, 1, *size, file) != *size) {
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(file);
    return bytes;
}

static uint32_t
read_frames(struct port *port, size_t size) {
    uint32_t count = 0, length;
    for (size_t at = FILE_HEADER; at + FRAME_HEADER <= size; at += FRAME_HEADER + length) {
        memcpy(&length, port->bytes + at + 8, sizeof(length));
        if (length == 0 || length > LONGEST || at + FRAME_HEADER + length > size)
            return 0;
        struct frame *grown = realloc(port->frames, (count + 1) * sizeof(*port->frames));
        if (grown == NULL)
            return 0;
        port->frames = grown;
        port->frames[count++] = (struct frame){(uint32_t)(at + FRAME_HEADER), length};
    }
    return count;
}

static bool
load(struct port *port, const char *path) {
    size_t size = 0;
    free(port->bytes);
    port->next = 0;
    port->bytes = whole_file(path, &size);
    port->frame_count = port->bytes != NULL ? read_frames(port, size) : 0;
    if (port->frame_count == 0)
        fprintf(stderr, "generator: %s: expected a capture (pcap) with frames of at most %d bytes\n", path, LONGEST);
    return port->frame_count != 0;
}

static bool
go(struct port *port, unsigned long count, double pps, unsigned int burst) {
    port->until = count == 0 ? 0 : port->sent + count;
    port->pps = pps;
    port->burst = (uint16_t)(burst == 0 || burst > BURST ? BURST : burst);
    port->begin = rte_rdtsc();
    port->offered_before = port->offered;
    port->sending = port->frame_count != 0;
    return port->sending;
}

static bool
sample(struct port *port, uint32_t room) {
    free(port->samples);
    port->samples = calloc(room, sizeof(*port->samples));
    port->sample_count = 0;
    port->sample_room = port->samples != NULL ? room : 0;
    return port->sample_room != 0;
}

static bool
write_samples(struct port *port, const char *path) {
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    for (uint32_t i = 0; i < port->sample_count; i++)
        fprintf(file, "%lu\n", port->samples[i]);
    port->sample_room = 0;
    return fclose(file) == 0;
}

static void
print_counts(void) {
    for (uint16_t number = 0; number < PORTS; number++) {
        const struct port *port = &ports[number];
        struct rte_eth_stats stats = {0};
        struct rte_eth_link link = {0};
        rte_eth_stats_get(number, &stats);
        rte_eth_link_get_nowait(number, &link);
        printf("%lu %lu %lu %lu %d %d", port->sent, port->received, stats.imissed + stats.rx_nombuf, port->failed,
               port->sending, link.link_status);
        for (unsigned int i = 0; i < SIZES; i++)
            printf(" %lu", port->sizes[i]);
        printf("%s", number + 1 < PORTS ? " " : "\n");
    }
}

static bool
on_port(const char *word, unsigned int number, const char *rest) {
    struct port *port = &ports[number];
    unsigned long count;
    unsigned int burst;
    double value;
    if (strcmp(word, "load") == 0)
        return load(port, rest);
    if (strcmp(word, "go") == 0)
        return sscanf(rest, "%lu %lf %u", &count, &value, &burst) == 3 && go(port, count, value, burst);
    if (strcmp(word, "sample") == 0)
        return sample(port, (uint32_t)strtoul(rest, NULL, 10));
    if (strcmp(word, "samples") == 0)
        return write_samples(port, rest);
    if (strcmp(word, "stamp") == 0) {
        port->stamp_every = (uint64_t)(strtod(rest, NULL) * 1e-6 * (double)rte_get_tsc_hz());
        return true;
    }
    port->sending = false;
    return strcmp(word, "halt") == 0;
}

bool
take_command(void) {
    char line[512], word[16], rest[480] = "";
    unsigned int port = 0;
    if (fgets(line, sizeof(line), stdin) == NULL || strcmp(line, "quit\n") == 0)
        return false;
    if (strcmp(line, "counts\n") == 0)
        print_counts();
    else if (sscanf(line, "%15s %u %479[^\n]", word, &port, rest) >= 2 && port < PORTS && on_port(word, port, rest))
        puts("ok");
    else
        printf("refused: %s", line);
    fflush(stdout);
    return true;
}
