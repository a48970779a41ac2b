// SPDX-License-Identifier: BSD-3-Clause
// Numbered packets through a device under test: what the sender writes into each frame and the receiver checks.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_MAGIC  UINT64_C(0x4a554e4354535452)
#define STREAM_WINDOW 4096u // sequence numbers of a flow that a late packet may lie behind the newest

// The UDP payload of every frame, host order: both ends are one process.
struct stream_stamp {
    uint64_t magic;
    uint64_t sequence; // of the flow and direction, from 0
    uint32_t flow;
    uint32_t direction; // 0 uplink, 1 downlink
} __attribute__((packed));

// What the receiver saw of one flow in one direction.
struct stream_flow {
    uint64_t next; // sequence after the newest seen
    uint64_t received;
    uint64_t duplicated;
    uint64_t reordered;
    uint64_t seen[STREAM_WINDOW / 64]; // bit of sequence % STREAM_WINDOW
};

void stream_flow_account(struct stream_flow *flow, uint64_t sequence);

struct stream_shape {
    uint32_t size;    // of the frame, without FCS
    uint32_t vary;    // up to so many bytes more, by the packet's number
    int vlan;         // -1: untagged
    uint32_t devices; // that the flows are spread over; 0: each flow has a device of its own
};

#define STREAM_MIN_FRAME 70u // tagged headers and the stamp
#define STREAM_MAX_FRAME 9000u

// Build frame `sequence` of a flow. Devices are 10.129.0.0 and up, their ports 20000 to 20999; the server's end is 198.18.0.2
// port 4000. Flows of one device have ports of their own as long as they are no more than 1,000. Returns the frame's length.
size_t stream_build(uint8_t *frame, const struct stream_shape *shape, uint32_t flow, uint32_t direction,
                    uint64_t sequence);

// The stamp of a received frame; false when it is none of ours, or its tag (inline, or taken off by the kernel and
// given as stripped_vlan, else -1) is not the one that was sent.
bool stream_read(const uint8_t *frame, size_t length, int stripped_vlan, const struct stream_shape *shape,
                 struct stream_stamp *stamp);

// One end: a packet socket on an interface of a network namespace (NULL: the current one), receiving into a ring.
struct stream_end {
    int fd;
    uint8_t *ring;
    uint32_t next;
};

int stream_open(struct stream_end *end, const char *netns, const char *interface);
// The next received frame or NULL; stream_release gives it back.
const uint8_t *stream_receive(struct stream_end *end, size_t *length, int *vlan);
void stream_release(struct stream_end *end);
// What the receiver has counted so far, in a file that others map. Writer: the stream.
struct stream_progress {
    uint64_t sent, received, received_bytes; // packets, packets, frame bytes; both ways together
};

// Frames that the ring had no room for: the tool's own loss.
uint64_t stream_overrun(struct stream_end *end);
