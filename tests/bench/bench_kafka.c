// SPDX-License-Identifier: BSD-3-Clause
// bench_kafka BROKERS [DOCUMENTS [NAME=VALUE...]]: flow documents into a broker, from records to the last acknowledgement, by
// junction-export's own parts (writer, blocks, lane, sink) and by librdkafka alone: the same bytes, made before, the same
// properties, in turn. bench_kafka file PATH [DOCUMENTS]: into a file. bench_kafka export BROKERS ...: by junction-export's
// parts alone, once, to see what becomes of it while something is done to the broker.
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "delivery.h"
#include "flow_document.h"
#include "flow_mix.h"
#include "kafka_config.h"
#include "log.h"
#include "protocols.h"

enum { DOCUMENTS = 400000, ROUNDS = 7, MADE = 16384, STEP_EVERY = 512, TEXT_MAX = 4096 };

static struct jn_record records[MIX_RECORDS];
static struct flow_writer writer;
static uint64_t arrived;

static double
now_s(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void
die(const char *why) {
    fprintf(stderr, "bench_kafka: %s\n", why);
    exit(1);
}

static void
make_document(uint64_t number, struct flow_document *text, struct document *document) {
    struct jn_record *record = &records[number % MIX_RECORDS];
    record->sequence = number;
    flow_document_write(&writer, record, text);
    *document = (struct document){
        .text = text->text,
        .length = text->length,
        .key = text->key,
        .key_length = text->key_length,
        .id = text->text + text->id_at,
        .id_length = text->id_length,
        .date = text->text + text->time_at,
        .packets = text->packets,
        .bytes = text->bytes,
        .kind = DOCUMENT_FLOW,
    };
}

static void
on_secured(void *context, uint64_t opaque) {
    (void)context;
    (void)opaque;
    arrived++;
}

static void
wait_a_little(unsigned int moved) {
    const struct timespec pause = {.tv_nsec = 100000};
    if (moved == 0)
        nanosleep(&pause, NULL);
}

// Documents a second.
static double
by_export(const struct jn_config_sink *config, uint64_t count, double *busy) {
    static struct jn_sink_view view = {.name = "bench"};
    static struct flow_document text;
    struct lane_options options = {
        .config = config, .type = sink_type_of(config->type), .node = "edge-1", .instance = "bench", .view = &view};
    struct delivery delivery = {.secured = on_secured};
    char err[JN_ERR_MAX];
    if (delivery_open(&delivery, &options, 1, err) < 0)
        die(err);
    arrived = 0;
    double start = now_s(CLOCK_MONOTONIC), used = now_s(CLOCK_PROCESS_CPUTIME_ID);
    for (uint64_t i = 0; i < count; i++) {
        struct document document;
        make_document(i, &text, &document);
        while (delivery_add(&delivery, &document, i) < 0)
            wait_a_little(delivery_step(&delivery, false));
        if (i % STEP_EVERY == 0)
            delivery_step(&delivery, false);
    }
    while (!delivery_empty(&delivery))
        wait_a_little(delivery_step(&delivery, true));
    double rate = (double)count / (now_s(CLOCK_MONOTONIC) - start);
    *busy = (now_s(CLOCK_PROCESS_CPUTIME_ID) - used) / (double)count;
    if (arrived != count)
        die("not all documents arrived");
    delivery_close(&delivery);
    return rate;
}

struct made {
    char text[TEXT_MAX], key[128];
    size_t length, key_length;
};

static const struct made *
make_before(void) {
    static struct flow_document text;
    struct made *made = calloc(MADE, sizeof(*made));
    for (uint64_t i = 0; made != NULL && i < MADE; i++) {
        struct document document;
        make_document(i, &text, &document);
        if (document.length > TEXT_MAX || document.key_length > sizeof(made->key))
            die("a document is longer than expected");
        memcpy(made[i].text, document.text, made[i].length = document.length);
        memcpy(made[i].key, document.key, made[i].key_length = document.key_length);
    }
    return made;
}

static void
on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque) {
    (void)kafka;
    (void)opaque;
    arrived += message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static double
by_librdkafka(const struct jn_config_sink *config, uint64_t count, double *busy) {
    static const struct made *made;
    char err[JN_ERR_MAX];
    if (made == NULL && (made = make_before()) == NULL)
        die("no memory");
    rd_kafka_conf_t *conf = kafka_config(config, true, err);
    if (conf == NULL)
        die(err);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    arrived = 0;
    double start = now_s(CLOCK_MONOTONIC), used = now_s(CLOCK_PROCESS_CPUTIME_ID);
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, err, sizeof(err));
    if (kafka == NULL)
        die(err);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka, config->topic_flow, NULL);
    for (uint64_t i = 0; i < count; i++) {
        const struct made *m = &made[i % MADE];
        while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, 0, (void *)m->text, m->length, m->key, m->key_length,
                                NULL) < 0)
            rd_kafka_poll(kafka, 1);
        if (i % STEP_EVERY == 0)
            rd_kafka_poll(kafka, 0);
    }
    while (arrived < count)
        rd_kafka_flush(kafka, 100);
    double rate = (double)count / (now_s(CLOCK_MONOTONIC) - start);
    *busy = (now_s(CLOCK_PROCESS_CPUTIME_ID) - used) / (double)count;
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(kafka);
    return rate;
}

static double
median(double *values) {
    for (int i = 0; i < ROUNDS; i++)
        for (int j = i + 1; j < ROUNDS; j++)
            if (values[j] < values[i]) {
                double swapped = values[i];
                values[i] = values[j];
                values[j] = swapped;
            }
    return values[ROUNDS / 2];
}

// Seconds of a core that the making of one document takes, which librdkafka alone finds made.
static double
writing(uint64_t count) {
    static struct flow_document text;
    struct document document;
    double used = now_s(CLOCK_PROCESS_CPUTIME_ID);
    for (uint64_t i = 0; i < count; i++)
        make_document(i, &text, &document);
    return (now_s(CLOCK_PROCESS_CPUTIME_ID) - used) / (double)count;
}

// Where BENCH_JSON names a file, figures go there too.
static void
write_json(double export, double alone, double ratio, double export_busy, double alone_busy, double made) {
    const char *path = getenv("BENCH_JSON");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (path == NULL)
        return;
    if (file == NULL)
        die("the file that BENCH_JSON names cannot be written");
    fprintf(file,
            "{\"documents_a_second\": %.0f, \"librdkafka_alone\": %.0f, \"ratio\": %.3f, \"target\": 0.8, "
            "\"ns_a_document\": %.0f, \"ns_of_them_written\": %.0f, \"ns_by_librdkafka_alone\": %.0f}\n",
            export, alone, ratio, export_busy * 1e9, made * 1e9, alone_busy * 1e9);
    if (fclose(file) != 0)
        die("the file that BENCH_JSON names cannot be written");
}

// The two of a round had the same neighbours on the machine: their ratio tells more than that of the medians.
static void
compare(const struct jn_config_sink *config, uint64_t count) {
    double export[ROUNDS], alone[ROUNDS], ratio[ROUNDS], export_busy[ROUNDS], alone_busy[ROUNDS];
    by_librdkafka(config, count, alone_busy); // the broker makes its files, and its code is compiled
    for (int i = 0; i < ROUNDS; i++) {
        alone[i] = by_librdkafka(config, count, &alone_busy[i]);
        export[i] = by_export(config, count, &export_busy[i]);
        ratio[i] = export[i] / alone[i];
        printf("round %d: %.0f a second by junction-export, %.0f by librdkafka alone: %.2f\n", i + 1, export[i],
               alone[i], ratio[i]);
    }
    printf("flow documents into Kafka: %.0f a second by junction-export, %.0f by librdkafka alone (of %d rounds of %lu "
           "the middle): %.2f (target: 0.8)\n",
           median(export), median(alone), ROUNDS, (unsigned long)count, median(ratio));
    double made = writing(count);
    printf("cores: %.0f ns a document by junction-export, of which %.0f make it; %.0f ns by librdkafka alone\n",
           median(export_busy) * 1e9, made * 1e9, median(alone_busy) * 1e9);
    write_json(median(export), median(alone), median(ratio), median(export_busy), median(alone_busy), made);
}

static void
into_file(const char *path, uint64_t count) {
    struct jn_config_sink config = {.type = JN_SINK_FILE, .max_mb = 100, .keep = 1};
    double rate[ROUNDS], busy;
    snprintf(config.path, sizeof(config.path), "%s", path);
    for (int i = 0; i < ROUNDS; i++)
        rate[i] = by_export(&config, count, &busy);
    printf("flow documents into a file: %.0f a second (%d rounds of %lu, in the middle), %.0f ns each of one core\n",
           median(rate), ROUNDS, (unsigned long)count, busy * 1e9);
}

int
main(int argc, char **argv) {
    static struct jn_config_property properties[64] = {{.name = (char *)"bootstrap.servers"}};
    struct jn_config_sink config = {.type = JN_SINK_KAFKA,
                                    .topic_flow = "bench.flow",
                                    .topic_summary = "bench.summary",
                                    .properties = properties,
                                    .property_count = 1};
    const char ports[JN_MAX_PORTS][JN_NAME_MAX] = {"access0", "network0"};
    struct names names;
    bool file = argc > 2 && strcmp(argv[1], "file") == 0, only = argc > 2 && strcmp(argv[1], "export") == 0;
    int at = file || only ? 3 : 2;
    double busy;
    if (argc < 2)
        die("expected BROKERS or file PATH");
    uint64_t count = argc > at ? strtoull(argv[at], NULL, 10) : DOCUMENTS;
    jn_log_open("bench_kafka");
    protocols_init();
    mix_records(records);
    names_open(&names, "bench");
    flow_writer_open(&writer, "edge-1", &names);
    flow_writer_ports(&writer, ports);
    for (int i = at + 1; i < argc && strchr(argv[i], '=') != NULL && config.property_count < 64; i++) {
        char *value = strchr(argv[i], '=');
        *value++ = '\0';
        properties[config.property_count++] = (struct jn_config_property){.name = argv[i], .value = value};
    }
    properties[0].value = argv[at - 1];
    if (file)
        into_file(argv[2], count);
    else if (only)
        printf("%.0f documents a second\n", by_export(&config, count, &busy));
    else
        compare(&config, count);
    return 0;
}
