// SPDX-License-Identifier: BSD-3-Clause
// Sends numbered packets from one interface and receives them at another, one way or both, and reports as JSON what was
// lost, duplicated and reordered. At most a window of packets is on its way at a time, so that a queue of the path
// (256 frames in a veth) never overflows: whatever is missing was lost by the device under test.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "stream.h"

enum { BATCH = 64, STALL_MS = 2000, PATIENT_STALL_MS = 100, MAX_STALLS = 5 };

struct direction {
    struct stream_end *from, *to;
    struct stream_flow *flows; // of the receiver
    uint64_t *sequences;       // next of each flow
    uint64_t sent, refused, received, received_bytes, given_up, overrun;
    uint64_t next; // packet: its flow is next / in_a_row
};

struct stream {
    struct stream_end ends[2];
    struct direction directions[2];
    struct stream_shape shape;
    unsigned int ways;
    uint32_t flow_count, window;
    uint32_t in_a_row;    // packets of a flow before the next flow has its turn
    uint64_t count, rate; // packets a direction, 0: until told to stop; a second, 0: unlimited
    bool per_flow;
    bool patient;                     // no loss ends it
    struct stream_progress *progress; // or NULL
};

static volatile sig_atomic_t stopping;

static void
on_signal(int number) {
    (void)number;
    stopping = 1;
}

static uint64_t
now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t
in_flight(const struct direction *d) {
    return d->sent - d->received - d->given_up;
}

// How many may go now.
static uint32_t
allowance(const struct stream *s, const struct direction *d, uint64_t elapsed_ns) {
    uint64_t n = BATCH;
    if (in_flight(d) >= s->window)
        return 0;
    if (s->window - in_flight(d) < n)
        n = s->window - in_flight(d);
    if (s->count != 0 && s->count - d->sent < n)
        n = s->count - d->sent;
    if (s->rate != 0) {
        uint64_t due = (uint64_t)((double)elapsed_ns * (double)s->rate / 1e9);
        n = due <= d->sent ? 0 : due - d->sent < n ? due - d->sent : n;
    }
    return (uint32_t)n;
}

static uint32_t
flow_of(const struct stream *s, uint64_t number) {
    return (uint32_t)(number / s->in_a_row % s->flow_count);
}

// Returns how many the interface took.
static uint32_t
send_batch(const struct stream *s, unsigned int number, struct direction *d, uint32_t count) {
    static uint8_t frames[BATCH][STREAM_MAX_FRAME];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH] = {0};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t flow = flow_of(s, d->next + i);
        size_t length = stream_build(frames[i], &s->shape, flow, number, d->sequences[flow]++);
        parts[i] = (struct iovec){frames[i], length};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int sent = sendmmsg(d->from->fd, messages, count, 0);
    uint32_t gone = sent > 0 ? (uint32_t)sent : 0;
    d->refused += gone < count;
    for (uint32_t i = count; i > gone; i--) // refused by the interface: their numbers go again
        d->sequences[flow_of(s, d->next + i - 1)]--;
    d->next += gone;
    d->sent += gone;
    return gone;
}

static uint32_t
receive_all(const struct stream *s, unsigned int number, struct direction *d) {
    const uint8_t *frame;
    size_t length;
    int vlan;
    uint32_t count = 0;
    while (count < 1024 && (frame = stream_receive(d->to, &length, &vlan)) != NULL) {
        struct stream_stamp stamp;
        if (stream_read(frame, length, vlan, &s->shape, &stamp) && stamp.direction == number &&
            stamp.flow < s->flow_count) {
            struct stream_flow *flow = &d->flows[stamp.flow];
            uint64_t before = flow->received;
            stream_flow_account(flow, stamp.sequence);
            d->received += flow->received - before;
            d->received_bytes += (flow->received - before) * length;
        }
        stream_release(d->to);
        count++;
    }
    if (d->received + d->given_up > d->sent) // it came after all
        d->given_up = d->sent - d->received;
    return count;
}

static bool
finished(const struct stream *s) {
    for (unsigned int i = 0; i < s->ways; i++) {
        const struct direction *d = &s->directions[i];
        if (in_flight(d) != 0 || (!stopping && (s->count == 0 || d->sent < s->count)))
            return false;
    }
    return true;
}

// Packets on their way that nothing was heard of for a while are written off, so that the stream goes on past a loss; when
// it happens again and again there is nothing more to learn.
static void
give_up(struct stream *s) {
    for (unsigned int i = 0; i < s->ways; i++)
        s->directions[i].given_up += in_flight(&s->directions[i]);
}

static void
tell_progress(const struct stream *s) {
    struct stream_progress now = {0};
    for (unsigned int i = 0; i < s->ways && s->progress != NULL; i++) {
        now.sent += s->directions[i].sent;
        now.received += s->directions[i].received;
        now.received_bytes += s->directions[i].received_bytes;
    }
    if (s->progress != NULL)
        *s->progress = now;
}

static void
run(struct stream *s) {
    const uint64_t stall_ns = (s->patient ? PATIENT_STALL_MS : STALL_MS) * UINT64_C(1000000);
    uint64_t start = now_ns(), heard = start;
    unsigned int stalls = 0;
    while (!finished(s) && (s->patient || stalls < MAX_STALLS)) {
        uint32_t done = 0;
        for (unsigned int i = 0; i < s->ways; i++) {
            struct direction *d = &s->directions[i];
            uint32_t received = receive_all(s, i, d);
            uint32_t allowed = stopping ? 0 : allowance(s, d, now_ns() - start);
            if (received != 0)
                heard = now_ns();
            done += received;
            if (allowed != 0)
                done += send_batch(s, i, d, allowed);
        }
        tell_progress(s);
        if (done != 0)
            continue;
        struct pollfd ready[2] = {{s->ends[0].fd, POLLIN, 0}, {s->ends[1].fd, POLLIN, 0}};
        poll(ready, 2, s->rate != 0 ? 1 : 50);
        if (now_ns() - heard > stall_ns) {
            give_up(s);
            stalls++;
            heard = now_ns();
        }
    }
}

static void
print_flows(const struct stream *s, const struct direction *d) {
    printf(",\"flow\":[");
    for (uint32_t i = 0; i < s->flow_count; i++) {
        const struct stream_flow *f = &d->flows[i];
        printf("%s{\"sent\":%lu,\"received\":%lu,\"lost\":%lu,\"duplicated\":%lu,\"reordered\":%lu}", i ? "," : "",
               d->sequences[i], f->received, d->sequences[i] - f->received, f->duplicated, f->reordered);
    }
    printf("]");
}

static void
print_direction(const struct stream *s, unsigned int number, double seconds) {
    static const char *const names[2] = {"uplink", "downlink"};
    const struct direction *d = &s->directions[number];
    uint64_t duplicated = 0, reordered = 0;
    for (uint32_t i = 0; i < s->flow_count; i++) {
        duplicated += d->flows[i].duplicated;
        reordered += d->flows[i].reordered;
    }
    printf("\"%s\":{\"sent\":%lu,\"received\":%lu,\"lost\":%lu,\"duplicated\":%lu,\"reordered\":%lu,\"refused\":%lu,"
           "\"overrun\":%lu,\"packets_per_second\":%.0f",
           names[number], d->sent, d->received, d->sent - d->received, duplicated, reordered, d->refused, d->overrun,
           (double)d->received / seconds);
    if (s->per_flow)
        print_flows(s, d);
    printf("}");
}

static void
print_report(struct stream *s, double seconds) {
    uint64_t sent = 0, lost = 0;
    printf("{");
    for (unsigned int i = 0; i < s->ways; i++) {
        struct direction *d = &s->directions[i];
        d->overrun = stream_overrun(d->to);
        sent += d->sent;
        lost += d->sent - d->received;
        print_direction(s, i, seconds);
        printf(",");
    }
    printf("\"sent\":%lu,\"lost\":%lu,\"flows\":%u,\"seconds\":%.3f}\n", sent, lost, s->flow_count, seconds);
}

static const struct option options[] = {
    {"device", required_argument, NULL, 'd'},  {"server", required_argument, NULL, 's'},
    {"both", no_argument, NULL, 'b'},          {"flows", required_argument, NULL, 'f'},
    {"count", required_argument, NULL, 'c'},   {"rate", required_argument, NULL, 'r'},
    {"size", required_argument, NULL, 'z'},    {"vlan", required_argument, NULL, 'v'},
    {"window", required_argument, NULL, 'w'},  {"per-flow", no_argument, NULL, 'p'},
    {"devices", required_argument, NULL, 'D'}, {"in-a-row", required_argument, NULL, 'R'},
    {"vary", required_argument, NULL, 'V'},    {"progress", required_argument, NULL, 'P'},
    {"patient", no_argument, NULL, 'i'},       {0},
};

static int
usage(void) {
    fprintf(stderr, "usage: stream --device NETNS:INTERFACE --server NETNS:INTERFACE [--both] [--flows N] [--count N]\n"
                    "              [--rate PACKETS_PER_SECOND] [--size BYTES] [--vlan TCI] [--window N] [--per-flow]\n"
                    "              [--devices N] [--in-a-row N] [--vary BYTES] [--progress FILE] [--patient]\n"
                    "Without --count it runs until SIGTERM or SIGINT, then waits for what is on its way.\n"
                    "--in-a-row: packets of a flow before the next one's; --vary: up to so many bytes more;\n"
                    "--progress: a file that is mapped, struct stream_progress; --patient: no loss ends it.\n");
    return 2;
}

static int
open_end(struct stream_end *end, char *argument) {
    char *interface = argument == NULL ? NULL : strchr(argument, ':');
    if (interface == NULL)
        return -1;
    *interface++ = '\0';
    return stream_open(end, argument, interface);
}

static bool
open_progress(struct stream *s, const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0 && ftruncate(fd, sizeof(*s->progress)) == 0)
        s->progress = mmap(NULL, sizeof(*s->progress), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (s->progress == MAP_FAILED)
        s->progress = NULL;
    if (s->progress == NULL)
        fprintf(stderr, "stream: %s: %s\n", path, strerror(errno));
    return s->progress != NULL;
}

static bool
in_range(const struct stream *s) {
    return s->flow_count != 0 && s->flow_count <= 1000000 && s->window != 0 && s->window <= STREAM_WINDOW &&
           s->in_a_row != 0 && s->shape.size >= STREAM_MIN_FRAME && s->shape.size <= STREAM_MAX_FRAME &&
           s->shape.vary <= STREAM_MAX_FRAME - s->shape.size;
}

static bool
prepare(struct stream *s) {
    if (!in_range(s))
        return false;
    for (unsigned int i = 0; i < s->ways; i++) {
        struct direction *d = &s->directions[i];
        d->from = &s->ends[i];
        d->to = &s->ends[1 - i];
        d->flows = calloc(s->flow_count, sizeof(*d->flows));
        d->sequences = calloc(s->flow_count, sizeof(*d->sequences));
        if (d->flows == NULL || d->sequences == NULL)
            return false;
    }
    return true;
}

int
main(int argc, char **argv) {
    static struct stream s = {
        .ways = 1, .flow_count = 1, .window = 128, .in_a_row = 1, .shape = {.size = 70, .vlan = -1}};
    char *device = NULL, *server = NULL, *progress = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'd': device = optarg; break;
        case 's': server = optarg; break;
        case 'b': s.ways = 2; break;
        case 'p': s.per_flow = true; break;
        case 'f': s.flow_count = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'c': s.count = strtoull(optarg, NULL, 10); break;
        case 'r': s.rate = strtoull(optarg, NULL, 10); break;
        case 'z': s.shape.size = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'v': s.shape.vlan = atoi(optarg); break;
        case 'w': s.window = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'D': s.shape.devices = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'R': s.in_a_row = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'V': s.shape.vary = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'P': progress = optarg; break;
        case 'i': s.patient = true; break;
        default: return usage();
        }
    }
    if (optind != argc || device == NULL || server == NULL || !prepare(&s))
        return usage();
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (progress != NULL && !open_progress(&s, progress))
        return 1;
    if (open_end(&s.ends[0], device) != 0 || open_end(&s.ends[1], server) != 0)
        return 1;
    uint64_t start = now_ns();
    run(&s);
    print_report(&s, (double)(now_ns() - start) / 1e9);
    return 0;
}
