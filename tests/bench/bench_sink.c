// SPDX-License-Identifier: BSD-3-Clause
// How many flow documents a second a sink over HTTP brings to a server, as junction-export would. bench_sink elasticsearch
// INDEX URL COUNT, bench_sink http NAME URL COUNT; bench_sink files INDEX FOLDER COUNT writes the same requests for curl.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bulk_request.h"
#include "flow_document.h"
#include "flow_mix.h"
#include "protocols.h"
#include "sink.h"

enum { REQUEST_DOCUMENTS = 2000 };

static struct document *documents;
static uint64_t count, settled;

static double
now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void
settle(void *lane, uint64_t opaque) {
    (void)lane, (void)opaque;
    settled++;
}

static void
refuse(void *lane, uint64_t opaque, const char *reason) {
    fprintf(stderr, "refused: %s\n", reason);
    settle(lane, opaque);
}

static void
make_documents(void) {
    static struct jn_record records[MIX_RECORDS];
    static struct flow_document document;
    static struct flow_writer writer;
    struct names none;
    const char ports[JN_MAX_PORTS][JN_NAME_MAX] = {"access0", "network0"};
    protocols_init();
    mix_records(records);
    names_open(&none, "bench");
    flow_writer_open(&writer, "edge-1", &none);
    flow_writer_ports(&writer, ports);
    documents = calloc(count, sizeof(*documents));
    for (uint64_t i = 0; i < count; i++) {
        struct jn_record record = records[i % MIX_RECORDS];
        record.sequence = i;
        flow_document_write(&writer, &record, &document);
        char *text = malloc(document.length);
        memcpy(text, document.text, document.length);
        documents[i] = (struct document){.text = text,
                                         .length = document.length,
                                         .id = text + document.id_at,
                                         .id_length = document.id_length,
                                         .date = text + document.time_at,
                                         .kind = DOCUMENT_FLOW};
    }
}

static void
write_requests(const char *index, const char *folder) {
    const struct bulk_target target = {.names = {index, index}};
    struct http_body body;
    char path[4096];
    if (!http_body_open(&body, true))
        exit(1);
    for (uint64_t first = 0; first < count; first += REQUEST_DOCUMENTS) {
        http_body_begin(&body);
        for (uint64_t i = first; i < first + REQUEST_DOCUMENTS && i < count; i++)
            bulk_add(&body, &target, &documents[i]);
        snprintf(path, sizeof(path), "%s/%06" PRIu64, folder, first / REQUEST_DOCUMENTS);
        FILE *file = fopen(path, "w");
        if (!http_body_end(&body) || file == NULL || fwrite(body.bytes, 1, body.length, file) != body.length)
            exit(1);
        fclose(file);
    }
    http_body_close(&body);
}

static void
deliver(struct sink *sink) {
    double start = now_s();
    for (uint64_t next = 0; settled < count;) {
        uint64_t before = next + settled;
        while (next < count && sink->operations->submit(sink, &documents[next], next) == 0)
            next++;
        sink->hurry = next == count;
        sink->operations->poll(sink);
        if (next + settled == before)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    double seconds = now_s() - start;
    printf("by the sink: %.0f documents a second (%" PRIu64 " in %.1f s)\n", (double)count / seconds, count, seconds);
}

int
main(int argc, char **argv) {
    static struct jn_sink_view view = {.name = "bench"};
    struct jn_config_sink config = {.name = "bench", .elasticsearch = {.url_count = 1, .compression = JN_SINK_GZIP}};
    char err[JN_ERR_MAX];
    if (argc != 5 || (count = strtoull(argv[4], NULL, 10)) == 0)
        return 2;
    make_documents();
    if (strcmp(argv[1], "files") == 0) {
        write_requests(argv[2], argv[3]);
        return 0;
    }
    const struct sink_type *type = strcmp(argv[1], "http") == 0 ? &sink_http : &sink_elasticsearch;
    snprintf(config.http.url, sizeof(config.http.url), "%s", argv[3]);
    snprintf(config.elasticsearch.urls[0], JN_SINK_URL_MAX, "%s", argv[3]);
    snprintf(config.elasticsearch.index_flow, JN_SINK_INDEX_MAX, "%s", argv[2]);
    struct sink *sink = type->open(&config, &view, err);
    if (sink == NULL) {
        fprintf(stderr, "%s\n", err);
        return 1;
    }
    sink->acknowledge = settle;
    sink->refuse = refuse;
    deliver(sink);
    sink->operations->close(sink);
    return 0;
}
