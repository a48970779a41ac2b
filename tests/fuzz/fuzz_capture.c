// SPDX-License-Identifier: BSD-3-Clause
// A file of any bytes as a capture: every frame that is handed out lies in the file, has a time that records can hold and
// a known link type, in the order of times.
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/capture_order.h"
#include "fuzz.h"
#include "packet/packet.h"

static int file = -1;

static void
read_all(const char *path, size_t size) {
    struct jn_capture capture;
    struct jn_capture_order order = {0};
    struct jn_capture_frame frame;
    char err[JN_ERR_MAX];
    if (jn_capture_open(&capture, path, err) == 0 && jn_capture_order_make(&order, &capture, err) == 0) {
        uint64_t last_ns = 0, frames = 0;
        for (; jn_capture_order_next(&order, &frame); frames++) {
            const uint8_t *bytes = jn_capture_bytes(&capture, &frame);
            demand(bytes != NULL && frame.offset + frame.length <= size && frame.length <= JN_CAPTURE_LONGEST);
            demand(frame.time_ns >= last_ns && frame.time_ns <= JN_CAPTURE_LATEST);
            demand(jn_link_type_known(frame.link_type));
            last_ns = frame.time_ns;
            for (uint32_t i = 0; i < frame.length; i++)
                ((volatile const uint8_t *)bytes)[i];
        }
        demand(frames == order.count && frames <= size);
        demand(order.kind.link_type_count != 0 || frames == 0);
    }
    jn_capture_order_free(&order);
    jn_capture_close(&capture);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    if (file < 0)
        demand((file = memfd_create("capture", 0)) >= 0);
    demand(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    read_all(path, size);
    return 0;
}
