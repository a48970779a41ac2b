// SPDX-License-Identifier: BSD-3-Clause
// A dissector with a fault, planted: loaded by LD_PRELOAD between junction-classify and nDPI, it aborts at a packet that has the
// magic words in it, as a parser does that was taught to by who wrote the packet. Nothing of it is in the programs.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <ndpi/ndpi_api.h>

static const char magic[] = "JUNCTION-CLASSIFY-DIES-HERE";

ndpi_protocol
ndpi_detection_process_packet(struct ndpi_detection_module_struct *module, struct ndpi_flow_struct *flow,
                              const unsigned char *packet, const unsigned short length, const u_int64_t time_ms) {
    static ndpi_protocol (*real)(struct ndpi_detection_module_struct *, struct ndpi_flow_struct *,
                                 const unsigned char *, unsigned short, u_int64_t);
    if (memmem(packet, length, magic, sizeof(magic) - 1) != NULL)
        abort();
    if (real == NULL)
        real =
            (ndpi_protocol(*)(struct ndpi_detection_module_struct *, struct ndpi_flow_struct *, const unsigned char *,
                              unsigned short, u_int64_t))dlsym(RTLD_NEXT, "ndpi_detection_process_packet");
    return real(module, flow, packet, length, time_ms);
}
