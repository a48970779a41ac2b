// SPDX-License-Identifier: BSD-3-Clause
// The sinks: where documents go. A new one takes a row in each list here, and its `struct sink_type sink_<name>` in
// control/junction-export.
#pragma once

#include <stddef.h>
#include <stdint.h>

// X(ID, name, "explanation"). The name is the word of sink.type; a part of `sink` that has the name is the sink's own,
// and must be there when any key in it is required. Names are only pasted and quoted: stdout is a macro.
#define JN_SINKS(X)                                                                                                    \
    X(STDOUT, stdout, "JSON lines on standard output")                                                                 \
    X(FILE, file, "JSON lines in a file")                                                                              \
    X(KAFKA, kafka, "topics of Kafka")

enum jn_sink_type {
#define X(id, name, text) JN_SINK_##id,
    JN_SINKS(X)
#undef X
        JN_SINK_COUNT
};

#define JN_SINK_WORD(id, name, text) "|" #name
#define JN_SINK_WORDS                &(JN_SINKS(JN_SINK_WORD))[1] // "stdout|file|kafka"

// The keys of all sinks, as JN_CONFIG_KEYS has them.
// clang-format off
#define JN_SINK_KEYS(X)                                                                                                \
    X(TOPICS, "sink.topics", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "Kafka topics")                              \
    X(TOPIC_SUMMARY, "sink.topics.summary", NAME, OPTIONAL, RESTART, 1, 127, "junction.summary", NULL,                 \
      "Topic of summaries")                                                                                            \
    X(TOPIC_FLOW, "sink.topics.flow", NAME, OPTIONAL, RESTART, 1, 127, "junction.flow", NULL, "Topic of flow records") \
    X(PROPERTIES, "sink.properties", PROPERTIES, OPTIONAL, RESTART, 0, JN_MAX_PROPERTIES, NULL, NULL,                  \
      "Handed to librdkafka as they are; bootstrap.servers is a must, acks and enable.idempotence are Junction's")     \
    X(SINK_FILE, "sink.file", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "The file of the sink \"file\"")            \
    X(FILE_PATH, "sink.file.path", TEXT, REQUIRED, RESTART, 1, 255, NULL, NULL, "Path of the file, JSON lines")        \
    X(FILE_MAX_MB, "sink.file.max_mb", INTEGER, OPTIONAL, RESTART, 1, 1048576, "100", NULL,                            \
      "The file is rotated when it is larger, in MiB")                                                                 \
    X(FILE_KEEP, "sink.file.keep", INTEGER, OPTIONAL, RESTART, 0, 1000, "5", NULL, "Rotated files that are kept")      \
    X(SPOOL, "sink.spool", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL,                                                \
      "Where documents wait while Kafka is away (not in this release yet)")                                            \
    X(SPOOL_DIRECTORY, "sink.spool.directory", TEXT, REQUIRED, RESTART, 1, 255, NULL, NULL, "Directory of the spool")  \
    X(SPOOL_MAX_MB, "sink.spool.max_mb", INTEGER, OPTIONAL, RESTART, 1, 1048576, "1024", NULL,                         \
      "Largest size of the spool, in MiB")
// clang-format on

// What junction-export gets of them: members of struct jn_config_sink. X(part, key, member, bytes of a text).
#define JN_SINK_TEXTS(X)                                                                                               \
    X(TOPICS, TOPIC_SUMMARY, topic_summary, 128)                                                                       \
    X(TOPICS, TOPIC_FLOW, topic_flow, 128)                                                                             \
    X(SINK_FILE, FILE_PATH, path, 256)

// X(part, key, member)
#define JN_SINK_NUMBERS(X)                                                                                             \
    X(SINK_FILE, FILE_MAX_MB, max_mb)                                                                                  \
    X(SINK_FILE, FILE_KEEP, keep)

struct jn_config_property {
    char *name, *value;
};

struct jn_config_sink {
    enum jn_sink_type type;
#define X(part, key, member, size) char member[size];
    JN_SINK_TEXTS(X)
#undef X
#define X(part, key, member) uint32_t member;
    JN_SINK_NUMBERS(X)
#undef X
    struct jn_config_property *properties; // of "kafka", handed to librdkafka as they are
    size_t property_count;
};
