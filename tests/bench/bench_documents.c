// SPDX-License-Identifier: BSD-3-Clause
// How many flow documents one core writes in a second, Community ID and names included; nothing is sent anywhere.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "flow_document.h"
#include "flow_mix.h"
#include "protocols.h"

enum { ROUNDS = 500, REPEATS = 5 };

static double
now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int
compare(const void *a, const void *b) {
    return (*(const size_t *)a > *(const size_t *)b) - (*(const size_t *)a < *(const size_t *)b);
}

// Texts as a TLS connection has them, of every flow.
static struct annotated *
annotate(const struct jn_record records[MIX_RECORDS]) {
    static const struct {
        uint8_t kind;
        const char *text;
    } texts[] = {{JN_ANNOTATION_SERVER_NAME, "device-shadow.iot.example.org"},
                 {JN_ANNOTATION_ALPN, "h2"},
                 {JN_ANNOTATION_JA3, "0123456789abcdef0123456789abcdef"},
                 {JN_ANNOTATION_JA3S, "0123456789abcdef0123456789abcdef"},
                 {JN_ANNOTATION_TLS_VERSION, "1.2"}};
    static struct annotated annotated;
    annotated = (struct annotated){.region = aligned_alloc(64, jn_annotated_size(JN_ANNOTATED_FLOWS)),
                                   .capacity = JN_ANNOTATED_FLOWS};
    if (annotated.region == NULL)
        abort();
    memset(annotated.region, 0, jn_annotated_size(JN_ANNOTATED_FLOWS));
    memset(annotated.region->used, 0xff, sizeof(annotated.region->used));
    annotated.flows = (struct jn_annotated_flow *)(annotated.region + 1);
    for (unsigned int i = 0; i < MIX_RECORDS; i++)
        for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
            struct jn_annotation a = {.boot = records[i].boot,
                                      .flow = {0, records[i].flow.flow_idx, records[i].flow.version},
                                      .worker = records[i].worker,
                                      .kind = texts[t].kind,
                                      .length = (uint8_t)strlen(texts[t].text)};
            memcpy(a.text, texts[t].text, a.length);
            annotated_add(&annotated, &a);
        }
    return &annotated;
}

static void
measure(const struct jn_record records[MIX_RECORDS], const struct names *names, const struct annotated *annotated,
        bool lean, unsigned int rounds) {
    static struct flow_document document;
    static struct flow_writer writer;
    static size_t lengths[MIX_RECORDS];
    const char ports[JN_MAX_PORTS][JN_NAME_MAX] = {"access0", "network0"};
    double best = 0;
    flow_writer_open(&writer, "edge-1", names);
    flow_writer_ports(&writer, ports);
    writer.lean = lean;
    writer.annotated = annotated;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double start = now_s();
        for (unsigned int i = 0; i < MIX_RECORDS * rounds; i++) {
            flow_document_write(&writer, &records[i % MIX_RECORDS], &document);
            lengths[i % MIX_RECORDS] = document.length;
        }
        double rate = MIX_RECORDS * rounds / (now_s() - start);
        best = rate > best ? rate : best;
    }
    qsort(lengths, MIX_RECORDS, sizeof(lengths[0]), compare);
    printf("flow documents written, %s fields, %s%s: %.2f million a second on one core, %zu bytes in the middle\n",
           lean ? "lean" : "all", names->policy != NULL ? "named devices" : "no names",
           annotated != NULL ? ", texts of TLS" : "", best / 1e6, lengths[MIX_RECORDS / 2]);
}

// bench_documents [ROUNDS]
int
main(int argc, char **argv) {
    static struct jn_record records[MIX_RECORDS];
    struct names none, names;
    unsigned int rounds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : ROUNDS;
    protocols_init();
    mix_records(records);
    names_open(&none, "bench");
    names_open(&names, "bench");
    names_use(&names, mix_policy(records));
    for (unsigned int i = 0; i < MIX_RECORDS; i++)
        records[i].flow.flow_idx = i;
    const struct annotated *annotated = annotate(records);
    for (int lean = 0; lean < 2; lean++) {
        measure(records, &none, NULL, lean, rounds);
        measure(records, &names, NULL, lean, rounds);
        measure(records, &none, annotated, lean, rounds);
    }
    names_close(&names);
    return 0;
}
